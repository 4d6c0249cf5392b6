"""Where the dots and the curve of a reliability diagram would lie, were every confidence exactly right.

These are bands about the diagonal, for a test: what lies outside is more than luck explains, one confidence at a time.
They are not confidence bands, which lie about what was measured.
"""

import numpy as np

from selfexplain.calibration.isotonic_fit import fitted_accuracy
from selfexplain.calibration.table import CalibrationTable
from selfexplain.inference import Floats, checked_level, stream

DRAWS = 1_000
"""Simulated curves: a limit at 5 % is then met to within 1.4 percentage points, less than a line's width shows."""


def band_of_values(table: CalibrationTable, *, level: float = 0.9) -> tuple[Floats, Floats]:
    """Return where the share right at each confidence would lie, by exact binomial quantiles.

    Parameters
    ----------
    table : CalibrationTable
    level : float, in (0, 1)
        Of each confidence by itself, at least; for independent rows.

    Returns
    -------
    low, high : array of float, shape (k,), in [0, 1]

    References
    ----------
    Bröcker & Smith 2007, Weather and Forecasting 22:651 (consistency bars).

    Examples
    --------
    Two answers at 0.5 would both be right, or both wrong, one time in four each, more than the 5 % on a side:

    >>> band_of_values(CalibrationTable.from_counts({0.5: (2, 1), 1.0: (9, 3)}))
    (array([0., 1.]), array([1., 1.]))
    """
    from scipy.stats import binom  # noqa: PLC0415 - scipy is paid for by whoever needs it

    tail = (1 - checked_level(level)) / 2
    low, high = (binom.ppf(at, table.n, table.confidence) / table.n for at in (tail, 1 - tail))
    return low, high


def band_of_curve(table: CalibrationTable, *, level: float = 0.9, seed: int = 0) -> tuple[Floats, Floats]:
    """Return where the isotonic fit would lie at each confidence, by consistency resampling.

    Of use where confidences hardly repeat: a single answer is right or wrong, so its own band is all of [0, 1], while
    the curve has neighbours to lean on.

    Parameters
    ----------
    table : CalibrationTable
    level : float, in (0, 1)
        Of each confidence by itself; for independent rows.
    seed : int
        The same seed gives the same band.

    Returns
    -------
    low, high : array of float, shape (k,), in [0, 1]

    References
    ----------
    Dimitriadis, Gneiting & Jordan 2021, PNAS 118:e2016191118 (arXiv 2008.03033), resampled consistency regions.

    Examples
    --------
    With one confidence the curve is its dot, so both bands are the same:

    >>> one = CalibrationTable.from_counts({0.5: (100, 40)})
    >>> [band(one)[0].round(2).tolist() for band in (band_of_values, band_of_curve)]
    [[0.42], [0.42]]
    """
    tail = (1 - checked_level(level)) / 2
    drawn = stream(seed).binomial(table.n, table.confidence, size=(DRAWS, len(table.n)))
    curves = np.array([fitted_accuracy(CalibrationTable(table.confidence, table.n, right)) for right in drawn])
    # The quantile is a curve that was drawn, never a mean of two.
    low, high = np.quantile(curves, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return low, high
