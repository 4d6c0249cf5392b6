"""Weighted logistic regression on a few columns, some of whose coefficients must not be negative, to full precision."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.special import expit, logit

from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats
from selfexplain.recalibration.weighted_counts import WeightedCounts


def log_odds(confidence: Floats, clip: float) -> Floats:
    """Return ln(c / (1 − c)) of confidences moved into [clip, 1 − clip]."""
    return np.asarray(logit(clipped(confidence, clip)), dtype=np.float64)


def clipped(confidence: Floats, clip: float) -> Floats:
    """Return confidences moved into [clip, 1 − clip]: the log-odds of 0 and 1 are infinite."""
    if not 0 < clip < 0.5:
        raise InputError(
            f"`clip` is {clip}; expected a number between 0 and 0.5",
            hint="half the finest step that is stated: 0.005 for whole percentages",
        )
    return np.clip(confidence, clip, 1 - clip)


def smoothed_targets(counts: WeightedCounts) -> tuple[Floats, Floats]:
    """Return the weight of right and wrong at each confidence after Platt's smoothing.

    A right answer counts as (n⁺ + 1)/(n⁺ + 2) right and the rest wrong, a wrong one as 1/(n⁻ + 2) right: the maximum of
    the likelihood is then finite, also when right and wrong are told apart perfectly or all answers are right (Platt
    1999, §2.2).
    """
    high = (counts.right.sum() + 1) / (counts.right.sum() + 2)
    low = 1 / (counts.wrong.sum() + 2)
    right = counts.right * high + counts.wrong * low
    return right, counts.n - right


def fit_logistic(design: Floats, right: Floats, wrong: Floats, *, not_negative: Sequence[int]) -> Floats:
    """Return the coefficients that maximise the likelihood Σ right·ln σ(Xβ) + wrong·ln σ(−Xβ).

    The likelihood is concave: the best point under the bounds is the free optimum of one of the faces on which some of
    the bounded coefficients are 0. There are few faces, so all are tried; each by Newton's method.

    Parameters
    ----------
    design : array, shape (k, p)
        X; columns linearly independent.
    right, wrong : array, shape (k,)
        Weights, positive.
    not_negative : sequence of int
        Columns whose coefficient must be at least 0.

    Returns
    -------
    array, shape (p,)
    """
    best, least = np.zeros(design.shape[1]), np.inf
    for free in _faces(design.shape[1], not_negative):
        coefficients = np.zeros(design.shape[1])
        coefficients[free] = _newton(design[:, free], right, wrong)
        loss = _loss(design @ coefficients, right, wrong)
        if (coefficients[list(not_negative)] >= 0).all() and loss < least:
            best, least = coefficients, loss
    return best


def _faces(columns: int, bounded: Sequence[int]) -> Iterator[list[int]]:
    """Yield the columns that are free on each face; those without a bound always are."""
    for size in range(len(bounded) + 1):
        for zero in combinations(bounded, size):
            yield [column for column in range(columns) if column not in zero]


def _newton(design: Floats, right: Floats, wrong: Floats) -> Floats:
    n, coefficients = right + wrong, np.zeros(design.shape[1])
    loss = _loss(design @ coefficients, right, wrong)
    for _ in range(200):
        p = expit(design @ coefficients)
        gradient = design.T @ (n * p - right)
        step = np.linalg.solve(design.T @ (design * (n * p * (1 - p))[:, None]), gradient)
        # Far from the optimum a whole step may overshoot: halve it until the loss falls.
        while (new := _loss(design @ (coefficients - step), right, wrong)) > loss and np.abs(step).max() > 1e-12:
            step /= 2
        coefficients, loss = coefficients - step, new
        if np.abs(step).max() <= 1e-12 * max(1.0, float(np.abs(coefficients).max())):
            return coefficients
    raise Undefined("the likelihood could not be maximised on these rows")


def _loss(eta: Floats, right: Floats, wrong: Floats) -> float:
    return float(right @ np.logaddexp(0, -eta) + wrong @ np.logaddexp(0, eta))
