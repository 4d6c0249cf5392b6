"""Slope and intercept: the straight line, on the scale of log-odds, that would mend the stated confidences."""

import math
from typing import Literal, NamedTuple

import numpy as np

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.few_of_a_kind import FEW_TO_RESAMPLE, few_of_a_kind
from selfexplain.calibration.metric import Confidences, IntervalRule, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable, sums
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import (
    SAME,
    Estimate,
    Floats,
    few_clusters,
    so_many,
    t_quantile,
    unequal_clusters,
    value_alone,
)

CLIP = 0.005
"""Half a step of a scale from 0 to 100: log-odds of 0 and 1 are infinite."""

STEPS = 100
"""Newton's method needs about eight; near separation a few dozen."""

FEWEST_CLUSTERS = 5


class Fit(NamedTuple):
    """logit P(correct) = intercept + slope · x at the x of each confidence."""

    intercept: float
    slope: float
    x: Floats
    """Log-odds of each clipped confidence, shape (k,)."""
    chance: Floats
    """Fitted probability of a right answer, shape (k,)."""


def fit(table: CalibrationTable, *, clip: float = CLIP, slope: float | None = None) -> Fit:
    """Return the maximum likelihood fit, of both coefficients or of the intercept at a given slope.

    Raises
    ------
    Undefined
        If the likelihood has no maximum, or all confidences are the same.
    """
    if not 0 < clip < 0.5:
        raise InputError(f"`clip` is {clip}; expected a number between 0 and 0.5", hint="log-odds of 0 are infinite")
    right, wrong = table.n_correct > 0, table.n_wrong > 0
    if not (right.any() and wrong.any()):
        raise Undefined("needs both right and wrong answers")
    stated = np.clip(table.confidence, clip, 1 - clip)
    x = np.log(stated) - np.log1p(-stated)
    if slope is None:
        if np.ptp(stated) < 1e-6:
            raise Undefined("needs two different confidences")
        if x[wrong].max() <= x[right].min() or x[right].max() <= x[wrong].min():
            raise Undefined("a threshold tells all right from all wrong answers, so the best slope is infinite")
    design = np.stack([np.ones_like(x), x])[: 1 if slope is not None else 2]
    offset = np.zeros_like(x) if slope is None else slope * x
    coefficients = _newton(design, offset, table)
    chance = _sigmoid(coefficients @ design + offset)
    return Fit(float(coefficients[0]), float(coefficients[1]) if slope is None else slope, x, chance)


def _newton(design: Floats, offset: Floats, table: CalibrationTable) -> Floats:
    """Return the coefficients with the largest likelihood, by Newton steps that never make it smaller."""
    n, right = table.n, table.n_correct

    def likelihood(at: Floats) -> float:
        line = at @ design + offset
        return float(right @ line - n @ np.logaddexp(0, line))

    at = np.zeros(len(design))
    best = likelihood(at)
    for _ in range(STEPS):
        chance = _sigmoid(at @ design + offset)
        score = design @ (right - n * chance)
        step = np.linalg.solve((design * (n * chance * (1 - chance))) @ design.T, score)
        gain = likelihood(at + step)
        while gain < best - 1e-12 * abs(best):
            step = step / 2
            gain = likelihood(at + step)
        at, best = at + step, gain
        if np.abs(step).max() <= 1e-9 * (1 + np.abs(at).max()):  # the next step would be its square
            break
    return at


def by_sandwich(which: Literal[0, 1]) -> IntervalRule:
    """Return the rule for one coefficient: t with a variance that does not take the line for true.

    Confidences that people and models state hardly ever lie on a line of log-odds; the sandwich of Huber and White
    measures the spread of the fitted line all the same, over clusters where there are any.
    """

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
        table, value = counts.pooled, metric(counts.pooled)
        if isinstance(counts, ClusterTable) and len(counts.clusters) < FEWEST_CLUSTERS:
            reason = f"{so_many(len(counts.clusters), 'cluster')}; an interval needs at least {FEWEST_CLUSTERS}"
            return value_alone(value, table.total, level, reason)
        variance, units = _sandwich(counts, fit(table))
        half = t_quantile(level, units - 1) * math.sqrt(max(float(variance[which, which]), 0.0))
        if half <= SAME:
            return value_alone(value, table.total, level, "all clusters say the same, so there is no interval")
        method, warnings = "t interval with a robust variance", _warnings(counts)
        if isinstance(counts, ClusterTable):
            method, warnings = (
                f"{method}, over {units} clusters",
                (*warnings, *few_clusters(units), *unequal_clusters(counts.sizes)),
            )
        return Estimate(value, value - half, value + half, level, method, table.total, warnings=warnings)

    return interval


