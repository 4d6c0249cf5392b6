"""Recorded calls: every reply is on disk before anybody looks at it.

One process writes one file, `calls/0001.jsonl`, `0002.jsonl`, …; a line torn by a crash can therefore only be the
last line of its file. Lines are appended in groups: while one group is being synced to disk, the next gathers.
"""

import asyncio
import contextlib
import errno
import itertools
import math
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from selfexplain.digests import Places
from selfexplain.errors import InputError, ProviderError
from selfexplain.records import SCHEMA_VERSION, Alternative, Ask, Call, Failure, Request, Response, Token, encode
from selfexplain.runs.totals import Totals

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading a line raises that is not what its type promises; half a character is none of msgspec's own errors."""

sync_to_disk = getattr(os, "fdatasync", os.fsync)  # macOS and Windows have only fsync


class Versioned(msgspec.Struct, frozen=True):
    """The one field of a file that every version of selfexplain can read."""

    schema_version: int = SCHEMA_VERSION


class Calls:
    """The calls of one Run: those on disk, and a way to append more.

    No reply is kept: what is remembered of a call is where its line lies, and it is read again when it is wanted.

    Parameters
    ----------
    folder : Path
        The Run's `calls/` folder; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: list[Path] = []
        self._index = Places()
        self.asked = 0
        """How many answers were asked for: an Item, once in each repeat."""
        self.repeats: set[int] = set()
        """Which repeats were asked, of whatever Items."""
        self.twice: dict[str, set[str]] = {}
        """Requests that more than one reply is recorded to, and when each was asked for."""
        self._failed: set[int] = set()
        """Which failed tries are known, by a hash of what and when."""
        self.dropped: set[str] = set()
        """Parameters that some reply came without."""
        self.last_failure = ""
        """The sentence of the last failed try, empty when there was none."""
        self._totals: dict[str, Totals] = {}
        for path in files_of(folder):
            self._paths.append(path)
            for start, line in lines_of(path):
                self._remember(call_of(line, path, start), self._place(start))
        self._before = len(self._paths)
        """Files that were there before this process began."""
        self._file: BinaryIO | None = None
        self._whole = 0  # bytes of the file that are known to be on disk
        self._gathering: list[tuple[Call, bytes]] = []
        self._written: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    def reply(self, key: str) -> Response | None:
        """Return the recorded reply to a Request; a failed try is not a reply."""
        call = self._call(key, replied=True)
        return None if call is None else call.response

    def outcome(self, key: str) -> Response | None:
        """Return the recorded reply, else the last recorded failure."""
        call = self._call(key)
        return None if call is None else call.response

    def attempts(self, key: str) -> int:
        """Return how often a Request was tried."""
        call = self._call(key)
        return 0 if call is None else call.attempt

    def was_there(self, key: str) -> bool:
        """Tell whether a reply was on disk before this process began, but for keys that share their first half."""
        return any(is_reply and file < self._before for file, _, is_reply in map(parts, self._index.of(digest(key))))

    @property
    def totals(self) -> Totals:
        """What the calls of the model that the Run is about add up to."""
        return self.totals_of("")

    def totals_of(self, role: str) -> Totals:
        """Return what the calls in one role add up to, which grows with them: each role has its own price."""
        return self._totals.setdefault(role, Totals())

    def _call(self, key: str, *, replied: bool = False) -> Call | None:
        """Return the call that counts for a Request, from its file."""
        found = self._found(key, replied=replied)
        return None if found is None else found[1]

    def _found(self, key: str, *, replied: bool = False) -> tuple[int, Call] | None:
        for place in self._index.of(digest(key)):
            file, start, is_reply = parts(place)
            if is_reply or not replied:
                call = self._read(file, start)
                if call.key == key:  # not only its first half
                    return place, call
        return None

    def _read(self, file: int, start: int) -> Call:
        path = self._paths[file]
        with read_errors(path), path.open("rb") as reader:
            reader.seek(start)
            return call_of(reader.readline(), path, start)

    def _place(self, start: int, *, file: int = -1) -> int:
        return (file % len(self._paths)) << FILE | start << 1

    def _remember(self, call: Call, place: int) -> None:
        known = self._found(call.key)
        if self._is_copy(call, None if known is None else known[1]):
            return
        place |= call.response.outcome != "failed"
        if known is None:
            self._index.add(digest(call.key), place)
        elif counts_before(call, known[1]):
            self._index.move(digest(call.key), known[0], place)
        request = call.request
        self.totals_of(request.role).add(call)
        self.repeats.add(request.repeat)
        if not request.role:
            self.dropped.update(call.response.dropped)
            # Every way of asking begins so, whatever follows.
            self.asked += known is None and not (request.turn or request.draw or request.again)
        if call.response.failure is not None:
            self.last_failure = call.response.failure.message

    def _is_copy(self, call: Call, known: Call | None) -> bool:
        """Tell whether this very call is known, from a copy of its file, say; remember it where it is not."""
        if call.response.outcome == "failed":
            this, n = hash((call.key, call.started, call.attempt)), len(self._failed)
            self._failed.add(this)
            return len(self._failed) == n
        if known is None or known.response.outcome == "failed":
            return False
        starts = self.twice.get(call.key, {known.started})
        if call.started in starts and (call.started != known.started or call.response == known.response):
            return True
        self.twice[call.key] = starts | {call.started}
        return False

    def make_ready(self) -> None:
        """Open the file that the next call goes to: where none can be made, nothing need be asked.

        Raises
        ------
        InputError
            When the folder takes no file.
        """
        if self._file is None and self._writer is None:  # else the writer, in its thread, opens what it needs
            try:
                self._open()
            except OSError as error:
                raise self._told(error) from None

    async def append(self, call: Call) -> None:
        """Return when the call is on disk."""
        self._gathering.append((call, encode(call) + b"\n"))
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
        written = self._written
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_groups())
        # Shielded: a cancelled asker must not cancel the write that others wait for.
        await asyncio.shield(written)

    async def _write_groups(self) -> None:
        while self._gathering:
            group, self._gathering = self._gathering, []
            written, self._written = self._written, None
            try:
                start = await asyncio.to_thread(self._write, b"".join(line for _, line in group))
                for call, line in group:  # here, not in `append`: a cancelled asker's call is on disk all the same
                    self._remember(call, self._place(start))
                    start += len(line)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told: nobody else would be
                if written is not None and not written.done():
                    written.set_exception(self._told(error))
                continue
            if written is not None and not written.done():
                written.set_result(None)

    def _told(self, error: Exception) -> Exception:
        """Return what a system says that takes no call, in our words; anything else as it is."""
        if not isinstance(error, OSError | RuntimeError):  # RuntimeError: there is no room for another thread
            return error
        return InputError(
            f"cannot write to {self._folder}: {getattr(error, 'strerror', None) or error}",
            hint="make room or mend the permissions, then run the same command: it resumes",
        )

    def _write(self, lines: bytes) -> int:
        """Return where in the file the lines begin, once they are on disk."""
        file = self._open() if self._file is None else self._file
        try:
            view = memoryview(lines)
            while view:  # a raw write may take only a part, when the disk is nearly full
                view = view[file.write(view) :]
            sync_to_disk(file.fileno())
            require_name(file)
        except OSError:
            self._abandon(file)
            raise
        self._whole += len(lines)
        return self._whole - len(lines)

    def _open(self) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file, self._whole = opened_writer(self._folder), 0
        self._paths.append(Path(self._file.name))
        return self._file

    def _abandon(self, file: BinaryIO) -> None:
        """Take back what a failed write left, and let the next group begin a new file.

        Should the disk not even allow that, the torn line is the last of its file, where readers expect one.
        """
        self._file = None
        with contextlib.suppress(OSError):
            file.truncate(self._whole)
        with contextlib.suppress(OSError):
            file.close()

    async def aclose(self) -> None:
        """Finish the group in flight and close the file."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._file is not None:
            self._file.close()
            self._file = None


