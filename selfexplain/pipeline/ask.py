"""Ask every Item of one Run, or of several that are compared, where no reply is recorded yet; many at once, in order.

Several Runs take turns Item by Item: what drifts while they are asked (a server's load, a model that is replaced) meets
all of them alike.
"""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from selfexplain.elicitation.conversation import keys_of
from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.errors import BudgetSpent, ProviderError, SelfexplainError
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.ahead import within
from selfexplain.pipeline.budget import Budget, budgeted, refusal
from selfexplain.pipeline.time_limit import TimeLimit, plain
from selfexplain.prompting.template import Template
from selfexplain.providers.first_alone import first_alone
from selfexplain.providers.pace import Pace, paced
from selfexplain.providers.provider import Provider
from selfexplain.providers.retry import REFUSED, retried
from selfexplain.providers.stated_limits import Stated
from selfexplain.records import Ask, Item, Outcome, Request, Response
from selfexplain.runs.calls import Calls, recorded, remembered

PATIENCE_SECONDS = 60.0
"""How long replies in flight are waited for when asking stops: they are paid for, but a server may be gone."""

FEW = 4
"""With up to so many requests at once no more Items are in hand: a model on this machine that takes few would lose what
it remembers of one conversation to another that takes turns with it."""


class Flights:
    """What is in flight, in all Runs together, and what stopped the sending, Run by Run."""

    def __init__(self) -> None:
        self.stopped: dict[int, SelfexplainError] = {}
        """Why nothing more is sent for a Run, by its place."""
        self._n = 0
        self._landed = asyncio.Event()

    def counted(self, send: Ask, place: int) -> Ask:
        """Return `send`, except that nothing more goes once something has stopped the Run at a place."""

        async def send_unless_stopped(request: Request) -> Response:
            if place in self.stopped:
                raise self.stopped[place]
            self._n += 1
            try:
                return await send(request)
            finally:
                self._n -= 1
                if not self._n:
                    self._landed.set()

        return send_unless_stopped

    async def land(self) -> None:
        """Wait for what is in flight; whoever waits in line or to try again is left."""
        if self._n:
            self._landed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._landed.wait(), PATIENCE_SECONDS)


Who = tuple[str, tuple[tuple[str, str], ...]]


def who(provider: Provider) -> Who:
    """Return who answers: whoever asks the same model, in whatever Run and role, shares its requests at once."""
    return provider.name, tuple(sorted(provider.identity.items()))


def stated_by(name: Who, runs: "Sequence[Asked]") -> list[Stated]:
    """Return where all who ask a model leave what its server says of its limits: in each Run, maybe, another object."""
    asking = {id(each): each for run in runs for each in run.by_role.values() if who(each) == name}
    boxes = [getattr(each, "stated", None) for each in asking.values()]
    return [box for box in boxes if isinstance(box, Stated)]


class Asked(NamedTuple):
    """One Run that is to be asked: what decides its Requests, who answers, and where the replies go."""

    items: Sequence[Item]
    template: Template
    elicitation: Elicitation
    sampling: Sampling
    provider: Provider
    calls: Calls
    judge: Judge | None = None
    """Who grades beside the exact graders; asked right after the answer, so that both can be resumed."""

    @property
    def by_role(self) -> Mapping[str, Provider]:
        """Who answers in each role; the model that the Run is about has the empty one."""
        filled: Mapping[str, Provider] = getattr(self.provider, "by_role", {"": self.provider})
        return filled

    @property
    def gathers(self) -> bool:
        """Whether its requests wait for each other and go together."""
        return bool(getattr(self.provider, "gathers", False))

    def ask(self, budget: Budget | None, paces: Mapping[str, Pace], flights: Flights, place: int) -> Ask:
        """Return what sends, paces, retries and records, and sends nothing that has a recorded reply."""
        time = None if budget is None else budget.time
        if self.gathers:  # its requests wait together: a pace would only make batches small
            send = recorded(self.provider.generate if time is None else time.cut(self.provider.generate), self.calls)
            send = send if budget is None else within(send, budget, self.calls)
            # What waited together comes back together: many refused in a row say nothing of those behind them. And a
            # day without a reply is a batch that expired.
            return self._kept(retried(send, sleep=sleep_in(time), refused=math.inf, silence=math.inf), time)

        def kept(send: Ask) -> Ask:
            return flights.counted(recorded(send, self.calls), place)

        waiting = plain if time is None else time.waited
        if budget is None:
            send = paced(self.provider.generate, paces, around=kept)
        else:
            # The money is counted after the wait in line, in which it may have been spent; and what a reply has cost
            # is known when it is recorded, so until then its place in flight is kept. What a stopped Run does not send
            # is not counted.
            within_it = budgeted(recorded(self.provider.generate, self.calls), budget)
            send = paced(flights.counted(within_it, place), paces, waiting=waiting)
        send = first_alone(send, self.by_role, waiting=waiting)
        # Who asks again where nothing but failures was, wants to get past them.
        before = {role: self.calls.totals_of(role) for role in self.by_role}
        replied = [role for role, totals in before.items() if totals.replies or totals.failed_tries >= REFUSED]
        return self._kept(retried(send, sleep=sleep_in(time), replied=replied), time)

    def _kept(self, ask: Ask, time: TimeLimit | None) -> Ask:
        """Return `ask`, except that a recorded reply is sent for no more, and takes no time."""
        return remembered(ask if time is None else time.begun_by(ask), self.calls)


