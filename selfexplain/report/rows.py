"""Which Records a page shows, in which order, and what of each."""

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selfexplain.calibration.binning import equal_width
from selfexplain.pipeline.answered_rows import Texts
from selfexplain.records import RANKS_ONLY, Item, Reading, Record, Source
from selfexplain.report.claimed import ClaimShown, claims_shown
from selfexplain.report.numbers import percent

LIMIT = 5_000
"""More rows make a page slow; everything is in `records.jsonl`."""
SURE = 0.9
"""From this confidence on an answer counts as sure."""
LONGEST_TEXT = 2_000
"""Characters of a question, an answer or a rationale."""
LONGEST_NAME = 200
"""Characters of a group's name, which stands on every row of it."""
LONGEST_REPLY = 20_000
"""Characters of a raw reply."""
SEED = 20_260_101
"""The sample is the same each time a page is written."""

MARKS = {"correct": "✓", "wrong": "✗", "undecided": "?"}


@dataclass(frozen=True)
class RecordRow:
    """One Record as a person reads it; every text is raw and must be escaped by whoever shows it."""

    item: str
    question: str
    answer: str
    no_answer: str
    """Why there is no answer; empty when there is one."""
    gold: str
    verdict: str
    mark: str
    confidences: tuple[tuple[str, str, float], ...]
    """For each source its name, its value or the reason why there is none, and a number to sort by."""
    statuses: tuple[tuple[str, str], ...]
    """Source and status, where the status is not ok."""
    status_set: tuple[str, ...]
    """Each status of its sources once."""
    tenths: tuple[int | None, ...]
    """For each source the tenth of the scale, from 0 to 9, whose dot counts this Record; None where none does."""
    group: str
    kinds: str
    """Words that filters look for: right, wrong, sure, excluded; in a survey, one for each category."""
    rationale: str
    reply: str
    repeat: int
    category: str = ""
    """In a survey, what the answer was sorted into; empty where there is none."""
    rule: str = ""
    """By which rule."""
    claims: tuple[ClaimShown, ...] = ()
    """What it claims to have mattered."""