FILE = 48
"""From which bit on a place says in which file a line is; below, where in it, and in the lowest whether it replied."""


def counts_before(call: Call, other: Call) -> bool:
    """Tell which call to one Request counts: a reply before a failure, of replies the first, of failures the last."""
    failed, other_failed = call.response.outcome == "failed", other.response.outcome == "failed"
    if failed != other_failed:
        return other_failed
    if failed:
        return (call.started, call.attempt) >= (other.started, other.attempt)
    return call.started < other.started


def parts(place: int) -> tuple[int, int, bool]:
    """Return the number of the file, where in it the line begins, and whether it is a reply."""
    return place >> FILE, (place & ((1 << FILE) - 1)) >> 1, bool(place & 1)


def digest(key: str) -> int:
    """Return 64 bits of a Request's key, which is hexadecimal; of what somebody has edited, whatever there is."""
    try:
        return int(key[:16], 16)
    except ValueError:
        return hash(key) & ((1 << 64) - 1)


def require_name(file: BinaryIO) -> None:
    """Raise OSError when a file was deleted while it is open: what is written to it then is in no folder."""
    if not os.fstat(file.fileno()).st_nlink:
        raise OSError(errno.ENOENT, f"{Path(file.name).name} was deleted while the Run went on")


def opened_writer(folder: Path) -> BinaryIO:
    """Return the next file of calls, new and open; processes that begin in the same moment get one each."""
    while True:
        with contextlib.suppress(FileExistsError):  # somebody else's since we looked
            return next_writer(folder).open("xb", buffering=0)


def next_writer(folder: Path) -> Path:
    """Return the name of the next file of calls: one more than the largest there."""
    taken = [int(path.stem) for path in folder.glob("*.jsonl") if path.stem.isdecimal()]
    return folder / f"{max(taken, default=0) + 1:04}.jsonl"


def read_calls(folder: Path) -> Iterator[Call]:
    """Yield every call in a folder, file by file, in order.

    A last line without its line end was torn by a crash and is left out: its call counts as in flight.

    Raises
    ------
    InputError
        When any other line is not a call, naming file and line; when the folder or a file in it cannot be read, since
        its replies would then be asked for again.
    """
    for path in files_of(folder):
        for start, line in lines_of(path):
            yield call_of(line, path, start)


