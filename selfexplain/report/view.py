"""Exactly what the page shows: every sentence, number and Record of it, and nothing that is not shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.records import Item, Record
from selfexplain.report import sentences as say
from selfexplain.report.numbers import Written, best_value, written
from selfexplain.report.picture import display_of
from selfexplain.report.rows import LONGEST_NAME, SURE, RecordRow, choose, cut, row_of


class Fact(Protocol):
    """What is known of a metric apart from its value."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def best(self) -> float | None:
        """The value of a perfect model; None or NaN when no value is better than another."""

    @property
    def meaning(self) -> str:
        """One plain sentence."""


Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Bar:
    """A share as a bar: its name, its text and, in [0, 1], its value and interval."""

    name: str
    text: Written
    value: float
    low: float | None
    high: float | None
    reaches: float | None
    """Where the longer bar of the two ends; None for the longer one."""


@dataclass(frozen=True)
class Card:
    """All that is said of one source of confidence at first sight."""

    source: str
    title: str
    meaning: str
    verdict: str
    side: str
    """`over` or `under` when the gap's interval shows one of them, else empty."""
    bars: tuple[Bar, ...]
    key_numbers: tuple[tuple[str, Written], ...]
    display: ReliabilityDisplay
    left_out: str
    worst_case: str
    excluded: tuple[tuple[str, int], ...]
    coverage: Written
    n: int


