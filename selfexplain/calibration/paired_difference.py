"""By how much run B differs from run A on the same questions, with intervals that hold where a difference is small.

Every difference is B − A. A mean of rows (accuracy, gap, Brier score) is compared by Student's t on the differences of
pairs or clusters; AUROC by resampling pairs; the calibration error by limits that are honest near zero, where its own
resamples are not.
"""

import math

import numpy as np

from selfexplain.calibration.area_under_roc import auroc
from selfexplain.calibration.binning import bin_of
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.few_of_a_kind import FEW_TO_RESAMPLE, VERY_FEW, few_of_a_kind, rarer_kind
from selfexplain.calibration.honest_ece import FEWEST_CLUSTERS
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.errors import Undefined
from selfexplain.inference import (
    SAME,
    TOO_NARROW,
    Estimate,
    Floats,
    Ints,
    clopper_pearson,
    few_clusters,
    mean_by_cluster_t,
    mean_by_t,
    percentile_bootstrap,
    stream,
    value_alone,
)

FEW_CHANGES = 5
"""With no more units than this that differ at all, Student's t is a guess; the exact bound takes over."""

DRAWS = 10_000
"""Simulated errors of the two calibration errors."""


def accuracy_difference(pairs: PairedTable, *, level: float = 0.95) -> Estimate:
    """Return accuracy(B) − accuracy(A), in [−1, 1]."""
    return mean_difference(pairs, (pairs.correct[:, 1] - pairs.correct[:, 0]).astype(float), reach=1.0, level=level)


def gap_difference(pairs: PairedTable, *, level: float = 0.95) -> Estimate:
    """Return gap(B) − gap(A), in [−2, 2]: above 0, B promises more than A did.

    Examples
    --------
    >>> pairs = PairedTable.from_rows([0.8] * 100, [1] * 80 + [0] * 20, [0.9] * 100, [1] * 80 + [0] * 20)
    >>> round(gap_difference(pairs).value, 12)
    0.1
    """
    return mean_difference(pairs, pairs.residual[:, 1] - pairs.residual[:, 0], reach=2.0, level=level)


def brier_difference(pairs: PairedTable, *, level: float = 0.95) -> Estimate:
    """Return Brier(B) − Brier(A), in [−1, 1]: above 0, B's confidences are worse."""
    squared = pairs.residual**2
    return mean_difference(pairs, squared[:, 1] - squared[:, 0], reach=1.0, level=level)


