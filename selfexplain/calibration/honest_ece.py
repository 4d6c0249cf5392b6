"""An interval for the expected calibration error that covers the truth, wherever the truth is.

ECE adds up absolute values, and an absolute value has a kink at 0, exactly where a good model lies. There every
bootstrap fails: the percentile interval of a calibrated model covers its true ECE of 0 in 0 % of studies. Here
instead

* the *upper* limit uses convexity: the true error e and the measured ê satisfy e − ê ≤ −Σ_b sign(D_b)(D̂_b − D_b), a
  mean of N rows with variance (E r² − e²)/N, so a normal limit holds for every truth;
* the *lower* limit uses abs(ê − e) ≤ T = Σ_b abs(D̂_b − D_b), whose quantile is simulated, and e ≥ abs(gap).

D_b = E[(confidence − correct)·1(bin b)], so that ECE = Σ_b abs(D_b) and gap = Σ_b D_b; r is a row's confidence −
correct.

The same two thoughts serve the other binned errors. The *over* part Σ_b max(D_b, 0) is the largest sum of D_b over any
set of bins, hence convex, and lies within Σ_b max(D̂_b − D_b, 0) of the truth from above; the *under* part is the same
with the sign turned. The *root mean square* error is the length of the vector D_b/√w_b: a length is convex, and two
lengths differ by no more than the length of the difference.

Bins must not depend on the answers. Bins of equal mass and of distinct values depend on the confidences alone, so for
them everything is said given the confidences: the error meant is that of these bins.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.counting import distinct
from selfexplain.calibration.few_of_a_kind import VERY_FEW
from selfexplain.calibration.table import CalibrationTable, sums
from selfexplain.inference import (
    Estimate,
    Floats,
    Ints,
    checked_level,
    clopper_pearson,
    few_clusters,
    normal_quantile,
    so_many,
    stream,
    t_quantile,
    value_alone,
)

DRAWS = 50_000
"""Simulated errors: the sampling error of the quantile is then about 1 % of it."""

OWN_GROUP = 20
"""A confidence stated at least this often is smoothed by itself; the others of a bin are pooled."""

WORST_ANSWER = math.pi / 8
"""For a bin with one row, which shows no variance: that of a normal error of mean size ½, the largest that one answer
can be off by on average, E abs(y − p) = 2p(1 − p)."""

SIMULATED = 1000
"""So many bins are simulated; a sum over more independent ones is as good as normal."""

KEPT = 20
"""Up to so many bins the normals are drawn once: 8 MB."""

FEWEST_CLUSTERS = 5
"""With fewer clusters their variance is anybody's guess."""


Part = Literal["both", "over", "under"]
"""Which errors are added up: all, only promised too much, or only promised too little."""


def honest_interval(
    value: float, counts: Counts, index: Ints, bins: int, *, part: Part = "both", level: float = 0.95, seed: int = 0
) -> Estimate:
    """Return a binned calibration error with an interval that is honest for every truth.

    Simulated coverage of the 95 % interval is 0.94 to 1.00, for calibrated, over- and underconfident models, few values
    or many, N from 50 to 3000 (`docs/interval_coverage.md`); it is about 1.3 times as wide as a bootstrap.

    Parameters
    ----------
    value : float, in [0, 1]
        The error of the pooled counts in these bins.
    counts : CalibrationTable or ClusterTable
    index : array of int, shape (k,)
        The bin of each confidence of `counts.pooled`; bins must not depend on the answers.
    bins : int
    part : {"both", "over", "under"}
        Whether `value` is Σ abs(D̂_b), or only the sum of those above 0, or of those below.
    level : float, in (0, 1)
    seed : int
        Of the simulated quantile.

    Notes
    -----
    *Smoothing.* A bin in which nothing went wrong yet has no variance to show. So every group of confidences gets one
    pseudo-row, half right and half wrong, at its mean confidence (with clusters: one pseudo-cluster).

    *Few of a kind.* With one value stated and next to no answer wrong, no pseudo-row makes a normal limit hold: 50 of
    50 right leaves room for 7 % of errors. With fewer than 10 wrong (or right) independent answers their number has an
    exact upper limit, W ≤ N·u, and the errors of the bins move by no more than the expected and the found number of
    these answers; the limits are never inside those (Clopper & Pearson 1934, Biometrika 26:404).

    *Floor.* Under calibration the variance of a bin is Σ c(1 − c); the lower limit, which decides whether
    miscalibration is claimed, never assumes less.

    *Clusters.* Variances become cluster-robust covariances and normal quantiles become Student's, with C − 1 degrees.

    References
    ----------
    The failure of resampling: Andrews 2000, Econometrica 68:399; Fang & Santos 2019 (arXiv 1404.3763).
    """
    study = _studied(counts, index, bins, part)
    if isinstance(study, str):
        return value_alone(value, counts.total, level, study)
    alpha = 1 - checked_level(level)
    high = value + study.quantile(1 - alpha) * math.sqrt(study.errors.along_signs)
    reach = study.student(alpha / 2) * _quantile_of_sum(study.errors.covariance, 1 - alpha / 4, seed, part)
    gap = float(counts.pooled.excess.sum()) / counts.total
    gap = {"both": abs(gap), "over": gap, "under": -gap}[part]
    above_gap = gap - study.quantile(1 - alpha / 2) * math.sqrt(study.errors.of_gap)
    if isinstance(counts, CalibrationTable):
        few = _of_few(counts, part, alpha)
        high = max(high, value + few.rise)
        reach, above_gap = max(reach, few.reach), min(above_gap, few.gap)
    return study.estimate(value, max(0.0, value - reach, above_gap), min(1.0, high), level)


