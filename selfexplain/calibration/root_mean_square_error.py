"""RMSCE: the calibration error in which large errors weigh more."""

import numpy as np

from selfexplain.calibration.binning import Closed, Scheme, bin_of
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.honest_ece import honest_length
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.table import sums
from selfexplain.inference import Estimate


def by_honest_length(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate the root mean square error in the headline's bins by an interval that also holds near 0."""
    value = metric(counts.pooled)
    index, bins = bin_of(counts.pooled)
    return honest_length(value, counts, index, bins, level=level, seed=seed)


@metric(
    title="Root mean square calibration error",
    meaning=(
        "Like the expected error between promised and kept, but a group of answers that is far off counts for more "
        "than several that are a little off."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_length,
)
def rmsce(
    confidence: Confidences,
    correct: Outcomes = None,
    *,
    bins: int = 10,
    scheme: Scheme = "width",
    closed: Closed = "right",
) -> float:
    """Root of the mean squared distance between confidence and accuracy over bins, in [0, 1]; 0 is best.

    **Definition.** √(Σ_b (n_b/N) (conf_b − acc_b)²). It is never below :func:`ece` in the same bins, and its square
    over distinct values is the reliability term of the Brier score.

    **How it misleads.** Biased upwards even more than :func:`ece`, as squares of chance errors do not cancel.
    Published "calibration errors" of this kind use bins of a hundred answers in order of confidence, some without the
    last bin: they are other numbers.

    **Edge cases.** Undefined without rows.

    **Interval.** Honest in the sense of :mod:`selfexplain.calibration.honest_ece`: the error is the length of a vector
    that is measured with known spread.

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
    Nguyen & O'Connor 2015 (arXiv 1508.05154); Hendrycks, Mazeika & Dietterich 2019 (arXiv 1812.04606) under this name.

    Examples
    --------
    Half of the answers off by 0.2, half by nothing: √(0.04 / 2).

    >>> round(rmsce([0.9] * 10 + [0.5] * 10, [1] * 7 + [0] * 3 + [1] * 5 + [0] * 5), 6)
    0.141421
    """
    table = tabulate(confidence, correct)
    index, n_bins = bin_of(table, bins=bins, scheme=scheme, closed=closed)
    n, excess = sums(index, table.n, n_bins), sums(index, table.excess, n_bins)
    occupied = n > 0
    return float(np.sqrt((excess[occupied] ** 2 / n[occupied]).sum() / table.total))