def sleep_in(time: TimeLimit | None) -> Callable[[float], Awaitable[None]]:
    """Return what waits so many seconds, unless the time is over before."""
    if time is None:
        return asyncio.sleep

    async def sleep(seconds: float) -> None:
        await time.waited(asyncio.sleep(seconds))

    return sleep


class Progress(NamedTuple):
    """How far the asking has come; `resumed` Items had their replies already."""

    done: int
    total: int
    failed: int
    resumed: int
    note: str = ""
    """How far the batches are, where there are any."""


Watch = Callable[[Progress], None]


async def ask_runs(
    runs: Sequence[Asked], *, repeats: int, concurrency: int | None, watch: Watch, budget: Budget | None = None
) -> Mapping[int, ProviderError]:
    """Ask the Items of each Run `repeats` times; replies end up in its `calls`.

    Cancelling is safe: what was recorded stays, and asking again sends only what has no reply.

    Parameters
    ----------
    runs : sequence of Asked
        One or several; each Item goes to all of them before the next.
    repeats : int
        How often each Item is asked, all Items once before the first again.
    concurrency : int or None
        Most requests at once to each provider, whatever the number of Runs that it answers; None: what it can make use
        of. Fewer are sent until it is known to be happy with so many (`providers/pace.py`).
    watch : callable
        Told `Progress`, of all Runs together.
    budget : Budget, optional
        What all of them together may cost.

    Returns
    -------
    mapping of int to ProviderError
        The places in `runs` of those that could not go on, and why, where another one could.

    Raises
    ------
    BudgetSpent
        When the `budget` is spent; what was in flight by then is completed and recorded.
    SelfexplainError
        When no Run can go on, or the disk cannot take a call; what was in flight by then is completed and recorded, but
        waited for no longer than `PATIENCE_SECONDS`.
    """
    asking = Asking(runs, repeats=repeats, concurrency=concurrency, watch=watch, budget=budget)
    try:
        async with asyncio.TaskGroup() as group:
            for name in {who(run.provider): None for run in runs}:
                mine = [run if who(run.provider) == name else None for run in runs]
                turns = in_turns(mine, repeats, asking.stopped)
                for _ in range(min(asking.in_hand(name), asking.progress.total)):
                    group.create_task(asking.work(turns))
    except* SelfexplainError as failures:
        raise failures.exceptions[0] from None
    finally:
        for run in runs:
            await run.calls.aclose()
    if asking.spent is not None and budget is not None:
        raise refusal(budget) or asking.spent  # anew: those in flight have cost something since
    return {place: failure for place, failure in asking.stopped.items() if isinstance(failure, ProviderError)}


