"""Spiegelhalter's z: whether the Brier score is what perfect calibration would make it."""

import math

from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.metric import Confidences, IntervalRule, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import p_value, without_interval
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate

STATISTIC = without_interval(
    "a test statistic has no interval; its p-value says what it means",
    clustered="rows were drawn together, so this is spread more widely than a standard normal",
)


def saying_what_is_refuted(rule: IntervalRule) -> IntervalRule:
    """Return the rule that also says if an answer stated as certain went the other way, which no z can weigh."""

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
        estimate = rule(metric, counts, level=level, seed=seed)
        refuted = rejected_certain(counts.pooled)
        if not refuted:
            return estimate
        answers = "1 answer" if refuted == 1 else f"{refuted} answers"
        return estimate.warned(f"rejected_certain: {answers} stated as certain went the other way, which it leaves out")

    return interval


def rejected_certain(table: CalibrationTable) -> int:
    """Return how many answers at confidence 1 were wrong or at 0 right: each refutes perfect calibration by itself."""
    return int(table.n_wrong[table.confidence == 1].sum() + table.n_correct[table.confidence == 0].sum())


@metric(
    title="Spiegelhalter's z",
    meaning=(
        "How many standard deviations the penalty for misplaced sureness lies from what exactly right confidences "
        "would make it; above zero is too sure."
    ),
    best=0.0,
    within=(-math.inf, math.inf),
    interval=STATISTIC,
)
def spiegelhalter_z(confidence: Confidences, correct: Outcomes = None) -> float:
    """Spiegelhalter's z, all rows in the numerator; standard normal under perfect calibration, 0 is the target.

    **Definition.** Σᵢ (yᵢ − cᵢ)(1 − 2cᵢ) / √(Σᵢ (1 − 2cᵢ)² cᵢ(1 − cᵢ)): the Brier score less its expectation under the
    confidences, over its standard deviation.

    **How it misleads.** Blind at ½, and a wrong answer at 1 adds to the numerator and nothing to the denominator: with
    models that say 100 % it is no longer a standard normal. :func:`spiegelhalter_z_interior` leaves those out. Like any
    test it grows with the number of answers and is no size of an error.

    **Edge cases.** Undefined if all confidences are 0, ½ or 1: the variance is 0.

    **Interval.** None; a test statistic.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float

    References
    ----------
    Spiegelhalter 1986, Statistics in Medicine 5:421.

    Examples
    --------
    One row short at 0.9 of 25: numerator (22 − 22.5)(−0.8) = 0.4, variance 25 · 0.64 · 0.09 = 1.44.

    >>> round(spiegelhalter_z([0.9] * 25, [1] * 22 + [0] * 3), 6)
    0.333333
    """
    return z_of(tabulate(confidence, correct), certain=True)


@metric(
    title="Spiegelhalter's z, certain answers left out",
    meaning=(
        "How many standard deviations the penalty for misplaced sureness lies from what exactly right confidences "
        "would make it, among answers not stated as certain."
    ),
    best=0.0,
    within=(-math.inf, math.inf),
    interval=saying_what_is_refuted(STATISTIC),
)
def spiegelhalter_z_interior(confidence: Confidences, correct: Outcomes = None) -> float:
    """Spiegelhalter's z among rows with a confidence above 0 and below 1; 0 is the target.

    **Definition.** As :func:`spiegelhalter_z`, rows at 0 and 1 left out of the numerator; they are not in the
    denominator anyway.

    **How it misleads.** It passes over the confidences that models state most. A wrong answer at 1 refutes perfect
    calibration outright, which no z can express; the Estimate then says `rejected_certain`.

    **Edge cases.** Undefined if all confidences are 0, ½ or 1.

    **Interval.** None; a test statistic.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float

    References
    ----------
    Spiegelhalter 1986, Statistics in Medicine 5:421.

    Examples
    --------
    >>> round(spiegelhalter_z_interior([0.9] * 25 + [1.0], [1] * 22 + [0] * 3 + [0]), 6)
    0.333333
    """
    return z_of(tabulate(confidence, correct), certain=False)


@metric(
    title="Spiegelhalter's p-value",
    meaning=(
        "How often a model whose confidence is exactly right would be as far from its expected penalty as this one, by "
        "luck."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def spiegelhalter_p_two_sided(confidence: Confidences, correct: Outcomes = None) -> float:
    """Two-sided p-value of :func:`spiegelhalter_z`, in [0, 1].

    **Definition.** P(abs(Z) ≥ abs(z)) for a standard normal Z.

    **How it misleads.** Normal only for many rows inside (0, 1); far too small when certain answers are wrong. A large
    value is absence of evidence.

    **Edge cases.** Undefined where z is.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together.

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
    Spiegelhalter 1986, Statistics in Medicine 5:421.

    Examples
    --------
    >>> round(spiegelhalter_p_two_sided([0.9] * 25, [1] * 22 + [0] * 3), 4)
    0.7389
    """
    return two_sided(spiegelhalter_z(tabulate(confidence, correct)))


@metric(
    title="Spiegelhalter's p-value, certain answers left out",
    meaning=(
        "How often a model whose confidence is exactly right would be as far from its expected penalty as this one, by "
        "luck, among answers not stated as certain."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=saying_what_is_refuted(p_value),
)
def spiegelhalter_p_interior(confidence: Confidences, correct: Outcomes = None) -> float:
    """Two-sided p-value of :func:`spiegelhalter_z_interior`, in [0, 1].

    **Definition.** P(abs(Z) ≥ abs(z)) for a standard normal Z.

    **How it misleads.** Normal only for many rows inside (0, 1). It says nothing of certain answers: where one of them
    is wrong, perfect calibration is impossible whatever this says, and the Estimate says `rejected_certain`.

    **Edge cases.** Undefined where z is.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together.

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
    Spiegelhalter 1986, Statistics in Medicine 5:421.

    Examples
    --------
    >>> round(spiegelhalter_p_interior([0.9] * 25 + [1.0], [1] * 22 + [0] * 3 + [0]), 4)
    0.7389
    """
    return two_sided(spiegelhalter_z_interior(tabulate(confidence, correct)))


def z_of(table: CalibrationTable, *, certain: bool) -> float:
    """Return z, with or without the rows at 0 and 1 in its numerator."""
    value = table.confidence
    variance = float(table.n @ ((1 - 2 * value) ** 2 * value * (1 - value)))
    if variance == 0:
        raise Undefined("all confidences are 0, ½ or 1, where this test cannot see")
    counted = 1.0 if certain else (value > 0) & (value < 1)
    return float((counted * -table.excess) @ (1 - 2 * value)) / math.sqrt(variance)


def two_sided(z: float) -> float:
    """Return P(abs(Z) ≥ abs(z)) for a standard normal Z."""
    return math.erfc(abs(z) / math.sqrt(2))
