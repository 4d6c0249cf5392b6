"""From answered rows to the metrics object: per source of confidence, what can be used, and every number on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.evaluation import evaluate_counts
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.worst_case import Missing, worst_case
from selfexplain.errors import NothingUsable
from selfexplain.inference import Estimate
from selfexplain.pipeline.answered_rows import AnsweredRows, AskedItems
from selfexplain.pipeline.count import Counted, counted
from selfexplain.pipeline.repeats import Key, asked_again
from selfexplain.records import RANKS_ONLY, SCHEMA_VERSION, Answered, Item, Record, Source

BOUNDED = ("accuracy", "gap", "brier", "ece", "auroc")
"""What is bounded over everything that the missing answers could have been."""

LEVEL = 0.95
"""Of the intervals."""

WHAT_MAY_HELP = (
    "another template may suit this model better; small ones follow examples (few-shot), or need state no number "
    "(p-true, self-consistency)"
)
"""Where no confidence could be read."""

ONE_VALUE_SHARE = 0.95
"""A confidence that says the same number this often cannot tell one answer from another."""


def evaluate_sources(
    sources: Mapping[Source, Sequence[Answered]],
    *,
    metrics: Iterable[Metric[...]],
    about: Mapping[str, Any],
    warnings: Iterable[str] = (),
    answers: Mapping[Key, str] | None = None,
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
    answers : mapping of (Item, repeat) to text, optional
        What was answered, to tell whether repeats agree.

    Raises
    ------
    NothingUsable
        When no source has a single usable row.
    """
    counts = {source: counted(rows) for source, rows in sources.items()}
    found = {source: asked_again(rows, answers) for source, rows in sources.items()}
    repeats = {source: noise for source, noise in found.items() if noise is not None}
    return evaluate_counted(counts, metrics=metrics, about=about, warnings=warnings, repeats=repeats)


def evaluate_counted(
    sources: Mapping[Source, Counted],
    *,
    metrics: Iterable[Metric[...]],
    about: Mapping[str, Any],
    warnings: Iterable[str] = (),
    repeats: Mapping[Source, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the metrics object of rows that have been counted; the rest is as in :func:`evaluate_sources`.

    Parameters
    ----------
    repeats : mapping of source to mapping, optional
        What :func:`asked_again` says of the same rows, where Items were asked several times.
    """
    chosen = list(metrics)
    measured = {source: evaluate_source(counts, chosen, source) for source, counts in sources.items()}
    for source, noise in (repeats or {}).items():
        measured[source]["repeats"] = noise
    first = next(iter(sources))
    if not any(each["n"] for each in measured.values()):
        raise NothingUsable(
            f"none of {sources[first].n_answers} answers can be used: {in_words(measured[first]['excluded'])}",
            hint=f"look at the raw replies: {WHAT_MAY_HELP}",
        )
    return {
        "schema_version": SCHEMA_VERSION,
        **about,
        "n_items": sources[first].n_items,
        "n_answers": sources[first].n_answers,
        "coverage": measured[first]["coverage"],
        "excluded": measured[first]["excluded"],
        "warnings": [*warnings, *(word for source in sources for word in remarks(source, measured[source]))],
        "sources": measured,
    }


def evaluate_source(counts: Counted, metrics: Sequence[Metric[...]], source: Source = "stated") -> dict[str, Any]:
    """Return everything that is measured of one source of confidence."""
    suited = [metric for metric in metrics if source not in RANKS_ONLY or metric.facts.ranks]
    numbers = evaluate_counts(counts.counts, counts.groups, metrics=suited).to_dict()
    if source in RANKS_ONLY:
        numbers = with_undefined(numbers, [metric.facts.name for metric in metrics])
    for name in counts.missing_in.keys() & counts.groups.keys():
        numbers["groups"][name]["worst_case"] = bounds_of(counts.groups[name], counts.missing_in[name], source)
    return {
        **numbers,
        "coverage": counts.coverage.to_dict(),
        "excluded": dict(counts.excluded),
        **({"worst_case": bounds_of(counts.counts, counts.missing, source)} if counts.missing.total else {}),
    }


def bounds_of(counts: Counts, missing: Missing, source: Source) -> dict[str, Any]:
    """Return what the numbers over everything that was asked could be; an order has no gap, Brier score or ECE."""
    bounds = worst_case(counts.pooled, missing)
    no_probability = ("gap", "brier", "ece") if source in RANKS_ONLY else ()
    found = {name: getattr(bounds, name) for name in BOUNDED if name not in no_probability}
    return {
        "n": bounds.n,
        "missing": bounds.missing._asdict(),
        **{name: None if ends is None else {"low": ends[0], "high": ends[1]} for name, ends in found.items()},
    }


ORDER_ONLY = "this source only puts answers in order: its numbers are no probabilities"


def with_undefined(numbers: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the numbers of a source that is no probability, with the reason in the place of every other metric."""

    def whole(part: Mapping[str, Any]) -> dict[str, Any]:
        found = part["metrics"]
        missing = Estimate.missing(ORDER_ONLY, n=part["n"], level=LEVEL).to_dict()
        return {**part, "metrics": {name: found.get(name, missing) for name in names}}

    return {**whole(numbers), "groups": {name: whole(group) for name, group in numbers["groups"].items()}}


def rows_by_source(records: Iterable[Record], items: Mapping[str, Item]) -> dict[Source, AnsweredRows]:
    """Return the rows of every source that a Run's Records hold, with or without values; those of an Item are together.

    Examples
    --------
    >>> rows_by_source([], {})
    {}
    """
    asked = AskedItems()
    sources: dict[Source, AnsweredRows] = {}
    for record in records:
        place = asked.place_of(items[record.item])
        correct = {"correct": True, "wrong": False}.get(record.verdict or "")
        for source, reading in record.report.confidence.items():
            if source not in sources:
                sources[source] = AnsweredRows(asked)
            sources[source].append(place, reading.value, correct, record.status[source], record.repeat)
    return sources


def rows_of(records: Iterable[Record], items: Mapping[str, Item]) -> dict[Source, AnsweredRows]:
    """Return the rows of the sources that a Run's Records have something to say of.

    A source that the provider never gave (no log-probabilities, say) is left out, unless it was asked for in words.
    """
    sources = rows_by_source(records, items)
    given = {source: rows for source, rows in sources.items() if source == "stated" or rows.has_values}
    return given or sources


def remarks(source: Source, measured: Mapping[str, Any]) -> Iterable[str]:
    """Yield what a reader of the numbers must know about one source."""
    n = measured["n"]
    if not n and source == "stated":
        yield f"no stated confidence can be used: {WHAT_MAY_HELP}"
    # The others have a value each at most: a million different ones need not be looked through.
    if n and len(measured["table"]) <= (1 - ONE_VALUE_SHARE) * n + 1:
        value, most, _ = max(measured["table"], key=lambda row: row[1])
        if most > ONE_VALUE_SHARE * n and n > 1:
            yield f"{source}: {most} of {n} answers have the same confidence, {value:.0%}; it cannot tell them apart"


def in_words(excluded: Mapping[str, int]) -> str:
    """Return exclusions as people read them: `2 no_confidence, 1 failed`."""
    return ", ".join(f"{n} {status}" for status, n in excluded.items()) or "nothing was asked"
