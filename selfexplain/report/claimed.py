"""What a page shows of claims: the marked question of a Record, and what a Run's claims come to."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selfexplain.claims import Claim, ClaimKind, Unit
from selfexplain.pipeline.claims import ANOTHER, SAME, TARGET, TITLES, UNKNOWN, missing_in_words, reason
from selfexplain.records import Item, Reading, Record
from selfexplain.report.numbers import Written, written

LONGEST_QUESTION = 2_000
"""Characters of a question that are marked; what stands behind them is listed."""
MOST_UNITS = 60
"""Units that a list on the page names."""
LONGEST_UNIT = 200

PLACES: Mapping[str, str] = {
    "not_in_text": "not in the question",
    "duplicate": "said before",
    "ambiguous": "in several places",
    "free_text": "",
    "placed": "",
}
NOTES: Mapping[str, str] = {
    "inflected": "another form of the word",
    "quotes_stripped": "without its quotation marks",
    "other_script": "in another script",
    "no_score": "without a score",
    "score_out_of_range": "with a score outside −1 to 1",
    "more_places": "in more places than are marked",
    "wrong_count": "another number of them than was asked for",
    "more_units": "more than are kept",
    "other_place_possible": "what was taken out could also be other words",
    "everything_removed": "nothing is left",
    "not_minimal": "more than half of the words changed",
    "label_leaked": "the answer was written into the question",
    "coarse_diff": "compared coarsely, since it is long",
    "more_text": "with more text behind it",
}
OUTCOMES: Mapping[str, str] = {
    TARGET: "the answer that it aimed at",
    UNKNOWN: "unknown",
    ANOTHER: "another answer",
    SAME: "the same answer",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of a question; `mark` is a rank, a score or a word, and empty where nothing is claimed."""

    text: str
    mark: str


@dataclass(frozen=True)
class ClaimShown:
    """One claim of one Record; every text is raw."""

    title: str
    why: str
    """Why there is none; empty when there is one."""
    pieces: tuple[Piece, ...]
    """The question with what is claimed marked; empty where nothing could be."""
    units: tuple[tuple[str, str, str], ...]
    """For each unit its mark, its text, and what is to be said of it."""
    more: int
    """Units that are not listed."""
    edited: str
    notes: str
    after: str
    """What was answered to the edited question."""


@dataclass(frozen=True)
class ClaimRow:
    """One kind of claim over the whole Run."""

    title: str
    read: str
    missing: str
    units: str
    rate: Written | None
    """Units that stand in the question; None of edits and steps."""
    changed: Written | None
    """Of edits, the words that were taken out or changed."""


@dataclass(frozen=True)
class AgainRow:
    """What the model answered to its own edits."""

    title: str
    sentence: str
    outcomes: str
    missing: str


def claims_shown(record: Record, item: Item | None) -> tuple[ClaimShown, ...]:
    """Return what a page shows of a Record's claims."""
    question = item.question if item else ""
    return tuple(claim_shown(kind, reading, question, record) for kind, reading in record.report.attribution.items())


def claim_shown(kind: ClaimKind, reading: Reading[Claim], question: str, record: Record) -> ClaimShown:
    """Return what a page shows of one claim."""
    title, claim = TITLES[kind].capitalize(), reading.value
    if claim is None:
        return ClaimShown(title, reason(reading).replace("_", " "), (), (), 0, "", "", "")
    listed = tuple((mark_of(unit, claim), unit_text(unit), said_of(unit, kind)) for unit in claim.units[:MOST_UNITS])
    edited = claim.text[:LONGEST_QUESTION]
    return ClaimShown(
        title=title,
        why="",
        pieces=tuple(pieces(question[:LONGEST_QUESTION], claim)),
        units=listed,
        more=max(0, len(claim.units) - MOST_UNITS),
        edited=edited,
        notes="; ".join(NOTES[note] for note in claim.notes),
        after=after(record) if edited else "",
    )


def after(record: Record) -> str:
    """Return what was answered to the edited question, or why nothing was."""
    again = record.report.answer_again
    if again is None:
        return ""
    return again.value[:LONGEST_UNIT] if again.value is not None else reason(again).replace("_", " ")


def unit_text(unit: Unit) -> str:
    """Return a unit as it was written; of a change, both sides."""
    text = unit.text[:LONGEST_UNIT]
    return text if unit.becomes is None else f"{text or '(nothing)'} → {unit.becomes[:LONGEST_UNIT] or '(nothing)'}"


def said_of(unit: Unit, kind: ClaimKind) -> str:
    """Return what is to be said of a unit: where it could not be placed, and how it was read."""
    expected = {"quotes_stripped"} if kind == "quotes" else {"no_score"}  # of these the mark says enough
    return ", ".join(filter(None, (PLACES[unit.place], *(NOTES[note] for note in unit.notes if note not in expected))))


