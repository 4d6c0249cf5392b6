"""An interval for the expected calibration error that covers the truth, wherever the truth is.

ECE adds up absolute values, and an absolute value has a kink at 0, exactly where a good model lies. There every
bootstrap fails: the percentile interval of a calibrated model covers its true ECE of 0 in 0 % of studies. Here
instead

* the *upper* limit uses convexity: the true error e and the measured ê satisfy e − ê ≤ −Σ_b sign(D_b)(D̂_b − D_b), a
  mean of N rows with variance (E r² − e²)/N, so a normal limit holds for every truth;
* the *lower* limit uses abs(ê − e) ≤ T = Σ_b abs(D̂_b − D_b), whose quantile is simulated, and e ≥ abs(gap).

D_b = E[(confidence − correct)·1(bin b)], so that ECE = Σ_b abs(D_b) and gap = Σ_b D_b; r is a row's confidence −
correct.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.table import CalibrationTable, sums
from selfexplain.inference import Estimate, Floats, Ints, few_clusters, normal_quantile, stream, t_quantile

DRAWS = 50_000
"""Simulated errors: the sampling error of the quantile is then about 1 % of it."""

OWN_GROUP = 20
"""A confidence stated at least this often is smoothed by itself; the others of a bin are pooled."""

FEWEST_CLUSTERS = 5
"""With fewer clusters their variance is anybody's guess."""


def honest_interval(
    value: float, counts: Counts, index: Ints, bins: int, *, level: float = 0.95, seed: int = 0
) -> Estimate:
    """Return a binned calibration error with an interval that is honest for every truth.

    Simulated coverage of the 95 % interval is 0.94 to 1.00, for calibrated, over- and underconfident models, few values
    or many, N from 50 to 3000 (`benchmarks/ece_interval_coverage.py`); it is about 1.3 times as wide as a bootstrap.

    Parameters
    ----------
    value : float, in [0, 1]
        The ECE of the pooled counts in these bins.
    counts : CalibrationTable or ClusterTable
    index : array of int, shape (k,)
        The bin of each confidence of `counts.pooled`; bins must not depend on the answers.
    bins : int
    level : float, in (0, 1)
    seed : int
        Of the simulated quantile.

    Notes
    -----
    *Smoothing.* A bin in which nothing went wrong yet has no variance to show. So every group of confidences gets one
    pseudo-row, half right and half wrong, at its mean confidence (with clusters: one pseudo-cluster).

    *Floor.* Under calibration the variance of a bin is Σ c(1 − c); the lower limit, which decides whether
    miscalibration is claimed, never assumes less.

    *Clusters.* Variances become cluster-robust covariances and normal quantiles become Student's, with C − 1 degrees.

    References
    ----------
    The failure of resampling: Andrews 2000, Econometrica 68:399; Fang & Santos 2019 (arXiv 1404.3763).
    """
    table, n = counts.pooled, counts.total
    if n < 2:
        return _without(value, n, level, "one row says nothing of how rows vary, so there is no interval")
    warnings: tuple[str, ...] = ()
    method = "honest interval for binned errors"
    alpha = 1 - level
    quantile_upper, quantile_lower = normal_quantile(level), normal_quantile(1 - alpha / 2)
    if isinstance(counts, ClusterTable):
        clusters = len(counts.clusters)
        if clusters < FEWEST_CLUSTERS:
            reason = f"{clusters} clusters; an interval needs at least {FEWEST_CLUSTERS}"
            return _without(value, n, level, reason)
        warnings, method = few_clusters(clusters), f"{method}, over {clusters} clusters"
        errors = _errors_of_clusters(counts, table, index, bins)
        student = t_quantile(1 - alpha / 2, clusters - 1) / quantile_lower
        quantile_upper, quantile_lower = t_quantile(level, clusters - 1), quantile_lower * student
    else:
        errors = _errors_of_rows(table, index, bins)
        student = 1.0
    high = value + quantile_upper * math.sqrt(errors.along_signs)
    reach = student * _quantile_of_absolute_sum(errors.covariance, 1 - alpha / 4, seed)
    gap = abs(float(table.excess.sum())) / n
    low = max(0.0, value - reach, gap - quantile_lower * math.sqrt(errors.of_gap))
    return Estimate(value=value, low=low, high=min(1.0, high), level=level, method=method, n=n, warnings=warnings)


class _Errors(NamedTuple):
    """How far the measured D̂ may be from D."""

    along_signs: float
    """Variance of Σ_b sign(D_b)·D̂_b: for the upper limit."""
    of_gap: float
    """Variance of Σ_b D̂_b, with the floor: for the lower limit."""
    covariance: Floats
    """Of D̂, with the floor: for the lower limit; shape (bins, bins), or (bins,) if diagonal."""


