"""Beta calibration: Platt's line with a slope of its own on each side."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scipy.special import expit

from selfexplain.inference import Floats
from selfexplain.recalibration.dense_knots import ERROR_BOUND, dense_knots
from selfexplain.recalibration.logistic_likelihood import clipped, fit_logistic, smoothed_targets
from selfexplain.recalibration.recalibrator import FromCounts, Knot
from selfexplain.recalibration.weighted_counts import WeightedCounts


class Beta(FromCounts):
    """Bend the log-odds differently near 0 and near 1.

    **Definition.** c ↦ σ(a·ln c − b·ln(1 − c) + d) with a, b ≥ 0, by maximum likelihood: right if the confidences of
    right and of wrong answers each follow a beta distribution. With a = b it is :class:`Platt`.

    **How it misleads.** Three numbers from the five to ten values that models state: the third is often noise. As for
    Platt, answers at 0 and 1 pull with a force that `clip` decides.

    **Edge cases.** Confidences are moved into [clip, 1 − clip] first, so 0 and 1 are mapped like these ends. Two values
    determine no third number: a = b. One value: a = b = 1 and d alone moves it. One class: a constant just short of 0
    or 1. Targets are smoothed as Platt's are, which Kull et al. do not do: without it, answers that are told apart
    perfectly have no maximum.

    Strictly rising on [clip, 1 − clip] unless a and b are both 0: the AUROC stays what it was.

    Parameters
    ----------
    clip : float, in (0, 0.5)
        Half the finest step that is stated.

    Attributes
    ----------
    a_, b_, d_ : float
        a, b ≥ 0, and d.

    References
    ----------
    Kull, Silva Filho & Flach 2017, AISTATS (PMLR 54:623), the beta calibration map of §3.

    Examples
    --------
    >>> bent = Beta().fit([0.9] * 50 + [0.6] * 50, [1] * 40 + [0] * 10 + [1] * 20 + [0] * 30)
    >>> bent.predict([0.9, 0.6]).round(2).tolist()
    [0.79, 0.41]
    """

    method: ClassVar[str] = "beta"
    error_bound: ClassVar[float] = ERROR_BOUND

    def __init__(self, clip: float = 0.005) -> None:
        self.clip = clip

    def learned(self) -> dict[str, float]:
        """Return a, b and d."""
        return {**super().learned(), "a": self.a_, "b": self.b_, "d": self.d_}

    def _learn(self, counts: WeightedCounts) -> None:
        c = clipped(counts.confidence, self.clip)
        right, wrong = smoothed_targets(counts)
        near_0, near_1, one = np.log(c), -np.log1p(-c), np.ones_like(c)
        distinct = len(np.unique(c))
        if distinct == 1:
            self.a_ = self.b_ = 1.0
            self.d_ = float(np.log(right.sum() / wrong.sum()) - (near_0 + near_1)[0])
        elif distinct == 2:
            design = np.stack([near_0 + near_1, one], axis=1)
            slope, self.d_ = fit_logistic(design, right, wrong, not_negative=(0,)).tolist()
            self.a_ = self.b_ = slope
        else:
            design = np.stack([near_0, near_1, one], axis=1)
            self.a_, self.b_, self.d_ = fit_logistic(design, right, wrong, not_negative=(0, 1)).tolist()

    def _apply(self, confidence: Floats) -> Floats:
        c = clipped(confidence, self.clip)
        return np.asarray(expit(self.a_ * np.log(c) - self.b_ * np.log1p(-c) + self.d_), dtype=np.float64)

    def _points(self) -> Sequence[Knot]:
        low, high = clipped(np.array([0.0, 1.0]), self.clip).tolist()
        return dense_knots(self._apply, low, high)
