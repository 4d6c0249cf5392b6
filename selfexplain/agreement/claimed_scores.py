"""The scores that a claim gives to units: those it states, or its order turned into numbers."""

import numpy as np

from selfexplain.inference import Floats


def claimed_scores(k: int, stated: Floats | None) -> Floats:
    """Return the scores of the named units; those that are not named have 0.

    A claim without scores is a ranking: k for the unit named first, 1 for the last. A stated score may be negative:
    the model says that this unit spoke against its answer, so it stands below what it did not name.

    >>> claimed_scores(3, None)
    array([3., 2., 1.])
    """
    return np.arange(k, 0, -1, dtype=np.float64) if stated is None else stated
