"""The summary after a Run: the sentence first, then the numbers, in 80 columns and without need of colour."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selfexplain.pipeline.budget import money
from selfexplain.report import sentences as say
from selfexplain.report.again import asked_again
from selfexplain.report.cautions import IN_A_GROUP, MARK, any_group_too_narrow, cautions, methods, notes, too_narrow
from selfexplain.report.claimed import again_rows, claim_rows, in_a_line
from selfexplain.report.facts import Facts, title_of
from selfexplain.report.group_bounds import group_bounds
from selfexplain.report.numbers import written
from selfexplain.report.rows import LONGEST_NAME, cut
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

IN_GROUPS = ("accuracy", "mean_confidence", "auroc")
"""What the table of groups shows."""


def summary(metrics: say.Metrics, facts: Facts, note: str = "") -> "RenderableType":
    """Return what a terminal shows of a Run.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    facts : mapping of metric name to Fact
    note : str
        A sentence under the headline.

    Returns
    -------
    rich renderable
        For `rich.console.Console.print`; readable without colour.
    """
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = []
    for source in metrics["sources"]:
        claim = Text(say.sentence(say.headline(metrics, source)), style="bold")
        claim.highlight_regex(r"\boverconfident", "dark_orange")
        claim.highlight_regex(r"\bunderconfident", "dodger_blue1")
        parts.append(Text(say.source_words(source).title))
        parts.append(Padding(claim, (0, 0, 0, 2)))
        if apart := say.discrimination(metrics, source):
            parts.append(Padding(Text(say.sentence(apart)), (0, 0, 0, 2)))
    if not parts:
        return Text("No confidence was asked for.")
    for text in filter(None, (note, *metrics["warnings"])):
        parts += [Text(), Text(visible(text), style="italic")]
    parts += [Text(), _pooled(metrics, facts)]
    parts += [Text(f"{MARK.strip()} {caution}") for caution in cautions(metrics, facts)]
    parts += [Text(text, style="dim") for text in (methods(metrics, facts), *notes(metrics, facts)) if text]
    if any(data.get("groups") for data in metrics["sources"].values()):
        parts += [Text(), _groups(metrics)]
        if any_group_too_narrow(metrics, IN_GROUPS):
            parts.append(Text(IN_A_GROUP))
        parts += [Text(_in_a_line(bounds)) for bounds in group_bounds(metrics)]
        parts += [
            Text(_in_a_line(say.sentence(mix)))
            for mix in [say.group_mix(metrics, next(iter(metrics["sources"])))]
            if mix
        ]
    parts += [Text(f"\n{title}, asked again: {words}") for title, words in asked_again(metrics)]
    parts.append(Text())
    for source in metrics["sources"]:
        clauses = (say.left_out(metrics, source), say.worst_case(metrics, source))
        parts.append(Text(f"{say.source_words(source).title}: {'; '.join(filter(None, clauses))}."))
    parts += [Text(line) for line in in_a_line(claim_rows(metrics), again_rows(metrics))]
    if "usage" in metrics:
        parts.append(Text(visible(_used(metrics))))
    return Group(*parts)


def _used(metrics: say.Metrics) -> str:
    """Say in one line how many calls and tokens a Run took, and what they cost."""
    usage, cost = metrics["usage"], metrics["cost"]
    calls = f"Asked in {usage['calls']:,} calls"
    tokens = ""
    if usage["prompt_tokens"] is not None:
        tokens = f", {usage['prompt_tokens']:,} tokens read and {usage['completion_tokens']:,} written"
    price = f"cost unknown: {cost['unknown']}" if cost["unknown"] else f"cost {money(cost['amount'], cost['currency'])}"
    return f"{calls}{tokens}; {price}."


def _pooled(metrics: say.Metrics, facts: Facts) -> "Table":
    """Return one row per metric and one column per source."""
    table = _table()
    table.add_column("")
    for source in metrics["sources"]:
        table.add_column(say.source_words(source).title)
    for name in dict.fromkeys(name for data in metrics["sources"].values() for name in data["metrics"]):
        estimates = [data["metrics"].get(name) for data in metrics["sources"].values()]
        table.add_row(title_of(name, facts), *("–" if e is None else _cell(name, e) for e in estimates))
    table.add_row("Answers used", *(f"{data['n']:,}" for data in metrics["sources"].values()))
    return table


def _cell(name: str, estimate: Mapping[str, Any]) -> str:
    return f"{written(name, estimate)}{MARK if too_narrow(estimate) else ''}"


def _groups(metrics: say.Metrics) -> "Table":
    """Return one row per group and source, each number with its interval."""
    table = _table()
    table.add_column("Group", overflow="fold", max_width=18)
    table.add_column("By")
    right, sure = ("Happened", "Expected") if metrics["about"] == "event" else ("Right", "Sure")
    for name in (right, sure, "AUROC", "Used"):
        table.add_column(name, justify="right")
    names = dict.fromkeys(name for data in metrics["sources"].values() for name in data.get("groups", {}))
    for name in names:
        shown = _in_a_line(cut(name, LONGEST_NAME))
        for source, data in metrics["sources"].items():
            group = data.get("groups", {}).get(name)
            if group is None:
                continue
            numbers = [
                _cell(metric, group["metrics"][metric]) if metric in group["metrics"] else "–" for metric in IN_GROUPS
            ]
            table.add_row(_plain(shown), source, *numbers, f"{group['n']:,}")
            shown = ""  # once per group, on its first line
    return table


def _in_a_line(text: str) -> str:
    """Return a text that quotes names from a file as one line without hidden characters, which move the cursor."""
    return visible(text).replace("\n", " ⏎ ")


def _table() -> "Table":
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    return Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)


def _plain(text: str) -> "RenderableType":
    """Return a text in which square brackets are no markup."""
    from rich.text import Text  # noqa: PLC0415

    return Text(text)
