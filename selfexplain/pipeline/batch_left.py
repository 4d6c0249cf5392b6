"""What a batch brought for whoever has not asked yet: on disk until they do, since it may be hundreds of megabytes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from selfexplain.errors import InputError
from selfexplain.pipeline.batch_desk import Answer
from selfexplain.records import Response, encode
from selfexplain.runs.calls import writable


class Left:
    """Answers by the key of their Request, each to be taken once; in memory is only where they lie.

    They are no record: what nobody has taken by the end is read from the batch again by the next command.

    Parameters
    ----------
    folder : Path
        On whose disk they are, in a file without a name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._places: dict[str, tuple[int, int, Answer]] = {}
        """Where each reply begins, its length, and all else that is known of it."""
        self._failed: dict[str, Answer] = {}
        self._end = 0

    def __len__(self) -> int:
        return len(self._places) + len(self._failed)

    def __iter__(self) -> Iterator[str]:
        yield from (*self._places, *self._failed)

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; a failure is short, and kept as it is.

        Raises
        ------
        InputError
            When the disk does not take it.
        """
        if not isinstance(answer.outcome, Response):
            self._failed[key] = answer
            return
        content = encode(writable(answer.outcome))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - as long as replies are left
            self._file.seek(self._end)
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise InputError(
                f"cannot write to {self._folder}: {error.strerror or error}",
                hint="make room or mend the permissions, then run the same command: it collects the batch again",
            ) from None
        self._places[key] = (self._end, len(content), answer._replace(outcome=TAKEN))
        self._end += len(content)

    def take(self, key: str) -> Answer | None:
        """Return the answer that is kept under a key, which is then kept no more; None where there is none."""
        if (failed := self._failed.pop(key, None)) is not None:
            return failed
        place = self._places.pop(key, None)
        if place is None or self._file is None:
            return None
        start, length, answer = place
        self._file.seek(start)
        return answer._replace(outcome=msgspec.json.decode(self._file.read(length), type=Response))

    def close(self) -> None:
        """Forget everything."""
        self._places.clear()
        self._failed.clear()
        if self._file is not None:
            self._file.close()
            self._file = None


TAKEN = Response("failed")
"""Stands for a reply that lies on disk."""
