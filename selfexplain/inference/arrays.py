"""Rows as arrays: their values, how often each occurs, and which of them belong together."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Range = tuple[float, float]

SAME = 1e-12
"""Two values closer than this are the same value that took two routes through floating point."""


def rows_of(x: ArrayLike, times: ArrayLike | None) -> tuple[Floats, Ints]:
    """Return the values that occur, and how often."""
    values = np.asarray(x, dtype=np.float64)
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"`x[{place}]` is {values[place]}; expected a finite number")
    often = np.ones(len(values), dtype=np.int64) if times is None else np.asarray(times, dtype=np.int64)
    occurs = often > 0
    return values[occurs], often[occurs]


def places_of(labels: NDArray[Any]) -> tuple[Ints, int]:
    """Return which of the distinct labels each row has, and how many there are."""
    # Places in a list of names, which they mostly are already, need no sorting: a million of them take 5 ms, not 100.
    if labels.dtype.kind == "i" and len(labels) and labels.min() >= 0 and labels.max() < 4 * len(labels):
        here = np.bincount(labels) > 0
        return (np.cumsum(here) - 1)[labels], int(here.sum())
    names, place = np.unique(labels, return_inverse=True)
    return place, len(names)
