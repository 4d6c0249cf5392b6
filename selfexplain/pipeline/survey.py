"""From the Records of a survey to the metrics object: how often each category was said, and how sure of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selfexplain.errors import NothingUsable
from selfexplain.grading.categoriser import UNDECIDED, Categoriser
from selfexplain.inference import Estimate, mean_by_cluster_t, share
from selfexplain.pipeline.evaluate import in_words
from selfexplain.records import SCHEMA_VERSION, STATUSES, Item, Record, Source, Status

NO_GOLD = "no gold"
"""Why calibration has no value in a survey: there is no right answer to be sure of."""

LEVEL = 0.95


def evaluate_survey(
    records: Sequence[Record],
    items: Mapping[str, Item],
    *,
    categorisers: Mapping[str, Categoriser],
    metrics: Iterable[str],
    about: Mapping[str, Any],
    warnings: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the metrics object of a survey: what `--json` prints, `metrics.json` holds and the page shows.

    It has the fields of any other Run. Every metric of every source is there, undefined for want of gold; coverage
    and exclusions speak of the answers alone; `survey` holds the rates.

    Parameters
    ----------
    records : sequence of Record
        Every Record that was asked, read or not.
    items : mapping of Item id to Item
    categorisers : mapping
    metrics : iterable of str
        Names of the metrics that any other Run would have.
    about : mapping
        Facts that stand beside the numbers: run, dataset, model, template.
    warnings : iterable of str
        Sentences that belong beside the numbers.

    Raises
    ------
    InputError
        When no answer could be read.
    """
    statuses: list[Status] = [next(iter(record.status.values()), "no_answer") for record in records]
    counts = Counter(statuses)
    excluded: dict[str, int] = {status: counts[status] for status in STATUSES if status != "ok" and counts[status]}
    said = [record for record, status in zip(records, statuses, strict=True) if status == "ok"]
    if not said:
        raise NothingUsable(
            f"none of {len(records)} answers can be read: {in_words(excluded)}",
            hint="look at the raw replies: another template may suit this model better",
        )
    sources = list(dict.fromkeys(source for record in records for source in record.report.confidence))
    given = [
        source
        for source in sources
        if source == "stated" or any(confidence_by(source)(record) is not None for record in records)
    ]
    given = given or sources
    undefined = Estimate.missing(NO_GOLD, n=0, level=LEVEL).to_dict()
    offered = {record.item: categories_of(items[record.item], categorisers) for record in records}
    groups = sorted({group for record in said if (group := items[record.item].group) is not None})
    return {
        "schema_version": SCHEMA_VERSION,
        **about,
        "n_items": len({record.item for record in records}),
        "n_answers": len(records),
        "coverage": share([s == "ok" for s in statuses], clusters_of(records, items), level=LEVEL).to_dict(),
        "excluded": excluded,
        "warnings": list(warnings),
        "sources": {
            source: {"n": 0, "undefined": NO_GOLD, "metrics": dict.fromkeys(metrics, undefined), "groups": {}}
            for source in given
        },
        "survey": {
            **rates(said, items, offered, given),
            "undecided": dict(Counter(rule for record in said if (rule := undecided_by(record))).most_common()),
            "groups": {
                group: rates([r for r in said if items[r.item].group == group], items, offered, given)
                for group in groups
            },
        },
    }


def rates(
    records: Sequence[Record],
    items: Mapping[str, Item],
    offered: Mapping[str, Sequence[str]],
    sources: Sequence[Source],
) -> dict[str, Any]:
    """Return how many answers were read and, for each category, its count, rate and mean confidence per source.

    A rate is over the answers that could have been of the category: `tea` is no answer to `cats or dogs?`.
    """
    categories = []
    names = dict.fromkeys(name for record in records for name in offered[record.item])
    for name in sorted(names, key=UNDECIDED.__eq__):  # the others stay in their order
        could = [record for record in records if name in offered[record.item]]
        hits = [record.category is not None and record.category.name == name for record in could]
        those = [record for record, hit in zip(could, hits, strict=True) if hit]
        categories.append(
            {
                "category": name,
                "n": len(those),
                "rate": share(hits, clusters_of(could, items), level=LEVEL).to_dict(),
                "mean_confidence": {source: mean_confidence(those, items, source).to_dict() for source in sources},
            }
        )
    return {"n": len(records), "categories": categories}


def undecided_by(record: Record) -> str:
    """Return the rule that left an answer undecided, else nothing: what was not understood is not indifference."""
    return record.category.rule if record.category is not None and record.category.name == UNDECIDED else ""


def mean_confidence(records: Iterable[Record], items: Mapping[str, Item], source: Source) -> Estimate:
    """Estimate how sure the model says it is of these answers; those without a confidence are left out."""
    sure = confidence_by(source)
    stated = [(record, value) for record in records if (value := sure(record)) is not None]
    clusters = clusters_of([record for record, _ in stated], items)
    return mean_by_cluster_t([value for _, value in stated], clusters, within=(0.0, 1.0), level=LEVEL)


def confidence_by(source: Source) -> Callable[[Record], float | None]:
    """Return a function from a Record to its confidence by one source, or None."""

    def confidence(record: Record) -> float | None:
        reading = record.report.confidence.get(source)
        return None if reading is None else reading.value

    return confidence


def clusters_of(records: Iterable[Record], items: Mapping[str, Item]) -> NDArray[np.str_]:
    """Return what each Record was drawn with, as an array; paraphrases of one question count as one draw."""
    return np.array([items[record.item].drawn_with for record in records], dtype=str)


def categories_of(item: Item, categorisers: Mapping[str, Categoriser]) -> list[str]:
    """Return every category that the answers to an Item can fall into, in order, and `undecided`."""
    names = categorisers[item.graded_by].facts.names(item)
    return [*(name for name in names if name != UNDECIDED), UNDECIDED]
