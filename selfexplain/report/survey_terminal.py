"""The summary after a survey: the sentence first, then the rates per group, in 80 columns, without need of colour."""

from typing import TYPE_CHECKING

from selfexplain.report.sentences import Metrics, sentence, source_words
from selfexplain.report.survey import explained, headline, left_out, rate_rows, undecided_because, warnings_of
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType


def survey_summary(metrics: Metrics, note: str = "") -> "RenderableType":
    """Return what a terminal shows of a survey.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    note : str
        A sentence under the headline.

    Returns
    -------
    rich renderable
        For `rich.console.Console.print`; readable without colour.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [Text(visible(sentence(headline(metrics))), style="bold"), Text(explained(metrics))]
    for text in filter(None, (note, *warnings_of(metrics))):
        parts += [Text(), Text(visible(text), style="italic")]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for name in ("Group", "Category"):
        table.add_column(name, overflow="fold", max_width=20)
    for name in ("Share", "Answers", *(source_words(source).title for source in metrics["sources"])):
        table.add_column(name, justify="right")
    for row in rate_rows(metrics):
        # Names come from a file: hidden characters would move the cursor.
        names = ("" if row.again else row.group, row.category)
        shown = [Text(visible(name).replace("\n", " ⏎ ")) for name in names]
        table.add_row(*shown, str(row.rate), f"{row.n:,}", *("–" if sure.reason else str(sure) for sure in row.sure))
    last = [Text(visible(sentence(text))) for text in (undecided_because(metrics), left_out(metrics)) if text]
    return Group(*parts, Text(), table, Text(), *last)
