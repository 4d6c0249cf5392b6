"""How many requests at once a provider is happy with, found out by asking: grow while replies come, halve when told to.

The rule is TCP's: the limit doubles with each round of replies until the first sign of trouble, is halved then, and
from there on grows by one a round (Jacobson 1988, "Congestion avoidance and control", doi:10.1145/52324.52356; why
additive growth and multiplicative shrinking share a server fairly: Chiu and Jain 1989).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

from selfexplain.errors import ProviderError, ProviderFailure
from selfexplain.providers.retry import PATIENCE_SECONDS, wait_after
from selfexplain.providers.stated_limits import Allowance, Stated
from selfexplain.records import Ask, Request, Response, Usage

FIRST = 4
"""Requests at once before anything is known of a server."""

TROUBLE: frozenset[ProviderFailure] = frozenset({"rate", "overloaded", "timeout"})
"""Failures by which a server says that it has too much to do."""

Went = Literal["well", "badly", "unsaid"]


class Pace:
    """The limit on what is in flight to one provider, and the line in front of it: first come, first sent.

    Parameters
    ----------
    most : int
        What the limit never exceeds, at least 1.
    stated : sequence of Stated
        Where those who send to the provider leave what it says of its own limits.
    """

    def __init__(self, most: int, stated: Sequence[Stated] = ()) -> None:
        self._most, self.limit, self._threshold = most, min(FIRST, most), most
        self._line: deque[asyncio.Future[None]] = deque()
        self._in_flight = self._sent = self._halved_at = self._well = 0
        self._held: asyncio.TimerHandle | None = None
        self._stated, self._allowance = stated, Allowance()
        self._looks_again: asyncio.TimerHandle | None = None

    async def enter(self) -> int:
        """Return when one more may be sent: its number, to leave with."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._line.append(turn)
        loop.call_soon(self._admit)  # not at once, even where there is room: who was let in just now starts first
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._line:
                self._line.remove(turn)
            elif not turn.cancelled():  # let in and cancelled at once: the place is somebody else's
                self._in_flight -= 1
            self._admit()
            raise
        self._sent += 1
        return self._sent

    def leave(self, number: int, went: Went, *, wait: float | None = None) -> None:
        """Make room for the next, after a request that went well, badly, or neither.

        Parameters
        ----------
        number : int
            What `enter` returned.
        went : str
            `well` for a reply, `badly` for a sign of trouble, `unsaid` for all else.
        wait : float, optional
            Seconds for which the server wants nothing more.
        """
        was_full = self._in_flight >= self.limit
        self._in_flight -= 1
        if went == "well" and was_full:  # a limit that nobody came up to has not been tried
            self._well += 1
            if self.limit < self._threshold or self._well >= self.limit:
                self.limit, self._well = min(self.limit + 1, self._most), 0
        elif went == "badly" and number > self._halved_at:
            # Whatever was in flight by then was sent under the old limit: its failures are the same news.
            self._halved_at, self._well = self._sent, 0
            self.limit = self._threshold = max(1, self.limit // 2)
        if wait:
            self._hold(wait)
        self._hear(number)
        self._admit()

    def use(self, usage: Usage | None) -> None:
        """Note the tokens of a reply, by which it is told how many more a server takes that counts them."""
        if usage is not None:
            self._allowance.use(usage)

    def _hear(self, number: int) -> None:
        """Note what the server said beside a reply: how much it takes, and for how long that holds."""
        said = {what: left for stated in self._stated for what, left in stated.take().items()}
        if not said:
            self._allowance.lose(number)
            return
        now, until = asyncio.get_running_loop().time(), {}
        for what, (amount, seconds) in said.items():
            # Nothing more for longer than a Request is patient: the server will say so itself, and the Run end by that.
            if amount or seconds <= PATIENCE_SECONDS:
                until[what] = amount, now + min(wait_after(1, seconds), PATIENCE_SECONDS)
        self._allowance.hear(until, number=number, sent=self._sent)

    def _hold(self, wait: float) -> None:
        loop = asyncio.get_running_loop()  # its clock is monotonic: no jump of the machine's own reaches it
        until = loop.time() + wait
        if self._held is None or until > self._held.when():
            if self._held is not None:
                self._held.cancel()
            self._held = loop.call_at(until, self._lift)

    def _lift(self) -> None:
        self._held = None
        self._admit()

    def _may_send(self) -> bool:
        if self._in_flight >= self.limit or self._held is not None:
            return False
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._in_flight < self._allowance.room(now):
            return True
        changes_at = self._allowance.changes_at(now)
        if self._looks_again is not None:
            self._looks_again.cancel()
        self._looks_again = None if changes_at is None else loop.call_at(changes_at, self._admit)
        return False

    def _admit(self) -> None:
        while self._line and self._may_send():
            turn = self._line.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)


def alone(send: Ask) -> Ask:
    """Return what sends, and nothing around it."""
    return send


def patient(wait: Awaitable[int]) -> Awaitable[int]:
    """Return a wait in line as it is: however long it takes."""
    return wait


def paced(
    send: Ask,
    paces: Mapping[str, Pace],
    *,
    around: Callable[[Ask], Ask] = alone,
    waiting: Callable[[Awaitable[int]], Awaitable[int]] = patient,
) -> Ask:
    """Return `send`, except that no more is in flight than who fills the Request's role is happy with.

    Parameters
    ----------
    send : callable
        Sends a Request.
    paces : mapping of role to Pace
        Shared by all that ask the same provider.
    around : callable
        From what sends to what does more with each try, in its turn: counts it, writes its reply to disk. The place in
        flight is the next one's as soon as the reply has come; what is then done with it keeps nobody waiting.
    waiting : callable
        From a wait in line to one that may end sooner, by raising.
    """

    async def ask_in_turn(request: Request) -> Response:
        pace = paces[request.role]
        number = await waiting(pace.enter())
        went: Went = "unsaid"
        wait = None

        async def send_and_leave(request: Request) -> Response:
            nonlocal went
            response = await send(request)
            went = "well"
            pace.use(response.usage)
            pace.leave(number, went)
            return response

        try:
            return await around(send_and_leave)(request)
        except ProviderError as error:
            if error.kind in TROUBLE:
                went = "badly"
                # A longer one ends the Request, and soon the Run: nobody is kept in line for it.
                wait = error.retry_after if (error.retry_after or 0) <= PATIENCE_SECONDS else None
            raise
        finally:
            if went != "well":  # of what failed the place is kept until that is recorded: it may be the end of the Run
                pace.leave(number, went, wait=wait)

    return ask_in_turn
