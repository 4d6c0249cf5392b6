"""The Records of a Run, whatever their number: few are kept, many are read from their file each time they are wanted.

What looks at them goes through them in their order and keeps what it has counted, never the Records.
"""

import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import overload

import msgspec

from selfexplain.records import Item, Record, encode

MOST_KEPT = 10_000
"""So many are kept as they are: some 50 MiB, and faster."""


class StoredRecords(Sequence[Record]):
    """The Records in a file, as a sequence; a slice of it is another.

    Parameters
    ----------
    path : Path
        One Record a line, as JSON.
    chosen : range
        Which lines, from 0.
    """

    def __init__(self, path: Path, chosen: range, *, of: "StoredRecords | None" = None) -> None:
        self._path, self._chosen = path, chosen
        self._of = of  # as long as a part is used, the whole and its file stay

    def __len__(self) -> int:
        return len(self._chosen)

    def __iter__(self) -> Iterator[Record]:
        lines = self._chosen if self._chosen.step > 0 else self._chosen[::-1]
        decode = msgspec.json.Decoder(Record).decode
        with self._path.open("rb") as file:
            read = map(decode, islice(file, lines.start, lines.stop, lines.step))
            yield from read if lines is self._chosen else reversed(list(read))

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> "StoredRecords": ...

    def __getitem__(self, index: int | slice) -> "Record | StoredRecords":
        if isinstance(index, slice):
            return StoredRecords(self._path, self._chosen[index], of=self)
        line = self._chosen[index]
        return next(iter(StoredRecords(self._path, range(line, line + 1))))


class Lines:
    """Records as the lines of a file, once; the first of them are kept until there are more than are kept."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records, self.n = records, 0
        self.kept: list[Record] = []

    def __iter__(self) -> Iterator[bytes]:
        for record in self._records:
            self.n += 1
            if self.n <= MOST_KEPT:
                self.kept.append(record)
            else:
                self.kept.clear()
            yield encode(record) + b"\n"


def written(records: Iterable[Record], write: Callable[[Iterable[bytes]], Path]) -> Sequence[Record]:
    """Write Records and return them: as they are, or where they are many as what reads them from that file.

    Parameters
    ----------
    records : iterable of Record
    write : callable
        Given the lines of the file, writes it whole or not at all, and returns its path.
    """
    lines = Lines(records)
    path = write(lines)
    return lines.kept if lines.n <= MOST_KEPT else StoredRecords(path, range(lines.n))


def kept(records: Iterable[Record]) -> Sequence[Record]:
    """Return Records as a sequence: as they are, or where they are many from a file that goes when they do.

    Raises
    ------
    OSError
        When there is no room for the file.
    """
    left = iter(records)
    first = list(islice(left, MOST_KEPT + 1))
    if len(first) <= MOST_KEPT:
        return first

    def write(lines: Iterable[bytes]) -> Path:
        with tempfile.NamedTemporaryFile(prefix="selfexplain-", suffix=".jsonl", delete=False) as file:
            try:
                file.writelines(lines)
            except BaseException:  # reading them may find what is damaged
                Path(file.name).unlink(missing_ok=True)
                raise
        return Path(file.name)

    stored = written(both(first, left), write)
    if isinstance(stored, StoredRecords):
        weakref.finalize(stored, stored._path.unlink, missing_ok=True)  # noqa: SLF001 - of this very file
    return stored


def both(first: list[Record], left: Iterable[Record]) -> Iterator[Record]:
    """Yield the Records of a list, which is emptied, and then the others."""
    first.reverse()
    while first:
        yield first.pop()
    yield from left


class ItemsInOrder(Mapping[str, Item]):
    """Items by id for who asks in their order: each is looked for from the last one on.

    No Item is kept; whoever asks in any other order has the file read again each time.

    Parameters
    ----------
    items : sequence of Item
        Each id once.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._left: Iterator[Item] = iter(())
        self._last: Item | None = None

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[str]:
        return (item.id for item in self._items)

    def __getitem__(self, name: str) -> Item:
        if self._last is not None and self._last.id == name:
            return self._last
        for _ in range(2):
            for item in self._left:
                if item.id == name:
                    self._last = item
                    return item
            self._left = iter(self._items)
        raise KeyError(name)

    def among(self, names: Collection[str]) -> dict[str, Item]:
        """Return those that are named, in whatever order; no more than are kept."""
        return {item.id: item for item in self._items if item.id in names}


def by_id(items: Sequence[Item]) -> Mapping[str, Item]:
    """Return Items by id: a dictionary, or where they are not kept what finds them in their order."""
    return {item.id: item for item in items} if isinstance(items, tuple) else ItemsInOrder(items)


def among(items: Mapping[str, Item], names: Collection[str]) -> Mapping[str, Item]:
    """Return the Items that are named, for who asks in any order."""
    return items.among(names) if isinstance(items, ItemsInOrder) else items