def choose(records: Sequence[Record], source: Source) -> tuple[list[Record], str]:
    """Return at most `LIMIT` Records, wrong and sure first, and a sentence when some were left out.

    When there are too many, what is wrong and sure keeps up to half of the places, the surest first; a seeded
    sample of all others fills the rest.
    """
    if len(records) <= LIMIT:
        return sorted(records, key=lambda record: _rank(record, source)), ""
    ranked, alarming = _ranked(records, source)  # places, since all of the Records may be too many
    kept = ranked[alarming[ranked]][: LIMIT // 2]
    is_kept = np.zeros(len(ranked), dtype=bool)
    is_kept[kept] = True
    others = ranked[~is_kept[ranked]]
    sample = random.Random(SEED).sample(range(len(others)), LIMIT - len(kept))  # noqa: S311 - nothing secret hangs on it
    is_kept[others[sample]] = True
    found = {place: record for place, record in enumerate(records) if is_kept[place]}
    note = (
        f"This page shows {LIMIT:,} of {len(records):,} Records: {len(kept):,} of {int(alarming.sum()):,} that are "
        f"wrong and sure, and a random sample of the others (seed {SEED})."
    )
    return [found[place] for place in ranked[is_kept[ranked]].tolist()], note


def _ranked(records: Sequence[Record], source: Source) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the places of Records in the order of their rank, and of each place whether it is wrong and sure."""
    tiers, sureness, repeats, alarming = array("b"), array("d"), array("i"), array("b")
    owner, items = array("i"), Texts()
    known: dict[str, int] = {}
    for record in records:
        tier, below, name, repeat = _rank(record, source)
        tiers.append(tier)
        sureness.append(below)
        repeats.append(repeat)
        alarming.append(record.verdict == "wrong" and "sure" in _kinds(record, source))
        if name not in known:  # the repeats of an Item follow each other
            known = {name: len(items)}
            items.append(name)
        owner.append(known[name])
    order = np.lexsort((np.array(repeats), items.ranks()[np.array(owner)], np.array(sureness), np.array(tiers)))
    return order, np.array(alarming, dtype=bool)


def row_of(record: Record, item: Item | None, sources: Sequence[Source]) -> RecordRow:
    """Return what the page shows of one Record."""
    answer, verdict = record.report.answer, record.verdict or "undecided"
    return RecordRow(
        item=record.item,
        question=cut(item.question if item else record.item, LONGEST_TEXT),
        answer=cut(answer.value or "", LONGEST_TEXT),
        no_answer="" if answer.value is not None else answer.why,
        gold=cut(" / ".join(item.gold), LONGEST_TEXT) if item else "",
        verdict={"correct": "right"}.get(verdict, verdict),
        mark=MARKS[verdict],
        confidences=tuple((source, *_confidence(record.report.confidence.get(source), source)) for source in sources),
        statuses=tuple((s, record.status[s]) for s in sources if s in record.status and record.status[s] != "ok"),
        status_set=tuple(dict.fromkeys(record.status.values())),
        tenths=tuple(_tenth(record, source) for source in sources),
        group=cut(item.group or "", LONGEST_NAME) if item else "",
        kinds=" ".join(_kinds(record, sources[0])),
        rationale=cut(record.report.rationale.value or "", LONGEST_TEXT),
        reply=cut(joined(record.report.replies), LONGEST_REPLY),
        repeat=record.repeat,
        claims=claims_shown(record, item),
    )


def joined(replies: Sequence[str]) -> str:
    r"""Return one text that shows the replies of all turns.

    >>> joined(["Answer: Lima", "Confidence: 90"])
    'Answer: Lima\n\n— reply 2 —\nConfidence: 90'
    """
    return "".join(f"\n\n— reply {n} —\n{reply}" if n > 1 else reply for n, reply in enumerate(replies, 1))


def cut(text: str, limit: int) -> str:
    """Shorten a text and say by how much.

    >>> cut("a" * 12, 10)
    'aaaaaaaaaa … (2 more characters cut)'
    """
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit:,} more characters cut)"


def _rank(record: Record, source: Source) -> tuple[int, float, str, int]:
    """Sort key: wrong before right, the surest first; what is excluded or undecided at the end."""
    reading = record.report.confidence.get(source)
    if record.status.get(source) != "ok" or reading is None or reading.value is None:
        return (2, 0.0, record.item, record.repeat)
    return (record.verdict != "wrong", -reading.value, record.item, record.repeat)


def _kinds(record: Record, source: Source) -> list[str]:
    reading = record.report.confidence.get(source)
    kinds = {"wrong": ["wrong"], "correct": ["right"]}.get(record.verdict or "undecided", [])
    if record.status.get(source) != "ok":
        return [*kinds, "excluded"]
    return [*kinds, "sure"] if reading is not None and reading.value is not None and reading.value >= SURE else kinds


def _tenth(record: Record, source: Source) -> int | None:
    """Return which dot of the source's diagram counts a Record, by the very rule that made the diagram."""
    reading = record.report.confidence.get(source)
    if record.status.get(source) != "ok" or reading is None or reading.value is None:
        return None
    (tenth,) = equal_width(np.array([reading.value]), bins=10).tolist()
    return int(tenth)


def _confidence(reading: Reading[float] | None, source: Source) -> tuple[str, float]:
    if reading is None:
        return ("not asked", -1.0)
    if reading.value is None:
        return (reading.why, -1.0)
    if source in RANKS_ONLY:
        return (f"{reading.value:.2f}", reading.value)  # no percent sign, which would make a probability of it
    # 0.4 % and 99.7 % must not be shown as certainty.
    extreme = 0 < reading.value < 0.01 or 0.99 < reading.value < 1
    return (percent(reading.value, 1 if extreme else 0), reading.value)
