"""Which batches of a Run have been handed in: written down before and after, so that none is handed in twice.

`batches/0001.jsonl`, `0002.jsonl`, …, one file for each process, as with calls. Before a batch is made, an *intent*
says which Requests it holds and by which token it can be found again; afterwards *submitted* says what the provider
calls it. What came of a batch stands in the calls, each of which names its batch: a batch is done with when every
Request in it has a call that does.
"""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import SCHEMA_VERSION, encode
from selfexplain.runs.calls import NO_JSON, next_writer, read_calls, read_errors, require_name, sync_to_disk


class Intent(msgspec.Struct, frozen=True, tag="intent", tag_field="event"):
    """A batch is about to be handed in."""

    token: str
    """Ours, random; begins the name of each of its lines."""
    role: str
    """Which model it is for; empty for the one that the Run is about."""
    keys: tuple[str, ...]
    """Of its Requests."""
    without: tuple[str, ...]
    """Parameters of Requests that are left out."""
    newest: str | None
    """The provider's newest batch before it."""
    at: str
    """UTC, ISO 8601."""
    schema_version: int = SCHEMA_VERSION

    @property
    def since(self) -> datetime:
        """When it was written."""
        return datetime.fromisoformat(self.at)


class Submitted(msgspec.Struct, frozen=True, tag="submitted", tag_field="event"):
    """The provider has made a batch of it."""

    token: str
    batch: str
    """What the provider calls it."""
    at: str
    schema_version: int = SCHEMA_VERSION


class Withdrawn(msgspec.Struct, frozen=True, tag="withdrawn", tag_field="event"):
    """Nothing of it will ever be answered: it was refused, or was never made."""

    token: str
    why: str
    schema_version: int = SCHEMA_VERSION


Event = Intent | Submitted | Withdrawn


class Open(msgspec.Struct):
    """A batch of an earlier process, some of whose Requests have no call yet."""

    intent: Intent
    batch: str | None = None
    """None where nobody knows whether it was ever made."""
    waiting: set[str] = msgspec.field(default_factory=set)
    """Keys of the Requests without a call, less those that a later batch holds, too."""


class Batches:
    """The batches of one Run: those that earlier processes left, and a way to write down more.

    Parameters
    ----------
    folder : Path
        The Run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "batches"
        """Where they are written down; made with the first event."""
        self.open = unfinished(folder)
        self._file: BinaryIO | None = None
        self._one_at_a_time = threading.Lock()

    def write(self, event: Event) -> None:
        """Return when the event is on disk.

        Raises
        ------
        InputError
            When it cannot be written; then no batch may be handed in.
        """
        with self._one_at_a_time:
            self._append(encode(event) + b"\n")

    def _append(self, line: bytes) -> None:
        try:
            if self._file is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._file = next_writer(self.folder).open("xb", buffering=0)
            view = memoryview(line)
            while view:
                view = view[self._file.write(view) :]
            sync_to_disk(self._file.fileno())
            require_name(self._file)
        except OSError as error:
            self.close()  # half a line may stand there, which must be the last of its file
            raise InputError(
                f"cannot write to {self.folder}: {error.strerror or error}",
                hint="make room or mend the permissions, then run the same command: it resumes",
            ) from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def now() -> str:
    """Return the time as files hold it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def unfinished(folder: Path) -> list[Open]:
    """Return the batches of a Run, oldest first, that hold a Request without a call.

    Raises
    ------
    InputError
        When a file of batches or calls is damaged or cannot be read: its Requests might be asked twice.
    """
    found = handed_in(folder / "batches")
    if not found:
        return []
    answered: dict[str, set[str]] = {}
    replied: set[str] = set()
    for call in read_calls(folder / "calls"):
        if call.response.outcome != "failed":
            replied.add(call.key)
        if call.response.batch is not None:
            answered.setdefault(call.response.batch, set()).add(call.key)
    later: set[str] = set()
    for one in reversed(found.values()):  # a Request that was handed in anew is waited for there
        keys = set(one.intent.keys)
        one.waiting = keys - later - replied - answered.get(one.batch or "", set())
        later |= keys
    return [one for one in found.values() if one.waiting]


def handed_in(folder: Path) -> dict[str, Open]:
    """Return every batch that was, or may have been, handed in, by token and oldest first."""
    found: dict[str, Open] = {}
    for event in read_events(folder):
        if isinstance(event, Intent):
            found[event.token] = Open(event)
        elif isinstance(event, Withdrawn):
            found.pop(event.token, None)
        elif (one := found.get(event.token)) is not None:
            one.batch = event.batch
    return found


def read_events(folder: Path) -> Iterator[Event]:
    """Yield every event, file by file, in order; a last line without its line end was torn by a crash.

    Raises
    ------
    InputError
        When any other line is none.
    """
    with read_errors(folder):
        paths = sorted(folder.iterdir()) if folder.exists() else []
    for path in (path for path in paths if path.suffix == ".jsonl"):
        with read_errors(path), path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    yield msgspec.json.decode(line, type=Event)
                except NO_JSON as error:
                    raise InputError(
                        f"{path}, line {number}: not an event of a batch ({error})",
                        hint="the file was changed or damaged, or a newer selfexplain wrote it: restore it, or move "
                        "the line elsewhere; what that batch holds is then asked, and paid, again",
                    ) from None


def require_none_open(folder: Path) -> None:
    """Raise InputError where a batch is still to be collected: asking its questions now would ask them twice."""
    if not (folder / "batches").exists():
        return
    left = unfinished(folder)
    if left:
        names = ", ".join(one.batch or "one whose creation was not confirmed" for one in left)
        count = sum(len(one.waiting) for one in left)
        raise InputError(
            f"{count:,} questions of {folder} are in a batch that has not been collected: {names}",
            hint="run the same command with --batch, which collects it and asks nothing twice; to give it up, delete "
            f"{os.fspath(folder / 'batches')}: what it holds is then asked, and paid, again",
        )
