"""Whether names are all different, in 8 bytes each: to know it of ten million, none of them need be held."""

import numpy as np

from selfexplain.datasets.cells import Labels
from selfexplain.inference import Ints

EDGES = np.arange(-7, 8, dtype=np.int64) << 60
"""What cuts the whole numbers of 64 bits into sixteen equal parts; one of them is looked through at a time."""


class DistinctNames:
    """Names that came, as the 64 bits that Python hashes a text to.

    Different hashes are different names, for certain. Two equal hashes are nearly always one name that came again; that
    two of ten million different names share one has a chance of 3 in a million, and is taken for the same. So whoever
    hears that a name came again looks at the names themselves: nothing that is counted depends on a hash.
    """

    def __init__(self) -> None:
        self.hashes: list[Ints] = []
        self._came = self._checked = 0

    def add(self, labels: Labels) -> bool:
        """Add the names of rows and tell whether all may still be different, checked whenever they are four times more.

        A row without a name is like any other such row.
        """
        hashes = np.fromiter(map(hash, labels.names.tolist()), dtype=np.int64, count=len(labels.names))
        of_rows = np.append(hashes, np.int64(0))[labels.place]
        of_rows.sort()
        self.hashes.append(of_rows)
        self._came += len(of_rows)
        return self._came < 4 * self._checked or self.hold()

    def hold(self) -> bool:
        """Tell whether all names so far are different."""
        if self._came == self._checked:
            return True
        self._checked = self._came
        parts = zip(*(np.split(each, np.searchsorted(each, EDGES)) for each in self.hashes), strict=True)
        return not any(repeats(np.concatenate(part)) for part in parts)


def repeats(numbers: Ints) -> bool:
    """Tell whether a number comes twice among some that are made of sorted runs; sorts them."""
    numbers.sort(kind="stable")  # merges runs
    return bool((numbers[1:] == numbers[:-1]).any())
