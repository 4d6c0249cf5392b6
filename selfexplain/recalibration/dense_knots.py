"""A smooth curve as a polyline: as many points as its bends need, and a bound on what that costs."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from selfexplain.inference import Floats

ERROR_BOUND = 1e-4
"""A saved map differs from its formula by at most this much anywhere in [0, 1]."""

NARROWEST = 1e-9
"""Two stated confidences closer than this are not told apart; a curve steeper than that is a step."""


def dense_knots(curve: Callable[[Floats], Floats], low: float, high: float) -> list[tuple[float, float]]:
    """Return points on a curve from `low` to `high`, between which straight lines stay within `ERROR_BOUND`.

    Parameters
    ----------
    curve : callable
        From array to array of the same shape; continuous.
    low, high : float
        Ends, low < high.

    Examples
    --------
    >>> len(dense_knots(lambda x: x, 0.0, 1.0)), len(dense_knots(lambda x: x**2, 0.0, 1.0)) > 30
    (2, True)
    """
    x: Floats = np.linspace(low, high, 33)
    while True:
        width = np.diff(x)
        inside = x[:-1, None] + width[:, None] * np.array([0.25, 0.5, 0.75])
        off = np.abs(curve(inside.ravel()).reshape(inside.shape) - np.interp(inside, x, curve(x))).max(axis=1)
        # Half of the bound: the largest distance may lie between the three places that are looked at.
        split = (off > ERROR_BOUND / 2) & (width > NARROWEST)
        if not split.any():
            break
        x = np.sort(np.concatenate([x, inside[split, 1]]))
    return _without_needless(list(zip(x.tolist(), curve(x).tolist(), strict=True)))


def _without_needless(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Drop points that lie exactly on the line between their neighbours, as they do where a curve is straight."""
    kept = points[:1]
    for (x, y), (x_next, y_next) in pairwise(points[1:]):
        x_last, y_last = kept[-1]
        on_line = y_last + (y_next - y_last) * (x - x_last) / (x_next - x_last)
        if abs(on_line - y) > 1e-12:
            kept.append((x, y))
    return [*kept, points[-1]]
