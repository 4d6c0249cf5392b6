"""Coverage: the share of questions that ended in a usable answer and confidence. It stands beside every metric."""

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.rows import read_correct, read_labels
from selfexplain.inference import Estimate, mean_by_cluster_t, share, share_of_counts


def coverage(usable: ArrayLike, *, cluster: Iterable[Hashable] | None = None, level: float = 0.95) -> Estimate:
    """Estimate the share of asked questions that gave a usable row, in [0, 1].

    A model that refuses the hard questions looks better calibrated on the rest, so no other number is read without
    this. What failed after all retries was asked and is not usable.

    Parameters
    ----------
    usable : array of bool or of 0 and 1, shape (n,)
        One entry per question asked.
    cluster : iterable of hashable, length n, optional
        What each question was drawn with.
    level : float, in (0, 1)

    Returns
    -------
    Estimate
        Wilson's interval, or t over clusters where a cluster has several rows.

    Examples
    --------
    >>> coverage([True, True, True, False]).value
    0.75
    """
    kept = read_correct(usable, n=np.size(usable), name="usable")
    n = len(kept)
    if not n:
        return Estimate.missing("nothing was asked", n=0, level=level)
    return share(kept, None if cluster is None else read_labels(cluster, n=n, name="cluster")[1], level=level)


def coverage_of_counts(usable: ArrayLike, asked: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Estimate the same from counts.

    Parameters
    ----------
    usable, asked : int, or array of int of shape (c,)
        How many questions gave a usable row and how many were asked: in all, or of each cluster.
    level : float, in (0, 1)

    Examples
    --------
    >>> coverage_of_counts(3, 4) == coverage([True, True, True, False])
    True
    """
    good, n = np.asarray(usable, dtype=np.int64), np.asarray(asked, dtype=np.int64)
    if not n.sum():
        return Estimate.missing("nothing was asked", n=0, level=level)
    if n.ndim == 0 or n.max() == 1:
        return share_of_counts(int(good.sum()), int(n.sum()), level=level)
    alike = np.lexsort((good, n))  # so that the order in which clusters were named cannot move the last digit
    good, n = good[alike], n[alike]
    kept = np.repeat([1.0, 0.0], len(n))
    times = np.concatenate([good, n - good])
    return mean_by_cluster_t(kept, np.tile(np.arange(len(n)), 2), within=(0.0, 1.0), times=times, level=level)