def honest_length(value: float, counts: Counts, index: Ints, bins: int, *, level: float, seed: int) -> Estimate:
    """Return a root mean square calibration error with an interval that is honest for every truth.

    With x_b = D_b/√w_b the error is abs(x). The upper limit needs the variance of x̂ along the unknown direction of x;
    the largest that any direction has is taken. The lower limit is value less a quantile of abs(x̂ − x).

    Parameters are those of :func:`honest_interval`.
    """
    study = _studied(counts, index, bins, "both")
    if isinstance(study, str):
        return value_alone(value, counts.total, level, study)
    alpha = 1 - checked_level(level)
    share = sums(index, counts.pooled.n, bins) / counts.total
    weight = np.divide(1.0, np.sqrt(share), out=np.zeros(bins), where=share > 0)
    covariance = study.errors.covariance
    diagonal = covariance.ndim == 1
    covariance = covariance * weight**2 if diagonal else covariance * np.outer(weight, weight)
    largest = covariance.max() if diagonal else np.linalg.eigvalsh(covariance)[-1]
    high = value + study.quantile(1 - alpha) * math.sqrt(float(largest))
    reach = study.student(alpha) * _quantile_of_length(covariance, 1 - alpha / 2, seed)
    if isinstance(counts, CalibrationTable):
        n, right = sums(index, counts.n, bins), sums(index, counts.n_correct, bins)
        rarer, limit = _rarer(n, right, alpha)
        high = max(high, value + float((np.sqrt(share) * (limit - rarer)).max()))
        reach = max(reach, math.sqrt(float(share @ (limit + rarer) ** 2)) if rarer.any() or limit.any() else 0.0)
    return study.estimate(value, max(0.0, value - reach), min(1.0, high), level)


class _Study(NamedTuple):
    """What an honest interval needs to know of the data."""

    errors: "_Errors"
    n: int
    clusters: int | None

    def quantile(self, level: float) -> float:
        """Return z with P(abs(Z) ≤ z) = level, for Student's Z where there are clusters."""
        return normal_quantile(level) if self.clusters is None else t_quantile(level, self.clusters - 1)

    def student(self, alpha: float) -> float:
        """Return by how much clusters stretch a normal quantile of this level."""
        return self.quantile(1 - alpha) / normal_quantile(1 - alpha)

    def estimate(self, value: float, low: float, high: float, level: float) -> Estimate:
        method = "honest interval for binned errors"
        warnings: tuple[str, ...] = ()
        if self.clusters is not None:
            method, warnings = f"{method}, over {self.clusters} clusters", few_clusters(self.clusters)
        return Estimate(value=value, low=low, high=high, level=level, method=method, n=self.n, warnings=warnings)


