"""What a perfectly calibrated model would show with these confidences: the yardstick beside the ECE, and the test.

Such a model is right with exactly the probability that it states, each answer by itself. So the number of right answers
in a bin is a sum of independent coins, and its distribution follows from the confidences alone.
"""

import math

import numpy as np

from selfexplain.calibration.binning import Closed, Scheme, bin_of
from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable, sums
from selfexplain.calibration.without_interval import p_value
from selfexplain.inference import Estimate, Floats, Ints, stream, value_alone

DRAWS = 9999
"""Calibrated copies of the answers; the least p-value is then 0.0001."""

NOTHING_LEFT = 45
"""exp(−45) = 3e-20."""

COINS = 512
"""More different confidences in one bin than this are moved to so many points of a grid within it, each shared out
linearly between its two neighbours. That keeps the mean and moves the variance by less than 1e-5 of itself."""


def by_expectation(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
    """Give the expectation, which is computed and not estimated; with clusters say what it takes for granted."""
    value = metric(counts.pooled)
    exact = value_alone(value, counts.total, level, "computed from the confidences, not estimated: no interval")
    if isinstance(counts, ClusterTable):
        return exact.warned("computed for independent rows; rows drawn together would show more")
    return exact


@metric(
    title="ECE by luck alone",
    meaning=(
        "What luck alone makes of the expected error: its average if every stated confidence were exactly right, with "
        "these confidences and this many answers."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=by_expectation,
)
def ece_if_calibrated(
    confidence: Confidences,
    correct: Outcomes = None,
    *,
    bins: int = 10,
    scheme: Scheme = "width",
    closed: Closed = "right",
) -> float:
    """Mean ECE of a perfectly calibrated model that states these confidences, in [0, 1]: the yardstick for an ECE.

    **Definition.** E Σ_b abs(Σ_{i∈b} (cᵢ − Yᵢ)) / N with independent Yᵢ, right with probability cᵢ. Computed from the
    distribution of the number of right answers in each bin, not simulated. The answers given play no part.

    **How it misleads.** It is not what the model's own ECE would be without bias: near calibration the two errors add
    up as squares do, so the difference of the two numbers takes too much away. An ECE above it is no proof either, as
    luck exceeds its own average half of the time; :func:`calibration_p` is the test.

    **Edge cases.** Undefined without rows. All confidences 0 or 1: 0.

    **Interval.** None: it is computed and not estimated. Rows drawn together would show more.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    bins, scheme, closed
        As in :func:`ece`; by default its ten bins.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Bröcker & Smith 2007, Weather and Forecasting 22:651, for the thought; Roelofs et al. 2022 (arXiv 2012.08668) and
    Gruber & Buettner 2022 (arXiv 2203.07835) for the bias. Sums of unequal coins by their characteristic function:
    Hong 2013, Computational Statistics & Data Analysis 59:41.

    Examples
    --------
    Two fair coins: none, one or two right with probability ¼, ½, ¼, so the mean of abs(1 − right)/2 is ¼.

    >>> round(ece_if_calibrated([0.5, 0.5], [1, 1]), 12)
    0.25
    """
    table = tabulate(confidence, correct)
    index, n_bins = bin_of(table, bins=bins, scheme=scheme, closed=closed)
    mean = sum(float(chance @ np.abs(error)) for error, chance in calibrated_errors(table, index, n_bins))
    return mean / table.total


@metric(
    title="p-value of calibration",
    meaning=(
        "How often a model whose every confidence is exactly right would show an expected error like this one or a "
        "larger one by luck."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def calibration_p(confidence: Confidences, correct: Outcomes = None, *, seed: int = 0) -> float:
    """p-value of the ECE against perfect calibration, in (0, 1].

    **Definition.** Consistency resampling: 9999 sets of answers are drawn that are right with exactly the probability
    stated, and their :func:`ece` is compared with the one seen: (1 + those as large)/(1 + 9999). The confidences are
    held fixed, so the test is exact whatever they are.

    **How it misleads.** A large value is absence of evidence: with few answers everything passes. A small one says that
    the model is not perfectly calibrated, which no model is, and not that it matters: look at the interval of the ECE.
    Errors that cancel within a bin escape it; :func:`ecce_p` and :func:`binomial_p_distinct` have no bins.

    **Edge cases.** Undefined without rows. Never 0: a simulation cannot show that something is impossible.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together, for then chance
    makes larger errors than this simulates.

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
    Bröcker & Smith 2007, Weather and Forecasting 22:651; Vaicenavicius et al. 2019 (arXiv 1902.06977). The added
    one: Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9:39.

    Examples
    --------
    Thirty rows short of what was promised, with a standard deviation of 3; and exactly as promised:

    >>> calibration_p([0.9] * 100, [1] * 60 + [0] * 40), calibration_p([0.9] * 100, [1] * 90 + [0] * 10)
    (0.0001, 1.0)
    """
    table = tabulate(confidence, correct)
    index, n_bins = bin_of(table)
    rng, drawn = stream(seed), np.zeros(DRAWS)
    for error, chance in calibrated_errors(table, index, n_bins):
        place = np.searchsorted(np.cumsum(chance), rng.random(DRAWS) * chance.sum(), side="right")
        drawn += np.abs(error[np.minimum(place, len(error) - 1)])
    return exceedance(ece(table), drawn / table.total)


def calibrated_copies(table: CalibrationTable, draws: int, *, seed: int) -> Ints:
    """Return the right answers at each confidence of many calibrated copies of a table, shape (draws, k)."""
    return stream(seed).binomial(table.n, table.confidence, size=(draws, len(table.n)))


def exceedance(seen: float, drawn: Floats) -> float:
    """Return the p-value of a simulated test: (1 + draws at least as large)/(1 + draws).

    Two sums over the same whole numbers may differ by rounding, so as large means within 1e-12.
    """
    return (1 + int((drawn >= seen - 1e-12).sum())) / (1 + len(drawn))


def calibrated_errors(table: CalibrationTable, index: Ints, bins: int) -> list[tuple[Floats, Floats]]:
    """Return for each bin with any rows what Σ (cᵢ − Yᵢ) can be, and with which probability.

    Parameters
    ----------
    table : CalibrationTable
    index : array of int, shape (k,)
        The bin of each confidence, ascending.
    bins : int

    Returns
    -------
    list of (error, chance)
        Arrays of equal length: Σ cᵢ − j for each number j of right answers that is not beyond ten standard deviations.
    """
    ends = np.cumsum(np.bincount(index, minlength=bins))
    return [
        sum_of_coins(table.confidence[start:end], table.n[start:end].astype(np.float64))
        for start, end in zip(ends - np.bincount(index, minlength=bins), ends, strict=True)
        if end > start
    ]


def sum_of_coins(confidence: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Return the errors mean − j and the probability of j successes among coins of these chances.

    The characteristic function of the sum is the product of those of its coins; on a circle of m points, m larger than
    the numbers that occur, a Fourier transform turns it into probabilities.
    """
    n, mean = int(times.sum()), float(times @ confidence)
    if len(confidence) > COINS:
        confidence, times = _on_a_grid(confidence, times)
    variance = float(times @ (confidence * (1 - confidence)))
    reach = 10 * math.sqrt(variance) + 20
    first, last = max(0, math.floor(mean - reach)), min(n, math.ceil(mean + reach))
    size = last - first + 1
    steps = np.arange(size // 2 + 1)
    # The characteristic function is at most exp(−variance·(1 − cos θ)): of many rows all but a few dozen steps are 0.
    steps = steps[variance * (1 - np.cos(2 * math.pi * steps / size)) <= NOTHING_LEFT]
    turn = np.exp(2j * math.pi * steps / size)
    # Powers by way of logarithms; a coin of one half stops a half turn altogether, and 1e-300 is 0 for that.
    coins = 1 + np.outer(turn - 1, confidence)
    log = np.log(np.maximum(np.abs(coins), 1e-300)) @ times + 1j * (np.angle(coins) @ times)
    back_to_first = np.exp(-2j * math.pi * (steps * first % size) / size)
    chance: Floats = np.fft.irfft(np.conj(np.exp(log) * back_to_first), size)
    error: Floats = mean - np.arange(first, last + 1, dtype=np.float64)
    return error, np.maximum(chance, 0.0)


def _on_a_grid(confidence: Floats, times: Floats) -> tuple[Floats, Floats]:
    grid = np.linspace(confidence[0], confidence[-1], COINS)
    place = (confidence - grid[0]) / (grid[1] - grid[0])
    below = np.clip(place.astype(np.int64), 0, COINS - 2)
    upper = (place - below) * times
    return grid, sums(below, times - upper, COINS) + sums(below + 1, upper, COINS)