def files_of(folder: Path) -> list[Path]:
    """Return the files of calls in a folder, in order."""
    with read_errors(folder):
        # Not `glob`, which takes a folder that it may not list for an empty one: every Item would be asked again.
        paths = sorted(folder.iterdir()) if folder.exists() else []
    return [path for path in paths if path.suffix == ".jsonl"]


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each whole line of a file and where it begins."""
    start = 0
    with read_errors(path), path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            yield start, line
            start += len(line)


def call_of(line: bytes, path: Path, start: int) -> Call:
    """Return the call on one line; one of a newer schema, which may have another form by then, is told as that."""
    damage: Exception | None = None
    try:
        call: Call | Versioned = msgspec.json.decode(line, type=Call)
    except NO_JSON as error:
        damage = error
        try:
            call = msgspec.json.decode(line, type=Versioned)
        except NO_JSON:
            call = Versioned()
    if call.schema_version > SCHEMA_VERSION:
        raise InputError(
            f"{path}, line {line_at(path, start)}: schema {call.schema_version}; this selfexplain reads up to "
            f"{SCHEMA_VERSION}",
            hint="upgrade selfexplain",
        )
    if not isinstance(call, Call):
        raise InputError(
            f"{path}, line {line_at(path, start)}: not a recorded call ({damage})",
            hint="the file was changed or damaged: move that line elsewhere, and its Item is asked again",
        )
    return call


def line_at(path: Path, start: int) -> int:
    """Return the number of the line that begins at a byte."""
    with read_errors(path), path.open("rb") as file:
        return 1 + sum(1 for _ in itertools.takewhile(lambda _: file.tell() <= start, iter(file.readline, b"")))


@contextlib.contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of recorded replies that it does not give into our words."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror or error}",
            hint="mend the cause, then run the same command; recorded replies are there, and none is asked for again",
        ) from None


def recorded(generate: Ask, calls: Calls) -> Ask:
    """Return `generate`, except that each try, replied or failed, is on disk before anybody sees it."""

    async def ask(request: Request) -> Response:
        # Before: what keeps us from reading or writing must not cost a reply.
        attempt = calls.attempts(request.key) + 1
        calls.make_ready()
        started, clock = datetime.now(UTC), time.monotonic()

        async def keep(response: Response) -> None:
            await calls.append(
                Call(
                    key=request.key,
                    request=request,
                    response=response,
                    started=started.isoformat(timespec="milliseconds"),
                    seconds=round(time.monotonic() - clock, 3),
                    attempt=attempt,
                )
            )

        try:
            response = writable(await generate(request))
        except ProviderError as error:
            failure = Failure(error.kind, error.message)
            await keep(writable(Response(outcome="failed", failure=failure, batch=error.batch)))
            raise
        await keep(response)
        return response

    return ask


def writable(response: Response) -> Response:
    """Return a Response as strict JSON can hold it, so that what is read now is what is read from the file later.

    Half a character (a lone surrogate) becomes U+FFFD; log-probabilities that are no numbers go, all of them, since the
    rest would no longer join to the text.
    """
    if not all(map(math.isfinite, logprobs_of(response.tokens))):
        response = msgspec.structs.replace(response, tokens=())
    try:
        encode(response)
    except UnicodeEncodeError:
        failure = response.failure
        return msgspec.structs.replace(
            response,
            text=whole_characters(response.text),
            tokens=tuple(map(whole_token, response.tokens)),
            model=None if response.model is None else whole_characters(response.model),
            finish_reason=None if response.finish_reason is None else whole_characters(response.finish_reason),
            failure=None if failure is None else Failure(failure.kind, whole_characters(failure.message)),
        )
    return response


def logprobs_of(tokens: Iterable[Token]) -> Iterator[float]:
    """Yield every log-probability that tokens and their alternatives have."""
    for token in tokens:
        yield token.logprob
        yield from (other.logprob for other in token.top)


def whole_token(token: Token) -> Token:
    """Return a token whose texts have only whole characters."""
    top = tuple(Alternative(whole_characters(other.text), other.logprob) for other in token.top)
    return Token(whole_characters(token.text), token.logprob, top)


def whole_characters(text: str) -> str:
    r"""Return a text with U+FFFD for each half of a character.

    >>> whole_characters("a\ud800b")
    'a\ufffdb'
    """
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def remembered(ask: Ask, calls: Calls) -> Ask:
    """Return `ask`, except that a Request with a recorded reply is not sent again."""

    async def ask_once(request: Request) -> Response:
        known = calls.reply(request.key)
        return await ask(request) if known is None else known

    return ask_once


class NotAsked(Exception):  # noqa: N818 - a state of an Item, not an error
    """Replay came to a Request that was never sent."""


def replayed(calls: Calls) -> Ask:
    """Return an `ask` that answers from the recorded calls alone, and raises NotAsked where there is none."""

    async def ask(request: Request) -> Response:
        known = calls.outcome(request.key)
        if known is None:
            raise NotAsked(request.key)
        return known

    return ask
