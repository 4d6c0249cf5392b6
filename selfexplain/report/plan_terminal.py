"""A plan in the terminal, in 80 columns and without need of colour."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from selfexplain.pipeline.plan import Outlook
from selfexplain.report import plan_words as say
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

NEEDED = ("", "To see it", "To fail", "To pass")
SIGHT = ("", "Seen from", "Fails from", "Decidable", "Seen", "Failed")


def summary(outlook: Outlook) -> "RenderableType":
    """Return what a terminal shows of a plan, for `rich.console.Console.print`."""
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [
        Text(plain(say.basis(outlook))),
        Text(),
        Text(say.question(outlook), style="bold"),
        table(NEEDED, (say.row_of_needed(each, outlook) for each in outlook.needed)),
        Text(),
        Text(say.sight(outlook), style="bold"),
        table(SIGHT, map(say.row_of_sight, outlook.with_items)),
        Text(),
    ]
    parts += [Text(sentence) for sentence in say.remarks(outlook)]
    if outlook.cost is not None:
        asked = f"Asking {outlook.cost['dataset']} with {outlook.cost['model']} and {outlook.cost['template']}:"
        parts += [Text(), Text(plain(asked), style="bold")]
        parts += [Text(plain(f"  {line}")) for line in say.cost_lines(outlook.cost)]
        parts.append(Text(f"  The rule: {outlook.cost['rule']}."))
    return Group(*parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    """Return a table, its numbers to the right."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415

    found = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for place, name in enumerate(head):
        found.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        found.add_row(*row)
    return found


def plain(text: str) -> str:
    """Return a text on one line, its hidden characters visible."""
    return visible(text).replace("\n", " ⏎ ")
