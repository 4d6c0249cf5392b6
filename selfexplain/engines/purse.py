"""One budget for several processes: each draws what it may spend next from a file on their common disk.

Nobody is told before each request what all others have spent. Instead a process takes a part of what is left, under a
lock, spends it by itself, and comes back for more; the parts become smaller as less is left. What a process holds
counts as spent for all others. So calls never exceed their number, whatever is killed when; money and tokens exceed
theirs by what is in flight when they run out, as in one process.
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from selfexplain.pipeline.budget import Budget, Metered, reached, uncounted
from selfexplain.pipeline.time_limit import TimeLimit
from selfexplain.pipeline.usage import spent as spent_on
from selfexplain.records import encode
from selfexplain.runs.calls import Calls
from selfexplain.runs.folder import disk_errors
from selfexplain.runs.locks import waiting
from selfexplain.settings import Price

FILE = "purse.json"

FIRST = "first-request"
"""A file whose time is that of the first request of all workers."""

BLOCK = 4096
"""The file grows by so many bytes at a time: it is overwritten in one go, never cut."""

DRAWS_EACH = 32
"""What is left is handed out in so many parts for each worker, so that little lies idle in any of them."""

LEAST = 10_000
"""And never in parts smaller than one of so many of the whole, or nobody would ever get to the end of it."""


class Amounts(NamedTuple):
    """What calls take."""

    cost: float = 0.0
    tokens: int = 0
    calls: int = 0

    def plus(self, other: "Amounts", *, sign: int = 1) -> "Amounts":
        """Return the sum, or with `sign` -1 the difference."""
        return Amounts(
            self.cost + sign * other.cost, self.tokens + sign * other.tokens, self.calls + sign * other.calls
        )


@dataclass(frozen=True)
class Limits:
    """What a Run may take; None where it may take whatever it needs."""

    cost: float | None
    tokens: int | None
    calls: int | None
    prices: Sequence[Mapping[str, Price | None]]
    """Of the model in each role, Run by Run."""
    seconds: float | None = None
    """For which all workers of one command may ask, from the first request of any of them on."""

    def over(self, calls: Iterable[Calls]) -> Budget:
        """Return the budget of a process that is alone with the calls of these Runs."""
        metered = [
            Metered(each.totals_of(role), price)
            for each, prices in zip(calls, self.prices, strict=False)
            for role, price in prices.items()
        ]
        return Budget(self.cost, metered, self.tokens, self.calls)

    def __bool__(self) -> bool:
        return any(most is not None for most in (self.cost, self.tokens, self.calls, self.seconds))


def taken_from(budget: Budget) -> Amounts:
    """Return what the calls that a budget sees have taken."""
    return Amounts(
        sum(spent_on(run.totals, run.price) for run in budget.runs if run.price is not None),
        sum(run.tokens for run in budget.runs),
        budget.calls,
    )


@dataclass(frozen=True)
class Purse:
    """What a job may still take, and who holds how much of it."""

    scratch: Path
    """The job's folder, on a disk that all see."""
    limits: Limits
    before: Amounts
    """What the Run had taken when the job began."""
    workers: int

    def draw(self, who: str, spent: Amounts) -> Amounts | None:
        """Return up to which amounts somebody may spend who has spent so much; None when nothing is left.

        Raises
        ------
        InputError
            When the disk does not let it.

        Examples
        --------
        >>> import tempfile
        >>> limits = Limits(cost=None, tokens=None, calls=66, prices=[])
        >>> purse = Purse(Path(tempfile.mkdtemp()), limits, Amounts(calls=1), workers=1)
        >>> purse.draw("one", Amounts()).calls, purse.draw("two", Amounts()).calls
        (2, 1)
        """
        with self._holdings() as held:
            taken = self.before.plus(spent)
            for other in held.keys() - {who}:
                taken = taken.plus(held[other])
            parts = self.workers * DRAWS_EACH
            cost = part(self.limits.cost, taken.cost, parts)
            tokens = whole_part(self.limits.tokens, taken.tokens, parts)
            calls = whole_part(self.limits.calls, taken.calls, parts)
            if cost is None or tokens is None or calls is None:
                return None
            held[who] = spent.plus(Amounts(cost, tokens, calls))
            return held[who]

    def settle(self, who: str, spent: Amounts) -> None:
        """Give back what somebody holds and has not spent."""
        with self._holdings() as held:
            held[who] = spent

    def seconds_since_the_first(self, who: str) -> float:
        """Return how long ago the first worker began to ask, by the clock of the disk that all of them see.

        Workers on several machines have clocks of their own; the times of files have one.
        """
        with disk_errors(self.scratch):
            with contextlib.suppress(FileExistsError):
                (self.scratch / FIRST).open("x").close()
            mine = self.scratch / f"{FIRST}-{who}"
            mine.touch()
            return max(0.0, mine.stat().st_mtime - (self.scratch / FIRST).stat().st_mtime)

    @contextmanager
    def _holdings(self) -> Iterator[dict[str, Amounts]]:
        """Give what each holds, spent or not, to be changed by nobody else meanwhile."""
        with waiting(self.scratch / f"{FILE}.lock"), disk_errors(self.scratch):
            file = os.open(self.scratch / FILE, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                found = os.read(file, os.fstat(file).st_size)
                held = msgspec.json.decode(found, type=dict[str, Amounts]) if found else {}
                before = dict(held)
                yield held
                if held != before:
                    line = encode(held)
                    # Not cut and not renamed: one write, which is there or not, in a file that all machines have open.
                    os.pwrite(file, line.ljust(-(-len(line) // BLOCK) * BLOCK).ljust(len(found)), 0)
            finally:
                os.close(file)


def part(most: float | None, taken: float, parts: int) -> float | None:
    """Return the next part of what is left, 0 where there is no limit, None where nothing is left.

    >>> part(100.0, 36.0, 64), part(100.0, 99.999, 64), part(100.0, 100.5, 64), part(None, 7.0, 64)
    (1.0, 0.001..., None, 0.0)
    """
    if most is None:
        return 0.0
    left = most - taken
    return None if left <= 0 else min(left, max(left / parts, most / LEAST))


def whole_part(most: int | None, taken: int, parts: int) -> int | None:
    """Return the same of what is counted.

    >>> whole_part(100, 36, 32), whole_part(100, 99, 32), whole_part(100, 100, 32)
    (2, 1, None)
    """
    found = part(most, taken, parts)
    return None if found is None else max(int(found), 0 if most is None else 1)


class Share:
    """What one worker spends of a purse, whichever of the Run's calls it has read.

    Parameters
    ----------
    purse : Purse
    """

    def __init__(self, purse: Purse) -> None:
        self._purse, self._me = purse, secrets.token_hex(8)
        self._own = self._allowed = self._read = Amounts()
        self._budget = purse.limits.over([])
        self._line = asyncio.Lock()
        self._time = None
        if purse.limits.seconds is not None:
            passed = partial(purse.seconds_since_the_first, self._me)
            self._time = TimeLimit(purse.limits.seconds, passed=passed)

    @property
    def spent(self) -> Amounts:
        """What this worker has spent, with what it has in flight."""
        return self._own.plus(taken_from(self._budget)).plus(self._read, sign=-1)

    def of(self, calls: Iterable[Calls]) -> Budget:
        """Return the budget of who goes on with calls that were just read, by whomever they were made."""
        self._own = self.spent
        self._budget = self._purse.limits.over(calls)
        self._read = taken_from(self._budget)
        self._budget.more, self._budget.time = self.more, self._time
        self._grant(self._allowed)
        return self._budget

    async def more(self) -> bool:
        """Draw from the purse; tell whether there is any use in asking on."""
        budget = self._budget
        if budget.time is not None and budget.time.is_over:
            return False
        async with self._line:
            if reached(budget) is None:  # drawn by who was before us in the line
                return not uncounted(budget)
            allowed = None if uncounted(budget) else await asyncio.to_thread(self._purse.draw, self._me, self.spent)
            if allowed is None:
                return False
            self._grant(allowed)
            return True

    def settle(self) -> None:
        """Give back what is not spent, once nothing is in flight."""
        if self._allowed != self.spent:
            self._purse.settle(self._me, self.spent)
            self._grant(self.spent)

    def _grant(self, allowed: Amounts) -> None:
        self._allowed = allowed
        cost, tokens, calls = self._read.plus(self._own, sign=-1).plus(allowed)
        limits, budget = self._purse.limits, self._budget
        budget.most = None if limits.cost is None else cost
        budget.most_tokens = None if limits.tokens is None else tokens
        budget.most_calls = None if limits.calls is None else calls
