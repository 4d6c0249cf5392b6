"""How a number is written for people: percent, points or plain, its interval in the same unit, else a reason.

Percent and points are whole numbers, because the intervals of a few hundred answers do not carry more.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PERCENT = frozenset({"accuracy", "mean_confidence", "coverage"})
POINTS = frozenset({"gap"})
TWO_DECIMALS = frozenset({"auroc"})
P_VALUES = frozenset(
    {
        "calibration_p",
        "ecce_p",
        "binomial_p_distinct",
        "corp_mcb_p",
        "skce_p",
        "smooth_ece_p",
        "spiegelhalter_p_two_sided",
        "spiegelhalter_p_interior",
    }
)


@dataclass(frozen=True)
class Written:
    """A value and its interval as text; `reason` says why there is no value."""

    value: str
    interval: str = ""
    reason: str = ""
    mark: str = ""
    """Stands behind a number that a sentence under its table warns of."""

    def __str__(self) -> str:
        """Return what fits into one cell of a table."""
        return f"{self.value} ({self.interval}){self.mark}" if self.interval else f"{self.value}{self.mark}"


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage.

    >>> percent(0.874)
    '87 %'
    """
    return f"{_plain(100 * share, digits)} %"


def points(difference: float, digits: int = 0) -> str:
    """Write the size of a difference of two shares in percentage points, without its sign.

    >>> points(-0.262)
    '26'
    """
    return _plain(abs(100 * difference), digits)


def signed(difference: float, digits: int = 0) -> str:
    """Write a difference of two shares in percentage points, always with its sign.

    >>> signed(-0.03), signed(0.05), signed(0.001)
    ('−3', '+5', '0')
    """
    text = _plain(100 * difference, digits)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"


def written(name: str, estimate: Mapping[str, Any], digits: int = 0) -> Written:
    """Write one Estimate in the unit of its metric.

    Parameters
    ----------
    name : str
        The metric's name; accuracy, mean confidence and coverage are percentages, the gap is in points.
    estimate : mapping
        With `value`, `low`, `high` and, when the value is missing, `undefined`: the reason.
    digits : int
        Decimals of a percentage or of points; their intervals have none.

    >>> str(written("gap", {"value": 0.26, "low": 0.19, "high": 0.33}))
    '+26 points (+19 to +33)'
    """
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None:
        return Written("undefined", reason=estimate.get("undefined") or "no reason was given")
    known = low is not None and high is not None
    if name in PERCENT:
        return Written(percent(value, digits), f"{_plain(100 * low, 0)}–{_plain(100 * high, 0)}" if known else "")
    if name in POINTS:
        return Written(f"{signed(value, digits)} points", f"{signed(low)} to {signed(high)}" if known else "")
    if name in P_VALUES and value < 0.001:
        return Written("< 0.001")  # never 0.000: chance can do anything
    places = 2 if name in TWO_DECIMALS else 3
    return Written(_plain(value, places), between(low, high, places) if known else "")


def between(low: float, high: float, places: int) -> str:
    """Write an interval; a dash beside a minus would be read as another one.

    >>> between(0.1, 0.25, 2), between(-0.069, -0.013, 3)
    ('0.10–0.25', '−0.069 to −0.013')
    """
    return f"{_plain(low, places)}{' to ' if low < 0 else '–'}{_plain(high, places)}"


def best_value(name: str, best: float | None) -> str:
    """Write the value of a perfect model; empty for a metric that only describes.

    >>> best_value("accuracy", 1.0), best_value("brier", 0.0), best_value("mean_confidence", None)
    ('100 %', '0', '')
    """
    if best is None or math.isnan(best):
        return ""
    return percent(best) if name in PERCENT else f"{best:g}"


def _plain(value: float, digits: int) -> str:
    """Write with a typographic minus and without a negative zero."""
    text = f"{value:.{digits}f}"
    if text.startswith("-"):
        return f"−{text[1:]}" if text.strip("-0.") else text[1:]
    return text
