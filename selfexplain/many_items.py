"""Items too many to be kept: one a line in a file, read again each time they are wanted."""

import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import overload

import msgspec

from selfexplain.records import Item, encode

MOST_KEPT = 10_000
"""So many are kept as they are: some 10 MiB, and faster."""


class Stored(Sequence[Item]):
    """The Items in a file, as a sequence; a slice of it is another.

    Parameters
    ----------
    path : Path
        One Item a line, as JSON.
    chosen : range
        Which lines, from 0.
    """

    def __init__(self, path: Path, chosen: range, *, of: "Stored | None" = None) -> None:
        self._path, self._chosen = path, chosen
        self._of = of  # as long as a part is used, the whole and its file stay

    def __len__(self) -> int:
        return len(self._chosen)

    def __iter__(self) -> Iterator[Item]:
        lines = self._chosen if self._chosen.step > 0 else self._chosen[::-1]
        with self._path.open("rb") as file:
            read = (msgspec.json.decode(line, type=Item) for line in islice(file, lines.start, lines.stop, lines.step))
            yield from read if lines is self._chosen else reversed(list(read))

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> "Stored": ...

    def __getitem__(self, index: int | slice) -> "Item | Stored":
        if isinstance(index, slice):
            return Stored(self._path, self._chosen[index], of=self)
        line = self._chosen[index]
        return next(iter(Stored(self._path, range(line, line + 1))))


def kept(items: Iterable[Item]) -> Sequence[Item]:
    """Return Items as a sequence: a tuple, or where they are too many for that, a file that goes with it.

    Raises
    ------
    OSError
        When there is no room for the file.
    """
    left = iter(items)
    first = tuple(islice(left, MOST_KEPT + 1))
    if len(first) <= MOST_KEPT:
        return first
    with tempfile.NamedTemporaryFile(prefix="selfexplain-", suffix=".jsonl", delete=False) as file:
        path, n = Path(file.name), 0
        try:
            for item in chain(first, left):
                file.write(encode(item) + b"\n")
                n += 1
        except BaseException:  # whoever gives the Items may find one that is none
            path.unlink(missing_ok=True)
            raise
    stored = Stored(path, range(n))
    weakref.finalize(stored, path.unlink, missing_ok=True)
    return stored
