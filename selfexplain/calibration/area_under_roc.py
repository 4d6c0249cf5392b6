"""AUROC: whether the model's confidence tells its right answers from its wrong ones."""

import math

import numpy as np

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.few_of_a_kind import FEW_TO_RESAMPLE, few_of_a_kind
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, by_bootstrap, metric, tabulate
from selfexplain.calibration.table import CalibrationTable, measured, ratio
from selfexplain.inference import (
    Estimate,
    Floats,
    Ints,
    checked_level,
    equal_rows,
    few_clusters,
    normal_quantile,
    value_alone,
)


def share_of_pairs_won(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:  # noqa: ARG001 - their order is enough
    """Return the AUROC of tables, confidences in the last axis; NaN where only one kind of answer occurs."""
    right, wrong = n_correct.astype(np.float64), (n - n_correct).astype(np.float64)
    twice_ahead = 2 * np.cumsum(wrong, axis=-1) - wrong  # in halves, so that the sum is whole and exact
    won = (right * twice_ahead).sum(axis=-1)
    return ratio(won, 2 * right.sum(axis=-1) * wrong.sum(axis=-1))


def by_delong(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate the AUROC: DeLong on the logit scale for independent rows, bootstrap of clusters otherwise.

    When all pairs of a right and a wrong answer agree (perfect separation, or nothing but ties) both would give an
    interval of no width. Then min(n⁺, n⁻) disjoint pairs are independent and equal, and
    :func:`selfexplain.inference.equal_rows` says exactly what that is worth. A single answer of one kind has no
    variance to estimate; Markov's inequality remains.
    """
    table = counts.pooled
    value = metric(table)
    if isinstance(counts, ClusterTable) and len(counts.clusters) == 1:
        reason = "one cluster says nothing of how clusters vary, so there is no interval"
        return value_alone(value, table.total, level, reason)
    if all_pairs_agree(table):
        pairs = disjoint_pairs(counts)
        estimate = equal_rows(value, table.total, within=(0.0, 1.0), units=pairs, level=level, unit="disjoint pairs")
        return estimate.warned(*few_clusters(len(counts.clusters))) if isinstance(counts, ClusterTable) else estimate
    if isinstance(counts, ClusterTable):
        resampled = by_bootstrap(metric, counts, level=level, seed=seed)
        return resampled if resampled.low is None else resampled.warned(*few_of_a_kind(counts, fewest=FEW_TO_RESAMPLE))
    rarer = min(int(table.n_correct.sum()), int(table.n_wrong.sum()))
    if rarer < 2:
        return by_markov(value, table.total, level=level)
    half = normal_quantile(level) * delong_standard_error(table) / (value * (1 - value))
    low, high = (_sigmoid(math.log(value / (1 - value)) + sign * half) for sign in (-1, 1))
    delong = Estimate(value, low, high, level, "DeLong interval on the logit scale", table.total)
    return delong.warned(*few_of_a_kind(counts))


def by_markov(value: float, n: int, *, level: float) -> Estimate:
    """Estimate the AUROC when only one answer is right, or only one is wrong.

    The value V lies in [0, 1] and is unbiased for the AUROC θ, whatever the distributions. Markov's inequality gives
    P(V > θ/α) ≤ α and P(1 − V > (1 − θ)/α) ≤ α, and as θ < α and 1 − θ < α exclude each other, [αV, 1 − α(1 − V)]
    covers θ with probability at least 1 − α. Wide, and all that one answer can say.
    """
    alpha = 1 - checked_level(level)
    method = "Markov bound, for a single answer of the rarer kind"
    return Estimate(value, alpha * value, 1 - alpha * (1 - value), level, method, n)


@metric(
    title="AUROC",
    meaning=(
        "Take one right and one wrong answer at random: the chance that the model was surer of the right one; "
        "0.5 is no better than a coin."
    ),
    best=1.0,
    within=(0.0, 1.0),
    gate="optional",
    interval=by_delong,
    over_resamples=share_of_pairs_won,
    ranks=True,
)
def auroc(confidence: Confidences, correct: Outcomes = None) -> float:
    """Probability that a right answer has more confidence than a wrong one, in [0, 1]; 1 is best, 0.5 is chance.

    **Definition.** P(c⁺ > c⁻) + ½ P(c⁺ = c⁻) over all pairs of a right and a wrong answer: the area under the receiver
    operating characteristic, and the Mann-Whitney statistic divided by n⁺n⁻. From counts, with sₖ right and fₖ wrong
    answers at the k-th confidence: Σₖ sₖ (F₍<ₖ₎ + fₖ/2) / (n⁺n⁻).

    **How it misleads.** Any rising transformation of the confidences leaves it unchanged, so it says nothing of
    calibration: a model that is right half the time and says 0.98 and 0.99 can score 1. Few distinct confidences cap
    it.

    **Edge cases.** Undefined unless both right and wrong answers occur. One confidence for all: exactly 0.5.

    **Interval.** DeLong's variance on the logit scale; bootstrap of clusters when rows were drawn together; exact when
    all pairs agree. With few wrong (or right) answers it is too narrow, and says so.

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
    Hanley & McNeil 1982, Radiology 143:29; DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837, for the variance;
    Qin & Hotilovac 2008, Statistical Methods in Medical Research 17:207, for the logit scale.

    Examples
    --------
    Of the four pairs the right answer is ahead in three:

    >>> auroc([0.9, 0.6, 0.7, 0.5], [1, 1, 0, 0])
    0.75
    """
    table = tabulate(confidence, correct)
    return measured(share_of_pairs_won, table, undefined="needs both right and wrong answers")


def delong_standard_error(table: CalibrationTable) -> float:
    """Return DeLong's standard error of the AUROC, ties counted half.

    Needs two right and two wrong answers. The variance is S₁₀/n⁺ + S₀₁/n⁻, S the sample variances of the placements:
    for a right answer the share of wrong ones it beats, for a wrong answer the share of right ones that beat it.
    """
    right, wrong = table.n_correct, table.n_wrong
    n_right, n_wrong = int(right.sum()), int(wrong.sum())
    beats = (np.cumsum(wrong) - wrong / 2) / n_wrong
    is_beaten = (n_right - np.cumsum(right) + right / 2) / n_right
    area = float(right @ beats / n_right)

    def variance(times: Floats, placement: Floats) -> float:
        n = times.sum()
        return float(times @ (placement - area) ** 2 / (n - 1) / n)

    return math.sqrt(variance(right.astype(np.float64), beats) + variance(wrong.astype(np.float64), is_beaten))


def all_pairs_agree(table: CalibrationTable) -> bool:
    """Say whether every pair of a right and a wrong answer is won, every one lost, or every one tied."""
    right, wrong = table.confidence[table.n_correct > 0], table.confidence[table.n_wrong > 0]
    tied = right[0] == right[-1] == wrong[0] == wrong[-1]
    return bool(right[0] > wrong[-1] or right[-1] < wrong[0] or tied)


def disjoint_pairs(counts: Counts) -> int:
    """Return how many pairs of a right and a wrong answer can be formed that share no row and no cluster.

    In one cluster there is none: a pair that was drawn together is no draw of two answers.
    """
    if isinstance(counts, CalibrationTable):
        return min(int(counts.n_correct.sum()), int(counts.n_wrong.sum()))
    with_right = np.unique(counts.cluster[counts.n_correct > 0])
    with_wrong = np.unique(counts.cluster[counts.n > counts.n_correct])
    return min(len(with_right), len(with_wrong), len(counts.clusters) // 2)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
