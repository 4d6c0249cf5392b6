"""Honest predictions: every row is mapped by a map that has seen nothing of what it was drawn with."""

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from selfexplain.calibration.rows import read_confidence, read_correct, read_labels
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats, Ints, so_many, stream
from selfexplain.recalibration.recalibrator import Recalibrator


def cross_fitted(
    recalibrator: Recalibrator,
    confidence: ArrayLike,
    correct: ArrayLike,
    cluster: Iterable[Hashable] | None = None,
    *,
    folds: int = 5,
    seed: int = 0,
) -> Floats:
    """Return recalibrated confidences, each predicted by a map that was fitted without its cluster.

    Scores on the rows that a map was fitted to flatter it; an isotonic map scores no miscalibration at all there. These
    are what may be measured. The pooled predictions come from as many maps as there are folds, so their ranking may
    differ a little from that of the stated confidences although each map keeps it.

    Parameters
    ----------
    recalibrator : Recalibrator
        Copied for each fold, left as it is.
    confidence : array of float, shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether it was.
    cluster : iterable of hashable, length n, optional
        What each row was drawn with; by default every row stands alone.
    folds : int, at least 2
        Into how many parts the clusters are dealt, evenly and at random.
    seed : int
        The same seed deals the same clusters to the same folds, by their names, whatever the order of the rows; rows
        that stand alone have no name and are dealt by their place.

    Returns
    -------
    array of float, shape (n,), in [0, 1]

    Raises
    ------
    InputError
        If a row cannot be used, or there are fewer clusters than folds.
    Undefined
        If the rows outside one fold determine no map.

    References
    ----------
    Stone 1974, JRSS B 36:111; by cluster for language models, Miller 2024 (arXiv 2411.00640, §2.2).

    Examples
    --------
    >>> from selfexplain.recalibration import ValueMap
    >>> cross_fitted(ValueMap(m=1), [0.8, 0.8], [1, 0], folds=2).round(12).tolist()  # each learns from the other
    [0.4, 0.9]
    """
    stated = read_confidence(confidence)
    right = read_correct(correct, n=len(stated))
    if cluster is None:
        clusters, owner = len(stated), np.arange(len(stated))
    else:
        names, owner = read_labels(cluster, n=len(stated), name="cluster")
        clusters = len(names)
    if folds < 2:
        raise InputError(f"`folds` is {folds}; expected at least 2", hint="one part to learn from, one to predict")
    if clusters < folds:
        raise InputError(
            f"{so_many(clusters, 'cluster')} cannot be dealt to {folds} folds; expected at least one for each",
            hint="collect more answers; a map from so few would be noise",
        )
    fold = fold_of(clusters, folds, seed)[owner]
    predicted = np.empty(len(stated))
    for each in range(folds):
        held_out = fold == each
        try:
            fitted = clone(recalibrator).fit(stated[~held_out], right[~held_out])
        except Undefined as undefined:
            raise Undefined(
                f"without fold {each + 1} of {folds}: {undefined.message}", hint=undefined.hint
            ) from undefined
        predicted[held_out] = fitted.predict(stated[held_out])
    return predicted


def fold_of(clusters: int, folds: int, seed: int) -> Ints:
    """Return which fold each cluster is dealt to: as many to each as can be."""
    fold = np.empty(clusters, dtype=np.int64)
    fold[stream(seed).permutation(clusters)] = np.arange(clusters) % folds
    return fold
