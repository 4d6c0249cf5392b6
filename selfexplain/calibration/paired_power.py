"""How likely a change is to be seen with so many pairs, and how many pairs it takes: the planning of a comparison.

Student's t stands on a mean of n differences, which is nearly normal from some dozens on. So the chance that its lower
limit lies above a number is Φ(√n · distance / σ − t), with σ² the variance of one difference.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from selfexplain.inference import t_quantile

MOST = 10_000_000
"""More pairs than this is never."""

FINEST = 1e-4
"""To which a smallest change is found."""


class Mean(NamedTuple):
    """A mean of pairs whose lower limit must lie above a threshold."""

    above: float
    """How far its true value lies above the threshold; negative below."""
    variance: float
    """Of one pair."""


def power(
    mean: Mean,
    n: int,
    *,
    level: float = 0.95,
    other: Mean | None = None,
    covariance: float = 0.0,
    units: int | None = None,
) -> float:
    """Return the chance that the lower limit of a mean lies above a threshold, and that of a second one above its own.

    Parameters
    ----------
    mean : Mean
    n : int, at least 2
        Pairs.
    level : float, in (0, 1)
        Of both intervals.
    other : Mean, optional
        What must lie above its threshold too: overconfidence has grown only if the gap rose and is above 0.
    covariance : float
        Of the two in one pair.
    units : int, at least 2, optional
        Clusters that the pairs come from, which are what Student's t counts; by default each is one of its own.

    Examples
    --------
    A change of .05 with a spread of .3 in 283 pairs has z = .05 · √283 / .3 = 2.80, which is 1.96 + 0.84.

    >>> round(power(Mean(0.05, 0.09), 283), 2)
    0.8
    """
    t = t_quantile(level, (n if units is None else units) - 1)
    one = score(mean, n) - t
    if other is None:
        return normal(one)
    spread = math.sqrt(mean.variance * other.variance)
    correlation = covariance / spread if spread > 0 else 0.0
    return both(one, score(other, n) - t, min(0.9999, max(-0.9999, correlation)))


def score(mean: Mean, n: int) -> float:
    """Return a distance from the threshold in standard errors; ±40, which is as good as infinite, without variance."""
    if mean.variance <= 0:
        return math.copysign(40.0, mean.above)
    return max(-40.0, min(40.0, mean.above * math.sqrt(n / mean.variance)))


def normal(x: float) -> float:
    """Return P(Z ≤ x) for a standard normal Z."""
    return math.erfc(-x / math.sqrt(2)) / 2


def both(x: float, y: float, correlation: float) -> float:
    """Return P(X ≤ x, Y ≤ y) for two standard normals, by quadrature over the first.

    Examples
    --------
    >>> f"{both(0, 0, 0.5):.6f}"  # 1/4 + arcsin(½) / 2π
    '0.333333'
    """
    from scipy.special import ndtr  # noqa: PLC0415 - with the numbers

    if x <= -8:
        return 0.0
    nodes, weights = np.polynomial.legendre.leggauss(200)
    half = (min(x, 8.0) + 8) / 2
    at = half * (nodes + 1) - 8
    density = np.exp(-at * at / 2) / math.sqrt(2 * math.pi)
    return float(half * weights @ (density * ndtr((y - correlation * at) / math.sqrt(1 - correlation**2))))


def fewest(chance: Callable[[int], float], wanted: float, *, least: int = 2, most: int = MOST) -> int | None:
    """Return the fewest pairs with which a chance that grows with them is as high as wanted, or None.

    Examples
    --------
    >>> fewest(lambda n: power(Mean(0.05, 0.09), n), 0.8)
    285
    >>> fewest(lambda n: power(Mean(-0.01, 0.09), n), 0.8) is None
    True
    """
    if least > most or chance(most) < wanted:
        return None
    low, high = least - 1, most
    while high - low > 1:
        middle = (low + high) // 2
        if chance(middle) >= wanted:
            high = middle
        else:
            low = middle
    return high


def smallest_change(chance: Callable[[float], float], wanted: float) -> float | None:
    """Return the smallest change, up to 1, whose chance is as high as wanted, or None."""
    if chance(1.0) < wanted:
        return None
    low, high = 0.0, 1.0
    while high - low > FINEST / 2:
        middle = (low + high) / 2
        if chance(middle) >= wanted:
            high = middle
        else:
            low = middle
    return high
