"""From the Records of a survey to the metrics object: how often each category was said, and how sure of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

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
    statuses: list[Status] = []
    clusters: list[str] = []
    said: list[Said] = []
    valued: dict[Source, bool] = {}
    answering = Answering(items, categorisers)
    asked: set[str] = set()
    for record in records:  # once through, since they may be read from a file
        asked.add(record.item)
        statuses.append(next(iter(record.status.values()), "no_answer"))
        clusters.append(items[record.item].drawn_with)
        if statuses[-1] == "ok":
            said.append(answering.said(record))
        for source, reading in record.report.confidence.items():
            valued[source] = valued.get(source, False) or reading.value is not None
    counts = Counter(statuses)
    excluded: dict[str, int] = {status: counts[status] for status in STATUSES if status != "ok" and counts[status]}
    if not said:
        raise NothingUsable(
            f"none of {len(records)} answers can be read: {in_words(excluded)}",
            hint="look at the raw replies: another template may suit this model better",
        )
    given = [source for source, has_values in valued.items() if source == "stated" or has_values] or list(valued)
    undefined = Estimate.missing(NO_GOLD, n=0, level=LEVEL).to_dict()
    groups = sorted({each.group for each in said if each.group is not None})
    return {
        "schema_version": SCHEMA_VERSION,
        **about,
        "n_items": len(asked),
        "n_answers": len(records),
        "coverage": share([s == "ok" for s in statuses], np.array(clusters, dtype=str), level=LEVEL).to_dict(),
        "excluded": excluded,
        "warnings": list(warnings),
        "sources": {
            source: {"n": 0, "undefined": NO_GOLD, "metrics": dict.fromkeys(metrics, undefined), "groups": {}}
            for source in given
        },
        "survey": {
            **rates(said, given),
            "undecided": dict(Counter(each.undecided_by for each in said if each.undecided_by).most_common()),
            "groups": {group: rates([each for each in said if each.group == group], given) for group in groups},
        },
    }


class Said(NamedTuple):
    """An answer that was read: what the rates need to know of it."""

    cluster: str
    group: str | None
    category: str | None
    undecided_by: str
    """The rule that left it undecided, else nothing: what was not understood is not indifference."""
    offered: tuple[str, ...]
    """The categories that it could have been of."""
    confidence: tuple[tuple[Source, float], ...]


class Answering:
    """Makes what is said of Records, with the categories that many Items share once."""

    def __init__(self, items: Mapping[str, Item], categorisers: Mapping[str, Categoriser]) -> None:
        self._items, self._categorisers = items, categorisers
        self._offered: dict[tuple[str, ...], tuple[str, ...]] = {}

    def said(self, record: Record) -> Said:
        """Return what a Record's answer says."""
        item, category = self._items[record.item], record.category
        offered = tuple(categories_of(item, self._categorisers))
        stated = ((source, reading.value) for source, reading in record.report.confidence.items())
        return Said(
            cluster=item.drawn_with,
            group=item.group,
            category=None if category is None else category.name,
            undecided_by=category.rule if category is not None and category.name == UNDECIDED else "",
            offered=self._offered.setdefault(offered, offered),
            confidence=tuple((source, value) for source, value in stated if value is not None),
        )


def rates(said: Sequence[Said], sources: Sequence[Source]) -> dict[str, Any]:
    """Return how many answers were read and, for each category, its count, rate and mean confidence per source.

    A rate is over the answers that could have been of the category: `tea` is no answer to `cats or dogs?`.
    """
    categories = []
    names = dict.fromkeys(name for offered in dict.fromkeys(each.offered for each in said) for name in offered)
    for name in sorted(names, key=UNDECIDED.__eq__):  # the others stay in their order
        could = [each for each in said if name in each.offered]
        hits = [each.category == name for each in could]
        those = [each for each, hit in zip(could, hits, strict=True) if hit]
        categories.append(
            {
                "category": name,
                "n": len(those),
                "rate": share(hits, clusters_of(could), level=LEVEL).to_dict(),
                "mean_confidence": {source: mean_confidence(those, source).to_dict() for source in sources},
            }
        )
    return {"n": len(said), "categories": categories}


def mean_confidence(said: Iterable[Said], source: Source) -> Estimate:
    """Estimate how sure the model says it is of these answers; those without a confidence are left out."""
    stated = [(each, value) for each in said for by, value in each.confidence if by == source]
    clusters = clusters_of([each for each, _ in stated])
    return mean_by_cluster_t([value for _, value in stated], clusters, within=(0.0, 1.0), level=LEVEL)


def clusters_of(said: Iterable[Said]) -> NDArray[np.str_]:
    """Return what each answer was drawn with, as an array; paraphrases of one question count as one draw."""
    return np.array([each.cluster for each in said], dtype=str)


def categories_of(item: Item, categorisers: Mapping[str, Categoriser]) -> list[str]:
    """Return every category that the answers to an Item can fall into, in order, and `undecided`."""
    names = categorisers[item.graded_by].facts.names(item)
    return [*(name for name in names if name != UNDECIDED), UNDECIDED]
