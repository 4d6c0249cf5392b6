"""The Records of a Run, whatever their number: few are kept, many are read from their file each time they are wanted.

What looks at them goes through them in their order and keeps what it has counted, never the Records.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from selfexplain.records import Item, Record, encode
from selfexplain.stored import Stored, stored_for_now

MOST_KEPT = 10_000
"""So many are kept as they are: some 50 MiB, and faster."""


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
    return lines.kept if lines.n <= MOST_KEPT else Stored(path, range(lines.n), Record)


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
    return stored_for_now((encode(record) + b"\n" for record in both(first, left)), Record)


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
