"""Ways of asking in the terminal: the sentence first, then every number, then the differences."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from selfexplain.pipeline.budget import money
from selfexplain.pipeline.ways import SHOWN, Way, Ways
from selfexplain.report import ways_words as say
from selfexplain.report.numbers import percent, written
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

INDENT = "  "
HEADS = {"accuracy": "Right", "gap": "Gap, points", "brier": "Brier", "ece": "ECE", "auroc": "AUROC"}


def summary(ways: Ways) -> "RenderableType":
    """Return what a terminal shows, for `rich.console.Console.print`."""
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [Text(visible(say.headline(ways)), style="bold")]
    parts += [Text(visible(sentence)) for sentence in say.sentences(ways)]
    parts += [Text(), numbers(ways), Text()]
    parts += [
        Text(visible(f"{name}: {line}")) for name, lines in (*say.claimed(ways), *say.agreed(ways)) for line in lines
    ]
    parts += [Text(line, style="italic") for line in say.how(ways)]
    return Group(*parts)


def numbers(ways: Ways) -> "Text":
    """Return three lines for each way: its name and what it took, its numbers, and their intervals.

    A name has a line of its own: none is ever broken, however long it is and however narrow the terminal.
    """
    from rich.text import Text  # noqa: PLC0415

    heads = [*HEADS.values(), "Used"]
    found = [[cell.split("\n") for cell in cells(way)] for way in ways.ways]
    widths = [max(len(head), *(len(line) for row in found for line in row[place])) for place, head in enumerate(heads)]

    def in_columns(texts: Sequence[str]) -> str:
        return "  ".join(text.rjust(width) for text, width in zip(texts, widths, strict=True)).rstrip()

    shown = Text()
    shown.append(f"{INDENT}{in_columns(heads)}\n", style="bold")
    shown.append(f"{'─' * (len(INDENT) + sum(widths) + 2 * (len(widths) - 1))}\n")
    for place, (way, row) in enumerate(zip(ways.ways, found, strict=True)):
        shown.append(visible(say.label(way, ways)), style="bold")
        shown.append(" (reference)" if place == ways.reference else "")
        shown.append(f"  {took(way)}" if say.first_of_run(ways.ways, place) else "", style="dim")
        for line in range(max(map(len, row))):
            shown.append(f"\n{INDENT}{in_columns([cell[line] if line < len(cell) else '' for cell in row])}")
        shown.append("\n")
    shown.rstrip()
    return shown


def cells(way: Way) -> list[str]:
    """Return the numbers of a way, each with its interval under it, short enough for 80 columns."""
    if not way.n:
        return ["–"] * (len(SHOWN) + 1)
    coverage = None if way.coverage is None else way.coverage["value"]
    used = "–" if coverage is None else f"{percent(coverage)}\n{way.n:,}"
    return [*(cell(name, way.metrics.get(name)) for name in SHOWN), used]


def cell(name: str, estimate: Mapping[str, Any] | None) -> str:
    """Write a number and, under it, its interval: shares in percent and points, the others with two decimals."""
    if estimate is None or estimate["value"] is None:
        return "–"
    shown = written(name, estimate) if name in {"accuracy", "gap"} else written("auroc", estimate)
    return f"{shown.value.removesuffix(' points')}\n{shown.interval}"


def took(way: Way) -> str:
    """Return calls, tokens and cost of a Run in a few words."""
    usage, cost = way.usage, way.cost
    parts = [f"{usage['calls']:,} calls", *say.asked_in_roles(way)]
    if usage["prompt_tokens"] is not None:
        parts.append(f"{usage['prompt_tokens'] + usage['completion_tokens']:,} tokens")
    if cost["unknown"] is None:
        parts.append(money(cost["amount"], cost["currency"]))
    return ", ".join(parts)
