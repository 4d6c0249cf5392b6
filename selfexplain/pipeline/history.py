"""A metric over Runs in the order in which they were asked: one series for each dataset and source, never pooled."""

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from selfexplain.calibration.metric import Metric
from selfexplain.inference import Estimate
from selfexplain.pipeline.count import counted
from selfexplain.pipeline.evaluate import evaluate_source
from selfexplain.records import SCHEMA_VERSION, Answered
from selfexplain.runs.answers import Answers
from selfexplain.runs.asked import Asked

OTHER_ITEMS = (
    "not every run asked the same Items: part of a difference may be the Items; `selfexplain compare` takes two runs "
    "answer by answer"
)
NO_TIME = "a FILE does not say when it was asked: such runs stand last, in the order given"


class Side(NamedTuple):
    """What one run answered, and when it was asked."""

    answers: Answers
    asked: Asked | None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One run in a series."""

    name: str
    """Its folder, its file or its baseline's name."""
    asked: datetime | None
    """When its first call was made, UTC; None for a FILE."""
    asked_last: datetime | None
    model: str
    template: str
    n: int
    """Usable answers, on which the estimate rests."""
    n_asked: int
    coverage: Estimate
    estimate: Estimate


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Runs whose numbers may stand side by side."""

    dataset: str
    source: str
    about: str
    template: str = ""
    """Where the metric must not be compared across templates, the one of this series."""
    points: tuple[Point, ...]
    baseline: Point | None = None
    remarks: tuple[str, ...] = ()


class Unread(msgspec.Struct, frozen=True):
    """A run that has no place in any series, and why."""

    name: str
    why: str


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A metric over runs."""

    metric: str
    series: tuple[Series, ...]
    unread: tuple[Unread, ...] = ()
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return strict JSON values."""
        return {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(self)}


def history(
    sides: Sequence[Side], metric: Metric[...], *, unread: Iterable[Unread] = (), baseline: Answers | None = None
) -> History:
    """Measure runs, and put them into series.

    Parameters
    ----------
    sides : sequence of Side
    metric : metric function
    unread : iterable of Unread
        What could not be read.
    baseline : Answers, optional
        Stands beside the series whose Items and source it shares.
    """
    by_key: dict[Hashable, list[Side]] = {}
    for side in sides:
        by_key.setdefault(key_of(side.answers, metric), []).append(side)
    fixed = None if baseline is None else (key_of(baseline, metric), point_of(Side(baseline, None), metric))
    series = tuple(
        series_of(group, metric, fixed[1] if fixed is not None and fixed[0] == key else None)
        for key, group in by_key.items()
    )
    remarks = []
    if fixed is not None and fixed[0] not in by_key:
        remarks.append(f"the baseline {fixed[1].name} is of other Items or another source than every run here")
    return History(metric=metric.facts.name, series=series, unread=tuple(unread), remarks=tuple(remarks))


def key_of(answers: Answers, metric: Metric[...]) -> Hashable:
    """Return what two runs must share to stand in one series.

    Of Runs the questions and gold answers, as their hash; of FILEs, which hold neither, the names of the Items.
    """
    known = answers.provenance
    what = known.dataset_hash if known.kind == "run" else digest(answers.rows)
    # A metric with one bin per stated value changes with how fine a template's scale is.
    template = known.template if "distinct" in metric.facts.name else ""
    return (known.kind, known.dataset if known.kind == "run" else "", what, known.about, answers.source, template)


def digest(rows: Iterable[Answered]) -> str:
    """Return the hash of the Items that rows are about."""
    return hashlib.sha256(msgspec.json.encode(sorted({row.item for row in rows}))).hexdigest()


def series_of(group: Sequence[Side], metric: Metric[...], baseline: Point | None) -> Series:
    """Return runs as a series, in the order in which they were asked."""
    dated = sorted((side for side in group if side.asked is not None), key=lambda side: (side.asked, side.answers.name))
    ordered = [*dated, *(side for side in group if side.asked is None)]
    first = group[0].answers
    known = first.provenance
    remarks = [] if dated == ordered else [NO_TIME]
    if len({digest(side.answers.rows) for side in group}) > 1:
        remarks.append(OTHER_ITEMS)
    for side in ordered:
        asked, there = len({row.item for row in side.answers.rows}), len(side.answers.provenance.items)
        if asked < there:
            remarks.append(f"{side.answers.name}: {asked:,} of {there:,} Items asked")
    name = f"{known.dataset} {known.dataset_version}".strip() if known.kind == "run" else files_named(group)
    return Series(
        dataset=name,
        source=first.source,
        about=known.about,
        template=known.template if "distinct" in metric.facts.name else "",
        points=tuple(point_of(side, metric) for side in ordered),
        baseline=baseline,
        remarks=tuple(remarks),
    )


def files_named(group: Sequence[Side]) -> str:
    """Return what tables of the same Items are called together."""
    items = len({row.item for row in group[0].answers.rows})
    return group[0].answers.provenance.dataset if len(group) == 1 else f"{len(group)} FILEs of {items:,} Items"


def point_of(side: Side, metric: Metric[...]) -> Point:
    """Measure one run."""
    answers, known = side.answers, side.answers.provenance
    found = evaluate_source(counted(answers.rows), [metric])
    return Point(
        name=answers.name,
        asked=None if side.asked is None else side.asked.first,
        asked_last=None if side.asked is None else side.asked.last,
        model=known.model,
        template=known.template,
        n=found["n"],
        n_asked=len(answers.rows),
        coverage=msgspec.convert(found["coverage"], Estimate),
        estimate=msgspec.convert(found["metrics"][metric.facts.name], Estimate),
    )
