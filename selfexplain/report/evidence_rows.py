"""Each question with its words tinted by each witness, beside the words that the model named; for page and terminal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from selfexplain.evidence import ScoredUnit
from selfexplain.pipeline.claims_compared import text_of
from selfexplain.pipeline.supported import SURE, source_of
from selfexplain.pipeline.witness import Asked, Looked
from selfexplain.pipeline.witnessed import Seen, Witnessed
from selfexplain.report.evidence_words import TITLES, number, plus
from selfexplain.report.numbers import percent
from selfexplain.report.rows import MARKS

MOST_ROWS = 500
"""More make a page slow; all Evidence is in the Run's folder `evidence`."""
LONGEST_QUESTION = 2_000
"""Characters of a question that are shown."""
LONGEST_TEXT = 600
TINTS = 4
MOST_RANKED = 5
"""So many units are numbered where the claim names none."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a question; every text is raw."""

    text: str
    mark: str = ""
    """Its rank among the units, as text; empty for those that are not among the first."""
    tint: int = 0
    """How strong: 0 for nothing, up to `TINTS`."""
    against: bool = False
    """Whether it speaks against the answer."""
    named: bool = False
    """Whether the model named it."""


@dataclass(frozen=True)
class WitnessLine:
    """One question as one witness sees it."""

    name: str
    pieces: tuple[Piece, ...]
    top: tuple[tuple[str, str, str], ...]
    """Rank, text and score of the first units, and of those that speak most against: the same without colour."""
    agreement: str
    """What was measured here, in words; or why nothing was."""


@dataclass(frozen=True)
class EvidenceRow:
    """One answer; every text is raw and must be escaped by whoever shows it."""

    item: str
    repeat: int
    answer: str
    verdict: str
    mark: str
    confidence: str
    support: str
    claim: tuple[Piece, ...]
    claim_title: str
    claim_why: str
    """Why there is no claim; empty where there is one."""
    said: str
    """The rationale, where that is the claim."""
    lines: tuple[WitnessLine, ...]
    is_alarming: bool
    """Sure, wrong, and explained by words that did not matter."""


PieceOf = Callable[[str, int], Piece]
"""From the text and the place of a unit to what is shown of it."""


def rows_of(found: Witnessed, looked: Looked) -> tuple[tuple[EvidenceRow, ...], str]:
    """Return what is shown of each Record, the alarming ones first, and a sentence where some are not shown."""
    by_reply = {name: {row.found.reply: row for row in rows} for name, rows in found.seen.items()}
    order = sorted(looked.asked, key=lambda asked: rank_of(asked, found, looked))
    chosen = order[:MOST_ROWS]
    left = len(order) - len(chosen)
    note = f"{left:,} more answers are not shown; their Evidence is in the folder `evidence`." if left else ""
    return tuple(row_of(asked, found, looked, by_reply) for asked in chosen), note


def rank_of(asked: Asked, found: Witnessed, looked: Looked) -> tuple[int, float]:
    """Return where a Record stands: what is wrong, sure and unsupported first; then as asked."""
    sure, support = confidence_of(asked, looked), found.support.get(asked.request.key)
    is_alarming = alarming(asked, sure, support)
    has_claim = support is not None
    return (0 if is_alarming else 1 if has_claim else 2, -(sure or 0.0) if is_alarming else 0.0)


def alarming(asked: Asked, sure: float | None, support: float | None) -> bool:
    """Tell whether an answer is sure, wrong, and explained by words that did not matter."""
    return (
        sure is not None and sure >= SURE and asked.record.verdict == "wrong" and support is not None and support < 0.5
    )


def confidence_of(asked: Asked, looked: Looked) -> float | None:
    """Return the confidence that support is joined with."""
    source = source_of(looked)
    reading = None if source is None else asked.record.report.confidence.get(source)
    return None if reading is None else reading.value