class _Groups(NamedTuple):
    """Confidences that are smoothed together."""

    of_value: Ints
    """The group of each confidence, shape (k,)."""
    bin: Ints
    """The bin of each group, shape (g,)."""
    n: Floats
    pseudo: Floats
    """E r² of the pseudo-row, half right and half wrong, at the group's mean confidence."""


def _smoothing_groups(table: CalibrationTable, index: Ints) -> _Groups:
    heavy = table.n >= OWN_GROUP
    # The light values of a bin share its number as their name; a heavy value has a number that no bin has.
    names = np.where(heavy, index.max() + 1 + np.arange(len(index)), index)
    _, first, of_value = np.unique(names, return_index=True, return_inverse=True)
    groups = len(first)
    n = sums(of_value, table.n, groups)
    mean = sums(of_value, table.n * table.confidence, groups) / n
    return _Groups(of_value, index[first], n, ((1 - mean) ** 2 + mean**2) / 2)


def _errors_of_rows(table: CalibrationTable, index: Ints, bins: int) -> _Errors:
    """Return the errors of independent rows."""
    n, groups = table.total, _smoothing_groups(table, index)
    squares = table.n_correct * (1 - table.confidence) ** 2 + table.n_wrong * table.confidence**2
    smoothed = (sums(groups.of_value, squares, len(groups.n)) + groups.pseudo) / (groups.n + 1)
    share_correct = (sums(groups.of_value, table.n_correct, len(groups.n)) + 0.5) / (groups.n + 1)

    def per_bin(of_group: Floats) -> Floats:
        return sums(groups.bin, of_group * groups.n / n, bins)

    second_moment = per_bin(smoothed)
    # E r² − e² is at least the variance of the answers within groups; smoothing one side only can lose even that,
    # when all answers at 1 are wrong.
    within_groups = per_bin(share_correct * (1 - share_correct))
    error = sums(index, table.excess, bins) / n
    expected = sums(index, table.n * table.confidence * (1 - table.confidence), bins) / n
    floored = np.maximum(second_moment, expected)
    return _Errors(
        along_signs=max(second_moment.sum() - np.abs(error).sum() ** 2, within_groups.sum()) / n,
        of_gap=max(floored.sum() - error.sum() ** 2, within_groups.sum()) / n,
        covariance=np.maximum(floored - error**2, within_groups) / n,
    )


def _errors_of_clusters(counts: ClusterTable, table: CalibrationTable, index: Ints, bins: int) -> _Errors:
    """Return the errors of rows that vary freely with the others of their cluster."""
    n, clusters, groups = counts.total, len(counts.clusters), _smoothing_groups(table, index)
    error = sums(index, table.excess, bins) / n
    cell = counts.cluster * bins + index[counts.value]
    excess = sums(cell, counts.n * counts.confidence[counts.value] - counts.n_correct, clusters * bins)
    # A cluster's influence on each D̂_b: its residuals in the bin, less its share of what is expected there.
    influence: Floats = excess.reshape(clusters, bins) - np.outer(counts.sizes, error)
    # The pseudo-cluster of a group has as many rows as its clusters have in it on average, all right or all wrong.
    touched = np.unique(counts.cluster * len(groups.n) + groups.of_value[counts.value]) % len(groups.n)
    rows = groups.n / np.bincount(touched, minlength=len(groups.n))
    pseudo = sums(groups.bin, rows**2 * groups.pseudo, bins) / n**2
    covariance: Floats = clusters / (clusters - 1) * (influence.T @ influence) / n**2 + np.diag(pseudo)
    sign = np.where(error < 0, -1.0, 1.0)
    expected = sums(index, table.n * table.confidence * (1 - table.confidence), bins) / n**2
    variance = np.diag(covariance)
    stretch = np.sqrt(np.maximum(1.0, np.divide(expected, variance, out=np.ones(bins), where=variance > 0)))
    return _Errors(
        along_signs=float(sign @ covariance @ sign),
        of_gap=max(float(covariance.sum()), float(expected.sum())),
        covariance=covariance * np.outer(stretch, stretch),
    )


def _quantile_of_absolute_sum(covariance: Floats, probability: float, seed: int) -> float:
    """Return the quantile of Σ_b abs(Z_b) for normal Z with this covariance."""
    rng = stream(seed)
    if covariance.ndim == 1:
        root: NDArray[np.float64] = np.sqrt(covariance[covariance > 0])
    else:
        values, vectors = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    size = len(root)
    drawn: list[Floats] = []
    step = max(1, min(DRAWS, 4_000_000 // max(size, 1)))  # 32 MB at a time
    for start in range(0, DRAWS, step):
        normal = rng.standard_normal((min(step, DRAWS - start), size))
        drawn.append(np.abs(normal * root if root.ndim == 1 else normal @ root).sum(axis=1))
    return float(np.quantile(np.concatenate(drawn), probability))


def _without(value: float, n: int, level: float, why: str) -> Estimate:
    return Estimate(value=value, low=None, high=None, level=level, method="", n=n, warnings=(why,))
