"""Which bin a confidence falls in, in integer arithmetic: stated confidences sit exactly on bin edges.

0.3 is not the double nearest to 3 · 0.1, `int(0.29 * 100)` is 28, and `numpy.linspace(0, 1, 11)` misses 0.3, 0.6 and
0.7 by one ulp. So no edge here is ever a float: a confidence is a whole number of 10⁻¹², and edges are compared
exactly.
"""

from typing import Literal

import numpy as np

from selfexplain.calibration.table import CalibrationTable
from selfexplain.errors import InputError
from selfexplain.inference import Floats, Ints

Scheme = Literal["width", "mass", "distinct"]
Closed = Literal["right", "left"]

GRID = 10**12
"""Steps in [0, 1] that bin edges can tell apart."""

MOST_BINS = 10**6
"""Many more and a confidence times their number would no longer fit 64 bits."""


def bin_of(
    table: CalibrationTable, *, bins: int = 10, scheme: Scheme = "width", closed: Closed = "right"
) -> tuple[Ints, int]:
    """Return the bin of each confidence of a table, and how many bins there are.

    Parameters
    ----------
    table : CalibrationTable
    bins : int
        Bins asked for; "mass" may give fewer, "distinct" ignores it.
    scheme : {"width", "mass", "distinct"}
        "width": bins of equal width. "mass": bins of about equally many rows. "distinct": every confidence is a bin.
    closed : {"right", "left"}
        For "width": on which side a bin includes its edge. "right": [0, 0.1], (0.1, 0.2], …, (0.9, 1].
        "left": [0, 0.1), …, [0.9, 1].

    Returns
    -------
    index : array of int, shape (k,)
        Ascending, from 0.
    bins : int
        Including empty ones.

    Raises
    ------
    InputError
        If an option is unknown or there is no bin.
    """
    if bins not in range(1, MOST_BINS + 1):
        raise InputError(f"`bins` is {bins!r}; expected a whole number from 1 to {MOST_BINS:,}")
    match scheme:
        case "width":
            return equal_width(table.confidence, bins=bins, closed=closed), bins
        case "mass":
            index = equal_mass(table.n, bins=bins)
            return index, int(index[-1]) + 1 if len(index) else 0
        case "distinct":
            return np.arange(len(table.n)), len(table.n)
    raise InputError(f"`scheme` is {scheme!r}; expected 'width', 'mass' or 'distinct'")


def equal_width(confidence: Floats, *, bins: int, closed: Closed = "right") -> Ints:
    """Return the bin of each confidence among bins of equal width.

    Right-closed bins are those of Guo et al. 2017 (arXiv 1706.04599, §2) and of scikit-learn's `calibration_curve`.

    Examples
    --------
    >>> equal_width(np.array([0.0, 0.3, 0.30001, 1.0]), bins=10)
    array([0, 2, 3, 9])
    >>> equal_width(np.array([0.0, 0.3, 0.30001, 1.0]), bins=10, closed="left")
    array([0, 3, 3, 9])
    """
    steps = np.rint(confidence * GRID).astype(np.int64) * bins
    if closed == "right":
        return np.maximum(-(-steps // GRID) - 1, 0)  # −(−a // b) is a / b rounded up
    if closed == "left":
        return np.minimum(steps // GRID, bins - 1)
    raise InputError(f"`closed` is {closed!r}; expected 'right' or 'left'")


def equal_mass(n: Ints, *, bins: int) -> Ints:
    """Return the bin of each distinct confidence among bins of about equally many rows; a value is never split.

    Walk up the values; close the bin once j/bins of the rows are passed for the next j. A heavy value may pass several
    at once, so there may be fewer bins than asked for. Cutting a tie would make the metric depend on the order of rows.

    Examples
    --------
    >>> equal_mass(np.array([20, 30, 60, 140, 160, 90]), bins=5)
    array([0, 0, 0, 1, 2, 3])
    """
    passed = np.cumsum(n) * bins // max(int(n.sum()), 1)  # how many targets lie at or below the end of each value
    closes = np.diff(passed, prepend=0) > 0
    return np.cumsum(closes) - closes
