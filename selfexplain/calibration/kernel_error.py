"""SKCE: do answers of like confidence err in the same direction? Asked of all pairs of answers."""

import math

import numpy as np

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import without_interval
from selfexplain.errors import Undefined

NO_SPREAD = 0.1
"""Width of the kernel when there is but one confidence."""


@metric(
    title="Kernel calibration error",
    meaning=(
        "Whether two answers given with like confidence tend to miss it in the same direction: around zero if they do "
        "not, above if they do."
    ),
    best=0.0,
    within=(-1.0, 1.0),
    interval=without_interval(
        "no honest interval is known: under perfect calibration the distribution of this number is not normal at any "
        "size; see the p-values"
    ),
)
def skce(confidence: Confidences, correct: Outcomes = None, *, width: float | None = None) -> float:
    """Squared kernel calibration error, unbiased, in [−1, 1]; signed, 0 is the target.

    **Definition.** Σ_{i≠j} rᵢ rⱼ κ(cᵢ, cⱼ) / (N(N − 1)) with r = confidence − correct and κ(c, c′) = exp(−abs(c −
    c′)/γ); γ is the median distance of two different confidences of the rows.

    **How it misleads.** A square, and in no unit that anybody knows: compare it with nothing but itself, at the same γ.
    Being unbiased it may be below 0, which means "nothing seen".

    **Edge cases.** Undefined with fewer than two rows. One confidence for all: κ = 1 for every pair.

    **Interval.** None; it is a degenerate U-statistic under calibration.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    width : float, optional
        γ; by default the weighted median of the distances that are not 0, or 0.1 where there is none.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    Widmann, Lindsten & Zachariah 2019 (arXiv 1910.11385), the unbiased quadratic estimator, with their
    Laplacian kernel and the median heuristic.

    Examples
    --------
    Two answers at 0.9, both wrong: r = 0.9 each, and the one pair counts 0.81.

    >>> round(skce([0.9, 0.9], [0, 0]), 12)
    0.81
    """
    table = tabulate(confidence, correct)
    n = table.total
    if n < 2:
        raise Undefined("needs two answers")
    gamma = median_distance(table) if width is None else width
    # Along ascending confidences the kernel is a product of steps, so one running sum holds all earlier residuals.
    faded, crossed, last = 0.0, 0.0, float(table.confidence[0])
    for value, residual in zip(table.confidence.tolist(), table.excess.tolist(), strict=True):
        faded *= math.exp((last - value) / gamma)
        crossed += residual * faded
        faded, last = faded + residual, value
    squares = table.n_correct * (1 - table.confidence) ** 2 + table.n_wrong * table.confidence**2
    return (2 * crossed + float((table.excess**2 - squares).sum())) / (n * (n - 1))


def median_distance(table: CalibrationTable) -> float:
    """Return the median distance of two rows whose confidences differ, to twelve digits; found by bisection."""
    values, n = table.confidence, table.n.astype(np.float64)
    if len(values) == 1:
        return NO_SPREAD
    before = np.concatenate([[0.0], np.cumsum(n)])
    pairs = float(n.sum() ** 2 - (n**2).sum()) / 2

    def nearer(distance: float) -> float:
        """Count the pairs of different values at most this far apart."""
        last = np.searchsorted(values, values + distance, side="right")
        return float(n @ (before[last] - before[1:]))

    low, high = 0.0, float(values[-1] - values[0])
    while high - low > 1e-13:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (low, middle) if nearer(middle) >= pairs / 2 else (middle, high)
    return float(f"{high:.12g}")
