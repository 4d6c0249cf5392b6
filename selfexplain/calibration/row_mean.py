"""Metrics that are the mean of a score per answer: one line to define, and an exact theory for their interval."""

from collections.abc import Callable

import numpy as np

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.metric import IntervalRule, Metric, OverResamples
from selfexplain.calibration.table import CalibrationTable, ratio
from selfexplain.inference import Estimate, Floats, Ints, Range, mean_by_cluster_t, mean_by_t

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

    If all rows (or clusters) have the same score the standard error is 0; then the exact interval of
    :func:`selfexplain.inference.equal_rows` takes over, for scores in `within` or else
    in the range of the metric.
    """

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
        metric(counts.pooled)  # raises Undefined where there is nothing to measure
        bounds = metric.facts.within if within is None else within
        if isinstance(counts, ClusterTable):
            (confidence, correct, times), cluster = counts.cells()
            return mean_by_cluster_t(score(confidence, correct), cluster, within=bounds, times=times, level=level)
        confidence, correct, times = counts.cells()
        return mean_by_t(score(confidence, correct), within=bounds, times=times, level=level)

    return interval
