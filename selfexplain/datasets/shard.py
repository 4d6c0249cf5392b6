"""A part of a Dataset's Items, so that several processes or machines ask it together."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from selfexplain.errors import InputError
from selfexplain.many_items import kept
from selfexplain.records import Item

WRITTEN = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)


class Shard(NamedTuple):
    """One of several parts: number `number`, from 1, of `of`.

    Which part an Item is in follows from its id alone, so that Items that are added or put in another order move no
    other: it is one more than the first eight bytes of the id's sha256, as a big-endian number, modulo `of`.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Return the shard that `i/n` names.

        Raises
        ------
        InputError
            When it is not of that form, or there is no such part.

        Examples
        --------
        >>> Shard.parse("2/4")
        Shard(number=2, of=4)
        """
        found = WRITTEN.fullmatch(text.strip())
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise InputError(
                f"shard is {text!r}", hint="expected i/n with i from 1 to n, such as 1/4, 2/4, 3/4 and 4/4"
            )
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def stated(cls, text: str | None) -> "Shard | None":
        """Return the shard that an option names, None where it is left out."""
        return None if text is None else cls.parse(text)

    def holds(self, item: str) -> bool:
        """Tell whether the Item of this id is in this part.

        >>> [str(shard) for shard in (Shard(1, 3), Shard(2, 3), Shard(3, 3)) if shard.holds("q1")]
        ['2/3']
        """
        digest = hashlib.sha256(item.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.of + 1 == self.number

    def of_items(self, items: Iterable[Item]) -> Sequence[Item]:
        """Return the Items that are in this part, in their order."""
        return kept(item for item in items if self.holds(item.id))
