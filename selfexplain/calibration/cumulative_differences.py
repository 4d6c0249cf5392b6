"""ECCE: the calibration error read off a running sum, without bins, and with a p-value."""

import math

import numpy as np

from selfexplain.calibration.if_calibrated import exceedance
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import KINK, p_value, without_interval
from selfexplain.inference import Floats, stream

SIMULATED_VALUES = 100
"""With more distinct confidences the running sum is close to a Brownian motion, and nothing needs simulating."""

DRAWS = 9999
"""Calibrated copies of the answers; the least p-value is then 0.0001."""


@metric(
    title="Largest cumulative difference",
    meaning=(
        "Walk from the least to the most certain answer and keep adding what was promised and not kept: how far the "
        "sum ever gets from zero."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=without_interval(KINK),
)
def ecce_mad_distinct(confidence: Confidences, correct: Outcomes = None) -> float:
    """Largest absolute cumulative difference between confidence and correctness, in [0, 1]; 0 is best.

    **Definition.** C₀ = 0, C_k = Σ over the k smallest distinct confidences of (n v − s)/N; the value is max abs(C_k).
    The Kolmogorov-Smirnov calibration error. abs(:func:`gap`) ≤ it ≤ :func:`ece_distinct`.

    **How it misleads.** Over- and underconfidence of neighbours cancel, and errors far apart on the scale may as well:
    it sees a drift along the scale and not a jagged curve. Its value means less than its p-value, :func:`ecce_p`.

    **Edge cases.** Undefined without rows. The sum is looked at only where a run of equal confidences ends; within it
    the order of rows would decide.

    **Interval.** None; where the truth is 0 the statistic is the largest value of a random walk.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Arrieta-Ibarra, Gujral, Tannen, Tygert & Xu 2022 (arXiv 2205.09680, ECCE-MAD); Gupta et al. 2021 (arXiv 2006.12800).

    Examples
    --------
    Too modest by 1 of 20 rows at 0.5, then too sure by 2 at 0.9: the sum goes to −0.05 and ends at 0.05.

    >>> round(ecce_mad_distinct([0.5] * 10 + [0.9] * 10, [1] * 6 + [0] * 4 + [1] * 7 + [0] * 3), 12)
    0.05
    """
    return float(np.abs(running(tabulate(confidence, correct))).max())


@metric(
    title="Range of cumulative differences",
    meaning=(
        "Walk from the least to the most certain answer and keep adding what was promised and not kept: the distance "
        "between the highest and the lowest point."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=without_interval(KINK),
)
def ecce_r_distinct(confidence: Confidences, correct: Outcomes = None) -> float:
    """Range of the cumulative differences between confidence and correctness, in [0, 1]; 0 is best.

    **Definition.** max C_k − min C_k with C_k as in :func:`ecce_mad_distinct`, C₀ = 0 included: the largest error of
    any stretch of the scale.

    **How it misleads.** As :func:`ecce_mad_distinct`; it does not depend on the end from which one starts to add.

    **Edge cases.** Undefined without rows.

    **Interval.** None, for the same reason.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Arrieta-Ibarra, Gujral, Tannen, Tygert & Xu 2022 (arXiv 2205.09680, ECCE-R); Kuiper 1960.

    Examples
    --------
    From −0.05 to 0.05:

    >>> round(ecce_r_distinct([0.5] * 10 + [0.9] * 10, [1] * 6 + [0] * 4 + [1] * 7 + [0] * 3), 12)
    0.1
    """
    sums = running(tabulate(confidence, correct))
    return float(max(sums.max(), 0.0) - min(sums.min(), 0.0))


@metric(
    title="p-value of the cumulative difference",
    meaning=(
        "How often a model whose confidence is exactly right would show a largest cumulative difference like this one "
        "or a larger one by luck."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def ecce_p(confidence: Confidences, correct: Outcomes = None, *, seed: int = 0) -> float:
    """p-value of :func:`ecce_mad_distinct` against perfect calibration, in (0, 1].

    **Definition.** P(max abs(C_k) ≥ the value seen) when each answer is right with exactly the probability stated,
    independently. Up to a hundred distinct confidences: from 9999 simulated sets of answers, (1 + those as large)/(1 +
    9999). More: the running sum is close to a Brownian motion, whose largest absolute value has a known distribution;
    as a walk in steps stays a little below it, the p-value is then too large rather than too small.

    **How it misleads.** A large p-value is absence of evidence: with few answers everything passes. A small one says
    that the model is not perfectly calibrated, which no model is, and not that it matters: look at the size.

    **Edge cases.** Undefined without rows. All confidences 0 or 1: 1 if all answers fit, else the least there is.

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
    Arrieta-Ibarra, Gujral, Tannen, Tygert & Xu 2022 (arXiv 2205.09680); simulation given the confidences: Bröcker
    & Smith 2007, Weather and Forecasting 22:651. The distribution of the largest absolute value of a Brownian motion:
    Erdős & Kac 1946, Bulletin of the AMS 52:292.

    Examples
    --------
    Thirty rows short of what was promised, with a standard deviation of 3:

    >>> ecce_p([0.9] * 100, [1] * 60 + [0] * 40)
    0.0001
    """
    table = tabulate(confidence, correct)
    seen = float(np.abs(running(table)).max())
    if len(table.n) <= SIMULATED_VALUES:
        right = stream(seed).binomial(table.n, table.confidence, size=(DRAWS, len(table.n)))
        walks = np.abs(np.cumsum(table.n * table.confidence - right, axis=-1)).max(axis=-1)
        return exceedance(seen, walks / table.total)
    variance = float((table.n * table.confidence * (1 - table.confidence)).sum())
    return brownian_exceedance(seen * table.total / math.sqrt(variance)) if variance else float(seen == 0)


def running(table: CalibrationTable) -> Floats:
    """Return C_k at the end of each distinct confidence, shape (k,)."""
    return np.cumsum(table.excess) / table.total


def brownian_exceedance(x: float) -> float:
    """Return P(max abs(B(t)) ≥ x) for a Brownian motion B on [0, 1].

    Two series for one function, each quick where the other is slow; they meet to 1e-15.
    """
    if x <= 0:
        return 1.0
    if x < 1:
        odd = range(1, 40, 2)
        stays = sum((2 - m % 4) / m * math.exp(-((m * math.pi / x) ** 2) / 8) for m in odd)
        return 1 - 4 / math.pi * stays
    # Reflections: 2 P(B(1) ≥ x) − 2 P(B(1) ≥ 3x) + …, doubled for the two sides.
    return 2 * sum((2 - m % 4) * math.erfc(m * x / math.sqrt(2)) for m in range(1, 40, 2))
