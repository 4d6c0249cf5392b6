"""Exactly what the page shows: every sentence, number and Record of it, and nothing that is not shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from selfexplain.pipeline.many_records import among
from selfexplain.records import Item, Record
from selfexplain.report import circumstances
from selfexplain.report import sentences as say
from selfexplain.report.again import asked_again
from selfexplain.report.cards import Card, card_of
from selfexplain.report.cautions import IN_A_GROUP, MARK, any_group_too_narrow, cautions, methods, notes, too_narrow
from selfexplain.report.claimed import AgainRow, ClaimRow, again_rows, claim_rows
from selfexplain.report.explained import calibration_explained
from selfexplain.report.explained_by import ExplainedBy
from selfexplain.report.facts import Facts, title_of
from selfexplain.report.families import FAMILY_NAMES, HEADLINE, SUMMARY, family_of
from selfexplain.report.group_bounds import group_bounds
from selfexplain.report.numbers import Written, best_value, written
from selfexplain.report.rows import LONGEST_NAME, SURE, choose, cut, row_of
from selfexplain.report.shown import Filter, Shown
from selfexplain.report.statuses import status_rows
from selfexplain.report.words import Words, words_for

FEW = 6
"""So many metrics beyond the headline ones stay open: somebody asked for them by name."""

IN_GROUPS = ("gap", "accuracy", "mean_confidence", "auroc")
"""What the table of groups shows."""


@dataclass(frozen=True)
class MetricRow:
    """One metric, pooled: a cell per source, None where that source has none."""

    name: str
    title: str
    meaning: str
    best: str
    cells: tuple[Written | None, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class GroupCell:
    """One group under one source; None is what was not asked for."""

    n: int
    gap: Written | None
    accuracy: Written | None
    mean_confidence: Written | None
    auroc: Written | None


@dataclass(frozen=True)
class GroupRow:
    """One group: a cell per source, None where the source has no usable answer in it."""

    name: str
    cells: tuple[GroupCell | None, ...]


@dataclass(frozen=True)
class RunView(Shown):
    """The page of a Run or of a file."""

    subline: str
    caveat: str
    """What is missing, when that could turn the headline round; else empty."""
    cards: tuple[Card, ...]
    calibration: tuple[str, ...]
    """What calibration is, in the numbers of this Run."""
    metrics: tuple[MetricRow, ...]
    """All metrics, in the order of the metrics object."""
    families: tuple[tuple[str, tuple[MetricRow, ...]], ...]
    """Those that are folded away, by family; empty where there are few."""
    cautions: tuple[str, ...]
    """Which intervals of the headline metrics are too narrow, and why."""
    methods: str
    """How the intervals of a summary were made."""
    notes: tuple[str, ...]
    """What else must be known of the numbers of a summary: why there is no value, no interval, or any warning."""
    groups: tuple[GroupRow, ...]
    group_mix: str
    group_caution: str
    """What the mark of a number in a group says; empty where none has it."""
    group_bounds: tuple[str, ...]
    """What is missing in groups, and what it could change; empty where it is little."""
    again: tuple[tuple[str, str], ...]
    """The title of each source that was asked more than once, and what its repeats show."""
    sure: str
    words: Words
    claims: tuple[ClaimRow, ...] = ()
    """What the explanations claim; empty where none was asked for."""
    edited: tuple[AgainRow, ...] = ()
    """What was answered to questions that the model itself edited."""
    evidence: ExplainedBy | None = None
    """What witnesses say of the explanations; None where none has looked."""

    is_survey: ClassVar[bool] = False

    @property
    def used(self) -> tuple[Card, ...]:
        """What says how much of what was asked could be used: each source for itself."""
        return self.cards

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The buttons above the Records."""
        return (
            self.filter("", "All"),
            self.filter("wrong", self.words.wrong.capitalize()),
            self.filter("wrong sure", self.words.wrong_and_sure.format(self.sure)),
            self.filter("right", self.words.right.capitalize()),
            self.filter("excluded", "Left out"),
        )

    @property
    def main_metrics(self) -> tuple[MetricRow, ...]:
        """Those metrics that are not folded away."""
        folded = {row.name for _, rows in self.families for row in rows}
        return tuple(row for row in self.metrics if row.name not in folded)


def view_of(
    metrics: say.Metrics,
    facts: Facts,
    records: Sequence[Record] = (),
    items: Mapping[str, Item] | None = None,
    note: str = "",
    *,
    made_with: str = "",
    evidence: ExplainedBy | None = None,
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
    evidence : ExplainedBy, optional
        What witnesses say of the explanations.

    Returns
    -------
    RunView
    """
    sources = list(metrics["sources"])
    chosen, rows_note = choose(records, sources[0]) if sources else ([], "")
    items = among(items or {}, {record.item for record in chosen})
    dataset = metrics["dataset"]
    rows = tuple(_metric_row(metrics, name, facts) for name in _names(metrics))
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
        cards=tuple(card_of(metrics, source, facts) for source in sources),
        calibration=calibration_explained(metrics, sources[0]) if sources else (),
        metrics=rows,
        families=by_family(rows),
        cautions=cautions(metrics, facts, among=HEADLINE),
        methods=methods(metrics, facts, among=SUMMARY),
        notes=notes(metrics, facts, among=SUMMARY),
        groups=_groups(metrics),
        group_mix=say.sentence(say.group_mix(metrics, sources[0])) if sources else "",
        group_caution=IN_A_GROUP if any_group_too_narrow(metrics, IN_GROUPS) else "",
        group_bounds=group_bounds(metrics),
        titles={source: say.source_words(source).title for source in sources},
        statuses=status_rows(metrics),
        settings=circumstances.settings(metrics),
        transparency=circumstances.transparency(metrics),
        usage=circumstances.usage(metrics),
        rows=tuple(row_of(record, items.get(record.item), sources) for record in chosen),
        rows_note=rows_note,
        again=asked_again(metrics),
        sure=f"{100 * SURE:.0f} %",
        level=f"{100 * _level(metrics):g} %",
        words=words_for(metrics["about"]),
        measured=tuple(filter(None, (*_measured(metrics, facts), made_with))),
        claims=claim_rows(metrics),
        edited=again_rows(metrics),
        evidence=evidence,
    )


def by_family(rows: Sequence[MetricRow]) -> tuple[tuple[str, tuple[MetricRow, ...]], ...]:
    """Sort the metrics beyond the headline ones into families; nothing when they are few enough to stand open."""
    further = [row for row in rows if row.name not in HEADLINE]
    if len(further) <= FEW:
        return ()
    families = {family: tuple(row for row in further if family_of(row.name) == family) for family in FAMILY_NAMES}
    return tuple((family, found) for family, found in families.items() if found)


def _names(metrics: say.Metrics) -> list[str]:
    """Return the names of all metrics of all sources, each once, in order."""
    return list(dict.fromkeys(name for data in metrics["sources"].values() for name in data["metrics"]))


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
    return MetricRow(name, title_of(name, facts), fact.meaning if fact else "", best, cells, tuple(warnings))


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

    def cell(name: str) -> Written | None:
        estimate = group["metrics"].get(name)
        return estimate and replace(written(name, estimate), mark=MARK if too_narrow(estimate) else "")

    return GroupCell(group["n"], *map(cell, IN_GROUPS))


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
    yield (
        f"Lines through the dots of a diagram: exact intervals that hold together with {100 * _level(metrics):g} %. "
        "Nothing that is missing was filled in."
    )
