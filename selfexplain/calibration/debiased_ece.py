"""The expected calibration error less what chance alone adds to it."""

import math

import numpy as np

from selfexplain.calibration.binning import Closed, Scheme, bin_of
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.expected_calibration_error import by_honest_interval, ece
from selfexplain.calibration.metric import Confidences, IntervalRule, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable, sums, total
from selfexplain.inference import Estimate, Floats


def ece_debiased(
    table: CalibrationTable, *, bins: int = 10, scheme: Scheme = "width", closed: Closed = "right"
) -> float:
    """Return max(0, 2ê − Σ_b w_b m(d_b, σ_b)): the ECE reflected in the mean that resampled answers would give.

    d_b = conf_b − acc_b, σ_b² = p̃(1 − p̃)/n_b with p̃ = (s_b + ½)/(n_b + 1), so that a bin without a miss has a variance
    too, and m(μ, σ) the mean of abs(Z) for Z ~ N(μ, σ²).
    """
    index, n_bins = bin_of(table, bins=bins, scheme=scheme, closed=closed)
    n, n_correct = total(index, table.n, n_bins), total(index, table.n_correct, n_bins)
    occupied = n > 0
    n, n_correct = n[occupied], n_correct[occupied]
    distance = np.abs(sums(index, table.excess, n_bins)[occupied] / n)
    smoothed = (n_correct + 0.5) / (n + 1)
    resampled = folded_normal_mean(distance, np.sqrt(smoothed * (1 - smoothed) / n))
    weight = n / table.total
    return max(0.0, float(weight @ (2 * distance - resampled)))


def folded_normal_mean(mean: Floats, spread: Floats) -> Floats:
    """Return E abs(Z) for Z ~ N(mean, spread²) with mean ≥ 0 and spread > 0 (Leone, Nelson & Nottingham 1961)."""
    from scipy.special import ndtr  # noqa: PLC0415 - scipy is paid for by whoever needs it

    ratio = mean / spread
    return spread * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + mean * (1 - 2 * ndtr(-ratio))


def by_interval_of_plug_in(*, scheme: Scheme = "width") -> IntervalRule:
    """Return the rule that gives a debiased ECE the interval of the plain one: the truth they estimate is the same."""
    plain = by_honest_interval(scheme=scheme)

    def interval(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
        value = metric(counts.pooled)

        def plug_in(table: CalibrationTable) -> float:
            return ece(table, scheme=scheme)

        around = plain(plug_in, counts, level=level, seed=seed)  # type: ignore[arg-type]  # only its value is asked for
        return Estimate(value, around.low, around.high, level, around.method, counts.total, warnings=around.warnings)

    return interval


@metric(
    title="ECE, debiased",
    meaning=(
        "How far, on average, the share of right answers lies from the confidence stated, less most of what luck "
        "alone would show."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_interval_of_plug_in(),
)
def ece_debiased_width_10_right_closed(confidence: Confidences, correct: Outcomes = None) -> float:
    """ECE in ten right-closed bins, less its bias as far as it can be known, in [0, 1].

    **Definition.** max(0, 2ê − Σ_b w_b m(d_b, σ_b)), ê the plain :func:`ece`, d_b the distance in a bin, σ_b its
    smoothed standard error and m the mean of a folded normal: ê less the excess that resampling the answers adds to it.

    **How it misleads.** It removes about half of the bias of a calibrated model and nearly all of it where the model is
    clearly off; so it still tends to lie above the truth near 0. The cut at 0 is why such values must not be averaged
    or subtracted; for that, use the signed :func:`ece_sq_debiased_width_10_right_closed`.

    **Edge cases.** Undefined without rows. Never above the plain ECE.

    **Interval.** The honest interval of :func:`ece`, which is about the same truth; it need not be centred here.

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
    Kumar, Liang & Ma 2019 (arXiv 1909.10155), whose code debiases by resampling; here in closed form, by the mean of a
    folded normal (Leone, Nelson & Nottingham 1961, Technometrics 3:543), with smoothed variances.

    Examples
    --------
    0.9 is kept, 0.8 is missed by one row of ten: 0.05 on average, which chance may explain.

    >>> confidence, correct = [0.9] * 10 + [0.8] * 10, [1] * 9 + [0] + [1] * 7 + [0] * 3
    >>> round(ece_debiased_width_10_right_closed(confidence, correct), 6), round(ece(confidence, correct), 6)
    (0.0, 0.05)
    """
    return ece_debiased(tabulate(confidence, correct))


@metric(
    title="ECE, one bin per value, debiased",
    meaning=(
        "How far, on average, the share of right answers lies from the confidence stated, every stated value by "
        "itself, less most of what luck alone would show."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_interval_of_plug_in(scheme="distinct"),
)
def ece_debiased_distinct(confidence: Confidences, correct: Outcomes = None) -> float:
    """ECE over distinct values, less its bias as far as it can be known, in [0, 1].

    **Definition.** As :func:`ece_debiased_width_10_right_closed`, with every distinct confidence as its own bin.

    **How it misleads.** As that, and more: values stated only a few times have little to correct their bias with, so a
    finer scale still looks worse. Do not compare it between scales.

    **Edge cases.** Undefined without rows. Never above :func:`ece_distinct`.

    **Interval.** The honest interval of :func:`ece_distinct`.

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
    Kumar, Liang & Ma 2019 (arXiv 1909.10155); Leone, Nelson & Nottingham 1961, Technometrics 3:543.

    Examples
    --------
    Clearly off, so little is taken away; the plain error is 0.3:

    >>> round(ece_debiased_distinct([0.9] * 100, [1] * 60 + [0] * 40), 6)
    0.3
    """
    return ece_debiased(tabulate(confidence, correct), scheme="distinct")
