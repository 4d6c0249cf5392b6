"""The best rising recalibration of a table: pool adjacent violators, ties first.

Among all ways to replace the confidences by numbers that keep their order, one has the least Brier score (and the least
of every other proper score): the accuracy within blocks of neighbouring confidences, pooled wherever a higher
confidence was right less often. What that fit gains and what it leaves are the CORP decomposition,
Dimitriadis, Gneiting & Jordan 2021 (arXiv 2008.03033).
"""

import numpy as np

from selfexplain.calibration.table import CalibrationTable
from selfexplain.inference import Floats, Ints


def pooled_blocks(table: CalibrationTable) -> tuple[Ints, Ints]:
    """Return the blocks of the isotonic fit of correctness on confidence.

    Rows of one confidence are one block to begin with, so the order of rows cannot matter. Blocks of equal accuracy
    are joined.

    Parameters
    ----------
    table : CalibrationTable

    Returns
    -------
    n, n_correct : array of int, shape (b,)
        Rows and right answers of each block, from the lowest confidence up; the accuracies rise strictly.

    References
    ----------
    Ayer, Brunk, Ewing, Reid & Silverman 1955, Annals of Mathematical Statistics 26:641.

    Examples
    --------
    0.7 is right less often than 0.6, so the two share a block:

    >>> pooled_blocks(CalibrationTable.from_counts({0.6: (10, 6), 0.7: (10, 4), 0.9: (10, 9)}))
    (array([20, 10]), array([10,  9]))
    """
    rows: list[int] = []
    right: list[int] = []
    for n, s in zip(table.n.tolist(), table.n_correct.tolist(), strict=True):
        # Compared as fractions of whole numbers, so that equal accuracies are equal.
        while rows and right[-1] * n >= s * rows[-1]:
            n += rows.pop()  # noqa: PLW2901 - the block grows
            s += right.pop()  # noqa: PLW2901 - the same
        rows.append(n)
        right.append(s)
    return np.array(rows, dtype=np.int64), np.array(right, dtype=np.int64)


def fitted_accuracy(table: CalibrationTable) -> Floats:
    """Return the isotonic fit at each confidence, shape (k,), in [0, 1]: the CORP curve.

    Examples
    --------
    >>> fitted_accuracy(CalibrationTable.from_counts({0.6: (10, 6), 0.7: (10, 4), 0.9: (10, 9)}))
    array([0.5, 0.5, 0.9])
    """
    n, n_correct = pooled_blocks(table)
    # A block ends where one of its confidences ends, counted in rows.
    block = np.searchsorted(np.cumsum(n), np.cumsum(table.n))
    return (n_correct / n)[block]


def score_of_fit(table: CalibrationTable) -> float:
    """Return the Brier score of the isotonic fit: Σ s(n − s)/n over its blocks, per row."""
    n, s = (block.astype(np.float64) for block in pooled_blocks(table))
    return float((s * (n - s) / n).sum() / table.total)
