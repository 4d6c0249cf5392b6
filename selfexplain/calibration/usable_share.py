"""Coverage: the share of questions that ended in a usable answer and confidence. It stands beside every metric."""

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.rows import read_correct, read_labels
from selfexplain.inference import Estimate, share


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