def mark_of(unit: Unit, claim: Claim) -> str:
    """Return a unit's rank, score or number as text; of an edit, what was done.

    >>> mark_of(Unit("Peru", "placed", ((0, 4),), rank=2), Claim("words", ()))
    '2'
    >>> mark_of(Unit("Peru", "placed", ((0, 4),), score=-0.25), Claim("word_scores", ()))
    '−0.25'
    """
    if claim.kind == "redaction":
        return "removed"
    if claim.kind == "counterfactual":
        return "changed" if unit.text and unit.becomes else "removed" if unit.text else "added"
    if claim.kind == "quotes":
        return str(claim.units.index(unit) + 1) if unit.in_text else ""
    if claim.kind == "word_scores":
        return "no score" if unit.score is None else f"{unit.score:.3g}".replace("-", "−")
    return "" if unit.rank is None else str(unit.rank)


def pieces(question: str, claim: Claim) -> Iterable[Piece]:
    """Yield the question in stretches, each with the marks of the units that stand there."""
    spans = [
        (start, stop, mark_of(unit, claim))
        for unit in claim.units[:MOST_UNITS]
        for start, stop in unit.spans
        if start < stop <= len(question)
    ]
    if not spans:
        return
    edges = sorted({0, len(question), *(edge for start, stop, _ in spans for edge in (start, stop))})
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for start, stop, mark in spans:
        opens.setdefault(start, []).append(mark)
        closes.setdefault(stop, []).append(mark)
    here: list[str] = []
    for start, stop in itertools.pairwise(edges):
        for mark in closes.get(start, ()):
            here.remove(mark)
        here += opens.get(start, ())
        yield Piece(question[start:stop], " · ".join(dict.fromkeys(here)))


def claim_rows(metrics: Mapping[str, Any]) -> tuple[ClaimRow, ...]:
    """Return one row for each kind of claim in the metrics object."""
    return tuple(claim_row(TITLES[kind], found) for kind, found in metrics.get("claims", {}).items())


def claim_row(title: str, found: Mapping[str, Any]) -> ClaimRow:
    """Return what a Run's claims of one kind come to."""
    units, notes = found["units"], found["notes"]
    told = [f"{units[place]:,} {words}" for place, words in PLACES.items() if words and units.get(place)]
    told += [f"{n:,} {NOTES[note]}" for note, n in notes.items()]
    placed = units.get("placed", 0)
    rate, changed = found["in_input_rate"], found["share_changed"]
    return ClaimRow(
        title=title.capitalize(),
        read=f"{found['n_read']:,} of {found['n']:,}",
        missing=missing_in_words(found["missing"]) or "none",
        units="; ".join([f"{placed:,} placed" if placed else f"{sum(units.values()):,} units", *told]),
        rate=written("coverage", rate) if rate["value"] is not None else None,
        changed=written("coverage", changed) if changed["value"] is not None else None,
    )


def again_rows(metrics: Mapping[str, Any]) -> tuple[AgainRow, ...]:
    """Return one row for each kind of edit that was answered again."""
    return tuple(again_row(kind, found) for kind, found in metrics.get("self_consistency", {}).items())


def again_row(kind: str, found: Mapping[str, Any]) -> AgainRow:
    """Return what the model answered to its own edits of one kind."""
    outcomes, n, rate = found["outcomes"], found["n_told"], found["rate"]
    became = outcomes.get(TARGET, 0) if kind == "counterfactual" else n - outcomes.get(SAME, 0)
    aimed_at = "the answer became the one that was aimed at"
    words = aimed_at if kind == "counterfactual" else "the answer was no longer given"
    sentence = f"{words} in {became:,} of {n:,}"
    if rate["low"] is not None:
        sentence += f" ({100 * rate['low']:.0f}–{100 * rate['high']:.0f} %)"
    if found["label_leaked"]:
        sentence += f", of which {found['label_leaked']:,} had it written into the question"
    told = ", ".join(f"{outcomes[each]:,} {words}" for each, words in OUTCOMES.items() if outcomes.get(each))
    return AgainRow(kind.capitalize(), sentence, told or "none", missing_in_words(found["missing"]) or "none")


def in_a_line(rows: Sequence[ClaimRow], again: Sequence[AgainRow]) -> list[str]:
    """Return the same as sentences for a terminal."""
    lines = [
        f"{row.title}: read in {row.read}"
        + (f", {row.rate} of the units in the question" if row.rate else "")
        + (f", {row.changed} of the words changed" if row.changed else "")
        + ("" if row.missing == "none" else f"; missing: {row.missing}")
        + "."
        for row in rows
    ]
    for each in again:
        gone = "" if each.missing == "none" else f"; cannot be told: {each.missing}"
        lines.append(f"{each.title}: {each.sentence}{gone}. Self-consistency, not faithfulness.")
    return lines
