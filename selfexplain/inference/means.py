"""Intervals of a mean, by Student's t, and what remains to be said when all rows are the same."""

import math

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.errors import InputError
from selfexplain.inference.arrays import SAME, Range, places_of, rows_of
from selfexplain.inference.clusters import few_clusters, unequal_clusters
from selfexplain.inference.estimate import Estimate, around, value_alone
from selfexplain.inference.quantiles import checked_level, t_quantile

PSEUDO_ROWS = 2
"""Imagined rows of each kind where one kind is rare: half of z², rounded, as Agresti and Coull do."""


def mean_by_t(x: ArrayLike, *, within: Range, times: ArrayLike | None = None, level: float = 0.95) -> Estimate:
    """Estimate a mean of independent rows by Student's t.

    Parameters
    ----------
    x : array of float, shape (m,)
        The rows, or their distinct values.
    within : (float, float)
        The range that x cannot leave; limits are cut to it, and it is all that is known when all rows are equal.
    times : array of int, shape (m,), optional
        How often each value occurs; by default once.
    level : float, in (0, 1)

    Examples
    --------
    >>> mean_by_t([0.0, 0.5, 1.0], within=(-9, 9)).value
    0.5
    """
    values, often = rows_of(x, times)
    n = int(often.sum())
    if n == 0:
        return Estimate.missing("no rows", n=0, level=level)
    mean = float(often @ values / n)
    if n == 1:
        return value_alone(mean, n, level, "one row says nothing of how rows vary, so there is no interval")
    if np.ptp(values) <= SAME:
        return equal_rows(mean, n, within=within, units=n, level=level)
    standard_error = math.sqrt(float(often @ (values - mean) ** 2) / (n - 1) / n)
    return around(mean, t_quantile(level, n - 1) * standard_error, within, n=n, level=level, method="t interval")


