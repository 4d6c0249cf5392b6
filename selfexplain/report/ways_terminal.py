"""Ways of asking in the terminal: the sentence first, then every number, then the differences."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selfexplain.pipeline.budget import money
from selfexplain.pipeline.ways import SHOWN, Way, Ways
from selfexplain.report import ways_words as say
from selfexplain.report.numbers import percent, written
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

HEADS = {"accuracy": "Right", "gap": "Gap, points", "brier": "Brier", "ece": "ECE", "auroc": "AUROC"}


def summary(ways: Ways) -> "RenderableType":
    """Return what a terminal shows, for `rich.console.Console.print`."""
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [Text(visible(say.headline(ways)), style="bold")]
    parts += [Text(visible(sentence)) for sentence in say.sentences(ways)]
    parts += [Text(), numbers(ways), Text()]
    parts += [Text(visible(f"{name}: {line}")) for name, lines in say.claimed(ways) for line in lines]
    parts += [Text(line, style="italic") for line in say.how(ways)]
    return Group(*parts)


def numbers(ways: Ways) -> "Table":
    """Return two lines for each way: its name and what it took, then its numbers with their intervals."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    table.add_column("", overflow="fold", max_width=24)
    for name in (*HEADS.values(), "Used"):
        table.add_column(name, justify="right", no_wrap=True)
    for place, way in enumerate(ways.ways):
        shown = Text("\n".join(visible(say.label(way, ways)).split(" · ")))
        if place == ways.reference:
            shown.append(" (reference)")
        if say.first_of_run(ways.ways, place):
            shown.append(f"\n{took(way)}", style="dim")
        table.add_row(shown, *map(Text, cells(way)))
    return table


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
