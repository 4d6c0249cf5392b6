"""From answered rows to the metrics object: per source of confidence, what can be used, and every number on it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from selfexplain.calibration.evaluation import evaluate
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.usable_share import coverage
from selfexplain.datasets.confidences import Answered
from selfexplain.errors import InputError
from selfexplain.inference import Estimate
from selfexplain.records import RANKS_ONLY, SCHEMA_VERSION, STATUSES, Item, Record, Source

LEVEL = 0.95
"""Of the intervals."""

ONE_VALUE_SHARE = 0.95
"""A confidence that says the same number this often cannot tell one answer from another."""


def evaluate_sources(
    sources: Mapping[Source, Sequence[Answered]],
    *,
    metrics: Iterable[Metric[...]],
    about: Mapping[str, Any],
    warnings: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the metrics object: what `--json` prints, `metrics.json` holds and the page shows.

    Parameters
    ----------
    sources : mapping of source to rows
        Every row that was asked, usable or not; the first source is the one the top level speaks of.
    metrics : iterable of metric functions
    about : mapping
        Facts that stand beside the numbers: run, dataset, model, template, what the confidence is about.
    warnings : iterable of str
        Sentences that belong beside the numbers.

    Raises
    ------
    InputError
        When no source has a single usable row.
    """
    chosen = list(metrics)
    measured = {source: evaluate_source(rows, chosen, source) for source, rows in sources.items()}
    first = next(iter(sources))
    if not any(each["n"] for each in measured.values()):
        raise InputError(
            f"none of {len(sources[first])} answers can be used: {in_words(measured[first]['excluded'])}",
            hint="look at the raw replies: another template may suit this model better",
        )
    return {
        "schema_version": SCHEMA_VERSION,
        **about,
        "n_items": len({row.item for row in sources[first]}),
        "n_answers": len(sources[first]),
        "coverage": measured[first]["coverage"],
        "excluded": measured[first]["excluded"],
        "warnings": [*warnings, *(word for source in sources for word in remarks(source, measured[source]))],
        "sources": measured,
    }


def evaluate_source(
    rows: Sequence[Answered], metrics: Sequence[Metric[...]], source: Source = "stated"
) -> dict[str, Any]:
    """Return everything that is measured of one source of confidence."""
    usable = [row for row in rows if row.status == "ok"]
    counts = Counter(row.status for row in rows)
    evaluation = evaluate(
        [row.confidence for row in usable if row.confidence is not None],
        [bool(row.correct) for row in usable],
        metrics=[metric for metric in metrics if source not in RANKS_ONLY or metric.facts.ranks],
        group=[row.group for row in usable],
        cluster=[row.cluster for row in usable],
    )
    numbers = evaluation.to_dict()
    if source in RANKS_ONLY:
        numbers = with_undefined(numbers, [metric.facts.name for metric in metrics])
    return {
        **numbers,
        "coverage": coverage([row.status == "ok" for row in rows], cluster=[row.cluster for row in rows]).to_dict(),
        "excluded": {status: counts[status] for status in STATUSES if status != "ok" and counts[status]},
    }


ORDER_ONLY = "this source only puts answers in order: its numbers are no probabilities"


def with_undefined(numbers: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the numbers of a source that is no probability, with the reason in the place of every other metric."""

    def whole(part: Mapping[str, Any]) -> dict[str, Any]:
        found = part["metrics"]
        missing = Estimate.missing(ORDER_ONLY, n=part["n"], level=LEVEL).to_dict()
        return {**part, "metrics": {name: found.get(name, missing) for name in names}}

    return {**whole(numbers), "groups": {name: whole(group) for name, group in numbers["groups"].items()}}


def rows_by_source(records: Iterable[Record], items: Mapping[str, Item]) -> dict[Source, list[Answered]]:
    """Return the rows of every source that a Run's Records hold, with or without values."""
    sources: dict[Source, list[Answered]] = {}
    for record in records:
        item = items[record.item]
        for source, reading in record.report.confidence.items():
            sources.setdefault(source, []).append(
                Answered(
                    item=record.item,
                    cluster=item.drawn_with,
                    group=item.group,
                    confidence=reading.value,
                    correct={"correct": True, "wrong": False}.get(record.verdict or ""),
                    status=record.status[source],
                    repeat=record.repeat,
                )
            )
    return sources


def rows_of(records: Iterable[Record], items: Mapping[str, Item]) -> dict[Source, list[Answered]]:
    """Return the rows of the sources that a Run's Records have something to say of.

    A source that the provider never gave (no log-probabilities, say) is left out, unless it was asked for in words.
    """
    sources = rows_by_source(records, items)
    given = {
        source: rows
        for source, rows in sources.items()
        if source == "stated" or any(row.confidence is not None for row in rows)
    }
    return given or sources


def remarks(source: Source, measured: Mapping[str, Any]) -> Iterable[str]:
    """Yield what a reader of the numbers must know about one source."""
    n = measured["n"]
    if n:
        value, most, _ = max(measured["table"], key=lambda row: row[1])
        if most > ONE_VALUE_SHARE * n and n > 1:
            yield f"{source}: {most} of {n} answers have the same confidence, {value:.0%}; it cannot tell them apart"


def in_words(excluded: Mapping[str, int]) -> str:
    """Return exclusions as people read them: `2 no_confidence, 1 failed`."""
    return ", ".join(f"{n} {status}" for status, n in excluded.items()) or "nothing was asked"