def mean_by_cluster_t(
    x: ArrayLike, cluster: ArrayLike, *, within: Range, times: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Estimate a mean of rows that were drawn together: repeats of a question, questions on one passage.

    Rows of one cluster may resemble each other in any way; clusters are independent. The mean weighs rows, not
    clusters: SE² = C/(C−1) · Σ_g (Σ_{i∈g} (x_i − x̄))² / N², with C − 1 degrees of freedom.

    Parameters
    ----------
    x : array of float, shape (m,)
    cluster : array, shape (m,)
        What each row was drawn with. If every cluster has one row, this is :func:`mean_by_t`.
    within, times, level
        As in :func:`mean_by_t`.

    References
    ----------
    Liang & Zeger 1986, Biometrika 73:13; for evaluations of language models, Miller 2024 (arXiv 2411.00640, §2.2).

    Examples
    --------
    >>> mean_by_cluster_t([0, 0, 1, 1], ["a", "a", "b", "b"], within=(0, 1)).method
    't interval over 2 clusters'
    """
    values, often = rows_of(x, times)
    labels = np.asarray(cluster)
    if labels.shape != np.shape(x):
        raise InputError(f"`cluster` has shape {labels.shape}; expected the shape of the rows, {np.shape(x)}")
    if times is not None:
        labels = labels[np.asarray(times) > 0]
    owner, clusters = places_of(labels)
    n = int(often.sum())
    if n == clusters:
        return mean_by_t(values, within=within, times=often, level=level)
    mean = float(often @ values / n)
    if clusters == 1:
        return value_alone(mean, n, level, "one cluster says nothing of how clusters vary, so there is no interval")
    size = np.bincount(owner, weights=often)
    deviation = np.bincount(owner, weights=often * (values - mean))
    warnings = few_clusters(clusters) or unequal_clusters(size)
    if np.abs(deviation / size).max() <= SAME:
        return equal_rows(mean, n, within=within, units=clusters, level=level, unit="clusters").warned(*warnings)
    standard_error = math.sqrt(clusters / (clusters - 1) * float(deviation @ deviation)) / n
    half = t_quantile(level, clusters - 1) * standard_error
    method = f"t interval over {clusters} clusters"
    return around(mean, half, within, n=n, level=level, method=method).warned(*warnings)


def mean_with_pseudo_rows(
    x: ArrayLike,
    pseudo: tuple[float, float],
    cluster: ArrayLike | None = None,
    *,
    within: Range,
    times: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate a mean of rows of two kinds, one of them rare, by t with two imagined rows of each kind added.

    Where wrong answers are few, their number varies more than they themselves can show: with one wrong in 200 a t
    interval over 100 rows covers the truth in 40 % of studies, since most of these saw no wrong answer at all. Agresti
    and Coull's remedy for a share, which mends this, works for the mean of any score of the two kinds. The value stays
    that of the rows; only the limits are made with the imagined ones.

    Parameters
    ----------
    x : array of float, shape (m,)
        The scores of the rows.
    pseudo : (float, float)
        The score of an imagined row of either kind; of clusters it is a cluster of average size, all of one kind.
    cluster : array, shape (m,), optional
        What each row was drawn with.
    within, times, level
        As in :func:`mean_by_t`.

    References
    ----------
    Agresti & Coull 1998, The American Statistician 52:119, for a share.

    Examples
    --------
    Of 100 shares none is a hit; as with Agresti and Coull, (0 + 2) / (100 + 4) is the middle of the limits:

    >>> sure = mean_with_pseudo_rows([0.0, 0.0], (0.0, 1.0), within=(-1.0, 1.0), times=[50, 50])
    >>> sure.value, round((sure.low + sure.high) / 2, 9) == round(2 / 104, 9)
    (0.0, True)
    """
    values, often = rows_of(x, times)
    n = int(often.sum())
    mean = float(often @ values / n)
    if cluster is None:
        units, method = n, "t interval with four pseudo-rows"
        total, size, repeated = values, np.ones(len(values)), often.astype(np.float64)
    else:
        labels = np.asarray(cluster) if times is None else np.asarray(cluster)[np.asarray(times) > 0]
        names, owner = np.unique(labels, return_inverse=True)
        units, method = len(names), f"t interval over {len(names)} clusters and four pseudo-clusters"
        total = np.bincount(owner, weights=often * values).astype(np.float64)
        size, repeated = np.bincount(owner, weights=often).astype(np.float64), np.ones(units)
    if units == 1:
        return value_alone(mean, n, level, "one row or cluster says nothing of how they vary, so there is no interval")
    warnings = () if cluster is None else few_clusters(units) or unequal_clusters(size)
    average = n / units
    total = np.append(total, [average * kind for kind in pseudo])
    size, repeated = np.append(size, [average, average]), np.append(repeated, [PSEUDO_ROWS, PSEUDO_ROWS])
    rows, all_units = float(repeated @ size), units + 2 * PSEUDO_ROWS
    middle = float(repeated @ total) / rows
    standard_error = math.sqrt(all_units / (all_units - 1) * float(repeated @ (total - middle * size) ** 2)) / rows
    half = t_quantile(level, units - 1) * standard_error  # imagined rows teach nothing of how rows vary
    low, high = max(within[0], min(mean, middle - half)), min(within[1], max(mean, middle + half))
    return Estimate(value=mean, low=low, high=high, level=level, method=method, n=n, warnings=warnings)


def equal_rows(value: float, n: int, *, within: Range, units: int, level: float = 0.95, unit: str = "rows") -> Estimate:
    """Estimate a mean when all rows (or clusters) are equal: the standard error is 0 and would lie.

    Let p be the share of the population that has this value x. All m units show it with probability pᵐ, so at level 1
    − α no p below α^(1/m) is believed, and the other 1 − p may lie anywhere in the range. Hence [x − q·(x − lo), x +
    q·(hi − x)] with q = 1 − α^(1/m): exact, and free of any distribution. (For x = 0 or 1 in [0, 1] it is the "rule
    of three": q ≈ 3/m.)

    Parameters
    ----------
    value : float
        The value that all units have.
    n : int
        Rows.
    within : (float, float)
        The range of a row.
    units : int
        Independent units: rows, clusters or disjoint pairs.
    level : float, in (0, 1)
    unit : str
        What the units are called.

    References
    ----------
    Hanley & Lippman-Hand 1983, JAMA 249:1743, for the rule of three.

    Examples
    --------
    >>> estimate = equal_rows(1.0, 100, within=(0.0, 1.0), units=100)
    >>> f"{estimate.low:.4f} {estimate.high}"
    '0.9705 1.0'
    """
    lowest, highest = within
    unseen = 1 - (1 - checked_level(level)) ** (1 / units)
    return Estimate(
        value=value,
        low=value - unseen * (value - lowest),
        high=value + unseen * (highest - value),
        level=level,
        method=f"exact interval for {units} equal {unit}",
        n=n,
    )
