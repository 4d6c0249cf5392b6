"""Intervals of a share."""

import math

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.inference.arrays import Floats, places_of
from selfexplain.inference.estimate import Estimate
from selfexplain.inference.means import mean_by_cluster_t
from selfexplain.inference.quantiles import checked_level, normal_quantile


def wilson(successes: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share.

    Parameters
    ----------
    successes, n : int
        Counts with 0 ≤ successes ≤ n.
    level : float, in (0, 1)

    Returns
    -------
    low, high : float, in [0, 1]
        (0, 1) when n is 0: nothing is known.

    References
    ----------
    Wilson 1927, JASA 22:209; recommended by Brown, Cai & DasGupta 2001, Statistical Science 16:101.

    Examples
    --------
    >>> low, high = wilson(434, 500)
    >>> f"{low:.6f} {high:.6f}"
    '0.835505 0.894883'
    """
    if n == 0:
        return 0.0, 1.0
    z = normal_quantile(level)
    share, shrink = successes / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives exactly 0 and 1; floating point misses them by an ulp.
    return (0.0 if successes == 0 else max(0.0, centre - half), 1.0 if successes == n else min(1.0, centre + half))


def share(hits: ArrayLike, cluster: ArrayLike | None = None, *, level: float = 0.95) -> Estimate:
    """Estimate a share of rows: Wilson's interval, or t over clusters where a cluster has several rows.

    Parameters
    ----------
    hits : array of bool or of 0 and 1, shape (n,)
    cluster : array of int or str, shape (n,), optional
        What each row was drawn with.
    level : float, in (0, 1)

    Examples
    --------
    >>> share([True, True, True, False]).value
    0.75
    >>> share([1, 1, 0, 0], ["a", "a", "b", "b"]).method
    't interval over 2 clusters'
    """
    rows = np.asarray(hits, dtype=np.float64)
    n = len(rows)
    if not n:
        return Estimate.missing("no rows", n=0, level=level)
    if cluster is not None and places_of(np.asarray(cluster))[1] < n:
        return mean_by_cluster_t(rows, cluster, within=(0.0, 1.0), level=level)
    return share_of_counts(int(rows.sum()), n, level=level)


def share_of_counts(hits: int, n: int, *, level: float = 0.95) -> Estimate:
    """Estimate a share of n independent rows, at least one, by Wilson's interval."""
    low, high = wilson(hits, n, level=level)
    return Estimate(hits / n, low, high, level, "Wilson interval", n)


def clopper_pearson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact binomial interval of each share; it covers at least `level` of the time, for every truth.

    Parameters
    ----------
    successes, n : array of int, shape (m,)
        Counts with 0 ≤ successes ≤ n.
    level : float, in (0, 1)

    Returns
    -------
    low, high : array of float, shape (m,), in [0, 1]

    References
    ----------
    Clopper & Pearson 1934, Biometrika 26:404, through quantiles of the beta distribution.

    Examples
    --------
    >>> low, high = clopper_pearson([10], [10])  # all ten: the lower limit p solves p**10 = 0.025
    >>> bool(np.isclose(low[0], 0.025 ** (1 / 10))), float(high[0])
    (True, 1.0)
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - scipy is paid for by whoever needs it

    tail = (1 - checked_level(level)) / 2
    k, m = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    # The beta distribution has no parameter 0: there the limit is the end of the range.
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), m - k + 1, tail), 0.0)
    high = np.where(k < m, betaincinv(k + 1, np.maximum(m - k, 1), 1 - tail), 1.0)
    return low, high
