"""Items of a Run in lots, by where their lines lie in its `items.jsonl`: what is handed out is where to read.

The rows of a user's file have been looked through by then, whatever its form: a line that is read here is an Item.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import Item


class Lot(NamedTuple):
    """Some Items of a file, in its order."""

    path: Path
    spans: tuple[tuple[int, int], ...]
    """From which byte on and up to which their lines lie; several where lines between them are not meant."""
    items: int
    """How many."""

    @property
    def bytes(self) -> int:
        """How long their lines are together."""
        return sum(end - begin for begin, end in self.spans)


class Named(msgspec.Struct):
    """The one field of an Item by which its line is known."""

    id: str


def lots_of(path: Path, items: Iterable[Item], *, at_most: int) -> Iterator[Lot]:
    r"""Yield where the lines of Items lie in a file, a lot at a time.

    Parameters
    ----------
    path : Path
        One Item a line, as JSON.
    items : iterable of Item
        Some of those in the file, in its order.
    at_most : int
        How many Items a lot holds, but for the last one.

    Raises
    ------
    InputError
        When an Item is not in the file, or not behind those before it.

    Examples
    --------
    >>> import tempfile
    >>> from selfexplain.records import encode
    >>> items = [Item(name, "?", ("!",)) for name in "abc"]
    >>> path = Path(tempfile.mkdtemp()) / "items.jsonl"
    >>> _ = path.write_bytes(b"".join(encode(item) + b"\n" for item in items))
    >>> [[item.id for item in items_in(lines_in(lot))] for lot in lots_of(path, items, at_most=2)]
    [['a', 'b'], ['c']]
    """
    spans: list[tuple[int, int]] = []
    held = 0
    for begin, end in places_of(path, items):
        if held == at_most:
            yield Lot(path, tuple(spans), held)
            spans, held = [], 0
        if spans and spans[-1][1] == begin:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((begin, end))
        held += 1
    if held:
        yield Lot(path, tuple(spans), held)


def places_of(path: Path, items: Iterable[Item]) -> Iterator[tuple[int, int]]:
    """Yield where the line of each Item begins and ends."""
    wanted = iter(items)
    item, begin = next(wanted, None), 0
    with path.open("rb") as file:
        for line in file:
            if item is None:
                return
            end = begin + len(line)
            if msgspec.json.decode(line, type=Named).id == item.id:
                yield begin, end
                item = next(wanted, None)
            begin = end
    if item is not None:
        raise InputError(f"{path} holds no Item {item.id!r} where one is expected", hint="run the same command again")


def lines_in(lot: Lot) -> list[bytes]:
    """Return the lines of a lot, read from its file.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    lines: list[bytes] = []
    with lot.path.open("rb") as file:
        for begin, end in lot.spans:
            file.seek(begin)
            lines += filter(None, file.read(end - begin).split(b"\n"))
    return lines


def items_in(lines: Iterable[bytes]) -> list[Item]:
    """Return the Items on lines."""
    return [msgspec.json.decode(line, type=Item) for line in lines]
