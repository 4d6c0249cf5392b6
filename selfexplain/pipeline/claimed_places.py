"""What a Record claims to have mattered, as places among the units that a witness scores."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from selfexplain.claims import CLAIM_KINDS, Claim
from selfexplain.evidence import Evidence, ScoredUnit
from selfexplain.pipeline.claims import reason
from selfexplain.pipeline.claims_compared import FREE_TEXT, RANKED, claimed, places_claimed, text_of
from selfexplain.prompting.named_words import content_words, named_in
from selfexplain.records import Item, Record
from selfexplain.words_in import Word, words_in


@dataclass(frozen=True)
class Claimed:
    """One claim about one question."""

    said: tuple[int, ...]
    """Places of the units that it names, the most important first where it has an order."""
    scored: tuple[tuple[int, float], ...] = ()
    """Places and the scores that the model stated for them, also those that speak against the answer."""
    has_order: bool = False
    candidates: tuple[bool, ...] = ()
    """For each unit whether a random claim may name it: content words; a sentence that holds one."""
    why: str = ""
    """Why there is no claim, in one word; empty where there is one."""


def kinds_of(records: Iterable[Record]) -> tuple[str, ...]:
    """Return the kinds of claim that some Record holds, lists first and what is told in passing last."""
    found: set[str] = set()
    for record in records:
        found.update(record.report.attribution)
        if record.report.rationale.value is not None:
            found.add("rationale")
    return tuple(kind for kind in (*CLAIM_KINDS, "rationale") if kind in found)


def units_named_by_claims(evidence: Evidence) -> list[ScoredUnit]:
    """Return the units that a claim can name: words or sentences of the question, each with a score."""
    return [
        unit
        for unit in evidence.units
        if unit.part == "question" and len(unit.spans) == 1 and unit.score is not None and is_named(unit)
    ]


def is_named(unit: ScoredUnit) -> bool:
    """Tell whether a unit is more than punctuation."""
    return unit.text != "<punctuation>"


def claimed_places(record: Record, item: Item, kind: str, units: Sequence[ScoredUnit]) -> Claimed:
    """Return which units a Record's claim names.

    Parameters
    ----------
    record, item
        Who claims, about which question.
    kind : str
        A kind of claim, or `rationale`: the content words of the question that it names in passing.
    units : sequence of ScoredUnit
        As :func:`units_named_by_claims` returns them.

    Examples
    --------
    >>> from selfexplain.claims import Unit
    >>> from selfexplain.records import Reading, SelfReport
    >>> claim = Claim("words", (Unit("Peru", "placed", ((23, 27),), 1), Unit("capital", "placed", ((12, 19),), 2)))
    >>> lima, absent = Reading("Lima", "read"), Reading(None, "absent")
    >>> report = SelfReport(lima, absent, {}, "completed", ("",), (), attribution={"words": Reading(claim, "read")})
    >>> question = "What is the capital of Peru?"
    >>> units = [ScoredUnit(question[a:b], "question", ((a, b),), 0.0) for a, b in ((0, 4), (12, 19), (23, 27))]
    >>> claimed_places(Record("q", report, None, {}), Item("q", question), "words", units).said
    (2, 1)
    """
    said = claimed(kind, record)
    words = words_in(item.question)
    owners = owners_of(words, units)
    content = {owners[place] for place in content_words(words)}
    candidates = tuple(place in content for place in range(len(units)))
    if said.value is None:
        return Claimed((), candidates=candidates, why=reason(said))
    if kind in FREE_TEXT:
        return Claimed(once(owners[place] for place in named_in(text_of(kind, record), words)), candidates=candidates)
    claim: Claim = said.value
    return Claimed(
        said=once(owners[place] for place in places_claimed(claim, words)),
        scored=scored(claim, words, owners),
        has_order=kind in RANKED,
        candidates=candidates,
    )


def scored(claim: Claim, words: Sequence[Word], owners: Sequence[int | None]) -> tuple[tuple[int, float], ...]:
    """Return the units that a claim gives a score, and what score; of several in one unit the first."""
    found: dict[int, float] = {}
    for unit in claim.units:
        if unit.score is not None:
            alone = Claim("words", (unit,))
            for place in once(owners[place] for place in places_claimed(alone, words)):
                found.setdefault(place, unit.score)
    return tuple(found.items())


def owners_of(words: Sequence[Word], units: Sequence[ScoredUnit]) -> list[int | None]:
    """Return for each word of a question the unit that it stands in; None where none holds it."""
    starts = [unit.spans[0][0] for unit in units]
    found: list[int | None] = []
    for word in words:
        place = bisect.bisect_right(starts, word.start) - 1
        is_inside = place >= 0 and word.start < units[place].spans[0][1]
        found.append(place if is_inside else None)
    return found


def once(places: Iterable[int | None]) -> tuple[int, ...]:
    """Return places without repetitions and without words that stand in no unit."""
    return tuple(dict.fromkeys(place for place in places if place is not None))
