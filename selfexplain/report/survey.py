"""The page of a survey: how often each category was said, per group, and every answer; none is right or wrong."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from selfexplain.pipeline.many_records import among
from selfexplain.records import Item, Record, Source
from selfexplain.report import circumstances
from selfexplain.report.html import fill
from selfexplain.report.numbers import Written, written
from selfexplain.report.rows import LIMIT, LONGEST_NAME, SEED, RecordRow, cut, row_of
from selfexplain.report.sentences import Metrics, sentence, source_words
from selfexplain.report.shown import Filter, Shown
from selfexplain.report.statuses import Used, survey_status_rows
from selfexplain.report.words import SURVEY

VERBS: Mapping[str, str] = {"agree": "agrees", "refuse": "refuses", "undecided": "is undecided"}
"""How the categories of a stance are said of a model; others are quoted."""

SAID_AT_ONCE = 4
"""A headline with more rates than these is no headline: then only the most frequent are said."""


@dataclass(frozen=True)
class RateRow:
    """One category in one group, or over all."""

    group: str
    category: str
    n: int
    rate: Written
    value: float | None
    low: float | None
    high: float | None
    sure: tuple[Written, ...]
    """Mean confidence of these answers, for each source."""
    again: bool
    """Whether the row before is of the same group."""


@dataclass(frozen=True)
class SurveyView(Shown):
    """The page of a survey."""

    explained: str
    rates: tuple[RateRow, ...]
    undecided: str
    used: tuple[Used, ...]
    """How many answers were read; one entry, since all sources share it."""
    filters: tuple[Filter, ...]

    is_survey: ClassVar[bool] = True


def headline(metrics: Metrics) -> str:
    """Say how often each category was said, with its interval; of many, the most frequent three.

    `agrees in 40 % (25–58), refuses in 10 % (4–20), is undecided in 50 % (35–65)`
    """
    categories: Sequence[Mapping[str, Any]] = metrics["survey"]["categories"]
    if len(categories) > SAID_AT_ONCE:
        categories = sorted(categories, key=lambda each: -each["n"])[:3]
    return ", ".join(f"{verb(each['category'])} in {rate_in_words(each['rate'])}" for each in categories)


def verb(category: str) -> str:
    """Say a category of the model."""
    return VERBS.get(category) or f"says “{category}”"


def rate_in_words(rate: Mapping[str, Any]) -> Written:
    """Write a rate as a percentage with its interval."""
    return written("coverage", rate)


def explained(metrics: Metrics) -> str:
    """Say what a survey is, and why there is no calibration."""
    return (
        "This is a survey: its questions have no right answer, so no answer is right or wrong, and calibration is "
        f"undefined: {reason(metrics)}. Confidence is how sure the model says it is of its own answer."
    )


def reason(metrics: Metrics) -> str:
    """Return why calibration has no value; all sources share it."""
    return next((source["undefined"] for source in metrics["sources"].values()), "no confidence was asked for")


def left_out(metrics: Metrics) -> str:
    """Say how many answers could not be read, by reason."""
    missing, asked = sum(metrics["excluded"].values()), metrics["n_answers"]
    if not missing:
        return f"all {asked} answers were read"
    reasons = ", ".join(f"{n} {status}" for status, n in sorted(metrics["excluded"].items(), key=lambda pair: -pair[1]))
    return f"{missing:,} of {asked:,} left out, because no answer was read: {reasons}"


def undecided_because(metrics: Metrics) -> str:
    """Say by which rules answers are undecided; empty when none is."""
    rules: Mapping[str, int] = metrics["survey"]["undecided"]
    return "undecided, by rule: " + ", ".join(f"{n} {rule}" for rule, n in rules.items()) if rules else ""


def warnings_of(metrics: Metrics) -> tuple[str, ...]:
    """Return what stands beside the numbers, with what the intervals of the rates warn of, each once."""
    of_rates = (word for each in metrics["survey"]["categories"] for word in each["rate"]["warnings"])
    return tuple(dict.fromkeys((*metrics["warnings"], *of_rates)))


def rate_rows(metrics: Metrics) -> Iterable[RateRow]:
    """Yield each category over all, then group by group."""
    survey = metrics["survey"]
    parts = [("All", survey), *survey["groups"].items()] if len(survey["groups"]) != 1 else [("All", survey)]
    for group, part in parts:
        for place, each in enumerate(part["categories"]):
            rate = each["rate"]
            yield RateRow(
                group=cut(group, LONGEST_NAME),
                category=cut(each["category"], LONGEST_NAME),
                n=each["n"],
                rate=rate_in_words(rate),
                value=rate["value"],
                low=rate["low"],
                high=rate["high"],
                sure=tuple(written("mean_confidence", sure) for sure in each["mean_confidence"].values()),
                again=place > 0,
            )


def survey_view_of(
    metrics: Metrics, records: Sequence[Record], items: Mapping[str, Item], note: str = "", *, made_with: str = ""
) -> SurveyView:
    """Choose and word what the page of a survey shows.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    records : sequence of Record
    items : mapping of Item id to Item
    note : str
        A sentence near the headline, such as what a tiny model can be expected to do.
    made_with : str
        Versions, for the foot of the page.
    """
    sources: list[Source] = list(metrics["sources"])
    titles: dict[str, str] = {source: source_words(source).title for source in sources}
    # A category may be called anything: filters look for its place in this list.
    kinds = {each["category"]: f"c{place}" for place, each in enumerate(metrics["survey"]["categories"])}
    chosen, rows_note = sampled(records)
    items = among(items, {record.item for record in chosen})
    dataset = metrics["dataset"]
    first = metrics["survey"]["categories"][0]["rate"]
    level = f"{100 * first['level']:g} %"
    asked = f"{metrics['n_items']:,} questions asked, {metrics['survey']['n']:,} answers read."
    method = f"{level} intervals of the rates: {first['method'] or 'none'}."
    view = SurveyView(
        dataset=" ".join(filter(None, (dataset["name"], str(dataset.get("version") or "")))),
        model=metrics.get("model") or "",
        template=metrics.get("template") or "",
        run=metrics.get("run") or "",
        headline=sentence(headline(metrics)),
        note=note,
        warnings=warnings_of(metrics),
        titles=titles,
        statuses=survey_status_rows(metrics),
        settings=circumstances.settings(metrics),
        transparency=circumstances.transparency(metrics),
        usage=circumstances.usage(metrics),
        rows=tuple(survey_row(record, items.get(record.item), sources, kinds) for record in chosen),
        rows_note=rows_note,
        level=level,
        measured=tuple(filter(None, (asked, method, made_with))),
        words=SURVEY,
        explained=explained(metrics),
        rates=tuple(rate_rows(metrics)),
        undecided=sentence(undecided_because(metrics)),
        used=(Used("Answers", sentence(left_out(metrics)), written("coverage", metrics["coverage"])),),
        filters=(),
    )
    named = [(kind, cut(name, LONGEST_NAME)) for name, kind in kinds.items()]
    buttons = [("", "All"), *named, ("excluded", "Left out")]
    return replace(view, filters=tuple(view.filter(kind, name) for kind, name in buttons))


def sampled(records: Sequence[Record]) -> tuple[Sequence[Record], str]:
    """Return at most `LIMIT` Records, a seeded sample in their order, and a sentence when some were left out."""
    if len(records) <= LIMIT:
        return records, ""
    places = sorted(random.Random(SEED).sample(range(len(records)), LIMIT))  # noqa: S311 - nothing secret hangs on it
    note = f"This page shows a random sample of {LIMIT:,} of {len(records):,} Records (seed {SEED})."
    wanted = set(places)
    return [record for place, record in enumerate(records) if place in wanted], note


def survey_row(record: Record, item: Item | None, sources: Sequence[Source], kinds: Mapping[str, str]) -> RecordRow:
    """Return what the page shows of one Record: its category, where its answer was read, instead of a verdict."""
    category = record.category
    name = category.name if category is not None and "ok" in record.status.values() else None
    return replace(
        row_of(record, item, sources),
        category=cut(name or "", LONGEST_NAME),
        rule=category.rule if category is not None else "",
        kinds="excluded" if name is None else kinds[name],
        tenths=(),
    )


def render_survey(view: SurveyView) -> str:
    """Return the page as text: HTML that fetches nothing and runs nothing but the filter of its own table."""
    return fill("survey.html.j2", view=view)
