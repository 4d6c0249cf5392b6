"""The page of a comparison of ways of asking: every number of each way, and what surely differs."""

from dataclasses import dataclass

from selfexplain.display.comparison import TITLES, direction
from selfexplain.display.ways import WaysForestDisplay
from selfexplain.pipeline.budget import money
from selfexplain.pipeline.compare import Difference
from selfexplain.pipeline.ways import SHOWN, Way, Ways
from selfexplain.report import ways_words as say
from selfexplain.report.html import fill
from selfexplain.report.inline_svg import inline
from selfexplain.report.numbers import Written, written

DIFFERENCES = ("accuracy", "gap", "brier", "auroc", "coverage")


@dataclass(frozen=True)
class Row:
    """One way, as the page shows it."""

    name: str
    reference: bool
    why: str
    cells: tuple[Written | None, ...]
    """Of `SHOWN`."""
    used: Written | None
    n: str
    left_out: str
    """The answers that cannot be used, by reason."""
    took: tuple[str, ...]
    """Calls, tokens and cost of its Run."""
    differences: tuple[tuple[str, Written, str], ...]
    """Metric, difference, and what it surely is."""


@dataclass(frozen=True)
class WaysView:
    """All that the page shows; its texts are raw."""

    headline: str
    title: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    differences: tuple[str, ...]
    claims: tuple[tuple[str, list[str]], ...]
    """Each way that claims what mattered, and what its claims came to."""
    agreement: tuple[tuple[str, list[str]], ...]
    """Each way whose claims can be compared with the reference's beside witnesses, and what came of it."""
    measured: tuple[str, ...]
    run: str = ""


def render(ways: Ways) -> str:
    """Return the page as text: HTML that fetches nothing and runs nothing."""
    names = [say.label(way, ways).removesuffix(" confidence") for way in ways.ways]
    measured = [(name, way.n, way.metrics) for name, way in zip(names, ways.ways, strict=True)]
    display = WaysForestDisplay.of(measured, reference=ways.reference)
    return fill("ways.html.j2", view=view_of(ways), picture=inline(display.figure(), "w", alternative(ways)))


def view_of(ways: Ways) -> WaysView:
    """Choose and word what the page shows."""
    models = list(dict.fromkeys(way.model for way in ways.ways))
    return WaysView(
        headline=say.headline(ways),
        title=" · ".join([ways.dataset, *models]),
        sentences=tuple(say.sentences(ways)),
        heads=("Right", "Gap", "Brier score", "ECE", "AUROC"),
        rows=tuple(row_of(ways, place) for place in range(len(ways.ways))),
        differences=tuple(TITLES[name] for name in DIFFERENCES),
        claims=tuple(say.claimed(ways)),
        agreement=tuple(say.agreed(ways)),
        measured=tuple(say.how(ways)),
    )


def row_of(ways: Ways, place: int) -> Row:
    """Return one way."""
    way = ways.ways[place]
    return Row(
        name=say.label(way, ways),
        reference=place == ways.reference,
        why=way.why,
        cells=tuple(written(name, way.metrics[name]) if name in way.metrics else None for name in SHOWN),
        used=None if way.coverage is None else written("coverage", way.coverage),
        n=f"{way.n:,} of {way.n_answers:,}",
        left_out=", ".join(f"{n} {status}" for status, n in way.excluded.items()),
        took=took(way) if say.first_of_run(ways.ways, place) else ("same replies",),
        differences=differences_of(way),
    )


def took(way: Way) -> tuple[str, ...]:
    """Return calls, tokens and cost of a way's Run."""
    usage, cost = way.usage, way.cost
    tokens = usage["prompt_tokens"]
    return (
        f"{usage['calls']:,} calls",
        *say.asked_in_roles(way),
        "tokens not stated" if tokens is None else f"{tokens + usage['completion_tokens']:,} tokens",
        "cost unknown" if cost["unknown"] else money(cost["amount"], cost["currency"]),
    )


def differences_of(way: Way) -> tuple[tuple[str, Written, str], ...]:
    """Return the differences of a way from the reference."""
    found = []
    for name in DIFFERENCES:
        each = way.differences.get(name)
        if each is not None:
            found.append((TITLES[name], difference_written(name, each), change(name, each)))
    return tuple(found)


def change(name: str, each: Difference) -> str:
    """Return what a difference surely is, or why that cannot be told."""
    found = each.difference
    if found.value is None:
        return ""
    if found.no_interval:
        return found.no_interval
    return "the same" if found.low == found.high == 0 else direction(name, found) or "not sure"


def difference_written(name: str, each: Difference) -> Written:
    """Write a difference: shares in points, the rest as numbers; always with its sign."""
    found = each.difference
    unit = 100.0 if name in {"accuracy", "gap", "coverage"} else 1.0
    digits = 0 if unit > 1 else 2 if name == "auroc" else 3

    def number(value: float) -> str:
        text = f"{unit * value:+.{digits}f}".replace("-", "−")
        return text if text.strip("+−0.") else text.lstrip("+−")  # nothing has no sign

    if found.value is None:
        return Written("undefined", reason=found.undefined or "")
    value = number(found.value) + (" points" if unit > 1 else "")
    if found.low is None or found.high is None:
        return Written(value)
    return Written(value, f"{number(found.low)} to {number(found.high)}")


def alternative(ways: Ways) -> str:
    """Return the picture in words."""
    told = []
    for way in ways.ways:
        drawn = [name for name in ("gap", "accuracy", "auroc") if name in way.metrics]
        numbers = [f"{TITLES[name]} {written(name, way.metrics[name])}" for name in drawn]
        told.append(f"{say.label(way, ways)}: {', '.join(numbers) or 'nothing measured'}")
    return f"Gap, share right and AUROC of each way of asking. {'; '.join(told)}."
