"""A comparison in the terminal: what surely changed, then every difference, then the answers that changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from selfexplain.display.comparison import TITLES, direction
from selfexplain.pipeline.compare import SURE, Changed, Comparison, Difference
from selfexplain.report.agreement_compared import agreement_in_words
from selfexplain.report.cautions import too_narrow
from selfexplain.report.claims_compared import claims_in_words
from selfexplain.report.gate_terminal import plain
from selfexplain.report.gate_words import number, number_of
from selfexplain.report.numbers import percent

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

SHOWN = 10
"""Items that a line names; `--json` holds all."""


def summary(comparison: Comparison) -> "RenderableType":
    """Return what a terminal shows of a comparison, for `rich.console.Console.print`."""
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    sides = [(letter, side) for letter, side in (("A", comparison.a), ("B", comparison.b))]
    parts: list[RenderableType] = [Text(plain(f"{letter}  {side.name}  ({side.source})")) for letter, side in sides]
    parts.append(Text(headline(comparison), style="bold"))
    parts += [Text(f"  {plain(reason)}") for reason in comparison.why]
    if comparison.comparable:
        parts += [Text(), differences(comparison), Text(), *map(Text, spoken_against(comparison))]
        flips = comparison.flips
        for title, found in (
            ("Right → wrong", flips.right_to_wrong),
            ("Wrong → right", flips.wrong_to_right),
            (f"Became wrong and {percent(SURE)} sure or more", flips.wrong_and_sure),
        ):
            parts.append(Text(plain(f"{title}: {named(found)}")))
        statuses = [f"{each.n:,} {each.a} → {each.b}" for each in comparison.statuses if each.a != each.b]
        parts.append(Text(f"Status changed: {', '.join(statuses) or 'none'}"))
        asked = f"{number_of(comparison.n_items, 'Item')}, {number_of(comparison.n_answers, 'answer')} asked for"
        n = f"{asked}, {comparison.n_pairs:,} usable"
        parts.append(Text(f"{n} on both sides; coverage is over all asked, the rest over what both sides can use."))
    if comparison.claims is not None:
        parts += [Text(), *(Text(plain(line)) for line in claims_in_words(comparison.claims)), Text()]
    if comparison.agreement is not None:
        parts += [Text(), *(Text(plain(line)) for line in agreement_in_words(comparison.agreement)), Text()]
    parts += [Text(plain(f"Different: {each.what}: {each.a} → {each.b}")) for each in comparison.differs]
    parts += [Text(plain(f"Note: {remark}."), style="italic") for remark in comparison.remarks]
    return Group(*parts)


def headline(comparison: Comparison) -> str:
    """Return what surely changed, in one sentence."""
    if not comparison.comparable:
        return "NOT COMPARABLE: the two sides do not go together."
    if comparison.identical:
        return "A and B are identical."
    words = {"worse": [], "better": [], "rose": [], "fell": []}  # type: dict[str, list[str]]
    for name, each in comparison.metrics.items():
        change = direction(name, each.difference)
        if change:
            words[change].append(TITLES[name])
    told = [f"{', '.join(names)} {change}" for change, names in words.items() if names]
    return f"From A to B, surely: {'; '.join(told)}." if told else "No difference between A and B is sure."


def differences(comparison: Comparison) -> "Table":
    """Return one row per metric: A, B, and B − A with its interval."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("")
    for name in ("A", "B", "B − A (95 % interval)"):
        table.add_column(name, justify="right")
    table.add_column("")
    for name, each in comparison.metrics.items():
        same = comparison.identical or each.difference.low == each.difference.high == 0
        unsure = "" if each.difference.low is None else "the same" if same else "not sure"
        change = direction(name, each.difference) or unsure
        table.add_row(TITLES[name], shown(each.a), shown(each.b), written(each), change)
    return table


def spoken_against(comparison: Comparison) -> list[str]:
    """Return why differences have no interval, and which intervals are too narrow, a sentence each."""
    told: dict[str, list[str]] = {}
    for name, each in comparison.metrics.items():
        found = each.difference
        for said in [found.no_interval] if found.no_interval else too_narrow(found.to_dict()):
            told.setdefault(said, []).append(TITLES[name])
    return [f"{', '.join(names)}: {said}." for said, names in told.items()]


def written(each: Difference) -> str:
    """Write a difference with its interval, or why there is none."""
    found = each.difference
    if found.value is None:
        return found.undefined or "undefined"
    if found.low is None or found.high is None:
        return f"{number(found.value)} (no interval)"
    return f"{number(found.value)} ({number(found.low)} to {number(found.high)})"


def shown(value: float | None) -> str:
    """Write a metric's value."""
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def named(found: Sequence[Changed]) -> str:
    """Return how many answers changed, and which Items first."""
    items = [each.item if each.repeat == 0 else f"{each.item} (repeat {each.repeat})" for each in found]
    listed = ", ".join(items[:SHOWN]) + (f" and {len(items) - SHOWN} more" if len(items) > SHOWN else "")
    return f"{len(items):,} · {listed}" if items else "none"
