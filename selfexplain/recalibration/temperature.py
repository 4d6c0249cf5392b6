"""Temperature scaling: one number that makes all confidences more or less extreme."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from selfexplain.errors import Undefined
from selfexplain.inference import Floats
from selfexplain.recalibration.dense_knots import ERROR_BOUND, dense_knots
from selfexplain.recalibration.logistic_likelihood import clipped, log_odds
from selfexplain.recalibration.recalibrator import FromCounts, Knot
from selfexplain.recalibration.weighted_counts import WeightedCounts

STEEPEST = 2.0**20
"""A slope beyond this turns every confidence but 0.5 into 0 or 1."""


class Temperature(FromCounts):
    """Divide the log-odds of every confidence by one number, the temperature.

    **Definition.** c ↦ σ(logit(c) / T) with T > 0 that maximises the likelihood; T > 1 pulls towards 0.5, T < 1 pushes
    away from it. Learned as 1/T, which may be 0: then every confidence becomes 0.5.

    **How it misleads.** It cannot move 0.5 nor carry a confidence across it, so it repairs neither a plain shift nor a
    model that is right less than half the time it says 60 %. It was made for the many outputs of a classifier; for one
    stated confidence it is the weakest map.

    **Edge cases.** Confidences are moved into [clip, 1 − clip] first, so 0 and 1 are mapped like these ends. One value
    is enough, unless it is 0.5, of which nothing can be learned: then T stays 1. Undefined where the likelihood grows
    without end: every right answer at 0.5 or above and every wrong one at 0.5 or below, as for one class on one side.

    Strictly rising on [clip, 1 − clip] unless 1/T is 0: the AUROC stays what it was.

    Parameters
    ----------
    clip : float, in (0, 0.5)
        Half the finest step that is stated.

    Attributes
    ----------
    inverse_temperature_ : float
        1/T, at least 0.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger 2017 (arXiv 1706.04599, eq. 9).

    Examples
    --------
    Says 90 %, is right 75 %: ln 9 / T = ln 3, so T = 2, and what it calls 50 % stays there.

    >>> halved = Temperature().fit([0.9] * 4, [1, 1, 1, 0])
    >>> round(halved.inverse_temperature_, 12)
    0.5
    >>> halved.predict([0.9, 0.5]).round(12).tolist()
    [0.75, 0.5]
    """

    method: ClassVar[str] = "temperature"
    error_bound: ClassVar[float] = ERROR_BOUND

    def __init__(self, clip: float = 0.005) -> None:
        self.clip = clip

    def learned(self) -> dict[str, float]:
        """Return 1/T."""
        return {**super().learned(), "inverse_temperature": self.inverse_temperature_}

    def _learn(self, counts: WeightedCounts) -> None:
        x = log_odds(counts.confidence, self.clip)

        def falling_short(slope: float) -> float:
            """Return the derivative of the negative log-likelihood; it only rises with the slope."""
            return float((counts.n * expit(slope * x) - counts.right) @ x)

        if (x == 0).all():
            slope = 1.0
        elif falling_short(0.0) >= 0:
            slope = 0.0
        elif (counts.right[x < 0] == 0).all() and (counts.wrong[x > 0] == 0).all():
            raise Undefined(
                "no temperature fits: every right answer has a confidence of 0.5 or above and every wrong one of 0.5 "
                "or below, so the likelihood grows without end",
                hint="use value-map, platt or isotonic, or more answers",
            )
        else:
            steep = 1.0
            while falling_short(steep) < 0 and steep < STEEPEST:
                steep *= 2
            slope = steep if falling_short(steep) < 0 else float(brentq(falling_short, 0.0, steep, xtol=1e-15))
        self.inverse_temperature_ = slope

    def _apply(self, confidence: Floats) -> Floats:
        return np.asarray(expit(self.inverse_temperature_ * log_odds(confidence, self.clip)), dtype=np.float64)

    def _points(self) -> Sequence[Knot]:
        low, high = clipped(np.array([0.0, 1.0]), self.clip).tolist()
        return dense_knots(self._apply, low, high)
