"""MCE: the worst bin."""

import numpy as np

from selfexplain.calibration.binning import Closed, bin_of
from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable, sums, total
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate, Floats, Ints, checked_level, clopper_pearson, value_alone

FEWEST_ROWS = 20
"""A bin with fewer rows is passed over: its error is mostly chance."""


def by_simultaneous_bands(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
    """Estimate the error of the worst bin from bands that cover the accuracy of all bins at once.

    If every accuracy lies in its band, the worst distance lies between the largest of the least distances and the
    largest of the greatest. Each band is Clopper-Pearson at level^(1/m) for m bins; given the confidences a bin's count
    is a sum of unequal coins, whose tails are lighter than the binomial's (Hoeffding 1956).
    """
    table = counts.pooled
    value = metric(table)
    if isinstance(counts, ClusterTable):
        reason = "no honest interval is known for the worst of several bins of rows that were drawn together"
        return value_alone(value, table.total, level, reason)
    promised, n, n_correct = _heavy_bins(table)
    low, high = clopper_pearson(n_correct, n, level=checked_level(level) ** (1 / len(n)))
    least = np.maximum(np.maximum(promised - high, low - promised), 0.0)
    greatest = np.maximum(high - promised, promised - low)
    method = f"simultaneous exact bands of {len(n)} {'bin' if len(n) == 1 else 'bins'}"
    return Estimate(value, float(least.max()), float(greatest.max()), level, method, table.total)


@metric(
    title="Maximum calibration error",
    meaning="The group of answers, of like confidence, in which promised and kept lie furthest apart.",
    best=0.0,
    within=(0.0, 1.0),
    interval=by_simultaneous_bands,
)
def mce(
    confidence: Confidences,
    correct: Outcomes = None,
    *,
    bins: int = 10,
    closed: Closed = "right",
    fewest: int = FEWEST_ROWS,
) -> float:
    """Largest distance between confidence and accuracy in any bin with enough rows, in [0, 1]; 0 is best.

    **Definition.** max_b abs(conf_b − acc_b) over bins of equal width with at least `fewest` rows.

    **How it misleads.** The worst of several numbers measured with error is mostly error: it grows with the number of
    bins and shrinks with their rows. It says nothing of how many answers are concerned.

    **Edge cases.** Undefined if no bin has enough rows. Elsewhere every bin counts, however few its rows
    (`fewest=1`); then one wrong answer at 0.99 makes it 0.99.

    **Interval.** From simultaneous exact bands of the bins' accuracies, given the confidences; none where rows were
    drawn together.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    bins, closed
        As in :func:`ece`.
    fewest : int
        Rows that a bin must have to count.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Naeini, Cooper & Hauskrecht 2015, AAAI; Guo et al. 2017 (arXiv 1706.04599, eq. 5). Hoeffding 1956, Annals of
    Mathematical Statistics 27:713, for unequal coins.

    Examples
    --------
    Off by 0.2 at 0.9; the two rows at 0.1 are too few:

    >>> round(mce([0.9] * 20 + [0.1] * 2, [1] * 14 + [0] * 6 + [1] * 2), 12)
    0.2
    """
    promised, n, n_correct = _heavy_bins(tabulate(confidence, correct), bins=bins, closed=closed, fewest=fewest)
    return float(np.abs(promised - n_correct / n).max())


def _heavy_bins(
    table: CalibrationTable, *, bins: int = 10, closed: Closed = "right", fewest: int = FEWEST_ROWS
) -> tuple[Floats, Ints, Ints]:
    """Return mean confidence, rows and right answers of each bin with enough rows."""
    index, _ = bin_of(table, bins=bins, closed=closed)
    n, n_correct = total(index, table.n, bins), total(index, table.n_correct, bins)
    heavy = n >= max(fewest, 1)
    if not heavy.any():
        raise Undefined(f"no bin has {fewest} answers; the largest has {int(n.max())}")
    return sums(index, table.n * table.confidence, bins)[heavy] / n[heavy], n[heavy], n_correct[heavy]
