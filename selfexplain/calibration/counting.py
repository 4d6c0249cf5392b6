"""Rows that are alike, counted in one pass: the only step of an evaluation whose time grows with the rows.

Language models state few different confidences. So each is sent to a slot by its 64 bits, blocks of rows at a time that
fit the processor's cache, and what is in a slot is checked, not believed: where two values meet, or there are too many,
the rows are sorted instead.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from selfexplain.inference import Floats, Ints

BLOCK = 1 << 15
"""Rows at a time: 256 KiB of doubles."""

SLOT_BITS = 12
SLOTS = 1 << SLOT_BITS

LOOKED_AT = 1 << 12
FEW = 500
"""More distinct values than this among the first `LOOKED_AT` rows, and slots would be shared."""

_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB)
"""Odd constants of 64 bits, the first 2⁶⁴ over the golden ratio; the first is used that keeps the first rows apart."""


class Alike(NamedTuple):
    """Distinct values, in no order and as they were given, and how often each one occurs."""

    value: Floats
    n: Ints
    n_correct: Ints


def count_alike(value: Floats, correct: NDArray[np.int8]) -> Alike:
    """Count rows by value and outcome.

    Parameters
    ----------
    value : array of float, shape (n,)
        None below 0; -0.0 is a value of its own. NaN may come out several times.
    correct : array of int8, shape (n,)
        0 or 1.

    Examples
    --------
    >>> value, n, n_correct = count_alike(np.array([0.5, 0.9, 0.5]), np.array([1, 0, 0], dtype=np.int8))
    >>> sorted(zip(value.tolist(), n.tolist(), n_correct.tolist()))
    [(0.5, 2, 1), (0.9, 1, 0)]
    """
    value = np.ascontiguousarray(value)
    found = _in_slots(value, correct)
    return _by_sorting(value, correct) if found is None else found


def _in_slots(value: Floats, correct: NDArray[np.int8]) -> Alike | None:
    """Count in slots, or return None where two values share one."""
    first = distinct(value[:LOOKED_AT].view(np.int64)).view(np.uint64)
    if len(first) > FEW:
        return None
    multiplier = next((m for m in map(np.uint64, _MULTIPLIERS) if len(distinct(_slot(first, m))) == len(first)), None)
    if multiplier is None:
        return None
    bits, times = np.zeros(SLOTS, dtype=np.uint64), np.zeros(2 * SLOTS, dtype=np.int64)
    for start in range(0, len(value), BLOCK):
        block = value[start : start + BLOCK].view(np.uint64)
        slot = _slot(block, multiplier)
        if not np.array_equal(bits.take(slot), block):
            # A value that was not seen so far, or one that another was taken for.
            held = np.zeros(SLOTS, dtype=bool)
            held[slot] = True
            taken = held & ((times[::2] + times[1::2]) > 0)
            before = bits[taken]
            bits[slot] = block
            if not (np.array_equal(bits[taken], before) and np.array_equal(bits.take(slot), block)):
                return None
        slot += slot
        slot += correct[start : start + BLOCK]
        times += np.bincount(slot, minlength=2 * SLOTS)
    wrong, right = times[::2], times[1::2]
    occurs = np.flatnonzero(wrong + right)
    return Alike(bits[occurs].view(np.float64), (wrong + right)[occurs], right[occurs])


def distinct(keys: Ints) -> Ints:
    """Return distinct whole numbers in order; numpy's own way hashes them, at twenty times the price."""
    ordered = np.sort(keys)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(keys) else keys


def _slot(bits: NDArray[np.uint64], multiplier: np.uint64) -> Ints:
    slot = bits * multiplier
    slot >>= np.uint64(64 - SLOT_BITS)
    return slot.view(np.int64)


def _by_sorting(value: Floats, correct: NDArray[np.int8]) -> Alike:
    """Sort whole numbers made of a value's bits and the outcome; such bits are in the order of the values."""
    key = value.view(np.int64) << 1
    key |= correct
    key.sort()
    starts = np.flatnonzero(np.concatenate([[True], key[1:] >> 1 != key[:-1] >> 1])) if len(key) else key
    n = np.diff(starts, append=len(key))
    n_correct = np.add.reduceat(key & 1, starts) if len(key) else key
    return Alike((key[starts] >> 1).view(np.float64), n, n_correct)
