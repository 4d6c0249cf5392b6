"""What every method learns from: how much weight stands at each confidence, and how much of it was right."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.rows import read_confidence, read_correct
from selfexplain.calibration.table import sums
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats


class WeightedCounts(NamedTuple):
    """A table of counts whose counts may be fractions; a row of weight 2 is the same as two rows."""

    confidence: Floats
    """Distinct stated confidences that carry weight, ascending, in [0, 1], shape (k,)."""
    n: Floats
    """Weight at each, above 0."""
    right: Floats
    """How much of it belongs to correct answers, in [0, n]."""

    @property
    def wrong(self) -> Floats:
        """How much of it belongs to wrong answers."""
        return self.n - self.right


def weighted_counts(
    confidence: ArrayLike, correct: ArrayLike, sample_weight: ArrayLike | None = None
) -> WeightedCounts:
    """Count rows by confidence.

    Parameters
    ----------
    confidence : array of float, shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether it was.
    sample_weight : array of float, shape (n,), optional
        How often each row counts, at least 0; by default once.

    Raises
    ------
    InputError
        If a row or a weight cannot be used; names it.
    Undefined
        If no row has any weight: there is nothing to learn from.

    Examples
    --------
    >>> weighted_counts([0.9, 0.9, 0.5], [1, 0, 1], [1, 2, 0]).n
    array([3.])
    """
    stated = read_confidence(confidence)
    outcome = read_correct(correct, n=len(stated))
    weight = np.ones(len(stated)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != stated.shape:
        raise InputError(f"`sample_weight` has shape {weight.shape}; expected one weight per row, {stated.shape}")
    unusable = ~((weight >= 0) & np.isfinite(weight))
    if unusable.any():
        place = int(np.argmax(unusable))
        raise InputError(f"`sample_weight[{place}]` is {weight[place]}; expected a finite number of at least 0")
    occurs = weight > 0
    distinct, index = np.unique(stated[occurs], return_inverse=True)
    if not len(distinct):
        raise Undefined("no graded answer with a confidence")
    n = sums(index, weight[occurs], len(distinct))
    return WeightedCounts(distinct, n, np.minimum(n, sums(index, (weight * outcome)[occurs], len(distinct))))
