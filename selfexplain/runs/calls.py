"""Recorded calls: every reply is on disk before anybody looks at it.

One process writes one file, `calls/0001.jsonl`, `0002.jsonl`, …; a line torn by a crash can therefore only be the
last line of its file. Lines are appended in groups: while one group is being synced to disk, the next gathers.
"""

import asyncio
import contextlib
import errno
import math
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

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

    Parameters
    ----------
    folder : Path
        The Run's `calls/` folder; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._replies: dict[str, Response] = {}
        self._failures: dict[str, Response] = {}
        self._started: dict[str, str] = {}
        """When each recorded reply was asked for: of two to one Request the first counts, in whichever file it is."""
        self._failed: dict[str, set[tuple[str, int]]] = {}
        """When each failed try began, and which it was."""
        self.twice: dict[str, set[str]] = {}
        """Requests that more than one reply is recorded to, and when each was asked for."""
        self._attempts: dict[str, int] = {}
        self.asked: dict[tuple[str, int], None] = {}
        """(Item, repeat) of every call, in the order first asked."""
        self.dropped: set[str] = set()
        """Parameters that some reply came without."""
        self._totals: dict[str, Totals] = {}
        for call in read_calls(folder):
            self._remember(call)
        self._there = frozenset(self._replies)
        self._file: BinaryIO | None = None
        self._whole = 0  # bytes of the file that are known to be on disk
        self._gathering: list[tuple[Call, bytes]] = []
        self._written: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    def reply(self, key: str) -> Response | None:
        """Return the recorded reply to a Request; a failed try is not a reply."""
        return self._replies.get(key)

    def outcome(self, key: str) -> Response | None:
        """Return the recorded reply, else the last recorded failure."""
        return self._replies.get(key) or self._failures.get(key)

    def was_there(self, key: str) -> bool:
        """Tell whether a reply was on disk before this process began."""
        return key in self._there

    @property
    def totals(self) -> Totals:
        """What the calls of the model that the Run is about add up to."""
        return self.totals_of("")

    def totals_of(self, role: str) -> Totals:
        """Return what the calls in one role add up to, which grows with them: each role has its own price."""
        return self._totals.setdefault(role, Totals())

    @property
    def last_failure(self) -> str:
        """The sentence of the last failed try, empty when there was none."""
        failures = [each.failure.message for each in self._failures.values() if each.failure is not None]
        return failures[-1] if failures else ""

    def attempts(self, key: str) -> int:
        """Return how often a Request was tried."""
        return self._attempts.get(key, 0)

    def _remember(self, call: Call) -> None:
        is_new = self._keep_failure(call) if call.response.outcome == "failed" else self._keep_reply(call)
        if not is_new:
            return
        self._attempts[call.key] = max(call.attempt, self.attempts(call.key))
        self.totals_of(call.request.role).add(call)
        if not call.request.role:
            self.dropped.update(call.response.dropped)
        self.asked.setdefault((call.request.item, call.request.repeat))

    def _keep_reply(self, call: Call) -> bool:
        """Keep the reply that was asked for first; False for one that is known, from a copy of its file, say."""
        first = self._started.get(call.key)
        if first is not None:
            starts = self.twice.get(call.key, {first})
            if call.started in starts and (call.started != first or call.response == self._replies[call.key]):
                return False
            self.twice[call.key] = starts | {call.started}
        if first is None or call.started < first:
            self._replies[call.key], self._started[call.key] = call.response, call.started
        return True

    def _keep_failure(self, call: Call) -> bool:
        """Keep the last failure; False for a try that is known."""
        tries, this = self._failed.setdefault(call.key, set()), (call.started, call.attempt)
        if this in tries:
            return False
        if this >= max(tries, default=this):
            self._failures[call.key] = call.response
        tries.add(this)
        return True

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
                await asyncio.to_thread(self._write, b"".join(line for _, line in group))
            except OSError as error:
                failure = InputError(
                    f"cannot write to {self._folder}: {error.strerror}",
                    hint="make room or mend the permissions, then run the same command: it resumes",
                )
                if written is not None and not written.done():
                    written.set_exception(failure)
                continue
            for call, _ in group:  # here, not in `append`: a cancelled asker's call is on disk all the same
                self._remember(call)
            if written is not None and not written.done():
                written.set_result(None)

    def _write(self, lines: bytes) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file, self._whole = opened_writer(self._folder), 0
        try:
            view = memoryview(lines)
            while view:  # a raw write may take only a part, when the disk is nearly full
                view = view[self._file.write(view) :]
            sync_to_disk(self._file.fileno())
            require_name(self._file)
        except OSError:
            self._abandon(self._file)
            raise
        self._whole += len(lines)

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
    with read_errors(folder):
        # Not `glob`, which takes a folder that it may not list for an empty one: every Item would be asked again.
        paths = sorted(folder.iterdir()) if folder.exists() else []
    for path in (path for path in paths if path.suffix == ".jsonl"):
        with read_errors(path), path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                yield call_of(line, f"{path}, line {number}")


def call_of(line: bytes, where: str) -> Call:
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
            f"{where}: schema {call.schema_version}; this selfexplain reads up to {SCHEMA_VERSION}",
            hint="upgrade selfexplain",
        )
    if not isinstance(call, Call):
        raise InputError(
            f"{where}: not a recorded call ({damage})",
            hint="the file was changed or damaged: move that line elsewhere, and its Item is asked again",
        )
    return call


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
        started, clock = datetime.now(UTC), time.monotonic()

        async def keep(response: Response) -> None:
            await calls.append(
                Call(
                    key=request.key,
                    request=request,
                    response=response,
                    started=started.isoformat(timespec="milliseconds"),
                    seconds=round(time.monotonic() - clock, 3),
                    attempt=calls.attempts(request.key) + 1,
                )
            )

        try:
            response = writable(await generate(request))
        except ProviderError as error:
            await keep(writable(Response(outcome="failed", failure=Failure(error.kind, error.message))))
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
