"""Ask through a provider's batch endpoint: gather what is asked, hand it in, wait, and give each asker its own reply.

To whoever asks this is a Provider like any other, only a slow one. Requests gather until no more arrive, since
everybody waits, or until a batch is full; so an elicitation with several turns goes on in rounds. What a batch of an
earlier process holds is waited for, and not handed in anew.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from msgspec.structs import replace

from selfexplain.errors import FATAL, InputError, ProviderError
from selfexplain.pipeline.batch_desk import TOKEN_BYTES, Answer, Desk, Sleep
from selfexplain.pipeline.batch_left import Left
from selfexplain.pipeline.batch_news import News, Out
from selfexplain.providers.batch import BatchEndpoint, Batching, State, custom_id
from selfexplain.providers.failures import UnsupportedParameterError
from selfexplain.providers.provider import Provider, transparency_of, wanted
from selfexplain.providers.retry import wait_after
from selfexplain.providers.roles import WithRoles
from selfexplain.records import Request, Response
from selfexplain.runs.batches import Batches, Open

LINGER_SECONDS = 2.0
"""How long nothing more must arrive before a batch that is not full is handed in."""
REFUSALS = 16
"""How often a batch is made smaller because too much is waiting already."""


class Waiting(NamedTuple):
    """A Request that somebody waits for."""

    request: Request
    answer: "asyncio.Future[Answer]"


class Batched:
    """A Provider that asks in batches.

    Parameters
    ----------
    provider : Provider
        Whose batches they are; closed together with this one.
    endpoint : BatchEndpoint
        Where it takes them.
    journal : Batches
        Where they are written down.
    role : str
        Which model of the Run this is.
    most : int, optional
        Requests at once, by default as many as one batch holds.
    news : News
    sleep : callable
        Waits so many seconds.
    """

    gathers = True
    """Whoever is asked this way wants everything at once, and is not paced."""

    def __init__(
        self,
        provider: Provider,
        endpoint: BatchEndpoint,
        journal: Batches,
        *,
        role: str = "",
        most: int | None = None,
        news: News,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name, self.identity = provider.name, provider.identity
        self.transparency = transparency_of(provider)
        self.concurrency = most or endpoint.most_requests
        self._provider, self._endpoint, self._journal = provider, endpoint, journal
        self._desk = Desk(endpoint, journal, name=provider.name, role=role, news=news, sleep=sleep)
        self._most = min(self.concurrency, endpoint.most_requests)
        self._news, self._sleep = news, sleep
        self._waiting: dict[str, Waiting] = {}
        self._left = Left(journal.folder)
        self._expected = {key: one for one in journal.open if one.intent.role == role for key in one.waiting}
        self._followed: set[str] = set()
        self._out: dict[str, Out] = {}
        self._gathered: list[Waiting] = []
        self._gathered_bytes = self._arrived = self._refusals = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._lingering = False
        self._line: asyncio.Semaphore | None = None
        for one in journal.open:  # what was refused then is refused now, and need not be found out again
            if one.intent.role == role:
                endpoint.refused.update(one.intent.without)

    async def generate(self, request: Request) -> Response:
        """Return what a batch brings for a Request; a refused parameter is left out, and it is handed in anew."""
        while True:
            answer = await self._answer_to(request)
            outcome = answer.outcome
            if isinstance(outcome, Response):
                dropped = tuple(sorted(answer.without & wanted(request)))
                return replace(outcome, batch=answer.batch, dropped=dropped)
            if isinstance(outcome, UnsupportedParameterError):
                self._endpoint.learn(outcome, request)
                if answer.shape == self._desk.shape():  # it was not sent, or nothing can be done without it
                    raise told(outcome.error, answer.batch)
                # Not recorded as a try: the line came back unasked, and a process that is killed before the next batch
                # is handed in learns from this one again.
                continue
            if not isinstance(outcome, ProviderError):
                raise outcome
            if outcome.kind in FATAL and answer.batch is not None and answer.shape is None:
                continue  # a key or an account as they were when an earlier process asked: nothing was answered then
            raise told(outcome, answer.batch)

    async def aclose(self) -> None:
        """Stop waiting; batches go on where they are."""
        await self._desk.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for out in self._out.values():
            self._news.say(
                f"The batch {out.batch} goes on at {self.name}: the same command waits for it, and asks nothing twice."
            )
        self._left.close()
        self._journal.close()
        await self._provider.aclose()

    async def _answer_to(self, request: Request) -> Answer:
        key = request.key
        waiting = self._waiting.get(key)
        if waiting is None:
            if (left := self._left.take(key)) is not None:
                return left
            waiting = self._waiting[key] = Waiting(request, asyncio.get_running_loop().create_future())
            one = self._expected.get(key)
            if one is None:
                self._gather(waiting)
            elif one.intent.token not in self._followed:
                self._followed.add(one.intent.token)
                self._begin(self._follow(one))
        return await asyncio.shield(waiting.answer)  # another may wait for the same

    def _give(self, key: str, answer: Answer) -> None:
        """Give an asker the answer, or keep it for one who is still to come."""
        self._expected.pop(key, None)
        waiting = self._waiting.pop(key, None)
        if waiting is None:
            self._left.put(key, answer)
        elif not waiting.answer.done():
            waiting.answer.set_result(answer)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _gather(self, waiting: Waiting) -> None:
        n_bytes = self._endpoint.entry(custom_id("0" * 2 * TOKEN_BYTES, "0" * 32), waiting.request).n_bytes
        if self._gathered and self._gathered_bytes + n_bytes > self._endpoint.most_bytes:
            self._hand_in()
        self._gathered.append(waiting)
        self._gathered_bytes += n_bytes
        self._arrived += 1
        if len(self._gathered) >= self._most:
            self._hand_in()
        elif not self._lingering:
            self._lingering = True
            self._begin(self._linger())

    async def _linger(self) -> None:
        """Hand in what has gathered when nothing more arrives: everybody waits then."""
        seen = -1
        while seen != self._arrived:
            seen = self._arrived
            await self._sleep(LINGER_SECONDS)
        self._lingering = False
        if self._gathered:
            self._hand_in()

    def _hand_in(self) -> None:
        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        self._begin(self._carry(gathered))

    async def _carry(self, asked: Sequence[Waiting]) -> None:
        """Hand in a batch, wait for it and give out its results; whatever goes wrong is told to all who wait."""
        try:
            async with self._in_line():
                asked, rest = asked[: self._most], asked[self._most :]
                if rest:  # gathered before it turned out that the account takes fewer at once
                    self._begin(self._carry(rest))
                out = await self._desk.submit([waiting.request for waiting in asked])
                if out is not None:
                    await self._bring_in(out, asked)
        except Exception as error:  # noqa: BLE001 - nobody must wait for ever, whatever it is
            for waiting in asked:
                self._give(waiting.request.key, Answer(error))

    @asynccontextmanager
    async def _in_line(self) -> AsyncIterator[None]:
        """Let one batch after the other through, once the account has said that it takes only so much."""
        if self._line is None:
            yield
            return
        async with self._line:
            yield

    async def _follow(self, one: Open) -> None:
        """Wait for a batch that an earlier process has handed in, or may have."""
        intent, batch = one.intent, one.batch
        asked = frozenset(one.waiting)
        try:
            if batch is None:
                self._news.say(f"A batch of {len(intent.keys):,} may have reached {self.name}: looking it up …")
                batch = await self._desk.look_up(intent)
                if batch is None:
                    await self._desk.withdraw(intent.token, "it never reached the provider")
                    self._gather_again(asked)
                    return
                await self._desk.confirm(intent.token, batch)
            self._news.say(f"Waiting for the batch {batch} of an earlier start: {len(asked):,} questions")
            held = frozenset(intent.keys) - asked
            await self._bring_in(Out(intent.token, batch, asked, frozenset(intent.without), held=held), ())
        except Exception as error:  # noqa: BLE001 - nobody must wait for ever, whatever it is
            for key in asked & self._waiting.keys():
                self._give(key, Answer(error))

    def _gather_again(self, keys: frozenset[str]) -> None:
        """Put Requests of a batch that holds them no more into the next one."""
        for key in keys:
            self._expected.pop(key, None)
        for key in [key for key in self._waiting if key in keys]:  # in the order in which they were asked
            self._gather(self._waiting[key])

    async def _bring_in(self, out: Out, asked: Sequence[Waiting]) -> None:
        """Wait until a batch has ended and give out what it brought."""
        self._out[out.token] = self._news.out[out.token] = out
        self._news.changed()
        state = await self._desk.ended(out)
        if state.failure is None:
            self._refusals = 0
            await self._desk.collect(out, state, self._give)
        else:
            await self._desk.withdraw(out.token, state.failure.message)
        for known in (self._out, self._news.out):
            known.pop(out.token)
        self._news.changed()
        if state.failure is not None:
            await self._refused(out, state, state.failure, asked)

    async def _refused(self, out: Out, state: State, failure: ProviderError, asked: Sequence[Waiting]) -> None:
        """Act on a batch that was refused as a whole, after it had been taken."""
        if out.shape is None:  # an earlier process handed it in: whatever was wrong then may be right now
            self._gather_again(out.keys)
            return
        self._refusals += 1
        if not state.is_too_much or self._refusals > REFUSALS:
            raise failure
        self._most = max(1, len(asked) // 2)
        self._line = self._line or asyncio.Semaphore(1)
        self._news.say(f"{failure.message} Trying {self._most:,} at once.")
        await self._sleep(wait_after(min(self._refusals + 3, 8), None))
        self._begin(self._carry(asked))


def told(error: ProviderError, batch: str | None) -> ProviderError:
    """Return a failure as one Request's own: several that raised the same one would write into each other's trace."""
    return ProviderError(
        error.message,
        kind=error.kind,
        hint=error.hint,
        retry_after=error.retry_after,
        batch=batch,
        again=error.again,
    )


def batched(
    provider: Provider,
    journal: Batches,
    *,
    most: int | None = None,
    news: News,
    sleep: Sleep = asyncio.sleep,
) -> Provider:
    """Return a Provider that asks in batches, each model in its own; `require_batches` says whether it can."""
    by_role = {
        role: Batched(each, each.batch_endpoint(), journal, role=role, most=most, news=news, sleep=sleep)
        for role, each in models_of(provider).items()
        if isinstance(each, Batching)
    }
    if not isinstance(provider, WithRoles):
        return by_role[""]
    whole = WithRoles(by_role.pop(""), by_role)
    whole.gathers = True
    return whole


def models_of(provider: Provider) -> Mapping[str, Provider]:
    """Return every model that a Provider asks, by role."""
    return provider.by_role if isinstance(provider, WithRoles) else {"": provider}


def most_in_batches(provider: Provider) -> dict[str, int]:
    """Return how many Requests one batch of each model holds, by role."""
    models = models_of(provider).items()
    return {role: each.batch_endpoint().most_requests for role, each in models if isinstance(each, Batching)}


def require_batches(providers: Sequence[Provider], *, known: Sequence[str]) -> None:
    """Raise InputError where a model takes no batches; `known` are the names of those that do."""
    for role, each in (named for provider in providers for named in models_of(provider).items()):
        if not isinstance(each, Batching):
            who = f"{each.name}, which is asked as {role}," if role else each.name
            raise InputError(
                f"{who} has no batch endpoint",
                hint=f"leave --batch out, or ask a model of one that has: {', '.join(known)}",
            )
