"""When a Run was asked: from its recorded calls, never from the dates of files, which copies and checkouts change."""

from datetime import UTC, datetime
from typing import NamedTuple

from selfexplain.errors import InputError
from selfexplain.runs.calls import read_calls
from selfexplain.runs.folder import RunFolder


class Asked(NamedTuple):
    """The first and the last call, UTC."""

    first: datetime
    last: datetime


def when_asked(folder: RunFolder) -> Asked:
    """Return when a Run was asked; when it was made, where no call is recorded.

    Raises
    ------
    InputError
        When a time is none.
    """
    stated = [call.started for call in read_calls(folder.path / "calls")] or [folder.manifest.created]
    try:
        times = [as_utc(text) for text in stated]
    except ValueError as error:
        raise InputError(f"{folder.path}: {error}", hint="times are UTC in ISO 8601, as a Run writes them") from None
    return Asked(min(times), max(times))


def as_utc(text: str) -> datetime:
    """Return a time in UTC; one without an offset is taken for it.

    >>> as_utc("2026-11-27T20:00:00+01:00").isoformat(), as_utc("2026-11-27T19:00:00").isoformat()
    ('2026-11-27T19:00:00+00:00', '2026-11-27T19:00:00+00:00')
    """
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
