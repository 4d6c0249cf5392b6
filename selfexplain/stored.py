"""Things too many to be kept: one a line in a file, read again each time they are wanted."""

import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar, overload

import msgspec

T = TypeVar("T")


class Stored(Sequence[T], Generic[T]):
    """What stands in a file, as a sequence; a slice of it is another.

    Parameters
    ----------
    path : Path
        One thing a line, as JSON.
    chosen : range
        Which lines, from 0.
    kind : type
        What a line holds.
    """

    def __init__(self, path: Path, chosen: range, kind: type[T], *, of: "Stored[T] | None" = None) -> None:
        self._path, self._chosen, self._kind = path, chosen, kind
        self._of = of  # as long as a part is used, the whole and its file stay

    def __len__(self) -> int:
        return len(self._chosen)

    def __iter__(self) -> Iterator[T]:
        lines = self._chosen if self._chosen.step > 0 else self._chosen[::-1]
        decode = msgspec.json.Decoder(self._kind).decode
        with self._path.open("rb") as file:
            read = map(decode, islice(file, lines.start, lines.stop, lines.step))
            yield from read if lines is self._chosen else reversed(list(read))

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> "Stored[T]": ...

    def __getitem__(self, index: int | slice) -> "T | Stored[T]":
        if isinstance(index, slice):
            return Stored(self._path, self._chosen[index], self._kind, of=self)
        line = self._chosen[index]
        return next(iter(Stored(self._path, range(line, line + 1), self._kind)))


def stored_for_now(lines: Iterable[bytes], kind: type[T]) -> Stored[T]:
    """Return what lines of JSON hold, in a file that goes with it.

    Raises
    ------
    OSError
        When there is no room for the file.
    """
    n = 0
    with tempfile.NamedTemporaryFile(prefix="selfexplain-", suffix=".jsonl", delete=False) as file:
        path = Path(file.name)
        try:
            for line in lines:
                file.write(line)
                n += 1
        except BaseException:  # whoever gives the lines may find what is damaged
            path.unlink(missing_ok=True)
            raise
    stored = Stored(path, range(n), kind)
    weakref.finalize(stored, path.unlink, missing_ok=True)
    return stored
