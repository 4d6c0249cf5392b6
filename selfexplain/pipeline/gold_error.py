"""How far wrong gold labels could change the result, for each source of confidence."""

from collections.abc import Mapping
from typing import Any

from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.wrong_gold import if_gold_is_wrong


def if_gold_wrong(sources: Mapping[str, Mapping[str, Any]], rate: float) -> dict[str, Any]:
    """Return for each source the range of its metrics when up to a share of the gold labels is wrong.

    Parameters
    ----------
    sources : mapping of source to its part of a metrics object
        Each with a `table`: rows of confidence, answers, right answers.
    rate : float, in [0, 1]
    """
    found: dict[str, Any] = {"rate": rate, "sources": {}}
    for source, data in sources.items():
        counts = {value: (n, right) for value, n, right in data["table"]}
        if counts:
            ranges = if_gold_is_wrong(CalibrationTable.from_counts(counts), rate=rate)
            found["sources"][source] = {name: {"low": low, "high": high} for name, (low, high) in ranges.items()}
    return found


def in_words(found: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each source."""
    return [
        f"{source}: were {100 * found['rate']:g} % of the gold labels wrong, right would be "
        f"{percent(ranges['accuracy'])} %, the gap {percent(ranges['gap'])} points, the Brier score "
        f"{ranges['brier']['low']:.3f} to {ranges['brier']['high']:.3f}"
        for source, ranges in found["sources"].items()
    ]


def percent(ends: Mapping[str, float]) -> str:
    """Return a range in hundredths.

    >>> percent({"low": -0.021, "high": 0.04})
    '−2 to 4'
    """
    return " to ".join(f"{100 * ends[end]:.0f}".replace("-", "−") for end in ("low", "high"))