def row_of(asked: Asked, found: Witnessed, looked: Looked, by_reply: Mapping[str, Mapping[str, Seen]]) -> EvidenceRow:
    """Return what is shown of one Record."""
    key, record, item = asked.request.key, asked.record, asked.item
    seen = {name: rows[key] for name, rows in by_reply.items() if key in rows}
    missing = {name: lines for name, lines in looked.evidence.items() if name not in seen}
    any_seen = next(iter(seen.values()), None)
    sure, support = confidence_of(asked, looked), found.support.get(key)
    lines = [line_of(name, row, found) for name, row in seen.items()]
    for name, others in missing.items():
        status = next((f"{line.status.replace('_', ' ')}: {line.why}" for line in others if line.reply == key), "")
        lines.append(WitnessLine(name, (), (), status or "not looked at"))
    return EvidenceRow(
        item=item.id,
        repeat=record.repeat,
        answer=(record.report.answer.value or "")[:LONGEST_TEXT],
        verdict=record.verdict or "",
        mark=MARKS.get(record.verdict or "", ""),
        confidence="" if sure is None else percent(sure),
        support="" if support is None else percent(support),
        claim=tuple(claim_pieces(any_seen, item.question)) if any_seen else (Piece(item.question[:LONGEST_QUESTION]),),
        claim_title=TITLES[found.claim],
        claim_why=any_seen.claim.why.replace("_", " ") if any_seen else "",
        said=text_of("rationale", record)[:LONGEST_TEXT] if found.claim == "rationale" else "",
        lines=tuple(lines),
        is_alarming=alarming(asked, sure, support),
    )


def claim_pieces(row: Seen, question: str) -> Iterable[Piece]:
    """Yield the question with what the model named marked: by rank, where the claim has an order."""
    said = {place: rank for rank, place in enumerate(row.claim.said, 1)}

    def piece(text: str, place: int) -> Piece:
        if place not in said:
            return Piece(text)
        return Piece(text, mark=str(said[place]) if row.claim.has_order else "named", named=True)

    return stretches(question, row.units, piece)


def line_of(name: str, row: Seen, found: Witnessed) -> WitnessLine:
    """Return one question as one witness sees it."""
    scores = [unit.score or 0.0 for unit in row.units]
    prefers_none = len(set(scores)) < 2
    strongest = 0.0 if prefers_none else max(map(abs, scores))
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    ranked = order[: len(row.claim.said) or MOST_RANKED]
    rank = {place: number_ for number_, place in enumerate(ranked, 1) if scores[place] > 0 and not prefers_none}
    signed = found.facts[name].signed

    def piece(text: str, place: int) -> Piece:
        share = abs(scores[place]) / strongest if strongest else 0.0
        return Piece(
            text,
            mark=str(rank.get(place, "")),
            tint=round(TINTS * share),
            against=scores[place] < 0,
            named=place in row.claim.said,
        )

    written = plus if signed else number
    against = [place for place in reversed(order) if scores[place] < 0][:MOST_RANKED]
    top = [(str(rank[place]), row.units[place].text, written(scores[place])) for place in ranked if place in rank]
    top += [("against:", row.units[place].text, written(scores[place])) for place in against]
    return WitnessLine(
        name, tuple(stretches(row.asked.item.question, row.units, piece)), tuple(top), agreement(row, found)
    )


def agreement(row: Seen, found: Witnessed) -> str:
    """Say what was measured of one Record, or why nothing was."""
    measured = row.measured.get(found.measure)
    if measured is None:
        return row.left_out.get(found.measure, "").replace("_", " ")
    return (
        f"{found.measure} {number(measured.value)}, random content words {number(measured.chance)}; better than "
        f"{percent(measured.percentile)} of them"
    )


def stretches(question: str, units: Sequence[ScoredUnit], piece: PieceOf) -> Iterable[Piece]:
    """Yield a question in stretches, those of units as `piece` makes them."""
    at = 0
    for place, unit in enumerate(units):
        start, stop = unit.spans[0]
        if stop > LONGEST_QUESTION:
            break
        if start > at:
            yield Piece(question[at:start])
        yield piece(question[start:stop], place)
        at = stop
    if at < len(question):
        yield Piece(question[at:LONGEST_QUESTION])
