"""Metrics for which no honest interval is known: the value is given, and instead of an interval the reason."""

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.metric import IntervalRule, Metric
from selfexplain.inference import Estimate, so_many, value_alone

KINK = "no honest interval is known: resampling is wrong where the true value may be 0"
"""Said of errors that cannot be negative and are not sums over fixed bins."""


def without_interval(why: str, *, clustered: str | None = None) -> IntervalRule:
    """Return the rule that gives the value and says why it has no interval.

    Parameters
    ----------
    why : str
        The reason, for a reader of the number.
    clustered : str, optional
        What must be added when rows were drawn together.
    """

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
        alone = value_alone(metric(counts.pooled), counts.total, level, why)
        return alone.warned(clustered) if clustered is not None and isinstance(counts, ClusterTable) else alone

    return interval


def p_value(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
    """Give a p-value as it is; none where rows were drawn together, for it would be too small.

    What a perfectly calibrated model would show follows from its confidences only if its answers are independent.
    """
    value = metric(counts.pooled)
    if isinstance(counts, ClusterTable):
        reason = (
            f"the test takes rows for independent, and these were drawn in {so_many(len(counts.clusters), 'cluster')}"
        )
        return Estimate.missing(reason, n=counts.total, level=level)
    return value_alone(value, counts.total, level, "a p-value speaks of chance itself and has no interval")
