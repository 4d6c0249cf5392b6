"""How sure a number is: the Estimate, and the intervals that go with it.

Everything here works on bare arrays and knows nothing of confidences. Rows may come with `times`, how often each one
occurs, so that a table of counts is measured without being unrolled.

=============================  ================================================================
:func:`wilson`                 a share of independent rows
:func:`share`                  a share of rows, drawn together in clusters or not
:func:`clopper_pearson`        the same with a guarantee, for many shares at once
:func:`mean_by_t`              a mean of independent rows
:func:`mean_by_cluster_t`      a mean of rows that were drawn together in clusters
:func:`mean_with_pseudo_rows`  a mean of rows of two kinds, one of them rare
:func:`percentile_bootstrap`   any statistic that can be recomputed on a resample
:func:`percentile_interval`    the same from the statistics of resamples
:func:`cluster_bootstrap`      the same, resampling whole clusters of rows
:func:`equal_rows`             what remains to be said when all rows are the same
=============================  ================================================================
"""

import contextlib
import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.errors import InputError, Undefined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Range = tuple[float, float]

REPLICATES = 2000
"""Resamples of a bootstrap: the sampling error of a 95 % limit is then 3 to 4 % of half the interval's width."""

FEW_CLUSTERS = 30
"""Below this many clusters an interval is shown with a warning (Cameron, Gelbach & Miller 2008)."""

FEW_UNEQUAL_CLUSTERS = 60
"""The same where a few clusters hold most of the rows, in clusters of equal size."""

PSEUDO_ROWS = 2
"""Imagined rows of each kind where one kind is rare: half of z², rounded, as Agresti and Coull do."""

LARGEST_UNDEFINED_SHARE = 0.05
"""If the statistic is undefined on more resamples than this, the rest no longer stand for the sampling distribution."""

TOO_NARROW = "tends to be too narrow"
"""What is said beside an interval that is known to cover less often than its level."""

SAME = 1e-12
"""Two values closer than this are the same value that took two routes through floating point."""


class Estimate(msgspec.Struct, frozen=True):
    """A value and how sure it is.

    NaN is refused and an infinite value becomes `undefined="infinite"`, so an Estimate is always strict JSON.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    """The share of repetitions of the whole study in which [low, high] covers the truth, such as 0.95."""
    method: str
    """How the interval was made, in words for a reader; empty when there is none."""
    n: int
    """Rows that the value rests on."""
    undefined: str | None = None
    """Why there is no value; None when there is one."""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is None:
                continue
            if math.isnan(number):
                raise ValueError(f"an Estimate's {name} is NaN; what has no value must be raised as Undefined")
            msgspec.structs.force_setattr(self, name, float(number) if math.isfinite(number) else None)
            if name == "value" and self.value is None:
                msgspec.structs.force_setattr(self, "undefined", "infinite")
        if self.value is None and self.undefined is None:
            raise ValueError("an Estimate without a value must say why it is undefined")

    @classmethod
    def missing(cls, why: str, *, n: int, level: float) -> "Estimate":
        """Return the Estimate of something that has no value here, and why."""
        return cls(value=None, low=None, high=None, level=level, method="", n=n, undefined=why)

    @property
    def no_interval(self) -> str:
        """Why a value has no interval; empty where it has one, and where there is no value.

        >>> Estimate(0.5, None, None, 0.95, "", 1, warnings=("one row says nothing of how rows vary",)).no_interval
        'no interval, one row says nothing of how rows vary'
        """
        if self.value is None or not (self.low is None or self.high is None):
            return ""
        why = next(iter(self.warnings), "no reason was given")
        return why if "interval" in why else f"no interval, {why}"

    def warned(self, *warnings: str) -> "Estimate":
        """Return this Estimate with more warnings."""
        return msgspec.structs.replace(self, warnings=(*self.warnings, *warnings))

    def to_dict(self) -> Mapping[str, Any]:
        """Return the fields as strict JSON values: value, low, high, level, method, n, undefined, warnings."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields | {"warnings": list(self.warnings)}


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
    if cluster is not None and _places(np.asarray(cluster))[1] < n:
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
    values, often = _rows(x, times)
    n = int(often.sum())
    if n == 0:
        return Estimate.missing("no rows", n=0, level=level)
    mean = float(often @ values / n)
    if n == 1:
        return _no_interval(mean, n, level, "one row says nothing of how rows vary, so there is no interval")
    if np.ptp(values) <= SAME:
        return equal_rows(mean, n, within=within, units=n, level=level)
    standard_error = math.sqrt(float(often @ (values - mean) ** 2) / (n - 1) / n)
    return _around(mean, t_quantile(level, n - 1) * standard_error, within, n=n, level=level, method="t interval")


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
    values, often = _rows(x, times)
    labels = np.asarray(cluster)
    if labels.shape != np.shape(x):
        raise InputError(f"`cluster` has shape {labels.shape}; expected the shape of the rows, {np.shape(x)}")
    if times is not None:
        labels = labels[np.asarray(times) > 0]
    owner, clusters = _places(labels)
    n = int(often.sum())
    if n == clusters:
        return mean_by_t(values, within=within, times=often, level=level)
    mean = float(often @ values / n)
    if clusters == 1:
        return _no_interval(mean, n, level, "one cluster says nothing of how clusters vary, so there is no interval")
    size = np.bincount(owner, weights=often)
    deviation = np.bincount(owner, weights=often * (values - mean))
    warnings = few_clusters(clusters) or unequal_clusters(size)
    if np.abs(deviation / size).max() <= SAME:
        return equal_rows(mean, n, within=within, units=clusters, level=level, unit="clusters").warned(*warnings)
    standard_error = math.sqrt(clusters / (clusters - 1) * float(deviation @ deviation)) / n
    half = t_quantile(level, clusters - 1) * standard_error
    method = f"t interval over {clusters} clusters"
    return _around(mean, half, within, n=n, level=level, method=method).warned(*warnings)


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
    values, often = _rows(x, times)
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
        return _no_interval(mean, n, level, "one row or cluster says nothing of how they vary, so there is no interval")
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
        return _no_interval(value, n, level, f"one {unit} says nothing of how {unit}s vary, so there is no interval")
    warnings = () if clusters is None else few_clusters(clusters)
    known = statistics[np.isfinite(statistics)]
    undefined = 1 - len(known) / len(statistics)
    if undefined > LARGEST_UNDEFINED_SHARE:
        reason = f"the value is undefined on {undefined:.0%} of the resamples, so there is no interval"
        return _no_interval(value, n, level, reason).warned(*warnings)
    if undefined:
        warnings = (*warnings, f"the value is undefined on {undefined:.1%} of the resamples; they were left out")
    if np.ptp(known) <= SAME:
        reason = "every resample has the same value, so there is no interval"
        return _no_interval(value, n, level, reason).warned(*warnings)
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


