"""Intervals of any statistic that can be recomputed on a resample, of rows or of whole clusters."""

import contextlib
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.errors import Undefined
from selfexplain.inference.arrays import SAME, Floats, Ints
from selfexplain.inference.clusters import few_clusters
from selfexplain.inference.estimate import Estimate, value_alone
from selfexplain.inference.quantiles import checked_level

REPLICATES = 2000
"""Resamples of a bootstrap: the sampling error of a 95 % limit is then 3 to 4 % of half the interval's width."""

LARGEST_UNDEFINED_SHARE = 0.05
"""If the statistic is undefined on more resamples than this, the rest no longer stand for the sampling distribution."""


def percentile_bootstrap(
    value: float,
    replicate: Callable[[np.random.Generator], float],
    *,
    n: int,
    level: float = 0.95,
    seed: int = 0,
    clusters: int | None = None,
    replicates: int = REPLICATES,
) -> Estimate:
    """Estimate a statistic by recomputing it on resamples, one at a time, so that memory does not grow with them.

    Not for statistics with a kink, such as a plug-in calibration error at 0: there no bootstrap is consistent
    (Andrews 2000, Econometrica 68:399).

    Parameters
    ----------
    value : float
        The statistic of the data.
    replicate : callable
        Draws one resample from the generator and returns its statistic; may raise Undefined.
    n : int
        Rows.
    level : float, in (0, 1)
    seed : int
        The same seed gives the same resamples to every statistic of the same data.
    clusters : int, optional
        How many clusters are resampled; None when rows are.
    replicates : int

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, §13.3.
    """
    rng, statistics = stream(seed), np.full(replicates, math.nan)
    for place in range(replicates):
        with contextlib.suppress(Undefined):
            statistics[place] = replicate(rng)
    return percentile_interval(value, statistics, n=n, level=level, clusters=clusters)


def percentile_interval(
    value: float, statistics: Floats, *, n: int, level: float = 0.95, clusters: int | None = None
) -> Estimate:
    """Estimate a statistic from its values on resamples, wherever they were computed.

    Parameters
    ----------
    value : float
        The statistic of the data.
    statistics : array of float, shape (r,)
        The statistic of each resample; NaN where it is undefined.
    n : int
        Rows.
    level : float, in (0, 1)
    clusters : int, optional
        How many clusters were resampled; None when rows were.

    Examples
    --------
    >>> round(percentile_interval(0.5, np.linspace(0.0, 1.0, 201), n=10).low, 6)
    0.025
    """
    tail = (1 - checked_level(level)) / 2
    units, unit = (n, "row") if clusters is None else (clusters, "cluster")
    if units < 2:
        return value_alone(value, n, level, f"one {unit} says nothing of how {unit}s vary, so there is no interval")
    warnings = () if clusters is None else few_clusters(clusters)
    known = statistics[np.isfinite(statistics)]
    undefined = 1 - len(known) / len(statistics)
    if undefined > LARGEST_UNDEFINED_SHARE:
        reason = f"the value is undefined on {undefined:.0%} of the resamples, so there is no interval"
        return value_alone(value, n, level, reason).warned(*warnings)
    if undefined:
        warnings = (*warnings, f"the value is undefined on {undefined:.1%} of the resamples; they were left out")
    if np.ptp(known) <= SAME:
        reason = "every resample has the same value, so there is no interval"
        return value_alone(value, n, level, reason).warned(*warnings)
    low, high = np.quantile(known, [tail, 1 - tail])
    method = f"percentile {unit} bootstrap, {len(statistics)} resamples"
    return Estimate(value=value, low=low, high=high, level=level, method=method, n=n, warnings=warnings)


def cluster_bootstrap(
    statistic: Callable[[Ints], float],
    cluster: ArrayLike,
    *,
    level: float = 0.95,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> Estimate:
    """Estimate any statistic of rows by resampling whole clusters of them.

    Parameters
    ----------
    statistic : callable
        Takes how often each row counts, an array of int of shape (n,), and returns the statistic.
    cluster : array, shape (n,)
        What each row was drawn with.
    level, seed, replicates
        As in :func:`percentile_bootstrap`.

    References
    ----------
    Field & Welsh 2007, JRSS B 69:369.

    Examples
    --------
    >>> x = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    >>> cluster_bootstrap(lambda times: float(times @ x / times.sum()), [1, 1, 2, 2, 3, 3]).value
    0.5
    """
    names, owner = np.unique(np.asarray(cluster), return_inverse=True)

    def replicate(rng: np.random.Generator) -> float:
        return statistic(times_drawn(rng, len(names))[owner])

    try:
        value = statistic(np.ones(len(owner), dtype=np.int64))
    except Undefined as undefined:
        return Estimate.missing(undefined.message, n=len(owner), level=level)
    # Clusters of one row each are rows.
    clusters = None if len(names) == len(owner) else len(names)
    return percentile_bootstrap(
        value, replicate, n=len(owner), level=level, seed=seed, clusters=clusters, replicates=replicates
    )


def stream(seed: int) -> np.random.Generator:
    """Return the generator of a seed: PCG64, named so that numpy's default may change without changing a number."""
    return np.random.Generator(np.random.PCG64(seed))


def times_drawn(rng: np.random.Generator, units: int) -> Ints:
    """Return how often each unit is drawn in one resample of all units: a multinomial with equal shares."""
    # Counting draws costs one pass; numpy's multinomial walks through a binomial per unit, ten times as slow.
    return np.bincount(rng.integers(units, size=units), minlength=units)
