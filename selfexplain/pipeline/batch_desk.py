"""What passes between us and one model's batch endpoint: handing in, looking up, waiting, reading; all with patience.

A batch is written down before it is made (`runs/batches.py`), and looked for before it is made again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any, NamedTuple, TypeVar

from selfexplain.errors import FATAL, ProviderError, ProviderFailure
from selfexplain.pipeline.batch_news import News, Out
from selfexplain.providers.batch import (
    BatchEndpoint,
    Sought,
    State,
    Undecided,
    cancelled,
    custom_id,
    expired,
    key_of,
)
from selfexplain.providers.failures import UnsupportedParameterError
from selfexplain.providers.retry import PATIENCE_SECONDS, TRIES_UNANSWERED, wait_after
from selfexplain.records import Message, Request, Response, encode
from selfexplain.runs.batches import Batches, Intent, Submitted, Withdrawn, now

T = TypeVar("T")

FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, POLLS_GROW = 5.0, 120.0, 1.3
SETTLE_SECONDS = 60.0
"""A list of batches that was made sooner after a batch need not show it."""
POLL_PATIENCE_SECONDS = 6 * 3600.0
"""So long a server may be in trouble while a batch is with it: the batch goes on meanwhile."""
READS = 4
"""How often results are read, as long as lines are missing in them."""
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


Give = Callable[[str, Answer], None]


class Desk:
    """Where the batches of one model are handed in and collected.

    Parameters
    ----------
    endpoint : BatchEndpoint
    journal : Batches
        Where batches are written down.
    name : str
        Of the model.
    role : str
        Which model of the Run this is.
    news : News
    sleep : callable
        Waits so many seconds.
    """

    def __init__(
        self, endpoint: BatchEndpoint, journal: Batches, *, name: str, role: str, news: News, sleep: Sleep
    ) -> None:
        self._endpoint, self._journal, self._name, self._role = endpoint, journal, name, role
        self._news, self._sleep = news, sleep
        self._answered = self._closing = False
        self._handing_in: set[asyncio.Future[None]] = set()

    def shape(self) -> bytes:
        """Return how a Request with everything in it is written now: by that it shows whether anything was learned."""
        return encode(self._endpoint.entry("", EVERYTHING).body)

    async def close(self) -> None:
        """Hand nothing in any more, and wait a moment for what is just being handed in."""
        self._closing = True
        if self._handing_in:
            await asyncio.wait(self._handing_in, timeout=CLOSING_SECONDS)

    async def submit(self, asked: Sequence[Request]) -> Out | None:
        """Hand in a batch, after writing down that it is going to be; None when nothing came of it."""
        handed_in = asyncio.get_running_loop().create_future()
        self._handing_in.add(handed_in)
        try:
            token = secrets.token_hex(TOKEN_BYTES)
            newest = await self._patiently(self._endpoint.newest)
            entries = [self._endpoint.entry(custom_id(token, one.key), one) for one in asked]
            keys = tuple(one.key for one in asked)
            without, shape = frozenset(self._endpoint.refused), self.shape()
            intent = Intent(token, self._role, keys, tuple(sorted(without)), newest, now())
            await self._write(intent)
            file = await self._patiently(lambda: self._endpoint.upload(entries, token))
            if self._closing:
                await self.withdraw(token, "interrupted before it was handed in")
                return None
            batch = await self._create(entries, file, intent)
            await self.confirm(token, batch)
            self._news.say(f"Batch of {len(keys):,} submitted to {self._name}: {batch}")
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
                    await self.withdraw(intent.token, error.message)
                    raise stopping(error) from None
                if wait > patience:
                    raise stopping(error) from None
            await self._sleep(wait)
            if unsure and (found := await self.look_up(intent)) is not None:
                return found
            attempt, patience = attempt + 1, patience - wait

    async def look_up(self, intent: Intent) -> str | None:
        """Return the provider's name of a batch that may have been made, None when it certainly was not."""
        # From now on: nobody wrote down when it was tried, which an upload may have kept from happening for long.
        await self._sleep(SETTLE_SECONDS)
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

    async def ended(self, out: Out) -> State:
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

    async def collect(self, out: Out, state: State, give: Give) -> None:
        """Give out what a batch brought, each line to whoever asked for it.

        The first reply to a Request counts, and more than a failure, since it is paid for. Lines that are missing are
        looked for again, since the connection may have been cut where it does not show.
        """
        missing, failures, foreign = set(out.keys), dict[str, Outcome](), set[str]()
        for attempt in range(1, READS + 1):
            broken: ProviderError | None = None
            try:
                await self._read(out, missing, failures, foreign, give)
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
        lost = lost_of(self._name, state, broken)
        for key in missing:
            give(key, answer_of(out, failures.get(key, lost)))
        absent = len(missing - failures.keys())
        notes = [f"{len(out.keys) - len(missing):,} answered", *([f"{len(failures):,} failed"] if failures else [])]
        notes += [f"{absent:,} missing"] if absent else []
        notes += [f"{len(foreign):,} lines of no question of ours, left out"] if foreign else []
        self._news.say(f"The batch {out.batch} has ended ({state.ended}): {', '.join(notes)}")

    async def _read(
        self, out: Out, missing: set[str], failures: dict[str, Outcome], foreign: set[str], give: Give
    ) -> None:
        """Read the results once: replies are given out as they come, failures kept until all is read."""
        async with aclosing(self._endpoint.lines(out.batch)) as lines:
            async for line in lines:
                key = key_of(line.custom_id, out.token)
                if key is None or (key not in out.keys and key not in out.held):
                    foreign.add(line.custom_id)
                elif key in missing and isinstance(line.outcome, Response):
                    missing.discard(key)
                    failures.pop(key, None)
                    give(key, answer_of(out, line.outcome))
                elif key in missing:
                    failures.setdefault(key, line.outcome)

    async def confirm(self, token: str, batch: str) -> None:
        """Write down what the provider calls a batch."""
        await self._write(Submitted(token, batch, now()))

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

    async def withdraw(self, token: str, why: str) -> None:
        """Write down that nothing will come of a batch, and delete a file that was meant for it."""
        await self._write(Withdrawn(token, why))
        with suppress(ProviderError):  # a file asks nothing and costs nothing
            await self._control(lambda: self._endpoint.discard(token))


def answer_of(out: Out, outcome: Outcome) -> Answer:
    """Return what came of a Request in a batch."""
    return Answer(outcome, out.batch, out.without, out.shape)


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