class Asking:
    """Workers that ask Runs, one Item after the other, and what has come of it so far."""

    def __init__(
        self, runs: Sequence[Asked], *, repeats: int, concurrency: int | None, watch: Watch, budget: Budget | None
    ) -> None:
        self._runs, self._watch, self._budget, self._flights = runs, watch, budget, Flights()
        answering = {who(each): each for run in runs for each in run.by_role.values()}
        self.most = {name: each.concurrency if concurrency is None else concurrency for name, each in answering.items()}
        paces = {name: Pace(at_once, stated_by(name, runs)) for name, at_once in self.most.items()}
        self._asks = []
        for place, run in enumerate(runs):
            own = {role: paces[who(each)] for role, each in run.by_role.items()}
            self._asks.append(run.ask(budget, own, self._flights, place))
        self.progress = Progress(done=0, total=repeats * sum(len(run.items) for run in runs), failed=0, resumed=0)
        self.spent: BudgetSpent | None = None
        watch(self.progress)

    @property
    def stopped(self) -> Mapping[int, SelfexplainError]:
        """Why Runs could not go on, by their place."""
        return self._flights.stopped

    def in_hand(self, name: Who) -> int:
        """Return how many Items are worked on at once: those in flight, and some whose replies go to disk meanwhile.

        Half as many again, above a `FEW`, keep 50 in flight at a thousand replies a second and 25 ms to disk. So many
        are also lost, at most, with a process that is killed.
        """
        most = self.most[name]
        gathers = any(run.gathers for run in self._runs if who(run.provider) == name)
        held = gathers or self._budget is not None
        return most if held else most + max(0, most - FEW) // 2

    async def work(self, turns: Iterator[tuple[int, Item, int]]) -> None:
        """Take turn after turn, of which other workers take theirs, until there are none or asking has to stop."""
        for which, item, repeat in turns:
            try:
                outcome, keys = await self._ask(which, item, repeat)
            except BudgetSpent as spent:  # not raised yet: the others have replies to wait for, which are paid for
                self.spent = spent
                return
            except SelfexplainError as failure:
                await self._stop(which, failure)
                continue
            self.progress = self.progress._replace(
                done=self.progress.done + 1,
                failed=self.progress.failed + (outcome == "failed"),
                resumed=self.progress.resumed + all(map(self._runs[which].calls.was_there, keys)),
            )
            self._watch(self.progress)

    async def _ask(self, which: int, item: Item, repeat: int) -> tuple[Outcome, Sequence[str]]:
        """Ask one Item of one Run, and the judge right after it; return the last outcome and the keys of all calls."""
        run, ask = self._runs[which], self._asks[which]
        asks = getattr(run.elicitation, "asks", None)
        if asks is not None and (run.judge is None or item.is_survey):  # nobody waits for what the replies say
            said = await asks(item, run.template, ask, sampling=run.sampling, repeat=repeat)
            return said[-1].response.outcome, keys_of(said)
        report = await run.elicitation(item, run.template, ask, sampling=run.sampling, repeat=repeat)
        if run.judge is not None and report.answer.value is not None and not item.is_survey:
            await run.judge(item, report.answer.value, ask, repeat=repeat)
        return report.outcome, report.calls

    async def _stop(self, which: int, failure: SelfexplainError) -> None:
        """Send nothing more for the Runs that a failure keeps from going on; raise it when none is left that can.

        A disk that takes nothing keeps all from it, a server that is gone those that it answers. What a Python function
        raises for the prompts of one template it need not raise for those of another.
        """
        if which in self.stopped:
            return  # told by whom it met first
        lost_all, lost_model = not isinstance(failure, ProviderError), False
        if isinstance(failure, ProviderError):
            lost_model = failure.kind in {"auth", "quota"} or isinstance(failure.__cause__, ProviderError)
        for place, run in enumerate(self._runs):
            is_same = who(run.provider) == who(self._runs[which].provider)
            if place == which or lost_all or (lost_model and is_same):
                self._flights.stopped.setdefault(place, failure)
        if len(self.stopped) == len(self._runs):
            await self._flights.land()
            raise failure


def in_turns(
    runs: Sequence[Asked | None], repeats: int, stopped: Container[int] = ()
) -> Iterator[tuple[int, Item, int]]:
    """Yield which Run asks which Item for which repeat: each Item goes to every Run before the next one comes.

    Runs that have `stopped` meanwhile get no further turn.
    """
    for repeat in range(repeats):
        lines = {which: iter(run.items) for which, run in enumerate(runs) if run is not None}
        while lines:
            for which in list(lines):
                item = None if which in stopped else next(lines[which], None)
                if item is None:
                    del lines[which]
                else:
                    yield which, item, repeat
