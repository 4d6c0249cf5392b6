"""What the numbers over all that was asked could be at worst and at best, whatever the missing confidences were."""

import math
from typing import NamedTuple

import numpy as np

from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.table import CalibrationTable

STEP = 1 << 20
"""So many divisions of the missing answers into right and wrong ones are looked at at once."""

Bounds = tuple[float, float]


class Missing(NamedTuple):
    """Answers that were asked for and have no usable confidence, by what is known of them."""

    right: int = 0
    wrong: int = 0
    unknown: int = 0
    """Neither a confidence nor whether they are right."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.right + self.wrong + self.unknown


class WorstCase(NamedTuple):
    """Least and greatest value of each number over all that was asked; all confidences lie in [0, 1]."""

    n: int
    """Answers asked for."""
    missing: Missing
    accuracy: Bounds
    gap: Bounds
    brier: Bounds
    ece: Bounds
    """Valid, not always attained: each missing answer is granted that it moves its bin by a whole answer."""
    auroc: Bounds | None
    """None where right answers or wrong ones cannot occur."""


def worst_case(table: CalibrationTable, missing: Missing) -> WorstCase:
    """Bound five numbers over everything that the missing answers could have been.

    Parameters
    ----------
    table : CalibrationTable
        The usable answers.
    missing : Missing
        How many others were asked for. Nothing is assumed of them, not that they are like the usable ones.

    Returns
    -------
    WorstCase
        The bounds of accuracy, gap, Brier score and AUROC are attained; those of the ECE hold.

    Raises
    ------
    ValueError
        When nothing was asked for.

    References
    ----------
    Manski 1989, Journal of Human Resources 24:343, for bounds that assume nothing.

    Examples
    --------
    Eight of ten say 0.9 and six of these are right; the two that say nothing are known to be wrong.

    >>> table = CalibrationTable.from_counts({0.9: (8, 6)})
    >>> known = worst_case(table, Missing(wrong=2))
    >>> known.accuracy, tuple(round(end, 12) for end in known.gap)
    ((0.6, 0.6), (0.12, 0.32))
    >>> tuple(round(end, 12) for end in worst_case(table, Missing(unknown=2)).gap)
    (-0.08, 0.32)
    """
    n, m = table.total + missing.total, missing.total
    if not n:
        raise ValueError("nothing was asked for, so nothing can be bounded")
    confidence, right, wrong = table.confidence, table.n_correct, table.n_wrong
    n_right = int(right.sum()) + missing.right
    # Whoever is right is off by −1 to 0, whoever is wrong by 0 to 1, and one of whom nothing is known by −1 to 1.
    off = float(np.dot(confidence, table.n) - right.sum())
    squared = float(np.dot(confidence**2, wrong) + np.dot((1 - confidence) ** 2, right))
    error = table.total * ece(table) if table.total else 0.0
    return WorstCase(
        n,
        missing,
        accuracy=(n_right / n, (n_right + missing.unknown) / n),
        gap=((off - missing.right - missing.unknown) / n, (off + missing.wrong + missing.unknown) / n),
        brier=(squared / n, (squared + m) / n),
        ece=(max(0.0, (error - m) / n), min(1.0, (error + m) / n)),
        auroc=_auroc(table, missing),
    )


def _auroc(table: CalibrationTable, missing: Missing) -> Bounds | None:
    """Put missing right answers below all others and wrong ones above, and the other way round.

    Of those of which nothing is known, any number may be right: each division is looked at.
    """
    right, wrong = table.n_correct.astype(np.float64), table.n_wrong.astype(np.float64)
    won = float((right * (np.cumsum(wrong) - wrong / 2)).sum())
    # At the ends of the scale a missing answer ties with those that are there.
    lowest, highest = table.confidence == 0, table.confidence == 1
    tied = right[highest].sum() / 2, wrong[lowest].sum() / 2
    beaten = right.sum() - right[lowest].sum() / 2, wrong.sum() - wrong[highest].sum() / 2
    low, high = math.inf, -math.inf
    for start in range(0, missing.unknown + 1, STEP):
        rights = missing.right + np.arange(start, min(start + STEP, missing.unknown + 1), dtype=np.float64)
        wrongs = missing.right + missing.wrong + missing.unknown - rights
        pairs = (right.sum() + rights) * (wrong.sum() + wrongs)
        possible = pairs > 0
        if possible.any():
            least = won + wrongs * tied[0] + rights * tied[1]
            most = won + wrongs * beaten[0] + rights * beaten[1] + rights * wrongs
            low = min(low, float((least[possible] / pairs[possible]).min()))
            high = max(high, float((most[possible] / pairs[possible]).max()))
    return (low, high) if low <= high else None
