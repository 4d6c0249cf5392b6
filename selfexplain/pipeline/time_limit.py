"""How long a command may ask: from its first request on, by a clock that no jump of the machine's own reaches."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from selfexplain.errors import BudgetSpent, InputError
from selfexplain.records import Ask, Request, Response

T = TypeVar("T")

PARTS = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s?)?")
"""`2h`, `90m`, `1h30m`, `45s`, `45`."""

SECONDS_IN = (3600.0, 60.0, 1.0)


class TimeLimit:
    """The time in which a command may begin requests; what it has begun by then is waited for.

    Parameters
    ----------
    seconds : float
        How long, above 0.
    passed : callable, optional
        Asked when the first request is about to be sent: how many seconds of them others have had by then, where
        several processes ask for one command.
    """

    def __init__(self, seconds: float, *, passed: Callable[[], float] | None = None) -> None:
        self.seconds, self._passed = seconds, passed
        self._ends: float | None = None

    def begin(self) -> None:
        """Let the time run, unless it does."""
        if self._ends is None:
            passed = 0.0 if self._passed is None else self._passed()
            self._ends = asyncio.get_running_loop().time() + self.seconds - passed

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be sent."""
        return self._ends is not None and asyncio.get_running_loop().time() >= self._ends

    def begun_by(self, ask: Ask) -> Ask:
        """Return `ask`, of which the first call begins the time."""

        async def ask_in_time(request: Request) -> Response:
            self.begin()
            return await ask(request)

        return ask_in_time

    def cut(self, ask: Ask) -> Ask:
        """Return `ask`, except that it is given up when the time is over: of a batch that is out nothing is lost."""

        async def ask_until(request: Request) -> Response:
            return await self.waited(ask(request))

        return ask_until

    async def waited(self, wait: Awaitable[T]) -> T:
        """Return what is waited for.

        Raises
        ------
        BudgetSpent
            As soon as the time is over.
        """
        limit = asyncio.timeout_at(self._ends)
        try:
            async with limit:
                return await wait
        except TimeoutError:
            if not limit.expired():
                raise
            raise self.spent() from None

    def spent(self, replies: int | None = None) -> BudgetSpent:
        """Return what tells that the time is over, with the number of replies that the Runs have, if it is known."""
        so_far = "" if replies is None else f" The Run has {replies:,} replies;"
        return BudgetSpent(
            f"the {spoken(self.seconds)} for which this command may ask are over.{so_far or ' What came is recorded;'} "
            "what was in flight is among them, and nothing is lost",
            hint="run the same command to ask as long again: it asks only what is missing; `selfexplain evaluate RUN` "
            "measures what there is",
        )


def plain(wait: Awaitable[T]) -> Awaitable[T]:
    """Return a wait as it is, where no time is set."""
    return wait


def seconds_in(stated: float | str) -> float:
    """Return how many seconds a time has.

    Parameters
    ----------
    stated : float or str
        Seconds, or `90m`, `2h`, `1h30m`, `45s`.

    Raises
    ------
    InputError
        When it is none, or nothing could be asked in it.

    Examples
    --------
    >>> seconds_in("1h30m"), seconds_in("90m"), seconds_in("45"), seconds_in(0.5)
    (5400.0, 5400.0, 45.0, 0.5)
    """
    parts = PARTS.fullmatch(str(stated).strip())
    if isinstance(stated, str):
        numbers = [] if parts is None else [float(part or 0) for part in parts.groups()]
        found = sum(number * unit for number, unit in zip(numbers, SECONDS_IN, strict=False))
    else:
        found = float(stated)
    if not 0 < found < float("inf"):
        raise InputError(
            f"the time for which the Run may ask is {stated!r}", hint="write seconds, or 90m, 2h, 1h30m: more than 0"
        )
    return found


def spoken(seconds: float) -> str:
    """Return a time as people say it.

    >>> spoken(5400), spoken(45), spoken(0.5), spoken(86_400)
    ('1 h 30 min', '45 s', '0.5 s', '24 h')
    """
    hours, rest = divmod(round(seconds, 3), 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours:.0f} h" if hours else "", f"{minutes:.0f} min" if minutes else "", f"{rest:g} s" if rest else ""]
    return " ".join(filter(None, parts)) or "0 s"
