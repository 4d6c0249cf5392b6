"""Items too many to be kept stay in a file."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from selfexplain.records import Item, encode
from selfexplain.stored import stored_for_now

MOST_KEPT = 10_000
"""So many are kept as they are: some 10 MiB, and faster."""


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
    return stored_for_now((encode(item) + b"\n" for item in chain(first, left)), Item)
