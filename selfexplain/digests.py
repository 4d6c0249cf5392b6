"""Where each of very many things lies, by 64 bits of its name: some 40 bytes for each, where a dict takes 200."""

import hashlib
from array import array
from collections.abc import Iterator

FIRST_SLOTS = 1 << 10


class Places:
    """Digests of 64 bits and a place, a number below 2**64 - 1, for each; a digest may have several.

    Two names may share their 64 bits: whoever looks up compares the whole name at each place that is found. A table of
    open addresses (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm L); digests must be spread
    evenly, as those of a hash are.

    Examples
    --------
    >>> places = Places()
    >>> places.add(7, 100)
    >>> list(places.of(7)), list(places.of(8)), len(places)
    ([100], [], 1)
    """

    def __init__(self) -> None:
        self._digests, self._places = array("Q", bytes(8 * FIRST_SLOTS)), array("Q", bytes(8 * FIRST_SLOTS))
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def of(self, digest: int) -> Iterator[int]:
        """Yield the places of a digest, in the order in which they were added."""
        for slot in self._slots(digest):
            yield self._places[slot] - 1

    def add(self, digest: int, place: int) -> None:
        """Add a place."""
        if 3 * self._n >= 2 * len(self._places):
            self._grow()
        self._put(digest, place + 1)
        self._n += 1

    def move(self, digest: int, place: int, other: int) -> None:
        """Put another place in the stead of one that is there."""
        slot = next(slot for slot in self._slots(digest) if self._places[slot] == place + 1)
        self._places[slot] = other + 1

    def _slots(self, digest: int) -> Iterator[int]:
        last = len(self._places) - 1
        slot = digest & last
        while self._places[slot]:  # zero is a slot that nobody has
            if self._digests[slot] == digest:
                yield slot
            slot = (slot + 1) & last

    def _put(self, digest: int, value: int) -> None:
        last = len(self._places) - 1
        slot = digest & last
        while self._places[slot]:
            slot = (slot + 1) & last
        self._digests[slot], self._places[slot] = digest, value

    def _grow(self) -> None:
        digests, places = self._digests, self._places
        empty = bytes(16 * len(places))
        self._digests, self._places = array("Q", empty), array("Q", empty)
        for digest, value in zip(digests, places, strict=True):
            if value:
                self._put(digest, value)


def digest_of(text: str) -> int:
    """Return 64 bits of a text's hash, the same in every process.

    >>> digest_of("Lima") == digest_of("Lima"), digest_of("Lima") < 2**64
    (True, True)
    """
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
