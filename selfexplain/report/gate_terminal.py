"""A verdict in the terminal: the sentence first, then each rule, in 80 columns and without need of colour."""

from typing import TYPE_CHECKING

from selfexplain.pipeline.gate import Verdict
from selfexplain.report import gate_words as say
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow", "not comparable": "yellow"}


def summary(verdict: Verdict) -> "RenderableType":
    """Return what a terminal shows of a verdict, for `rich.console.Console.print`."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    mark = Text(say.label_of(verdict), style=f"bold {COLOURS[verdict.verdict]}")
    against = f"{verdict.run.name} against the baseline {verdict.baseline.name}"
    parts: list[RenderableType] = [
        Text.assemble(mark, Text(f"  {plain(against)}")),
        Text(plain(say.headline(verdict)), style="bold"),
    ]
    parts += [Text(f"  {plain(reason)}") for reason in verdict.why]
    if verdict.rules:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
        table.add_column("Rule", overflow="fold", max_width=24)
        table.add_column("Verdict")
        table.add_column("Harm (interval)", justify="right", no_wrap=True)
        table.add_column("Limit", justify="right")
        table.add_column("n", justify="right")
        for rule in verdict.rules:
            shown = Text(rule.verdict, style=COLOURS[rule.verdict])
            name = Text(plain(say.title_of(rule.name)))
            table.add_row(name, shown, say.harm_of(rule), f"{rule.tolerance:g}", f"{rule.n:,}")
        parts += [Text(), table, Text()]
        parts += [
            Text(plain(f"{say.title_of(rule.name)}: {rule.why}.")) for rule in verdict.rules if rule.verdict != "pass"
        ]
        if verdict.identical:
            parts.append(Text(say.IDENTICAL))
        parts += [Text(sentence) for sentence in [say.consequence(verdict)] if sentence]
        parts += [Text(say.sizes(verdict)), Text(say.decidable(verdict.decidable, verdict.undecidable))]
    parts += [Text(plain(f"Changed: {change}")) for change in say.changes(verdict)]
    parts += [Text(plain(f"Note: {remark}."), style="italic") for remark in verdict.remarks]
    return Group(*parts)


def plain(text: str) -> str:
    """Return a text on one line, its hidden characters visible."""
    return visible(text).replace("\n", " ⏎ ")
