"""Isotonic regression: the best map of all that never fall, held back from 0 and 1."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from sklearn.isotonic import IsotonicRegression

from selfexplain.calibration.table import sums
from selfexplain.errors import InputError
from selfexplain.inference import SAME, Floats
from selfexplain.recalibration.recalibrator import FromCounts, Knot
from selfexplain.recalibration.weighted_counts import WeightedCounts


class Isotonic(FromCounts):
    """Replace confidences by the share right among them, pooling neighbours wherever that share would fall.

    **Definition.** Equal confidences are pooled first, then neighbours whose shares are in the wrong order (pool
    adjacent violators). A block with n answers, s of them right, becomes (s + r)/(n + 2r), r = `shrink`; blocks whose
    order that breaks are pooled again, each with weight n + 2r. Between confidences that were seen, straight lines;
    outside, constant.

    **How it misleads.** It has as many numbers as blocks and shows no miscalibration on the rows it was fitted to, by
    construction: judge it out of fold only. Blocks tie confidences that were different, so the AUROC moves. It
    wants some hundreds of answers; on few it draws stairs through noise.

    **Edge cases.** Nothing is clipped: 0 and 1 are values like others. One value: its share right, shrunk. One class:
    one constant, short of 0 or 1. Confidences that run backwards: a constant, the share right.

    Never falls; not strictly rising.

    Parameters
    ----------
    shrink : float, at least 0
        Right and wrong answers added to each block; 0 lets blocks be 0 or 1.

    Attributes
    ----------
    confidence_, recalibrated_ : array, shape (k,)
        The confidences that were seen, ascending, and what each is mapped to.

    References
    ----------
    Zadrozny & Elkan 2002, KDD, "Transforming classifier scores into accurate multiclass probability estimates", §3.2;
    Ayer et al. 1955, Annals of Mathematical Statistics 26:641, for the algorithm; the shrinkage is Laplace's rule of
    succession.

    Examples
    --------
    0.7 was right more often than 0.8, so both become (9 + 8 + 1)/(20 + 2):

    >>> stairs = Isotonic().fit([0.7] * 10 + [0.8] * 10, [1] * 9 + [0] + [1] * 8 + [0] * 2)
    >>> stairs.predict([0.7, 0.8]).round(6).tolist()
    [0.818182, 0.818182]
    """

    method: ClassVar[str] = "isotonic"

    def __init__(self, shrink: float = 1.0) -> None:
        self.shrink = shrink

    def _learn(self, counts: WeightedCounts) -> None:
        if not 0 <= self.shrink < np.inf:
            raise InputError(f"`shrink` is {self.shrink}; expected a finite number of at least 0")
        share = _never_falling(counts.confidence, counts.right / counts.n, counts.n)
        block = np.cumsum(np.diff(share, prepend=share[0]) > SAME).astype(np.int64)
        blocks = int(block[-1]) + 1
        n, right = sums(block, counts.n, blocks), sums(block, counts.right, blocks)
        weight = n + 2 * self.shrink
        shrunk = _never_falling(np.arange(blocks, dtype=np.float64), (right + self.shrink) / weight, weight)
        self.confidence_, self.recalibrated_ = counts.confidence, shrunk[block]

    def _apply(self, confidence: Floats) -> Floats:
        return np.interp(confidence, self.confidence_, self.recalibrated_)

    def _points(self) -> Sequence[Knot]:
        return list(zip(self.confidence_.tolist(), self.recalibrated_.tolist(), strict=True))


def _never_falling(x: Floats, y: Floats, weight: Floats) -> Floats:
    fitted = IsotonicRegression(out_of_bounds="clip").fit_transform(x, y, sample_weight=weight)
    return np.clip(np.asarray(fitted, dtype=np.float64), 0.0, 1.0)
