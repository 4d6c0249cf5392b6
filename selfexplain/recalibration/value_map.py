"""The value map: each stated value becomes what it was worth, unless too few answers say so."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from selfexplain.errors import InputError
from selfexplain.inference import Floats
from selfexplain.recalibration.recalibrator import FromCounts, Knot
from selfexplain.recalibration.weighted_counts import WeightedCounts


class ValueMap(FromCounts):
    """Replace each stated value by the share right among its answers, drawn towards the value itself.

    **Definition.** A value v with n answers, s of them right, becomes (s + m·v)/(n + m), as if m more answers had been
    right exactly as often as stated. Between values that were seen, straight lines; outside, constant.

    **How it misleads.** One number per value: with token probabilities, where hardly any value comes twice, it changes
    next to nothing. It may put 0.9 above 0.95 if that is what the answers did, so the AUROC moves. A large m is a large
    trust in what the model says.

    **Edge cases.** Nothing is clipped: 0 and 1 are values like others. One value and one class are fine: the m answers
    keep it from 0 and 1, unless the value is itself 0 or 1. A value between two seen ones takes the line between them,
    not itself.

    Neither rising nor falling is promised.

    Parameters
    ----------
    m : float, at least 0
        Answers that the stated value is worth; 0 gives the plain share.

    Attributes
    ----------
    confidence_, recalibrated_ : array, shape (k,)
        The confidences that were seen, ascending, and what each is mapped to.

    References
    ----------
    Tian et al. 2023 (arXiv 2305.14975) replace each stated expression by its accuracy on a calibration set; the m added
    answers are the m-estimate of Cestnik 1990, ECAI, as Zadrozny & Elkan 2001, ICML, use it for calibration.

    Examples
    --------
    Said 0.9 thirty times, right 21 times: (21 + 10·0.9)/(30 + 10).

    >>> ValueMap(m=10).fit([0.9] * 30, [1] * 21 + [0] * 9).predict([0.9]).tolist()
    [0.75]
    """

    method: ClassVar[str] = "value-map"

    def __init__(self, m: float = 10.0) -> None:
        self.m = m

    def _learn(self, counts: WeightedCounts) -> None:
        if not 0 <= self.m < np.inf:
            raise InputError(f"`m` is {self.m}; expected a finite number of at least 0")
        self.confidence_ = counts.confidence
        self.recalibrated_ = (counts.right + self.m * counts.confidence) / (counts.n + self.m)

    def _apply(self, confidence: Floats) -> Floats:
        return np.interp(confidence, self.confidence_, self.recalibrated_)

    def _points(self) -> Sequence[Knot]:
        return list(zip(self.confidence_.tolist(), self.recalibrated_.tolist(), strict=True))
