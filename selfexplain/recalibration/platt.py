"""Platt scaling: a straight line through the log-odds."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scipy.special import expit

from selfexplain.inference import Floats
from selfexplain.recalibration.dense_knots import ERROR_BOUND, dense_knots
from selfexplain.recalibration.logistic_likelihood import clipped, fit_logistic, log_odds, smoothed_targets
from selfexplain.recalibration.recalibrator import FromCounts, Knot
from selfexplain.recalibration.weighted_counts import WeightedCounts


class Platt(FromCounts):
    """Shift and stretch the log-odds of every confidence.

    **Definition.** c ↦ σ(α + β·logit(c)) with β ≥ 0, by maximum likelihood with Platt's smoothed targets: a right
    answer counts as (n⁺ + 1)/(n⁺ + 2), a wrong one as 1/(n⁻ + 2).

    **How it misleads.** Two numbers bend everything: where most answers stand at 95 % and 100 %, the map at 60 % is an
    extrapolation of theirs. The answers at 100 % have the log-odds that `clip` gives them and pull hardest, so look at
    another clip before you believe a slope.

    **Edge cases.** Confidences are moved into [clip, 1 − clip] first, so 0 and 1 are mapped like these ends. One value
    determines no line: β stays 1 and α alone moves it. One class: a constant just short of 0 or 1. Confidences that run
    backwards: β = 0, a constant. (Platt lets β be negative; a map that turns the ranking round is more often noise.)

    Strictly rising on [clip, 1 − clip] unless β is 0: the AUROC stays what it was.

    Parameters
    ----------
    clip : float, in (0, 0.5)
        Half the finest step that is stated.

    Attributes
    ----------
    intercept_, slope_ : float
        α, and β ≥ 0.

    References
    ----------
    Platt 1999, in Advances in Large Margin Classifiers (MIT Press), §2.2; on log-odds it is the line of Cox 1958,
    Biometrika 45:562.

    Examples
    --------
    >>> line = Platt().fit([0.9] * 50 + [0.6] * 50, [1] * 40 + [0] * 10 + [1] * 20 + [0] * 30)
    >>> line.predict([0.9, 0.6]).round(2).tolist()
    [0.79, 0.41]
    """

    method: ClassVar[str] = "platt"
    error_bound: ClassVar[float] = ERROR_BOUND

    def __init__(self, clip: float = 0.005) -> None:
        self.clip = clip

    def learned(self) -> dict[str, float]:
        """Return α and β."""
        return {**super().learned(), "intercept": self.intercept_, "slope": self.slope_}

    def _learn(self, counts: WeightedCounts) -> None:
        x = log_odds(counts.confidence, self.clip)
        right, wrong = smoothed_targets(counts)
        if len(np.unique(x)) == 1:
            self.intercept_, self.slope_ = float(np.log(right.sum() / wrong.sum()) - x[0]), 1.0
            return
        design = np.stack([np.ones_like(x), x], axis=1)
        self.intercept_, self.slope_ = fit_logistic(design, right, wrong, not_negative=(1,)).tolist()

    def _apply(self, confidence: Floats) -> Floats:
        return np.asarray(expit(self.intercept_ + self.slope_ * log_odds(confidence, self.clip)), dtype=np.float64)

    def _points(self) -> Sequence[Knot]:
        low, high = clipped(np.array([0.0, 1.0]), self.clip).tolist()
        return dense_knots(self._apply, low, high)
