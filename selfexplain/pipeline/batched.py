"""Ask through a provider's batch endpoint: gather what is asked, hand it in, wait, and give each asker its own reply.

To whoever asks this is a Provider like any other, only a slow one. Requests gather until no more arrive, since
everybody waits, or until a batch is full; so an elicitation with several turns goes on in rounds. What a batch holds is
written down before it is handed in (`runs/batches.py`): a later process waits for it instead of asking again.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from selfexplain.errors import FATAL, InputError, ProviderError, ProviderFailure
from selfexplain.pipeline.ask import Progress, Watch
from selfexplain.providers.batch import (
    BatchEndpoint,
    Batching,
    Sought,
    State,
    Undecided,
    cancelled,
    custom_id,
    expired,
    key_of,
)
from selfexplain.providers.failures import UnsupportedParameterError
from selfexplain.providers.provider import Provider, transparency_of, wanted
from selfexplain.providers.retry import PATIENCE_SECONDS, TRIES_UNANSWERED, wait_after
from selfexplain.providers.roles import WithRoles
from selfexplain.records import Message, Request, Response, encode
from selfexplain.runs.batches import Batches, Intent, Open, Submitted, Withdrawn, now

T = TypeVar("T")

LINGER_SECONDS = 2.0
"""How long nothing more must arrive before a batch that is not full is handed in."""
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, POLLS_GROW = 5.0, 120.0, 1.3
SETTLE_SECONDS = 60.0
"""A list of batches that was made sooner after a batch need not show it."""
POLL_PATIENCE_SECONDS = 6 * 3600.0
"""So long a server may be in trouble while a batch is with it: the batch goes on meanwhile."""
READS = 4
"""How often results are read, as long as lines are missing in them."""
REFUSALS = 16
"""How often a batch is made smaller because too much is waiting already."""
CLOSING_SECONDS = 10.0
"""How long an interrupt waits for a batch that is just being made, so that its name is known."""

UNSURE: frozenset[ProviderFailure] = frozenset({"overloaded", "timeout", "connection", "bad_reply"})
"""Failures after which nobody knows whether the batch was made."""

TOKEN_BYTES = 8

EVERYTHING = Request(
    item="",
    messages=(Message("user", "?"),),
    max_tokens=1,
    temperature=1.0,
    seed=1,
    logprobs=True,
    grammar="root ::= .",
    top_logprobs=1,
    effort="low",
    form={},
)
"""Asks for every parameter that there is."""

Outcome = Response | Exception
Sleep = Callable[[float], Awaitable[None]]


class Answer(NamedTuple):
    """What came of one Request, and how it was asked."""

    outcome: Outcome
    batch: str | None = None
    """None where it never was in one."""
    without: frozenset[str] = frozenset()
    shape: bytes | None = None
    """How Requests were written by then; None in a batch of an earlier process."""


class Waiting(NamedTuple):
    """A Request that somebody waits for."""

    request: Request
    answer: "asyncio.Future[Answer]"


@dataclass
class Out:
    """A batch that is with the provider."""

    token: str
    batch: str
    keys: frozenset[str]
    """Of the Requests that are waited for."""
    without: frozenset[str]
    shape: bytes | None = None
    held: frozenset[str] = frozenset()
    """Keys of the others that it holds: what came of them an earlier process has recorded."""
    done: int = 0
    words: str = "submitted"


@dataclass
class News:
    """Who is told what happens to batches."""

    say: Callable[[str], None]
    """Told a sentence when a batch is handed in, and when it has ended."""
    show: Callable[[str], None]
    """Told how far all batches are, in a few words, empty when none is out."""
    out: dict[str, Out] = field(default_factory=dict)
    """Those of all models, by token."""

    def changed(self) -> None:
        """Tell how far they are."""
        each = list(self.out.values())
        asked, done = sum(len(one.keys) for one in each), sum(one.done for one in each)
        which = f"batch of {asked:,}" if len(each) == 1 else f"{len(each)} batches of {asked:,} together"
        words = "/".join(dict.fromkeys(one.words for one in each))
        self.show(f"{which} {words}, {done:,} done" if each else "")


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
        Requests in one batch, if fewer than the endpoint takes.
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
        self._provider, self._endpoint, self._journal, self._role = provider, endpoint, journal, role
        self._most = min(self.concurrency, endpoint.most_requests)
        self._news, self._sleep = news, sleep
        self._waiting: dict[str, Waiting] = {}
        self._left: dict[str, Answer] = {}
        self._expected = {key: one for one in journal.open if one.intent.role == role for key in one.waiting}
        self._followed: set[str] = set()
        self._out: dict[str, Out] = {}
        self._gathered: list[Waiting] = []
        self._gathered_bytes = self._arrived = self._refusals = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._lingering = self._answered = self._closing = False
        self._handing_in: set[asyncio.Future[None]] = set()
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
                if answer.shape == self._shape():  # it was not sent, or nothing can be done without it
                    raise told(outcome.error, answer.batch)
                continue
            if not isinstance(outcome, ProviderError):
                raise outcome
            if outcome.kind in FATAL and answer.batch is not None and answer.shape is None:
                continue  # a key or an account as they were when an earlier process asked: nothing was answered then
            raise told(outcome, answer.batch)

    def _shape(self) -> bytes:
        """Return how a Request with everything in it is written now: by that it shows whether anything was learned."""
        return encode(self._endpoint.entry("", EVERYTHING).body)

    async def aclose(self) -> None:
        """Stop waiting; batches go on where they are."""
        self._closing = True
        if self._handing_in:
            await asyncio.wait(self._handing_in, timeout=CLOSING_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for out in self._out.values():
            self._news.say(
                f"The batch {out.batch} goes on at {self.name}: the same command waits for it, and asks nothing twice."
            )
        self._journal.close()
        await self._provider.aclose()

    async def _answer_to(self, request: Request) -> Answer:
        key = request.key
        waiting = self._waiting.get(key)
        if waiting is None:
            if (left := self._left.pop(key, None)) is not None:
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
            self._left[key] = answer
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
                out = await self._submit(asked)
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
                batch = await self._look_up(intent)
                if batch is None:
                    await self._withdraw(intent.token, "it never reached the provider")
                    self._gather_again(asked)
                    return
                await self._write(Submitted(intent.token, batch, now()))
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

    async def _submit(self, asked: Sequence[Waiting]) -> Out | None:
        """Hand in a batch, after writing down that it is going to be; None when nothing came of it."""
        handed_in = asyncio.get_running_loop().create_future()
        self._handing_in.add(handed_in)
        try:
            token = secrets.token_hex(TOKEN_BYTES)
            newest = await self._patiently(self._endpoint.newest)
            entries = [self._endpoint.entry(custom_id(token, one.request.key), one.request) for one in asked]
            keys = tuple(one.request.key for one in asked)
            without, shape = frozenset(self._endpoint.refused), self._shape()
            intent = Intent(token, self._role, keys, tuple(sorted(without)), newest, now())
            await self._write(intent)
            file = await self._patiently(lambda: self._endpoint.upload(entries, token))
            if self._closing:
                await self._withdraw(token, "interrupted before it was handed in")
                return None
            batch = await self._create(entries, file, intent)
            await self._write(Submitted(token, batch, now()))
            self._news.say(f"Batch of {len(keys):,} submitted to {self.name}: {batch}")
            return Out(token, batch, frozenset(keys), without, shape)
        finally:
            self._handing_in.discard(handed_in)
            handed_in.set_result(None)

    async def _create(self, entries: Sequence[Any], file: str, intent: Intent) -> str:
        """Have a batch made; before it is tried again after an unsure end, look whether it is there."""
        attempt, patience = 1, PATIENCE_SECONDS
        while True:
            try:
                return await self._control(lambda: self._endpoint.create(entries, file, intent.token))
            except ProviderError as error:
                unsure = error.kind in UNSURE
                wait = wait_after(attempt, error.retry_after)
                if not unsure and (error.kind != "rate" or wait > patience):
                    await self._withdraw(intent.token, error.message)
                    raise stopping(error) from None
                if wait > patience:
                    raise stopping(error) from None
            await self._sleep(wait)
            if unsure and (found := await self._look_up(intent)) is not None:
                return found
            attempt, patience = attempt + 1, patience - wait

    async def _look_up(self, intent: Intent) -> str | None:
        """Return the provider's name of a batch that may have been made, None when it certainly was not."""
        age = (datetime.now(UTC) - intent.since).total_seconds()
        # A clock that was set back says nothing: then as if it had been just now.
        await self._sleep(max(0.0, SETTLE_SECONDS - age if age >= 0 else SETTLE_SECONDS))
        sought, wait, has_said = Sought(intent.token, len(intent.keys), intent.newest, intent.since), 0.0, False
        while True:
            found = await self._patiently(lambda: self._endpoint.find(sought))
            if not isinstance(found, Undecided):
                return found
            if not has_said:
                self._news.say(
                    f"{', '.join(found.batches)} may be it, and can be told from others only when it has ended: waiting"
                )
                has_said = True
            wait = next_poll(wait)
            await self._sleep(jittered(wait))

    async def _bring_in(self, out: Out, asked: Sequence[Waiting]) -> None:
        """Wait until a batch has ended and give out what it brought."""
        self._out[out.token] = self._news.out[out.token] = out
        self._news.changed()
        state = await self._ended(out)
        if state.failure is None:
            self._refusals = 0
            await self._collect(out, state)
        else:
            await self._withdraw(out.token, state.failure.message)
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

    async def _ended(self, out: Out) -> State:
        """Ask how far a batch is, less and less often, until it has ended."""
        wait = trouble = 0.0
        while True:
            try:
                state = await self._control(lambda: self._endpoint.state(out.batch))
            except ProviderError as error:
                if error.kind in FATAL or trouble > POLL_PATIENCE_SECONDS:
                    raise stopping(error) from None
                wait = max(next_poll(wait), error.retry_after or 0.0)
                trouble += wait
            else:
                wait, trouble = next_poll(wait), 0.0
                if (state.done, state.words) != (out.done, out.words):
                    out.done, out.words = state.done, state.words
                    self._news.changed()
                if state.ended is not None:
                    return state
            await self._sleep(jittered(wait))

    async def _collect(self, out: Out, state: State) -> None:
        """Give out what a batch brought, each line to whoever asked for it.

        The first reply to a Request counts, and more than a failure, since it is paid for. Lines that are missing are
        looked for again, since the connection may have been cut where it does not show.
        """
        missing, failures, foreign = set(out.keys), dict[str, Outcome](), set[str]()
        for attempt in range(1, READS + 1):
            broken: ProviderError | None = None
            try:
                await self._read(out, missing, failures, foreign)
            except ProviderError as error:
                if error.kind in FATAL and error.kind != "unavailable":
                    raise
                broken = error
            if not missing - failures.keys() or (broken is not None and broken.kind == "unavailable"):
                break
            if attempt < READS:
                await self._sleep(wait_after(attempt, None))
        else:
            if broken is not None:  # what is there is paid for: it must not count as lost
                raise stopping(broken)
        lost = lost_of(self.name, state, broken)
        for key in missing:
            self._give(key, self._answer(out, failures.get(key, lost)))
        absent = len(missing - failures.keys())
        notes = [f"{len(out.keys) - len(missing):,} answered", *([f"{len(failures):,} failed"] if failures else [])]
        notes += [f"{absent:,} missing"] if absent else []
        notes += [f"{len(foreign):,} lines of no question of ours, left out"] if foreign else []
        self._news.say(f"The batch {out.batch} has ended ({state.words}): {', '.join(notes)}")

    async def _read(self, out: Out, missing: set[str], failures: dict[str, Outcome], foreign: set[str]) -> None:
        """Read the results once: replies are given out as they come, failures kept until all is read."""
        async with aclosing(self._endpoint.lines(out.batch)) as lines:
            async for line in lines:
                key = key_of(line.custom_id, out.token)
                if key is None or (key not in out.keys and key not in out.held):
                    foreign.add(line.custom_id)
                elif key in missing and isinstance(line.outcome, Response):
                    missing.discard(key)
                    failures.pop(key, None)
                    self._give(key, self._answer(out, line.outcome))
                elif key in missing:
                    failures.setdefault(key, line.outcome)

    def _answer(self, out: Out, outcome: Outcome) -> Answer:
        return Answer(outcome, out.batch, out.without, out.shape)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the server says, after waiting until it can say something."""
        attempt, patience = 1, PATIENCE_SECONDS
        while True:
            try:
                return await self._control(call)
            except ProviderError as error:
                wait = wait_after(attempt, error.retry_after)
                may_help = error.kind == "rate" or error.kind in UNSURE
                is_new = not self._answered and attempt >= TRIES_UNANSWERED  # a wrong address is likelier then
                if not may_help or is_new or wait > patience:
                    raise stopping(error) from None
            await self._sleep(wait)
            attempt, patience = attempt + 1, patience - wait

    async def _control(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            found = await call()
        except UnsupportedParameterError as refusal:
            raise refusal.error from None
        self._answered = True
        return found

    async def _write(self, event: Intent | Submitted | Withdrawn) -> None:
        # Shielded: what has happened at the provider is written down, whoever is interrupted meanwhile.
        await asyncio.shield(asyncio.to_thread(self._journal.write, event))

    async def _withdraw(self, token: str, why: str) -> None:
        """Write down that nothing will come of a batch, and delete a file that was meant for it."""
        await self._write(Withdrawn(token, why))
        with suppress(ProviderError):  # a file asks nothing and costs nothing
            await self._control(lambda: self._endpoint.discard(token))


def told(error: ProviderError, batch: str | None) -> ProviderError:
    """Return a failure as one Request's own: several that raised the same one would write into each other's trace."""
    return ProviderError(error.message, kind=error.kind, hint=error.hint, retry_after=error.retry_after, batch=batch)


def stopping(error: ProviderError) -> ProviderError:
    """Return a failure of the endpoint itself as one that stops the Run: no other Request would fare better."""
    if error.kind in FATAL and error.kind != "unavailable":
        return error
    hint = (
        "the same command resumes: batches that are out are waited for, and nothing is asked twice. If this server "
        "takes no batches at all, leave --batch out"
    )
    return ProviderError(error.message, kind="unavailable", hint=hint)


def lost_of(name: str, state: State, broken: ProviderError | None) -> ProviderError:
    """Return what became of a Request of which a batch says nothing."""
    if broken is not None:
        return ProviderError(f"{name}: the batch's results are gone ({broken.message})", kind="bad_reply")
    if state.ended == "expired":
        return expired(name)
    if state.ended == "cancelled":
        return cancelled(name)
    return ProviderError(f"{name}: the batch's results say nothing of this request", kind="bad_reply")


def next_poll(wait: float) -> float:
    """Return how long to wait after having waited so long."""
    return min(max(wait * POLLS_GROW, FIRST_POLL_SECONDS), LONGEST_POLL_SECONDS)


def jittered(wait: float) -> float:
    """Return a wait up to a quarter longer, so that many Runs do not ask at the same time."""
    return wait_after(1, wait)


class Noted:
    """A Watch that shows how far the batches are beside how far the asking is.

    Parameters
    ----------
    watch : callable
        Told `Progress`.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch, self._last, self.note = watch, Progress(0, 0, 0, 0), ""

    def __call__(self, progress: Progress) -> None:
        """Show how far the asking is."""
        self._last = progress
        self._watch(progress._replace(note=self.note))

    def show(self, note: str) -> None:
        """Show how far the batches are."""
        self.note = note
        if self._last.total:
            self(self._last)


def batched(
    provider: Provider,
    journal: Batches,
    *,
    most: int | None = None,
    say: Callable[[str], None],
    noted: Noted,
    sleep: Sleep = asyncio.sleep,
) -> Provider:
    """Return a Provider that asks in batches, each model in its own; `require_batches` says whether it can."""
    news = News(say, noted.show)
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
