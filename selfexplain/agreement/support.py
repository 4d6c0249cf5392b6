"""Does a confidence mean more where the explanation is supported? Terciles of support, and slopes on it.

Support is the percentile of a Record's claim within its own null, joined with the same Record's confidence and whether
its answer is right. One question says little, so support is mostly noise, and slopes on it lean towards 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Estimate, Floats, few_clusters, mean_by_cluster_t, share, t_quantile

PARTS = 3


@dataclass(frozen=True)
class Tercile:
    """The Records with the least, middle or most support."""

    least: float
    most: float
    """Support of its Records, in [0, 1]."""
    n: int
    accuracy: Estimate
    confidence: Estimate
    gap: Estimate
    """Mean of confidence − correct; above 0 is overconfident."""


def terciles(
    support: ArrayLike, confidence: ArrayLike, correct: ArrayLike, cluster: ArrayLike, *, level: float = 0.95
) -> tuple[Tercile, ...]:
    """Return accuracy, confidence and their gap in three parts of support, the least supported first.

    Records with the same support are never parted: they go where the middle of them stands, so parts differ in size
    and may be fewer than three.

    Parameters
    ----------
    support, confidence : array of float, shape (n,), in [0, 1]
    correct : array of bool or of 0 and 1, shape (n,)
    cluster : array, shape (n,)
        What each Record was drawn with.
    level : float, in (0, 1)

    Examples
    --------
    >>> parts = terciles([0.1, 0.2, 0.5, 0.5, 0.8, 0.9], [0.9] * 6, [0, 0, 0, 1, 1, 1], list("abcdef"))
    >>> [(part.n, part.accuracy.value) for part in parts]
    [(2, 0.0), (2, 0.5), (2, 1.0)]
    """
    s, p, right, labels = rows_of(support, confidence, correct, cluster)
    found = []
    for part in np.unique(parts_of(s)):
        own = parts_of(s) == part
        found.append(
            Tercile(
                least=float(s[own].min()),
                most=float(s[own].max()),
                n=int(own.sum()),
                accuracy=share(right[own], labels[own], level=level),
                confidence=mean_by_cluster_t(p[own], labels[own], within=(0.0, 1.0), level=level),
                gap=mean_by_cluster_t(p[own] - right[own], labels[own], within=(-1.0, 1.0), level=level),
            )
        )
    return tuple(found)


def parts_of(support: Floats) -> NDArray[np.int64]:
    """Return for each Record in which third it stands, from 0; equal support stands together, by its mid-rank."""
    _, place, times = np.unique(support, return_inverse=True, return_counts=True)
    middle = np.cumsum(times) - times / 2
    return np.minimum((PARTS * middle[place] / len(support)).astype(np.int64), PARTS - 1)


def slope(y: ArrayLike, x: ArrayLike, cluster: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Estimate by how much y grows for one unit of x: least squares, with an interval over clusters.

    The standard error is the jackknife's that leaves out one cluster at a time (CR3, nearly), with clusters − 2 degrees
    of freedom: it is honest where clusters are few or differ in leverage.

    Parameters
    ----------
    y, x : array of float, shape (n,)
    cluster : array, shape (n,)
        What each row was drawn with.
    level : float, in (0, 1)

    Raises
    ------
    Undefined
        When x is the same everywhere.

    References
    ----------
    Bell & McCaffrey 2002, Survey Methodology 28:169, for the jackknife of clustered regressions.

    Examples
    --------
    >>> slope([0.0, 1.0, 2.0, 3.0], [0.0, 0.5, 1.0, 1.5], list("abcd")).value
    2.0
    """
    a, b = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    labels = np.asarray(cluster)
    if not a.shape == b.shape == labels.shape:
        raise InputError(f"rows have shapes {a.shape}, {b.shape} and {labels.shape}; expected as many of each")
    value = least_squares(a, b)
    if value is None:
        raise Undefined("all have the same support, so nothing grows with it")
    groups, place = np.unique(labels, return_inverse=True)
    without = [least_squares(a[place != group], b[place != group]) for group in range(len(groups))]
    known = [each for each in without if each is not None]
    if len(groups) < PARTS or len(known) < len(groups):
        why = "no interval: without one of the clusters nothing is left that grows"
        return Estimate(value, None, None, level, "", len(a), warnings=(why,))
    g = len(groups)
    error = float(np.sqrt((g - 1) / g * ((np.array(known) - value) ** 2).sum()))
    half = t_quantile(level, g - 2) * error
    method = f"jackknife over {g} clusters"
    return Estimate(value, value - half, value + half, level, method, len(a)).warned(*few_clusters(g))


def least_squares(y: Floats, x: Floats) -> float | None:
    """Return the slope of the line of least squares; None where x does not vary."""
    apart = x - x.mean() if len(x) else x
    spread = float(apart @ apart)
    return float(apart @ (y - y.mean())) / spread if spread > 0 else None


def rows_of(*given: ArrayLike) -> tuple[Floats, Floats, Floats, NDArray[Any]]:
    """Return support, confidence, correct and cluster as arrays of one length."""
    support, confidence, correct = (np.asarray(each, dtype=np.float64) for each in given[:3])
    labels = np.asarray(given[3])
    if not len(support) == len(confidence) == len(correct) == len(labels):
        raise InputError("support, confidence, correct and cluster have different lengths", hint="one of each a Record")
    if not len(support):
        raise Undefined("no Record has support, a confidence and a grade")
    return support, confidence, correct, labels