def _studied(counts: Counts, index: Ints, bins: int, part: Part) -> "_Study | str":
    """Return what is known of the errors, or why it is not enough for an interval."""
    if counts.total < 2:
        return "one row says nothing of how rows vary, so there is no interval"
    if not isinstance(counts, ClusterTable):
        return _Study(_errors_of_rows(counts, index, bins, part), counts.total, None)
    clusters = len(counts.clusters)
    if clusters < FEWEST_CLUSTERS:
        return f"{so_many(clusters, 'cluster')}; an interval needs at least {FEWEST_CLUSTERS}"
    if bins > SIMULATED:
        return f"{bins:,} bins of clustered rows; an interval is known for at most {SIMULATED:,}"
    return _Study(_errors_of_clusters(counts, counts.pooled, index, bins, part), counts.total, clusters)


class _Few(NamedTuple):
    """How far an error can be from the measured one, as far as the number of the rarer kind of answer tells."""

    rise: float
    """Above it, at most."""
    reach: float
    """Below it, at most."""
    gap: float
    """The lower limit of the gap, of its size or of the side that is meant."""


NOTHING_FEW = _Few(0.0, 0.0, math.inf)


def _of_few(table: CalibrationTable, part: Part, alpha: float) -> _Few:
    """Return the exact limits where one kind of answer is rare; none where both are frequent.

    With W answers of the rarer kind among N and u the upper limit of its share, Σ_b abs(D̂_b − D_b) ≤ W/N + u; the side
    on which such answers count as errors can rise by u − W/N, the other by W/N.
    """
    n, right = table.total, int(table.n_correct.sum())
    wrong_is_rarer = n - right <= right
    rarer = min(right, n - right)
    if rarer >= VERY_FEW:
        return NOTHING_FEW
    found = rarer / n
    limit, wider = (float(clopper_pearson([rarer], [n], level=1 - error)[1][0]) for error in (alpha, alpha / 2))
    least = float(clopper_pearson([rarer], [n], level=1 - alpha / 2)[0][0])
    mean = float(table.n @ table.confidence) / n
    fewest_right, most_right = (1 - wider, 1 - least) if wrong_is_rarer else (least, wider)
    over, under = mean - most_right, fewest_right - mean
    rises = part == "both" or (part == "over") == wrong_is_rarer
    return _Few(
        rise=limit - found if rises else found,
        reach=wider + found,
        gap={"both": max(over, under), "over": over, "under": under}[part],
    )


