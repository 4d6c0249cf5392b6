"""The squared calibration error without its bias: the one binned error that is right on average, and so signed."""

from selfexplain.calibration.binning import Scheme, bin_of
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.honest_ece import honest_length
from selfexplain.calibration.metric import Confidences, IntervalRule, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.root_mean_square_error import rmsce
from selfexplain.calibration.table import CalibrationTable, sums, total
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate

LEAST = -0.25
"""Two answers in every bin, one right and one wrong, exactly as promised: 0 − ½·½/(2 − 1)."""


def squared(table: CalibrationTable, *, scheme: Scheme = "width", lone_bins: bool = False) -> float:
    """Return Σ_b w_b [(conf_b − acc_b)² − acc_b(1 − acc_b)/(n_b − 1)].

    A bin with one row has no variance to subtract; with `lone_bins` it counts nothing, otherwise all is undefined.
    """
    index, bins = bin_of(table, scheme=scheme)
    n, n_correct = total(index, table.n, bins), total(index, table.n_correct, bins)
    lone = int((n == 1).sum())
    if lone and not lone_bins:
        raise Undefined(f"needs two answers in every bin, and {lone} {'has' if lone == 1 else 'have'} one")
    kept = n > 1
    if not kept.any():
        raise Undefined("no bin has two answers")
    n, share = n[kept], n_correct[kept] / n[kept]
    distance = sums(index, table.excess, bins)[kept] / n
    return float((n * (distance**2 - share * (1 - share) / (n - 1))).sum() / table.total)


def by_squared_length(*, scheme: Scheme = "width", lone_bins: bool = False) -> IntervalRule:
    """Return the rule that squares the honest interval of the root mean square error: the truth is its square."""

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
        table = counts.pooled
        value = metric(table)
        index, bins = bin_of(table, scheme=scheme)
        root = honest_length(rmsce(table, scheme=scheme), counts, index, bins, level=level, seed=seed)
        low, high = (None if end is None else end**2 for end in (root.low, root.high))
        estimate = Estimate(value, low, high, level, root.method, counts.total, warnings=root.warnings)
        lone = int((sums(index, table.n, bins) == 1).sum())
        if not (lone and lone_bins):
            return estimate
        word = "bin has one answer and counts" if lone == 1 else "bins have one answer each and count"
        return estimate.warned(f"not unbiased: {lone} {word} nothing")

    return interval


@metric(
    title="Squared calibration error, debiased",
    meaning=(
        "The squared distance between promised and kept, less exactly what luck adds on average: for a perfect model "
        "it is as often below zero as above."
    ),
    best=0.0,
    within=(LEAST, 1.0),
    interval=by_squared_length(),
)
def ece_sq_debiased_width_10_right_closed(confidence: Confidences, correct: Outcomes = None) -> float:
    """Debiased squared calibration error in ten right-closed bins, in [−1/4, 1]; signed, 0 is the target.

    **Definition.** Σ_b (n_b/N) [(conf_b − acc_b)² − acc_b(1 − acc_b)/(n_b − 1)].

    **How it misleads.** It is a square: 0.01 is a distance of a tenth. Below zero it means "no error seen", not "better
    than perfect"; cutting it at 0 brings the bias back. Within a bin errors still cancel.

    **Edge cases.** Undefined if a bin that is not empty has one answer: nothing is known of its variance.
    :func:`ece_sq_debiased_partial` passes over such bins.

    **Interval.** The square of the honest interval of :func:`rmsce`, whose truth this estimates; being about a square
    it does not go below 0, though the value may.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [−1/4, 1]

    References
    ----------
    Kumar, Liang & Ma 2019 (arXiv 1909.10155, §4); Bröcker 2012, Climate Dynamics 39:655; Ferro & Fricker 2012,
    Quarterly Journal of the Royal Meteorological Society 138:1954.

    Examples
    --------
    0.9 stated ten times, right seven times: 0.2² − 0.7 · 0.3 / 9.

    >>> round(ece_sq_debiased_width_10_right_closed([0.9] * 10, [1] * 7 + [0] * 3), 6)
    0.016667
    """
    return squared(tabulate(confidence, correct))


@metric(
    title="Squared calibration error per value, debiased",
    meaning=(
        "The squared distance between promised and kept, every stated value by itself, less exactly what luck adds on "
        "average."
    ),
    best=0.0,
    within=(LEAST, 1.0),
    interval=by_squared_length(scheme="distinct"),
)
def ece_sq_debiased_distinct(confidence: Confidences, correct: Outcomes = None) -> float:
    """Debiased squared calibration error over distinct values, in [−1/4, 1]; signed, 0 is the target.

    **Definition.** Σ_v (n_v/N) [(v − acc_v)² − acc_v(1 − acc_v)/(n_v − 1)]: the debiased reliability term of the Brier
    score.

    **How it misleads.** As :func:`ece_sq_debiased_width_10_right_closed`, except that nothing cancels and that, being
    unbiased, it does not grow with the number of values; only its spread does.

    **Edge cases.** Undefined if a value was stated once.

    **Interval.** The square of the honest interval of :func:`rmsce` over distinct values.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [−1/4, 1]

    References
    ----------
    Bröcker 2012, Climate Dynamics 39:655; Ferro & Fricker 2012, Quarterly Journal of the Royal Meteorological Society
    138:1954; Kumar, Liang & Ma 2019 (arXiv 1909.10155, §4).

    Examples
    --------
    Exactly as promised, which chance makes unlikely; so the estimate is below 0: −0.5 · 0.5 / 9.

    >>> round(ece_sq_debiased_distinct([0.5] * 10, [1, 0] * 5), 6)
    -0.027778
    """
    return squared(tabulate(confidence, correct), scheme="distinct")


@metric(
    title="Squared calibration error, debiased where possible",
    meaning=(
        "The squared distance between promised and kept, less what luck adds on average; groups with a single answer "
        "are passed over."
    ),
    best=0.0,
    within=(LEAST, 1.0),
    interval=by_squared_length(lone_bins=True),
)
def ece_sq_debiased_partial(confidence: Confidences, correct: Outcomes = None) -> float:
    """Debiased squared calibration error in ten right-closed bins, bins with one answer counting 0, in [−1/4, 1].

    **Definition.** As :func:`ece_sq_debiased_width_10_right_closed`, the sum running over bins with at least two
    answers; N stays the number of all answers.

    **How it misleads.** With lone answers it is no longer unbiased: their error is taken for 0. The Estimate says how
    many there are.

    **Edge cases.** Undefined if no bin has two answers.

    **Interval.** The square of the honest interval of :func:`rmsce`, lone answers included.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [−1/4, 1]

    References
    ----------
    Kumar, Liang & Ma 2019 (arXiv 1909.10155, §4), whose code counts such bins as 0 without saying so.

    Examples
    --------
    The lone 0.5 adds nothing but a row: 10/11 of 0.016667.

    >>> round(ece_sq_debiased_partial([0.9] * 10 + [0.5], [1] * 7 + [0] * 3 + [1]), 6)
    0.015152
    """
    return squared(tabulate(confidence, correct), lone_bins=True)
