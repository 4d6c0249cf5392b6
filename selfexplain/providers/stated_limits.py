"""What a server says beside each reply of how much it will still take, and until when; and how many that lets in.

OpenAI's protocol says `x-ratelimit-remaining-requests: 3` and `x-ratelimit-reset-requests: 1m2.5s`, Anthropic's
`anthropic-ratelimit-requests-remaining: 3` and `anthropic-ratelimit-requests-reset: 2026-01-01T00:01:00Z`; both the
same of tokens, Anthropic's of those read and those written, too.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from selfexplain.records import Usage

PARTS_OF_A_WAIT = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
"""A duration as OpenAI's rate-limit headers state it: `6m0s`, `1.5s`, `20ms`."""

NAMES: Mapping[bytes, tuple[str, str]] = {
    b"x-ratelimit-remaining-requests": ("requests", "left"),
    b"x-ratelimit-reset-requests": ("requests", "reset"),
    b"x-ratelimit-remaining-tokens": ("tokens", "left"),
    b"x-ratelimit-reset-tokens": ("tokens", "reset"),
    b"anthropic-ratelimit-requests-remaining": ("requests", "left"),
    b"anthropic-ratelimit-requests-reset": ("requests", "reset"),
    b"anthropic-ratelimit-tokens-remaining": ("tokens", "left"),
    b"anthropic-ratelimit-tokens-reset": ("tokens", "reset"),
    b"anthropic-ratelimit-input-tokens-remaining": ("input", "left"),
    b"anthropic-ratelimit-input-tokens-reset": ("input", "reset"),
    b"anthropic-ratelimit-output-tokens-remaining": ("output", "left"),
    b"anthropic-ratelimit-output-tokens-reset": ("output", "reset"),
    b"date": ("", "date"),
}
"""Of what each header speaks, and what it says of that."""

MEMORY = 0.9
"""Share that older replies have in what one is expected to take."""


class Left(NamedTuple):
    """What a server still takes of something."""

    amount: int
    seconds: float
    """Until it takes more."""


def limits_in(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, Left]:
    """Return what headers say is left of `requests`, `tokens`, `input` and `output`; what cannot be read is not said.

    Parameters
    ----------
    raw : iterable of (bytes, bytes)
        Names and values, as they came.

    Examples
    --------
    >>> limits_in([(b"X-RateLimit-Remaining-Requests", b"3"), (b"X-RateLimit-Reset-Requests", b"1m2.5s")])
    {'requests': Left(amount=3, seconds=62.5)}
    """
    said: dict[tuple[str, str], str] = {}
    for name, value in raw:
        if (known := NAMES.get(name.lower())) is not None:
            said[known] = value.decode("latin-1").strip()
    found = {}
    for what in ("requests", "tokens", "input", "output"):
        amount = said.get((what, "left"), "")
        if amount.isdecimal() and amount.isascii():  # `-1` is some gateways' word for not knowing
            seconds = seconds_until(said.get((what, "reset"), ""), now=said.get(("", "date")))
            if seconds is not None:
                found[what] = Left(int(amount), seconds)
    return found


def seconds_until(stated: str, *, now: str | None = None) -> float | None:
    """Return the seconds until a limit is reset; a date counts from the server's own `now`, since clocks differ.

    >>> seconds_until("6m0s"), seconds_until("20ms"), seconds_until("7"), seconds_until("soon")
    (360.0, 0.02, 7.0, None)
    >>> seconds_until("2015-10-21T07:28:30Z", now="Wed, 21 Oct 2015 07:28:00 GMT")
    30.0
    """
    parts = PARTS_OF_A_WAIT.fullmatch(stated or "-")
    if parts is not None:
        return sum(float(part or 0) * unit for part, unit in zip(parts.groups(), (3600, 60, 1, 0.001), strict=True))
    if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]+)?", stated):  # seconds, as Azure states them; longer ones are dates
        return float(stated)
    try:
        then = datetime.fromisoformat(stated)
        wait = then.replace(tzinfo=then.tzinfo or UTC) - parsedate_to_datetime(now or "")
        return max(0.0, wait.total_seconds())
    except (TypeError, ValueError):  # no date; one with a time zone and one without
        return None


class Stated:
    """What a server has said last: left here by who sends, fetched by who lets in."""

    def __init__(self) -> None:
        self._said: dict[str, Left] = {}

    def hear(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        """Note what the headers of a reply say."""
        self._said = limits_in(raw) or self._said

    def take(self) -> dict[str, Left]:
        """Return what has been said since this was asked last."""
        said, self._said = self._said, {}
        return said


class Allowance:
    """How many requests may be in flight, by what a server has said.

    What was in flight when it spoke may be counted in what it said, or not; it counts here, so that rather too few are
    sent than one that will be refused. What was sent since and came back without a word counts as taken. Once a limit
    is reset, it lets in as much as was ever seen to be left: the next reply will say more.
    """

    def __init__(self) -> None:
        self._until: dict[str, tuple[int, float]] = {}
        self._most: dict[str, float] = {}
        self._each: dict[str, float] = {}
        self._newest = self._heard_at = self._lost = 0

    def hear(self, said: Mapping[str, tuple[int, float]], *, number: int, sent: int) -> None:
        """Note what is left of each thing and when that ends.

        Parameters
        ----------
        said : mapping
            The amount of each thing, and when it is reset.
        number : int
            The how many-th request it was that was answered so.
        sent : int
            How many have been sent by now.
        """
        for what, (amount, _) in said.items():
            self._most[what] = max(self._most.get(what, 0.0), amount + self._needs(what))
        if number < self._newest:  # replies overtake each other: the older one knows of fewer that were sent
            for what in said.keys() & self._until.keys():
                amount, until = self._until[what]
                self._until[what] = min(amount, said[what][0]), until
            return
        self._until, self._newest = dict(said), number
        self._heard_at, self._lost = sent, 0

    def lose(self, number: int) -> None:
        """Note that a request came back without a word."""
        self._lost += number > self._heard_at

    def use(self, usage: Usage) -> None:
        """Note the tokens of a reply: the next is taken to need about as many."""
        read = usage.prompt - usage.cached
        for what, amount in (("tokens", read + usage.completion), ("input", read), ("output", usage.completion)):
            before = self._each.get(what, float(amount))
            self._each[what] = MEMORY * before + (1 - MEMORY) * amount

    def room(self, now: float) -> float:
        """Return how many may be in flight."""
        room = float("inf")
        for what, (amount, until) in self._until.items():
            if now < until:
                room = min(room, amount // self._needs(what) - self._lost)
            else:
                room = min(room, max(1.0, self._most[what] // self._needs(what)))
        return room

    def changes_at(self, now: float) -> float | None:
        """Return when more may be in flight, should nothing more be heard; None when nothing bounds it."""
        return min((until for _, until in self._until.values() if until > now), default=None)

    def _needs(self, what: str) -> float:
        """Return how much of something a request takes: one request, and as many tokens as others took."""
        return max(self._each.get(what, 1.0), 1.0)