def _rarer(n: Floats, right: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Return per bin the share of the rarer kind and its exact upper limit; zeros where both kinds are frequent."""
    rarer = np.minimum(right, n - right)
    few = (n > 0) & (rarer < VERY_FEW)
    _, limit = clopper_pearson(rarer[few], n[few], level=1 - alpha / 2)
    share, highest = np.zeros(len(n)), np.zeros(len(n))
    share[few], highest[few] = rarer[few] / n[few], limit
    return share, highest


class _Errors(NamedTuple):
    """How far the measured D̂ may be from D."""

    along_signs: float
    """Variance of Σ_b sign(D_b)·D̂_b, or of the sum over the bins of one sign: for the upper limit."""
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


def _errors_of_rows(table: CalibrationTable, index: Ints, bins: int, part: Part) -> _Errors:
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
    lone = sums(index, table.n, bins) == 1
    # Which bins belong to one side is not known; the second moment of all of them is enough for any.
    size = {"both": np.abs(error), "over": np.maximum(error, 0), "under": np.maximum(-error, 0)}[part].sum()
    return _Errors(
        along_signs=max(second_moment.sum() - size**2, within_groups.sum()) / n,
        of_gap=max(floored.sum() - error.sum() ** 2, within_groups.sum()) / n,
        covariance=np.where(lone, WORST_ANSWER / n, np.maximum(floored - error**2, within_groups)) / n,
    )


def _errors_of_clusters(counts: ClusterTable, table: CalibrationTable, index: Ints, bins: int, part: Part) -> _Errors:
    """Return the errors of rows that vary freely with the others of their cluster."""
    n, clusters, groups = counts.total, len(counts.clusters), _smoothing_groups(table, index)
    error = sums(index, table.excess, bins) / n
    cell = counts.cluster * bins + index[counts.value]
    excess = sums(cell, counts.n * counts.confidence[counts.value] - counts.n_correct, clusters * bins)
    # A cluster's influence on each D̂_b: its residuals in the bin, less its share of what is expected there.
    influence: Floats = excess.reshape(clusters, bins) - np.outer(counts.sizes, error)
    # The pseudo-cluster of a group has as many rows as its clusters have in it on average, all right or all wrong.
    touched = distinct(counts.cluster * len(groups.n) + groups.of_value[counts.value]) % len(groups.n)
    rows = groups.n / np.bincount(touched, minlength=len(groups.n))
    pseudo = sums(groups.bin, rows**2 * groups.pseudo, bins) / n**2
    covariance: Floats = clusters / (clusters - 1) * (influence.T @ influence) / n**2 + np.diag(pseudo)
    if part == "both":
        along = [np.where(error < 0, -1.0, 1.0)]
    else:  # the bins that look like this side, and all, as any may belong to it
        along = [np.where(error > 0 if part == "over" else error < 0, 1.0, 0.0), np.ones(bins)]
    expected = sums(index, table.n * table.confidence * (1 - table.confidence), bins) / n**2
    variance = np.diag(covariance)
    stretch = np.sqrt(np.maximum(1.0, np.divide(expected, variance, out=np.ones(bins), where=variance > 0)))
    return _Errors(
        along_signs=max(float(sign @ covariance @ sign) for sign in along),
        of_gap=max(float(covariance.sum()), float(expected.sum())),
        covariance=covariance * np.outer(stretch, stretch),
    )


def _quantile_of_sum(covariance: Floats, probability: float, seed: int, part: Part) -> float:
    """Return the quantile of Σ_b abs(Z_b), or for one side of Σ_b max(Z_b, 0), for normal Z with this covariance."""
    if covariance.ndim == 1 and len(covariance) > SIMULATED:
        mean, square = (math.sqrt(2 / math.pi), 1.0) if part == "both" else (math.sqrt(1 / (2 * math.pi)), 0.5)
        spread = math.sqrt((square - mean**2) * float(covariance.sum()))
        return mean * float(np.sqrt(covariance).sum()) + spread * normal_quantile(2 * probability - 1)
    return float(np.quantile(_drawn_sums(covariance, seed, np.abs if part == "both" else _above_zero), probability))


def _quantile_of_length(covariance: Floats, probability: float, seed: int) -> float:
    """Return the quantile of √(Σ_b Z_b²) for normal Z with this covariance."""
    if covariance.ndim == 1 and len(covariance) > SIMULATED:
        spread = math.sqrt(2 * float(covariance @ covariance))
        return math.sqrt(float(covariance.sum()) + spread * normal_quantile(2 * probability - 1))
    return float(np.quantile(np.sqrt(_drawn_sums(covariance, seed, np.square)), probability))


def _above_zero(drawn: Floats) -> Floats:
    return np.maximum(drawn, 0.0)


def _drawn_sums(covariance: Floats, seed: int, size_of: Callable[[Floats], Floats]) -> Floats:
    """Return `DRAWS` sums Σ_b size(Z_b) for normal Z with this covariance, shape (DRAWS,)."""
    if covariance.ndim == 1:
        root: NDArray[np.float64] = np.sqrt(covariance[covariance > 0])
        # size(σz) = size(z)·size(σ), so that the sum is a product with a vector: ten times as fast.
        drawn = [size_of(normal) @ size_of(root) for normal in _normals(len(root), seed)]
    else:
        values, vectors = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
        drawn = [size_of(normal @ root).sum(axis=1) for normal in _normals(len(root), seed)]
    return np.concatenate(drawn)


def _normals(size: int, seed: int) -> Iterable[Floats]:
    """Return `DRAWS` vectors of normals, a part at a time; few numbers a draw are kept for the next metric or group."""
    return _kept_normals(size, seed) if size <= KEPT else _drawn_normals(size, seed)


def _drawn_normals(size: int, seed: int) -> Iterator[Floats]:
    rng, step = stream(seed), max(1, min(DRAWS, 4_000_000 // max(size, 1)))  # 32 MB at a time
    for start in range(0, DRAWS, step):
        yield rng.standard_normal((min(step, DRAWS - start), size))


@lru_cache(maxsize=4)
def _kept_normals(size: int, seed: int) -> tuple[Floats, ...]:
    parts = tuple(_drawn_normals(size, seed))
    for part in parts:
        part.flags.writeable = False
    return parts