def few_clusters(clusters: int) -> tuple[str, ...]:
    """Return the warning that an interval over few clusters deserves."""
    if clusters >= FEW_CLUSTERS:
        return ()
    return (f"the interval rests on {so_many(clusters, 'cluster')}; below {FEW_CLUSTERS} it {TOO_NARROW}",)


def unequal_clusters(sizes: ArrayLike) -> tuple[str, ...]:
    """Return the warning that an interval over clusters deserves of which a few hold most of the rows.

    Clusters of sizes m tell as much as (Σm)²/Σm² of equal size. Where these are fewer than half of the clusters, and
    than 60, simulated intervals of a mean covered 71 to 94 % instead of 95, mostly 90 (40 to 400 clusters, two rows of
    one sharing their luck in two thirds of all cases). Fewer clusters than 30 are :func:`few_clusters`'s to speak of.

    References
    ----------
    Carter, Schnepel & Steigerwald 2017, Review of Economics and Statistics 99:698, for the effective number.

    Examples
    --------
    >>> unequal_clusters([1] * 90 + [30] * 10)
    ('the interval rests on 100 clusters, so unequal that they count as 17; below 60 it tends to be too narrow',)
    >>> unequal_clusters(list(range(1, 10)) * 5)
    ()
    """
    rows = np.asarray(sizes, dtype=np.float64)
    clusters, alike = len(rows), float(rows.sum() ** 2 / (rows @ rows)) if len(rows) else 0.0
    if clusters < FEW_CLUSTERS or alike >= min(clusters / 2, FEW_UNEQUAL_CLUSTERS):
        return ()
    found = f"{clusters} clusters, so unequal that they count as {alike:.0f}"
    return (f"the interval rests on {found}; below {FEW_UNEQUAL_CLUSTERS} it {TOO_NARROW}",)


def so_many(count: int, thing: str) -> str:
    """Return a number of things in words for people.

    >>> so_many(1, "cluster"), so_many(2, "cluster")
    ('1 cluster', '2 clusters')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def normal_quantile(level: float) -> float:
    """Return z with P(|Z| ≤ z) = level for a standard normal Z."""
    return NormalDist().inv_cdf((1 + checked_level(level)) / 2)


def t_quantile(level: float, df: int) -> float:
    """Return t with P(|T| ≤ t) = level for Student's T."""
    from scipy.special import stdtrit  # noqa: PLC0415 - a tenth of the import time of scipy.stats

    return float(stdtrit(df, (1 + checked_level(level)) / 2))


def checked_level(level: float) -> float:
    """Return the level of an interval, or say why it is none."""
    if not 0 < level < 1:
        raise InputError(f"`level` is {level}; expected a number between 0 and 1", hint="95 % is level=0.95")
    return level


def _rows(x: ArrayLike, times: ArrayLike | None) -> tuple[Floats, Ints]:
    """Return the values that occur, and how often."""
    values = np.asarray(x, dtype=np.float64)
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"`x[{place}]` is {values[place]}; expected a finite number")
    often = np.ones(len(values), dtype=np.int64) if times is None else np.asarray(times, dtype=np.int64)
    occurs = often > 0
    return values[occurs], often[occurs]


def _places(labels: NDArray[Any]) -> tuple[Ints, int]:
    """Return which of the distinct labels each row has, and how many there are."""
    # Places in a list of names, which they mostly are already, need no sorting: a million of them take 5 ms, not 100.
    if labels.dtype.kind == "i" and len(labels) and labels.min() >= 0 and labels.max() < 4 * len(labels):
        here = np.bincount(labels) > 0
        return (np.cumsum(here) - 1)[labels], int(here.sum())
    names, place = np.unique(labels, return_inverse=True)
    return place, len(names)


def _around(value: float, half: float, within: Range, *, n: int, level: float, method: str) -> Estimate:
    low, high = max(within[0], value - half), min(within[1], value + half)
    return Estimate(value=value, low=low, high=high, level=level, method=method, n=n)


def _no_interval(value: float, n: int, level: float, why: str) -> Estimate:
    return Estimate(value=value, low=None, high=None, level=level, method="", n=n, warnings=(why,))
