"""What recalibration does, for a terminal: stated and recalibrated side by side, the latter out of fold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selfexplain.report.facts import Facts, title_of
from selfexplain.report.numbers import written
from selfexplain.report.sentences import source_words
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

OUT_OF_FOLD = (
    "The recalibrated numbers are out of fold: each answer was mapped by a map that had seen nothing of its cluster. "
    "The map itself is fitted on all rows."
)


def before_and_after(numbers: Mapping[str, Any], facts: Facts) -> "RenderableType":
    """Return the table of both, and what it allows to say.

    Parameters
    ----------
    numbers : mapping
        `Recalibration.numbers`.
    facts : mapping of metric name to MetricFacts
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for title in ("", source_words(numbers["source"]).title, f"Recalibrated, {numbers['folds']} folds"):
        table.add_column(title)
    for name in numbers["stated"]["metrics"]:
        both = (numbers[when]["metrics"][name] for when in ("stated", "recalibrated"))
        table.add_row(title_of(name, facts), *(str(written(name, estimate)) for estimate in both))
    table.add_row("Answers used", *(f"{numbers[when]['n']:,}" for when in ("stated", "recalibrated")))
    remarks = [Text(visible(remark), style="italic") for remark in numbers["warnings"]]
    return Group(*remarks, table, Text(), Text(OUT_OF_FOLD), Text(change_in_words(numbers["brier_change"])))


def change_in_words(change: Mapping[str, Any]) -> str:
    """Say what the change of the Brier score shows.

    >>> change_in_words({"value": -0.02, "low": -0.03, "high": -0.01})
    'On the same answers the Brier score changes by −0.020 (−0.030 to −0.010): recalibration helps.'
    """
    low, high = change["low"], change["high"]
    if change.get("undefined"):
        return f"Before and after cannot be compared by the Brier score: {change['undefined']}."
    if low is None or high is None:
        return "Whether recalibration helps cannot be told from so few answers."
    shows = "recalibration helps" if high < 0 else "recalibration harms" if low > 0 else "no difference is visible"
    return f"On the same answers the Brier score changes by {written('brier', change)}: {shows}."