@dataclass(frozen=True)
class MetricRow:
    """One metric, pooled: a cell per source, None where that source has none."""

    title: str
    meaning: str
    best: str
    cells: tuple[Written | None, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class GroupCell:
    """One group under one source."""

    n: int
    accuracy: Written
    mean_confidence: Written
    auroc: Written
    right: float | None
    says: float | None
    side: str


@dataclass(frozen=True)
class GroupRow:
    """One group: a cell per source, None where the source has no usable answer in it."""

    name: str
    cells: tuple[GroupCell | None, ...]


@dataclass(frozen=True)
class RunView:
    """The page of a Run or of a file."""

    dataset: str
    model: str
    template: str
    run: str
    headline: str
    subline: str
    caveat: str
    """What is missing, when that could turn the headline round; else empty."""
    note: str
    warnings: tuple[str, ...]
    cards: tuple[Card, ...]
    metrics: tuple[MetricRow, ...]
    groups: tuple[GroupRow, ...]
    group_mix: str
    rows: tuple[RecordRow, ...]
    rows_note: str
    sure: str
    level: str
    event: bool
    measured: tuple[str, ...]

    @property
    def title(self) -> str:
        """What was examined, in one line."""
        return " · ".join(filter(None, (self.dataset, self.model, self.template)))

    @property
    def group_names(self) -> list[str]:
        """The groups of the Records on the page, each once."""
        return list(dict.fromkeys(row.group for row in self.rows if row.group))

    def count(self, *kinds: str) -> int:
        """Return how many of the shown Records are all of these kinds."""
        return sum(set(kinds) <= set(row.kinds.split()) for row in self.rows)


def view_of(
    metrics: say.Metrics,
    facts: Facts,
    records: Sequence[Record] = (),
    items: Mapping[str, Item] | None = None,
    note: str = "",
    *,
    made_with: str = "",
) -> RunView:
    """Choose and word what a page shows.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    facts : mapping of metric name to Fact
        Metrics without a fact are shown under their own name.
    records : sequence of Record
        Empty for a file.
    items : mapping of Item id to Item, optional
        A Record whose Item is missing is shown with its id.
    note : str
        A sentence near the headline, such as what a tiny model can be expected to do.
    made_with : str
        Versions, for the foot of the page.

    Returns
    -------
    RunView
    """
    sources = list(metrics["sources"])
    cards = tuple(_card(metrics, source, facts) for source in sources)
    chosen, rows_note = choose(records, sources[0]) if sources else ([], "")
    dataset = metrics["dataset"]
    return RunView(
        dataset=" ".join(filter(None, (dataset["name"], str(dataset.get("version") or "")))),
        model=metrics.get("model") or "",
        template=metrics.get("template") or "",
        run=metrics.get("run") or "",
        headline=say.sentence(say.headline(metrics, sources[0])) if sources else "No confidence was asked for.",
        subline=say.sentence(say.discrimination(metrics, sources[0])) if sources else "",
        caveat=say.sentence(say.caveat(metrics, sources[0])) if sources else "",
        note=note,
        warnings=tuple(dict.fromkeys(metrics["warnings"])),
        cards=cards,
        metrics=tuple(_metric_row(metrics, name, facts) for name in _names(metrics)),
        groups=_groups(metrics),
        group_mix=say.sentence(say.group_mix(metrics, sources[0])) if sources else "",
        rows=tuple(row_of(record, (items or {}).get(record.item), sources) for record in chosen),
        rows_note=rows_note,
        sure=f"{100 * SURE:.0f} %",
        level=f"{100 * _level(metrics):g} %",
        event=metrics["about"] == "event",
        measured=tuple(filter(None, (*_measured(metrics, facts), made_with))),
    )


def title_of(name: str, facts: Facts) -> str:
    """Return a metric's name for people; one without a fact is called by its own name."""
    return facts[name].title if name in facts else name.replace("_", " ").capitalize()


def _names(metrics: say.Metrics) -> list[str]:
    """Return the names of all metrics of all sources, each once, in order."""
    return list(dict.fromkeys(name for data in metrics["sources"].values() for name in data["metrics"]))


def _card(metrics: say.Metrics, source: str, facts: Facts) -> Card:
    data, words = metrics["sources"][source], say.source_words(source)
    digits = say.decimals(metrics, source)
    return Card(
        source=source,
        title=words.title,
        meaning=words.meaning,
        verdict=say.sentence(say.verdict(metrics, source)),
        side=_side(data["metrics"]),
        bars=_bars(metrics, source, digits),
        key_numbers=tuple(
            (title_of(name, facts), written(name, data["metrics"][name], digits))
            for name in ("gap", "auroc")
            if name in data["metrics"]
        ),
        display=display_of(metrics, source),
        left_out=say.sentence(say.left_out(metrics, source)),
        worst_case=say.sentence(say.worst_case(metrics, source)),
        excluded=tuple((status, n) for status, n in data["excluded"].items() if n),
        coverage=written("coverage", data["coverage"]),
        n=data["n"],
    )


def _bars(metrics: say.Metrics, source: str, digits: int) -> tuple[Bar, ...]:
    """Return mean confidence and accuracy as two bars to compare; empty unless there are both."""
    data = metrics["sources"][source]["metrics"]
    verb = say.source_words(source).verb
    names = (("mean_confidence", "expects"), ("accuracy", "happens"))
    if metrics["about"] != "event":
        names = (("mean_confidence", verb), ("accuracy", "is right"))
    estimates = [(name, title, data.get(name)) for name, title in names]
    if any(estimate is None or estimate["value"] is None for _, _, estimate in estimates):
        return ()
    longest = max(estimate["value"] for _, _, estimate in estimates)
    return tuple(
        Bar(
            title,
            written(name, estimate, digits),
            estimate["value"],
            estimate["low"],
            estimate["high"],
            longest if estimate["value"] < longest else None,
        )
        for name, title, estimate in estimates
    )


def _side(metrics: Mapping[str, Any]) -> str:
    """Return `over` or `under` when the interval of the gap shows it, else nothing."""
    gap = metrics.get("gap") or {}
    low, high = gap.get("low"), gap.get("high")
    if low is None or high is None:
        return ""
    return "over" if low > 0 else "under" if high < 0 else ""


def _level(metrics: say.Metrics) -> float:
    """Return the level of the intervals; all metrics of an evaluation share one."""
    levels = [estimate["level"] for data in metrics["sources"].values() for estimate in data["metrics"].values()]
    return float(levels[0]) if levels else 0.95


def _metric_row(metrics: say.Metrics, name: str, facts: Facts) -> MetricRow:
    estimates = [data["metrics"].get(name) for data in metrics["sources"].values()]
    fact = facts.get(name)
    best = best_value(name, fact.best) if fact else ""
    warnings = dict.fromkeys(warning for estimate in estimates if estimate for warning in estimate["warnings"])
    cells = tuple(None if estimate is None else written(name, estimate) for estimate in estimates)
    return MetricRow(title_of(name, facts), fact.meaning if fact else "", best, cells, tuple(warnings))


def _groups(metrics: say.Metrics) -> tuple[GroupRow, ...]:
    per_source = [data.get("groups", {}) for data in metrics["sources"].values()]
    names = dict.fromkeys(name for groups in per_source for name in groups)
    return tuple(
        GroupRow(cut(name, LONGEST_NAME), tuple(_group_cell(groups.get(name)) for groups in per_source))
        for name in names
    )


def _group_cell(group: Mapping[str, Any] | None) -> GroupCell | None:
    if group is None:
        return None
    missing = {"value": None, "low": None, "high": None, "undefined": "it was not measured"}
    right, says, auroc = (group["metrics"].get(name, missing) for name in ("accuracy", "mean_confidence", "auroc"))
    return GroupCell(
        n=group["n"],
        accuracy=written("accuracy", right),
        mean_confidence=written("mean_confidence", says),
        auroc=written("auroc", auroc),
        right=right["value"],
        says=says["value"],
        side=_side(group["metrics"]),
    )


def _measured(metrics: say.Metrics, facts: Facts) -> Iterable[str]:
    """Say how many answers stand behind the numbers and how the intervals were made."""
    used = ", ".join(f"{data['n']:,} by {say.source_words(s).title}" for s, data in metrics["sources"].items())
    yield f"{metrics['n_items']:,} questions asked; usable: {used or 'none'}."
    methods: dict[tuple[Any, Any], list[str]] = {}
    for data in metrics["sources"].values():
        for name, estimate in data["metrics"].items():
            if estimate["low"] is not None:
                titles = methods.setdefault((estimate["level"], estimate["method"]), [])
                if title_of(name, facts) not in titles:
                    titles.append(title_of(name, facts))
    for (level, method), titles in methods.items():
        yield f"{100 * level:g} % intervals by {method}: {', '.join(titles)}."
    yield f"Bands in the diagrams: exact {100 * _level(metrics):g} % intervals. Nothing that is missing was filled in."
