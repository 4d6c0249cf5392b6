"""A file of JSON lines that grows line by line: a killed process costs its last line, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import encode
from selfexplain.runs.calls import NO_JSON
from selfexplain.runs.folder import disk_errors

T = TypeVar("T", bound=msgspec.Struct)


class WholeLines(Generic[T]):
    """Lines of one kind in one file; read once, before the first is appended.

    Parameters
    ----------
    path : Path
    kind : type
        What each line holds.
    """

    def __init__(self, path: Path, kind: type[T]) -> None:
        self.path, self._kind = path, kind
        self._whole = 0  # bytes of whole lines

    def read(self) -> Iterator[T]:
        """Yield what the lines hold; nothing where there is no file.

        Raises
        ------
        InputError
            When a line is damaged; a torn last one is what a killed process leaves.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror or error}") from None
        for number, line in enumerate(lines[:-1], 1):
            self._whole += len(line) + 1
            try:
                yield msgspec.json.decode(line, type=self._kind)
            except NO_JSON as error:
                raise InputError(
                    f"{self.path}, line {number}, is damaged: {error}",
                    hint="delete the file, and the same command looks again",
                ) from None

    def append(self, line: T) -> None:
        """Write one line, in the place of what a killed process left behind the last whole one."""
        with disk_errors(self.path.parent):
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("ab") as file:
                file.truncate(self._whole)
                self._whole += file.write(encode(line) + b"\n")
