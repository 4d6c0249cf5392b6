"""ECE: the number that papers print, computed so that it can be compared, with an interval that holds."""

import numpy as np

from selfexplain.calibration.binning import Closed, Scheme, bin_of, equal_width
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.honest_ece import Part, honest_interval
from selfexplain.calibration.metric import Confidences, IntervalRule, Metric, Outcomes, OverResamples, metric, tabulate
from selfexplain.calibration.table import CalibrationTable, ratio, sums
from selfexplain.inference import Estimate, Floats, Ints


def binned(table: CalibrationTable, *, bins: int, scheme: Scheme, closed: Closed) -> Floats:
    """Return D̂_b = Σ_{i∈b} (cᵢ − yᵢ) / N of each bin, from which every binned error is made."""
    index, n_bins = bin_of(table, bins=bins, scheme=scheme, closed=closed)
    return sums(index, table.excess, n_bins) / table.total


def over_resamples(*, bins: int = 10, closed: Closed = "right", part: Part = "both") -> OverResamples:
    """Return the error in bins of equal width of many tables at once: one product of matrices."""

    def error(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
        joins = np.equal.outer(equal_width(confidence, bins=bins, closed=closed), np.arange(bins)).astype(np.float64)
        excess = n @ (joins * confidence[:, None]) - n_correct @ joins
        size = np.abs(excess) if part == "both" else np.maximum(excess if part == "over" else -excess, 0.0)
        return ratio(size.sum(axis=-1), n.sum(axis=-1))

    return error


def by_honest_interval(
    *, bins: int = 10, scheme: Scheme = "width", closed: Closed = "right", part: Part = "both"
) -> IntervalRule:
    """Return the rule that gives an error in these bins an interval that also holds near perfect calibration."""

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
        value = metric(counts.pooled)
        index, n_bins = bin_of(counts.pooled, bins=bins, scheme=scheme, closed=closed)
        return honest_interval(value, counts, index, n_bins, part=part, level=level, seed=seed)

    return interval


@metric(
    title="Expected calibration error",
    meaning=(
        "Put answers given with like confidence together: how far, on average, the share that was right lies from the "
        "confidence stated."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(),
    over_resamples=over_resamples(),
)
def ece(
    confidence: Confidences,
    correct: Outcomes = None,
    *,
    bins: int = 10,
    scheme: Scheme = "width",
    closed: Closed = "right",
) -> float:
    """Mean distance between confidence and accuracy over bins of confidence, in [0, 1]; 0 is best.

    **Definition.** ECE = Σ_b (n_b/N) · abs(conf_b − acc_b) = Σ_b abs(Σ_{i∈b} (cᵢ − yᵢ)) / N, with conf_b the mean
    confidence in the bin, not its midpoint. By default ten bins of equal width, [0, 0.1], (0.1, 0.2], …, (0.9, 1].

    **How it misleads.** Biased upwards: a perfectly calibrated model scores above 0 on any finite set of questions,
    the more so the fewer there are and the more bins are used, so compare only at equal binning, and read it beside
    :func:`ece_if_calibrated`, what such a model would score on these questions. A model that always
    states its own accuracy scores 0 and knows nothing; read it beside :func:`auroc`. Stated confidences sit on bin
    edges, where the side on which bins are closed changes the value.

    **Name.** `ece` is the error in ten right-closed bins of equal width, elsewhere called
    `ece_width_10_right_closed`; other binnings have their own names (:mod:`selfexplain.calibration.ece_in_other_bins`).

    **Edge cases.** Undefined without rows. Empty bins count nothing. 0 belongs to the first bin, 1 to the last.

    **Interval.** The honest interval of :func:`selfexplain.calibration.honest_ece.honest_interval`, for the default
    bins. A bootstrap of this number covers the truth 0 % of the time at perfect calibration.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    bins : int
        At least 1.
    scheme : {"width", "mass", "distinct"}
        Bins of equal width, of about equally many rows (a value is never split, so there may be fewer), or one per
        distinct confidence. Values of "distinct" do not compare between scales of different fineness.
    closed : {"right", "left"}
        For "width": the side on which a bin includes its edge.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Naeini, Cooper & Hauskrecht 2015, AAAI; Guo et al. 2017 (arXiv 1706.04599, eq. 3), with 15 bins. Bias: Roelofs et
    al. 2022 (arXiv 2012.08668).

    Examples
    --------
    0.9 stated ten times and right seven times, a distance of 0.2; 0.5 stated ten times and right five times, none:

    >>> round(ece([0.9] * 10 + [0.5] * 10, [1] * 7 + [0] * 3 + [1] * 5 + [0] * 5), 12)
    0.1
    """
    return float(np.abs(binned(tabulate(confidence, correct), bins=bins, scheme=scheme, closed=closed)).sum())
