"""Ask every Item of one Run, or of several that are compared, where no reply is recorded yet; many at once, in order.

Several Runs take turns Item by Item: what drifts while they are asked (a server's load, a model that is replaced) meets
all of them alike.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.errors import BudgetSpent, SelfexplainError
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.ahead import within
from selfexplain.pipeline.budget import Budget, budgeted, refusal
from selfexplain.prompting.template import Template
from selfexplain.providers.pace import Pace, paced
from selfexplain.providers.provider import Provider
from selfexplain.providers.retry import retried
from selfexplain.records import Ask, Item
from selfexplain.runs.calls import Calls, recorded, remembered


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
    def who(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Who answers; Runs that the same model answers share its requests at once."""
        return self.provider.name, tuple(sorted(self.provider.identity.items()))

    def ask(self, budget: Budget | None, paces: Mapping[str, Pace]) -> Ask:
        """Return what sends, paces, retries and records, and sends nothing that has a recorded reply."""
        send = recorded(self.provider.generate, self.calls)
        if getattr(self.provider, "gathers", False):  # its requests wait together: a pace would only make batches small
            send = send if budget is None else within(send, budget, self.calls)
            return remembered(retried(send), self.calls)
        # The money is counted after the wait in line, in which it may have been spent.
        return remembered(retried(paced(send if budget is None else budgeted(send, budget), paces)), self.calls)


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
) -> None:
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

    Raises
    ------
    BudgetSpent
        When the `budget` is spent; what was in flight by then is completed and recorded.
    SelfexplainError
        When a provider cannot go on at all, or the disk cannot take a call.
    """
    progress = Progress(done=0, total=repeats * sum(len(run.items) for run in runs), failed=0, resumed=0)
    stopped: list[BudgetSpent] = []
    most = {run.who: run.provider.concurrency if concurrency is None else concurrency for run in runs}
    paces = {who: by_role(at_once) for who, at_once in most.items()}
    asks = [run.ask(budget, paces[run.who]) for run in runs]
    watch(progress)

    async def work(turns: Iterator[tuple[int, Item, int]]) -> None:
        nonlocal progress
        for which, item, repeat in turns:  # one iterator for all workers of a provider: each turn is taken once
            run = runs[which]
            try:
                report = await run.elicitation(item, run.template, asks[which], sampling=run.sampling, repeat=repeat)
                if run.judge is not None and report.answer.value is not None and not item.is_survey:
                    await run.judge(item, report.answer.value, asks[which], repeat=repeat)
            except BudgetSpent as spent:  # not raised yet: the others have replies to wait for, which are paid for
                stopped.append(spent)
                return
            progress = progress._replace(
                done=progress.done + 1,
                failed=progress.failed + (report.outcome == "failed"),
                resumed=progress.resumed + all(map(run.calls.was_there, report.calls)),
            )
            watch(progress)

    try:
        async with asyncio.TaskGroup() as group:
            for who, at_once in most.items():
                turns = in_turns([run if run.who == who else None for run in runs], repeats)
                for _ in range(min(at_once, progress.total)):
                    group.create_task(work(turns))
    except* SelfexplainError as failures:
        raise failures.exceptions[0] from None
    finally:
        for run in runs:
            await run.calls.aclose()
    if stopped and budget is not None:
        raise refusal(budget) or stopped[0]  # anew: those in flight have cost something since


def by_role(most: int) -> Mapping[str, Pace]:
    """Return a Pace for each role that is asked: whoever judges is another server, and may be slower."""
    return defaultdict(partial(Pace, most))


def in_turns(runs: Sequence[Asked | None], repeats: int) -> Iterator[tuple[int, Item, int]]:
    """Yield which Run asks which Item for which repeat: each Item goes to every Run before the next one comes."""
    for repeat in range(repeats):
        lines = {which: iter(run.items) for which, run in enumerate(runs) if run is not None}
        while lines:
            for which in list(lines):
                item = next(lines[which], None)
                if item is None:
                    del lines[which]
                else:
                    yield which, item, repeat
