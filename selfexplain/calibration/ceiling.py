"""Absolute rules: what a run must not exceed, whatever came before it."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.rows import read_confidence, read_correct, read_labels
from selfexplain.inference import Estimate, clopper_pearson, mean_by_cluster_t


def size_of_gap(
    confidence: ArrayLike, correct: ArrayLike, cluster: ArrayLike | None = None, *, level: float = 0.95
) -> Estimate:
    """Return how far mean confidence lies from accuracy, in either direction; in [0, 1].

    If the gap lies in [L, U], its size lies in [max(0, L, −U), max(|L|, |U|)].

    Parameters
    ----------
    confidence : array of float, shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
    cluster : array, shape (n,), optional
        What each answer was drawn with.
    level : float, in (0, 1)

    Examples
    --------
    >>> round(size_of_gap([0.6] * 100, [1] * 80 + [0] * 20).value, 12)  # 0.6 − 0.8
    0.2
    """
    stated = read_confidence(confidence)
    if not len(stated):
        return Estimate.missing("no answer can be used", n=0, level=level)
    residual = stated - read_correct(correct, n=len(stated))
    gap = mean_by_cluster_t(residual, unit_of(cluster, len(stated)), within=(-1.0, 1.0), level=level)
    if gap.value is None:
        return gap
    known = gap.low is not None and gap.high is not None
    low, high = (gap.low or 0.0, gap.high or 0.0)
    return Estimate(
        value=abs(gap.value),
        low=max(0.0, low, -high) if known else None,
        high=max(abs(low), abs(high)) if known else None,
        level=level,
        method=gap.method,
        n=gap.n,
        warnings=gap.warnings,
    )


def error_when_sure(
    confidence: ArrayLike, correct: ArrayLike, cluster: ArrayLike | None = None, *, at: float, level: float = 0.95
) -> Estimate:
    """Return how often answers are wrong that are stated with a confidence of at least `at`; in [0, 1].

    Parameters
    ----------
    confidence, correct, cluster, level
        As in :func:`size_of_gap`.
    at : float, in [0, 1]

    Notes
    -----
    Independent answers have an exact interval (Clopper & Pearson 1934, Biometrika 26:404), clusters one by Student's t.

    Examples
    --------
    >>> error_when_sure([0.9, 0.95, 0.5], [1, 0, 0], at=0.9).value
    0.5
    """
    stated = read_confidence(confidence)
    sure = stated >= float(read_confidence([at])[0])
    wrong = 1.0 - read_correct(correct, n=len(stated))[sure]
    n = len(wrong)
    if not n:
        return Estimate.missing(f"no usable answer is stated with {at:g} or more", n=0, level=level)
    unit = unit_of(cluster, len(stated))[sure]
    if len(np.unique(unit)) < n:
        return mean_by_cluster_t(wrong, unit, within=(0.0, 1.0), level=level)
    low, high = clopper_pearson([int(wrong.sum())], [n], level=level)
    return Estimate(
        value=float(wrong.mean()), low=float(low[0]), high=float(high[0]), level=level, method="exact interval", n=n
    )


def unit_of(cluster: ArrayLike | None, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the number of each answer's cluster; without clusters, each is one of its own."""
    return np.arange(n) if cluster is None else read_labels(list(np.asarray(cluster)), n=n, name="cluster")[1]
