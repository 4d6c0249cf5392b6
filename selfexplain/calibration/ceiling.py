"""Absolute rules: what a run must not exceed, whatever came before it."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.cluster_table import ClusterTable
from selfexplain.calibration.confidence_gap import gap
from selfexplain.calibration.evaluation import count
from selfexplain.calibration.metric import estimate
from selfexplain.calibration.rows import read_confidence, read_correct, read_labels
from selfexplain.calibration.share_correct import accuracy
from selfexplain.inference import Estimate, Ints, clopper_pearson


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

    Notes
    -----
    The interval is that of the metric :func:`gap`: where wrong answers are few it leaves room for those to come, which
    the answers themselves do not show.

    Examples
    --------
    >>> round(size_of_gap([0.6] * 100, [1] * 80 + [0] * 20).value, 12)  # 0.6 − 0.8
    0.2
    """
    stated = read_confidence(confidence)
    if not len(stated):
        return Estimate.missing("no answer can be used", n=0, level=level)
    right = read_correct(correct, n=len(stated))
    found = estimate(gap, count(stated, right, labels_of(cluster, len(stated))), level=level)
    if found.value is None:
        return found
    known = found.low is not None and found.high is not None
    low, high = (found.low or 0.0, found.high or 0.0)
    return Estimate(
        value=abs(found.value),
        low=max(0.0, low, -high) if known else None,
        high=max(abs(low), abs(high)) if known else None,
        level=level,
        method=found.method,
        n=found.n,
        warnings=found.warnings,
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
    Independent answers have an exact interval (Clopper & Pearson 1934, Biometrika 26:404), clusters that of the metric
    :func:`accuracy`.

    Examples
    --------
    >>> error_when_sure([0.9, 0.95, 0.5], [1, 0, 0], at=0.9).value
    0.5
    """
    stated = read_confidence(confidence)
    sure = stated >= float(read_confidence([at])[0])
    right = read_correct(correct, n=len(stated))[sure]
    n, wrong = len(right), int(np.count_nonzero(right == 0))
    if not n:
        return Estimate.missing(f"no usable answer is stated with {at:g} or more", n=0, level=level)
    labels = labels_of(cluster, len(stated))
    counts = count(stated[sure], right, None if labels is None else (labels[0], labels[1][sure]))
    if isinstance(counts, ClusterTable):
        kept = estimate(accuracy, counts, level=level)
        value, low, high = (None if end is None else 1 - end for end in (kept.value, kept.high, kept.low))
        return msgspec.structs.replace(kept, value=value, low=low, high=high)
    limits = clopper_pearson([wrong], [n], level=level)
    low, high = (float(end[0]) for end in limits)
    return Estimate(value=wrong / n, low=low, high=high, level=level, method="exact interval", n=n)


def labels_of(cluster: ArrayLike | None, n: int) -> tuple[Sequence[str], Ints] | None:
    """Return the distinct clusters, and which of them each answer has; None where each answer is one of its own."""
    return None if cluster is None else read_labels(list(np.asarray(cluster)), n=n, name="cluster")
