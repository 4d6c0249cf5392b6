"""Average precision: the mean purity of what is picked, walking down a ranking; ties are picked together."""

import numpy as np

from selfexplain.calibration.table import ratio
from selfexplain.inference import Floats, Ints


def mean_precision(rows: Ints, wanted: Ints) -> Floats:
    """Return Σ (recall gained) · (precision there) over thresholds, NaN where nothing is wanted.

    Parameters
    ----------
    rows, wanted : array of int, shape (…, k)
        Rows at each distinct value, and those of them that are looked for; the first picked come first.

    References
    ----------
    Buckley & Voorhees 2000, SIGIR; without interpolation, which is too optimistic: Davis & Goadrich 2006, ICML.

    Examples
    --------
    Two of the first three are wanted, then one of one: recall 2/3 at precision 2/3, and 1/3 at 3/4.

    >>> round(float(mean_precision(np.array([3, 1]), np.array([2, 1]))), 6)
    0.694444
    """
    found = np.cumsum(wanted, axis=-1, dtype=np.float64)
    picked = np.cumsum(rows, axis=-1, dtype=np.float64)
    precision = np.divide(found, picked, out=np.zeros_like(found), where=picked > 0)
    return ratio((wanted * precision).sum(axis=-1), wanted.sum(axis=-1))
