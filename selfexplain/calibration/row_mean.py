"""Metrics that are the mean of a score per answer: one line to define, and a simple theory for their interval."""

from collections.abc import Callable

import msgspec
import numpy as np

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.few_of_a_kind import FEW, VERY_FEW, rarer_kind
from selfexplain.calibration.metric import IntervalRule, Metric, OverResamples
from selfexplain.calibration.table import CalibrationTable, ratio
from selfexplain.inference import (
    SAME,
    Estimate,
    Floats,
    Ints,
    Range,
    clopper_pearson,
    mean_by_cluster_t,
    mean_by_t,
    mean_with_pseudo_rows,
)

RowScore = Callable[[Floats, Ints], Floats]
"""From confidences and correctness (0 or 1) of rows to their scores."""


def row_mean(table: CalibrationTable, score: RowScore) -> float:
    """Return the mean score of the answers in a table."""
    confidence, correct, times = table.cells()
    return float(times @ score(confidence, correct) / table.total)


def over_resamples(score: RowScore) -> OverResamples:
    """Return the mean of a finite score over each of many tables."""

    def mean(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
        right = score(confidence, np.ones_like(confidence, dtype=np.int64))
        wrong = score(confidence, np.zeros_like(confidence, dtype=np.int64))
        return ratio(n_correct @ right + (n - n_correct) @ wrong, n.sum(axis=-1))

    return mean


def by_row_mean(score: RowScore, *, within: Range | None = None) -> IntervalRule:
    """Return the rule that gives a mean score its t interval, over clusters where there are any.

    Where few answers are right, or few wrong, their number varies more than the rows show, and pseudo-rows are added:
    :func:`selfexplain.inference.mean_with_pseudo_rows`. If all rows (or clusters) have the same score the standard
    error is 0; then the exact interval of :func:`selfexplain.inference.equal_rows` takes over, for scores in `within`
    or else in the range of the metric.
    """

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
        value = metric(counts.pooled)  # raises Undefined where there is nothing to measure
        bounds = metric.facts.within if within is None else within
        cluster: Ints | None
        if isinstance(counts, ClusterTable):
            (confidence, correct, times), cluster = counts.cells()
        else:
            (confidence, correct, times), cluster = counts.cells(), None
        x = score(confidence, correct)
        pseudo = score_of_each_kind(counts.pooled, score)
        # A score that does not ask whether the answer was right has no kinds.
        if rarer_kind(counts).units < FEW and abs(pseudo[0] - pseudo[1]) > SAME < np.ptp(x):
            found = mean_with_pseudo_rows(x, pseudo, cluster, within=bounds, times=times, level=level)
            if cluster is None and rarer_kind(counts).units < VERY_FEW:
                found = no_narrower_than_exact(found, counts.pooled, pseudo, bounds)
        elif cluster is None:
            found = mean_by_t(x, within=bounds, times=times, level=level)
        else:
            found = mean_by_cluster_t(x, cluster, within=bounds, times=times, level=level)
        return msgspec.structs.replace(found, value=value)  # the same number by another route may differ in an ulp

    return interval


def no_narrower_than_exact(
    found: Estimate, table: CalibrationTable, pseudo: tuple[float, float], within: Range
) -> Estimate:
    """Return an Estimate that reaches as far as the exact limits of the share right would take the score.

    Where one value is stated the score is a straight line in that share, and these limits are exact themselves (Clopper
    & Pearson 1934, Biometrika 26:404); three wrong of three hundred are too few even with pseudo-rows.
    """
    if found.value is None or found.low is None or found.high is None:
        return found
    right = int(table.n_correct.sum())
    limits = clopper_pearson([right], [table.total], level=found.level)
    reached = [found.value + (pseudo[0] - pseudo[1]) * (float(end[0]) - right / table.total) for end in limits]
    low, high = min(found.low, *reached), max(found.high, *reached)
    return msgspec.structs.replace(found, low=max(within[0], low), high=min(within[1], high))


def score_of_each_kind(table: CalibrationTable, score: RowScore) -> tuple[float, float]:
    """Return the mean score of the answers in a table if all were right, and if all were wrong."""
    right, wrong = (score(table.confidence, np.full(len(table.n), kind)) for kind in (1, 0))
    return float(table.n @ right / table.total), float(table.n @ wrong / table.total)