def auroc_difference(pairs: PairedTable, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Return AUROC(B) − AUROC(A), in [−1, 1], by resampling pairs or whole clusters of them.

    With few right or few wrong answers on a side it is too narrow, and says so. Where one side's confidences put the
    answers in the order of the other's, as when each is raised by as much, every resample has the difference 0: that
    tells nothing of how orders vary, so there is no interval.
    """
    found = resampled_difference(auroc, pairs, level=level, seed=seed)
    if found.low is None or found.high is None or pairs.identical:
        return found
    rarest = min(pairs.sides, key=lambda side: rarer_kind(side).units)
    return found.warned(*few_of_a_kind(rarest, fewest=FEW_TO_RESAMPLE))


def resampled_difference(metric: Metric[...], pairs: PairedTable, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Return metric(B) − metric(A) by the paired bootstrap; not for metrics with a kink where the truth may lie."""
    try:
        value = metric(pairs.b) - metric(pairs.a)
    except Undefined as undefined:
        return Estimate.missing(undefined.message, n=pairs.total, level=level)
    if pairs.identical:
        return the_same(pairs, level)

    def replicate(rng: np.random.Generator) -> float:
        a, b = pairs.resample(rng)
        return metric(b) - metric(a)

    clusters = len(pairs.clusters) or None
    return percentile_bootstrap(value, replicate, n=pairs.total, level=level, seed=seed, clusters=clusters)


def mean_difference(pairs: PairedTable, delta: Floats, *, reach: float, level: float = 0.95) -> Estimate:
    """Return the mean of what each pair differs by.

    Parameters
    ----------
    pairs : PairedTable
    delta : array of float, shape (k,)
        The difference B − A of each cell.
    reach : float
        The largest difference that a pair can have in either direction.
    level : float, in (0, 1)

    Notes
    -----
    If two runs are the same answer by answer, their difference is 0 and nothing is estimated: [0, 0]. If no pair or few
    (:data:`FEW_CHANGES`) differ in what is averaged, a mean of mostly zeros is far from normal; then the share of pairs
    (clusters) that differ has an exact upper limit q (Clopper & Pearson 1934, Biometrika 26:404). Those not seen may
    differ by more than the largest difference M that was seen, yet of n pairs no more than a share r = 1 − (α/4)^(1/n)
    does, whatever the distribution (Wilks 1941, Annals of Mathematical Statistics 12:91). So the mean lies within
    ±(q·M + r·(reach − M)), which a last digit in four answers leaves small; q·reach where M is the reach itself.
    """
    n = pairs.total
    if not n:
        return Estimate.missing("no pair of usable answers", n=0, level=level)
    if pairs.identical:
        return the_same(pairs, level)
    changed = np.unique(pairs.cluster[np.abs(delta) > SAME]) if pairs.clusters else pairs.n[np.abs(delta) > SAME]
    changes = len(changed) if pairs.clusters else int(changed.sum())
    if changes <= FEW_CHANGES:
        return few_changes(delta, pairs, changes, reach=reach, level=level)
    within = (-reach, reach)
    if pairs.clusters:
        found = mean_by_cluster_t(delta, pairs.cluster, within=within, times=pairs.n, level=level)
    else:
        found = mean_by_t(delta, within=within, times=pairs.n, level=level)
    return found.warned(*few_flips(pairs))


def few_flips(pairs: PairedTable) -> tuple[str, ...]:
    """Return the warning that a t interval deserves where confidences moved and hardly any answer flipped.

    An answer that turned wrong moves its pair by a whole answer, and of such rare large steps the answers at hand show
    too few: with two of 100 expected, all to wrong, Student's t covers 88 %.

    >>> few_flips(PairedTable.from_rows([0.8] * 100, [1] * 98 + [0] * 2, [0.9] * 100, [1] * 97 + [0] * 3))
    ('the interval rests on 1 answer that turned right or wrong; below 10 it tends to be too narrow',)
    """
    flipped = pairs.correct[:, 0] != pairs.correct[:, 1]
    units = len(np.unique(pairs.cluster[flipped])) if pairs.clusters else int(pairs.n[flipped].sum())
    if units >= VERY_FEW:
        return ()
    one, many = ("cluster", "clusters") if pairs.clusters else ("answer", "answers")
    what = f"{one if units == 1 else many} {'with an answer that' if pairs.clusters else 'that'} turned right or wrong"
    return (f"the interval rests on {units} {what}; below {VERY_FEW} it {TOO_NARROW}",)


def few_changes(delta: Floats, pairs: PairedTable, changes: int, *, reach: float, level: float) -> Estimate:
    """Return a mean difference whose few changed units cannot speak for a distribution."""
    value = float(pairs.n @ delta / pairs.total)
    units, unit = (len(pairs.clusters), "clusters") if pairs.clusters else (pairs.total, "pairs")
    # Rows, not clusters, are averaged: a unit may be one of the large ones, and what it adds is a sum.
    added = np.bincount(pairs.cluster, weights=pairs.n * delta) if pairs.clusters else delta
    seen = float(np.abs(added).max())
    most = reach * (float(sizes(pairs).max()) if pairs.clusters else 1.0)
    bound = share_above(changes, units, level) * most
    if changes and seen < most - SAME:
        rare = (1 + level) / 2  # two statements, each with half of the error
        changed, beyond = share_above(changes, units, rare), 1 - ((1 - rare) / 2) ** (1 / units)
        bound = changed * seen + min(beyond, changed) * (most - seen)
    bound = min(reach, bound * units / pairs.total)
    method = f"exact bound: {changes} of {units} {unit} differ"
    warnings = few_clusters(units) if pairs.clusters else ()
    return Estimate(
        value=value,
        low=min(value, -bound),
        high=max(value, bound),
        level=level,
        method=method,
        n=pairs.total,
        warnings=warnings,
    )


def share_above(found: int, units: int, level: float) -> float:
    """Return the exact upper limit of a share."""
    return float(clopper_pearson([found], [units], level=level)[1][0])


def sizes(pairs: PairedTable) -> Ints:
    """Return the pairs of each cluster."""
    return np.bincount(pairs.cluster, weights=pairs.n, minlength=len(pairs.clusters)).astype(np.int64)


def the_same(pairs: PairedTable, level: float) -> Estimate:
    """Return the difference of two runs that do not differ."""
    return Estimate(value=0.0, low=0.0, high=0.0, level=level, method="no pair differs", n=pairs.total)


def ece_difference(pairs: PairedTable, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Return ECE(B) − ECE(A), ten right-closed bins, with limits that hold wherever the truth is; in [−1, 1].

    For information, not for a gate: the limits are wide. A paired bootstrap of plug-in errors is worse than wide: noise
    raises the measured error of a calibrated A, so a true rise is under-stated.

    Let D̂ be the signed error per bin, e = Σ abs(D) and Z = D̂ − D. By convexity Σ sign(D̂)·Z bounds e from one side and
    Σ abs(Z) from both, so with probability ≥ 1 − α

        Δ ≤ Δ̂ + q(−Σ sign(D̂_B) Z_B + Σ abs(Z_A)),   Δ ≥ Δ̂ − q(Σ abs(Z_B) − Σ sign(D̂_A) Z_A)

    with q the 1 − α/2 quantile over joint normal draws of (Z_A, Z_B).

    Where the answers do not show how Z varies (fewer than ten right or wrong ones on a side, or a bin without any
    error), normal draws say too little: of 50 answers all right, none moves. There the limits are not narrower than
    those that the two errors have by themselves: with the honest interval [L, U] of each at level 1 − α/2 both hold
    with probability ≥ 1 − α (Bonferroni), and then L_B − U_A ≤ Δ ≤ U_B − L_A.
    """
    n = pairs.total
    if n < 2:
        return Estimate.missing("fewer than two pairs of usable answers", n=n, level=level)
    value = ece(pairs.b) - ece(pairs.a)
    if pairs.identical:
        return the_same(pairs, level)
    clusters = len(pairs.clusters)
    if 0 < clusters < FEWEST_CLUSTERS:
        found = "1 cluster" if clusters == 1 else f"{clusters} clusters"
        return value_alone(value, n, level, f"{found}; an interval needs at least {FEWEST_CLUSTERS}")
    z, sign = joint_errors(pairs, seed)
    spread = np.abs(z).sum(axis=2)
    along = (z * sign).sum(axis=2)
    tail = (1 + level) / 2
    high = value + float(np.quantile(spread[:, 0] - along[:, 1], tail))
    low = value - float(np.quantile(spread[:, 1] - along[:, 0], tail))
    method = "conservative limits for a difference of binned errors"
    if hides_errors(pairs, z):
        lowest, highest = by_each_side(pairs, level=tail, seed=seed)
        low, high = min(low, lowest), max(high, highest)
        method = f"{method}, not narrower than the honest intervals of both"
    return Estimate(
        value=value,
        low=max(-1.0, low),
        high=min(1.0, high),
        level=level,
        method=method,
        n=n,
        warnings=few_clusters(clusters) if clusters else (),
    )


def hides_errors(pairs: PairedTable, z: Floats) -> bool:
    """Tell whether the answers of a side show too little of how its binned errors vary for simulated ones to hold."""
    if any(rarer_kind(side).units < VERY_FEW for side in pairs.sides):
        return True
    for arm, table in enumerate((pairs.a, pairs.b)):
        index, _ = bin_of(table)
        if (np.ptp(z[:, arm, np.unique(index)], axis=0) == 0).any():
            return True
    return False


def by_each_side(pairs: PairedTable, *, level: float, seed: int) -> tuple[float, float]:
    """Return between what two calibration errors differ if each lies anywhere in its own honest interval."""
    (low_a, high_a), (low_b, high_b) = (
        (-1.0, 1.0) if found.low is None or found.high is None else (found.low, found.high)
        for found in (ece.facts.interval(ece, side, level=level, seed=seed) for side in pairs.sides)
    )
    return low_b - high_a, high_b - low_a


def joint_errors(pairs: PairedTable, seed: int) -> tuple[Floats, Floats]:
    """Return simulated errors of D̂ of both runs, shape (draws, 2, bins), and the signs of D̂, shape (2, bins)."""
    placed = []
    for arm, table in enumerate((pairs.a, pairs.b)):
        index, bins = bin_of(table)
        placed.append(index[np.searchsorted(table.confidence, pairs.confidence[:, arm])])
    units = len(pairs.clusters) or pairs.total
    covariance = np.zeros((2 * bins, 2 * bins))
    mean = np.zeros(2 * bins)
    columns = np.stack([placed[0], bins + placed[1]], axis=1)
    for arm in (0, 1):
        np.add.at(mean, columns[:, arm], pairs.n * pairs.residual[:, arm])
    mean /= pairs.total
    if pairs.clusters:
        influence = np.zeros((units, 2 * bins))
        for arm in (0, 1):
            np.add.at(influence, (pairs.cluster, columns[:, arm]), pairs.n * pairs.residual[:, arm])
        influence -= np.outer(sizes(pairs), mean)
        covariance = units / (units - 1) * (influence.T @ influence) / pairs.total**2
    else:
        for one in (0, 1):
            for other in (0, 1):
                product = pairs.n * pairs.residual[:, one] * pairs.residual[:, other]
                np.add.at(covariance, (columns[:, one], columns[:, other]), product)
        covariance = (covariance / pairs.total - np.outer(mean, mean)) / (pairs.total - 1)
    used = np.flatnonzero(np.diag(covariance) > 0)
    values, vectors = np.linalg.eigh(covariance[np.ix_(used, used)])
    drawn = np.zeros((DRAWS, 2 * bins))
    drawn[:, used] = (stream(seed).standard_normal((DRAWS, len(used))) * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    sign = np.where(mean < 0, -1.0, 1.0)
    return drawn.reshape(DRAWS, 2, bins), sign.reshape(2, bins)


def smallest_sample(spread: float, tolerance: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Return how many pairs let a rule of this tolerance pass when nothing changed.

    n = (z_{(1+level)/2} + z_power)² · spread² / tolerance², from the non-inferiority bound.

    Parameters
    ----------
    spread : float
        Standard deviation of the differences of pairs.
    tolerance : float, above 0
    power : float, in (0, 1)
        Chance to pass.
    level : float, in (0, 1)

    Examples
    --------
    >>> smallest_sample(0.30, 0.03)
    785
    """
    from statistics import NormalDist  # noqa: PLC0415 - one quantile

    z = NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)
    return math.ceil(z * z * spread * spread / (tolerance * tolerance))
