"""SKCE: do answers of like confidence err in the same direction? Asked of all pairs of answers."""

import math

import numpy as np

from selfexplain.calibration.if_calibrated import calibrated_copies, exceedance
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.resamples import coarsened
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import p_value, without_interval
from selfexplain.errors import InputError, Undefined

DRAWS = 999
"""Calibrated copies of the answers; the least p-value is then 0.001."""

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
    if width is not None and not 0 < width < math.inf:
        raise InputError(f"`width` is {width}; expected a number above 0", hint="left out, it follows from the answers")
    gamma = median_distance(table) if width is None else width
    # Along ascending confidences the kernel is a product of steps, so one running sum holds all earlier residuals.
    faded, crossed, last = 0.0, 0.0, float(table.confidence[0])
    for value, residual in zip(table.confidence.tolist(), table.excess.tolist(), strict=True):
        faded *= math.exp((last - value) / gamma)
        crossed += residual * faded
        faded, last = faded + residual, value
    squares = table.n_correct * (1 - table.confidence) ** 2 + table.n_wrong * table.confidence**2
    return (2 * crossed + float((table.excess**2 - squares).sum())) / (n * (n - 1))


@metric(
    title="p-value of the kernel calibration error",
    meaning=(
        "How often two answers given with like confidence would miss it together as much as here, by luck, if every "
        "confidence were exactly right."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def skce_p(confidence: Confidences, correct: Outcomes = None, *, seed: int = 0) -> float:
    """p-value of :func:`skce` against perfect calibration, in (0, 1].

    **Definition.** Consistency resampling: 999 sets of answers are drawn that are right with exactly the probability
    stated, and their :func:`skce` is compared with the one seen: (1 + those as large)/(1 + 999). Of more than 1,000
    different confidences neighbours are joined, in the answers seen as in those drawn.

    **How it misleads.** A large value is absence of evidence: with few answers everything passes. A small one says that
    the model is not perfectly calibrated, which no model is, and not that it matters.

    **Edge cases.** Undefined with fewer than two rows. Never 0: a simulation cannot show that something is impossible.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    seed : int
        Of the simulated answers.

    Returns
    -------
    float, in (0, 1]

    References
    ----------
    Widmann, Lindsten & Zachariah 2019 (arXiv 1910.11385, §5), who resample for want of a known distribution; Bröcker &
    Smith 2007, Weather and Forecasting 22:651.

    Examples
    --------
    Thirty rows short of what was promised, with a standard deviation of 3:

    >>> skce_p([0.9] * 100, [1] * 60 + [0] * 40)
    0.001
    """
    table = coarsened(tabulate(confidence, correct)).pooled
    if table.total < 2:
        raise Undefined("needs two answers")
    gamma = median_distance(table)
    kernel = np.exp(-np.abs(table.confidence[:, None] - table.confidence) / gamma)
    right = np.vstack([table.n_correct, calibrated_copies(table, DRAWS, seed=seed)])
    excess = table.n * table.confidence - right
    squares = right * (1 - table.confidence) ** 2 + (table.n - right) * table.confidence**2
    of_pairs = (((excess @ kernel) * excess).sum(axis=1) - squares.sum(axis=1)) / (table.total * (table.total - 1))
    return exceedance(float(of_pairs[0]), of_pairs[1:])


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