def _sandwich(counts: Counts, found: Fit) -> tuple[Floats, int]:
    """Return the covariance of (intercept, slope), and of how many independent units."""
    design = np.stack([np.ones_like(found.x), found.x])
    table = counts.pooled
    bread = np.linalg.inv((design * (table.n * found.chance * (1 - found.chance))) @ design.T)
    if isinstance(counts, ClusterTable):
        units = len(counts.clusters)
        residual = counts.n_correct - counts.n * found.chance[counts.value]
        scores = np.stack([sums(counts.cluster, residual * row[counts.value], units) for row in design])
        meat = scores @ scores.T
    else:
        units = table.total
        squares = table.n_correct * (1 - found.chance) ** 2 + table.n_wrong * found.chance**2
        meat = (design * squares) @ design.T
    return units / (units - 1) * bread @ meat @ bread, units


def _warnings(counts: Counts) -> tuple[str, ...]:
    said, table = [], counts.pooled
    clipped = int(table.n[(table.confidence < CLIP) | (table.confidence > 1 - CLIP)].sum())
    if clipped:
        said.append(
            f"{clipped:,} of {table.total:,} confidences were clipped to [{CLIP}, {1 - CLIP}]; "
            "another clip gives another line"
        )
    return (*said, *few_of_a_kind(counts, fewest=FEW_TO_RESAMPLE))


@metric(
    title="Calibration slope",
    meaning=(
        "By how much sureness must be stretched to be right: 1 is perfect, below 1 the stated values are too extreme, "
        "below 0 they point the wrong way."
    ),
    best=1.0,
    within=(-math.inf, math.inf),
    gate="optional",
    interval=by_sandwich(1),
    name="calibration_slope_clip_5e-3",
)
def calibration_slope(confidence: Confidences, correct: Outcomes = None, *, clip: float = CLIP) -> float:
    """Slope of the logistic regression of correctness on the log-odds of confidence; 1 is best.

    **Definition.** β in logit P(y = 1) = α + β · logit(c), by maximum likelihood, c clipped to [clip, 1 − clip].

    **How it misleads.** The clip decides where 0 and 1 are stated: rows at 1 lie at log-odds 5.3 for 0.005 and at 13.8
    for 1e-6, and pull the line accordingly. A line may miss what a curve would show. Read it with the intercept: a
    slope of 1 with an intercept of −1 is overconfident everywhere.

    **Edge cases.** Undefined with one kind of answer, one confidence, or where a threshold separates right from wrong
    answers: then no slope is steep enough.

    **Interval.** Student's t with Huber's and White's robust variance, over clusters where rows were drawn together;
    with few wrong (or right) answers it is too narrow, and says so.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    clip : float, in (0, 0.5)
        By default half a step of a scale from 0 to 100.

    Returns
    -------
    float

    References
    ----------
    Cox 1958, Biometrika 45:562; Van Calster et al. 2019, BMC Medicine 17:230. The variance: White 1982, Econometrica
    50:1; for clusters, Liang & Zeger 1986, Biometrika 73:13.

    Examples
    --------
    Says 0.2 and 0.8, is right in a third and two thirds: log-odds of ±ln 4 stated, of ±ln 2 kept.

    >>> round(calibration_slope([0.2] * 9 + [0.8] * 9, [1] * 3 + [0] * 6 + [1] * 6 + [0] * 3), 9)
    0.5
    """
    return fit(tabulate(confidence, correct), clip=clip).slope


@metric(
    title="Calibration intercept",
    meaning=(
        "After the best stretching, by how much sureness must be shifted to be right, in log-odds: 0 is perfect, below "
        "zero too sure."
    ),
    best=0.0,
    within=(-math.inf, math.inf),
    gate="optional",
    interval=by_sandwich(0),
    name="calibration_intercept_clip_5e-3",
)
def calibration_intercept(
    confidence: Confidences, correct: Outcomes = None, *, clip: float = CLIP, slope: float | None = None
) -> float:
    """Intercept of the logistic regression of correctness on the log-odds of confidence; 0 is best.

    **Definition.** α in logit P(y = 1) = α + β · logit(c), by maximum likelihood, c clipped to [clip, 1 − clip]. With
    `slope=1` it is the calibration-in-the-large of that literature, a shift of all log-odds.

    **How it misleads.** Only at a slope of 1 does it say "too sure" or "too modest"; elsewhere it is the height of the
    line at confidence ½, where models state little.

    **Edge cases.** As :func:`calibration_slope`; with a given slope one confidence is enough.

    **Interval.** As that of :func:`calibration_slope`.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    clip : float, in (0, 0.5)
        By default half a step of a scale from 0 to 100.
    slope : float, optional
        Hold β at this; by default it is fitted.

    Returns
    -------
    float

    References
    ----------
    Cox 1958, Biometrika 45:562; Van Calster et al. 2019, BMC Medicine 17:230.

    Examples
    --------
    Says 0.8, is right in two thirds: from log-odds of ln 4 down to ln 2.

    >>> round(calibration_intercept([0.8] * 9, [1] * 6 + [0] * 3, slope=1), 6), round(-math.log(2), 6)
    (-0.693147, -0.693147)
    """
    return fit(tabulate(confidence, correct), clip=clip, slope=slope).intercept


def _sigmoid(x: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -x))
