"""Whether a claim changes with what two Runs differ in: the audience, the language, the template, the model."""

import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

import msgspec

from selfexplain.agreement.jaccard import expected_jaccard, jaccard
from selfexplain.agreement.rank_biased_overlap import expected_rank_biased_overlap, rank_biased_overlap
from selfexplain.claims import CLAIM_KINDS, Claim
from selfexplain.grading.grader import Grader
from selfexplain.inference import Estimate, mean_by_cluster_t, share
from selfexplain.pipeline.claims import reason
from selfexplain.pipeline.join import count, listed
from selfexplain.pipeline.same_answer import same_answer
from selfexplain.pipeline.shared_units import Shared, shared_units, translates
from selfexplain.records import Item, Reading, Record
from selfexplain.words_in import Word, words_in

LEVEL = 0.95

FREE_TEXT = ("rationale", "steps")
"""What names words of the question in passing."""

RANKED = frozenset({"words", "word_scores"})


class Pair(NamedTuple):
    """Two Records about one Item, as A and as B asked it."""

    a: Record
    b: Record
    item: Item
    item_b: Item

    @property
    def alike(self) -> bool:
        """Whether claims can be compared: the question is the same text or a translation."""
        return self.item.question == self.item_b.question or self.is_translated

    @property
    def is_translated(self) -> bool:
        """Whether one side asks a translation."""
        return translates(self.item, self.item_b)

    @property
    def shared(self) -> Shared | None:
        """What a claim can name on both sides; made anew each time, since there may be very many questions."""
        return shared_units(self.item, self.item_b)


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """Answers whose question is a translation on one side, and how much of it is linked; means over answers."""

    n: int
    groups: float
    """Linked groups of words: what a claim can name on both sides."""
    words_a: float
    words_b: float
    outside_a: float
    """Words of A's question in no link."""
    outside_b: float


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """How far the claims of two Runs about the same question agree, and how far random claims of their size would."""

    claim: str
    """A kind of claim, or `rationale`."""
    n: int
    """Answers with a claim on both sides; of two claims that name no word at all there is nothing to compare."""
    missing_a: Mapping[str, int]
    missing_b: Mapping[str, int]
    words_a: float | None
    words_b: float | None
    """How many words of the question a claim names, on average; in a translation, linked groups of words."""
    outside_a: float | None = None
    outside_b: float | None = None
    """Words that a claim names besides, in no link: mean over answers to translations; None where there are none."""
    jaccard: Estimate
    """Words that both claims name, of those that either names; mean over answers, in [0, 1]."""
    jaccard_by_chance: float | None
    jaccard_above_chance: Estimate
    ranked: Estimate | None = None
    """Rank-biased overlap, where the claim is a ranking."""
    ranked_by_chance: float | None = None
    ranked_above_chance: Estimate | None = None
    length_difference: Estimate | None = None
    """Of free text: words in B − words in A."""


class ClaimsCompared(msgspec.Struct, frozen=True, kw_only=True):
    """Answers and claims of two Runs on the same Items."""

    n_answers: int
    answer_changed: Estimate
    """The share of answers that are another one in B, by the Item's grader; where the question is the same text."""
    grade_changed: Estimate
    """The share whose answers are right on one side and wrong on the other."""
    confidence_difference: Estimate
    """B − A, where both state a confidence."""
    overlaps: tuple[Overlap, ...] = ()
    translated: Translated | None = None
    why: tuple[str, ...] = ()
    """What could not be compared."""


@dataclass(frozen=True)
class Side:
    """The Records of one Run."""

    records: Sequence[Record]
    items: Mapping[str, Item]

    @property
    def claims(self) -> tuple[str, ...]:
        """What it claims: kinds, and `rationale` where one was read."""
        claimed: set[str] = set()
        told = False
        for record in self.records:
            claimed.update(record.report.attribution)
            told = told or record.report.rationale.value is not None
        kinds = tuple(kind for kind in CLAIM_KINDS if kind in claimed)
        return (*kinds, "rationale") if told else kinds


def compare_claims(a: Side, b: Side, graders: Mapping[str, Grader], *, source: str = "stated") -> ClaimsCompared | None:
    """Compare what two Runs claim about the same Items; None unless both claim something.

    Parameters
    ----------
    a, b : Side
        Joined by Item and repeat. Claims are compared where the question is the same text, word by word; and where it
        is linked to its translation (`original` and `aligned` of an Item), by linked groups of words.
    graders : mapping
        Tell whether two answers are the same.
    source : str
        Whose confidence is compared.
    """
    if not a.claims or not b.claims:
        return None
    pairs = paired(a, b)
    alike = [pair for pair in pairs if pair.alike]
    same_text = [pair for pair in alike if not pair.is_translated]
    common = [claim for claim in a.claims if claim in b.claims]
    return ClaimsCompared(
        n_answers=len(pairs),
        answer_changed=answer_changed(same_text, graders),
        grade_changed=grade_changed(pairs),
        confidence_difference=confidence_difference(pairs, source),
        overlaps=tuple(overlap(claim, alike) for claim in common) if alike else (),
        translated=translated(alike),
        why=tuple(obstacles(a, b, pairs)),
    )


def paired(a: Side, b: Side) -> list[Pair]:
    """Join the Records of two sides, and the questions of their Items."""
    others = {(record.item, record.repeat): record for record in b.records}
    keys = [(record, others.get((record.item, record.repeat))) for record in a.records]
    return [Pair(one, other, a.items[one.item], b.items[one.item]) for one, other in keys if other is not None]


def obstacles(a: Side, b: Side, pairs: Sequence[Pair]) -> Iterable[str]:
    """Yield what cannot be compared: questions without links, or no claim of the same kind."""
    apart = sorted({pair.item.id for pair in pairs if not pair.alike})
    other = [name for name in apart if a.items[name].original or b.items[name].original]
    plain = [name for name in apart if name not in other]
    if plain:
        yield f"claims cannot be aligned where the question differs, in {count(plain, 'Item')}: {listed(plain)}"
    if other:
        in_items = f"in {count(other, 'Item')}: {listed(other)}"
        yield f"the `original` of a translation is not the other side's question, {in_items}"
    if not any(claim in b.claims for claim in a.claims):
        yield f"no kind of claim in common: {', '.join(a.claims)} in A, {', '.join(b.claims)} in B"


def translated(pairs: Iterable[Pair]) -> Translated | None:
    """Return how much of the questions is linked, where any is a translation."""
    found = [shared for pair in pairs if pair.is_translated and (shared := pair.shared) is not None]
    if not found:
        return None
    return Translated(
        n=len(found),
        groups=fmean(each.n for each in found),
        words_a=fmean(len(each.a.words) for each in found),
        words_b=fmean(len(each.b.words) for each in found),
        outside_a=fmean(each.a.n_outside for each in found),
        outside_b=fmean(each.b.n_outside for each in found),
    )


def clusters(pairs: Iterable[Pair]) -> list[str]:
    """Return what each pair was drawn with."""
    return [pair.item.drawn_with for pair in pairs]


def answer_changed(pairs: Sequence[Pair], graders: Mapping[str, Grader]) -> Estimate:
    """Estimate how often the answer is another one; pairs of which the grader cannot tell are left out."""
    told: list[tuple[Pair, bool]] = []
    for pair in pairs:
        said, then, item = pair.a.report.answer.value, pair.b.report.answer.value, pair.item
        same = None if said is None or then is None else same_answer(said, then, item, graders[item.graded_by])
        if same is not None:
            told.append((pair, not same))
    return share([changed for _, changed in told], clusters(pair for pair, _ in told), level=LEVEL)


def grade_changed(pairs: Sequence[Pair]) -> Estimate:
    """Estimate how often an answer is right on one side and wrong on the other."""
    graded = [pair for pair in pairs if {pair.a.verdict, pair.b.verdict} <= {"correct", "wrong"}]
    return share([pair.a.verdict != pair.b.verdict for pair in graded], clusters(graded), level=LEVEL)


def confidence_difference(pairs: Sequence[Pair], source: str) -> Estimate:
    """Estimate by how much B is surer than A."""
    stated = [(pair, sure(pair.a, source), sure(pair.b, source)) for pair in pairs]
    both = [(pair, after - before) for pair, before, after in stated if before is not None and after is not None]
    return mean([each for _, each in both], [pair for pair, _ in both], within=(-1.0, 1.0))


def sure(record: Record, source: str) -> float | None:
    """Return a Record's confidence by one source."""
    return next((reading.value for name, reading in record.report.confidence.items() if name == source), None)


def mean(values: Sequence[float], pairs: Sequence[Pair], *, within: tuple[float, float]) -> Estimate:
    """Estimate a mean over pairs, which may be drawn together."""
    return mean_by_cluster_t(values, clusters(pairs), within=within, level=LEVEL)


@dataclass(frozen=True)
class Named:
    """The units of one question that both claims name, the most important first, and how many there are to name."""

    pair: Pair
    a: list[int]
    b: list[int]
    n: int
    outside: tuple[int, int] | None
    """Words that each claim names in no link; None where the question is the same text."""


def overlap(claim: str, pairs: Sequence[Pair]) -> Overlap:
    """Return how far the claims of one kind agree."""
    both = [named for pair in pairs if (named := named_by_both(claim, pair)) is not None]
    said = [named for named in both if named.a or named.b]
    lengths = [(float(len_of(claim, one.pair.a)), float(len_of(claim, one.pair.b))) for one in both]
    outside = [each.outside for each in both if each.outside is not None]
    found = Overlap(
        claim=claim,
        n=len(both),
        missing_a=missing(claim, [pair.a for pair in pairs]),
        missing_b=missing(claim, [pair.b for pair in pairs]),
        words_a=fmean(len(each.a) for each in both) if both else None,
        words_b=fmean(len(each.b) for each in both) if both else None,
        outside_a=fmean(a for a, _ in outside) if outside else None,
        outside_b=fmean(b for _, b in outside) if outside else None,
        **beside_chance(
            said,
            "jaccard",
            lambda each: jaccard(each.a, each.b),
            lambda each: expected_jaccard(len(each.a), len(each.b), each.n),
        ),
    )
    if claim in FREE_TEXT and both:
        most = max(max(pair) for pair in lengths)
        longer = mean([after - before for before, after in lengths], [e.pair for e in both], within=(-most, most))
        return msgspec.structs.replace(found, length_difference=longer)
    if claim not in RANKED:
        return found
    ranked = beside_chance(
        [each for each in said if each.a and each.b],
        "ranked",
        lambda each: rank_biased_overlap(each.a, each.b),
        lambda each: expected_rank_biased_overlap(len(each.a), len(each.b), each.n),
    )
    return msgspec.structs.replace(found, **ranked)


def beside_chance(
    said: Sequence[Named], name: str, measure: Callable[[Named], float], by_chance: Callable[[Named], float]
) -> dict[str, Any]:
    """Return a measure between claims, its mean for random claims of the same sizes, and their difference."""
    values, chances = [measure(each) for each in said], [by_chance(each) for each in said]
    pairs = [each.pair for each in said]
    above = [value - chance for value, chance in zip(values, chances, strict=True)]
    return {
        name: mean(values, pairs, within=(0.0, 1.0)),
        f"{name}_by_chance": fmean(chances) if chances else None,
        f"{name}_above_chance": mean(above, pairs, within=(-1.0, 1.0)),
    }


def missing(claim: str, records: Sequence[Record]) -> dict[str, int]:
    """Return why claims are missing on one side."""
    readings = [claimed(claim, record) for record in records]
    return dict(Counter(reason(reading) for reading in readings if reading.value is None))


def claimed(claim: str, record: Record) -> Reading[Any]:
    """Return a Record's claim, or its rationale."""
    if claim == "rationale":
        return record.report.rationale
    return next((each for kind, each in record.report.attribution.items() if kind == claim), Reading(None, "absent"))


def len_of(claim: str, record: Record) -> int:
    """Return the words of a free text."""
    return len(words_in(text_of(claim, record)))


def text_of(claim: str, record: Record) -> str:
    """Return what was said in free text."""
    said = claimed(claim, record).value
    return "\n".join(unit.text for unit in said.units) if isinstance(said, Claim) else said or ""


def named_by_both(claim: str, pair: Pair) -> Named | None:
    """Return the units that the two claims name; None where one of them was not read or the question differs."""
    said, then = claimed(claim, pair.a).value, claimed(claim, pair.b).value
    if said is None or then is None or (shared := pair.shared) is None:
        return None
    if claim in FREE_TEXT:
        among = shared.with_content
        a, outside_a = shared.a.named_in(text_of(claim, pair.a), among)
        b, outside_b = shared.b.named_in(text_of(claim, pair.b), among)
        return Named(pair, a, b, len(among), (outside_a, outside_b) if shared.aligned else None)
    one, other = places_claimed(said, shared.a.words), places_claimed(then, shared.b.words)
    outside = (shared.a.outside(one), shared.b.outside(other)) if shared.aligned else None
    return Named(pair, shared.a.units_at(one), shared.b.units_at(other), shared.n, outside)


def places_claimed(claim: Claim, question: Sequence[Word]) -> list[int]:
    """Return the places of the words that a claim names, the most important first; a word with several places has all.

    Of scores, those above 0 count, the highest first: they say what speaks for the answer.
    """
    units = claim.units
    if claim.kind == "word_scores":
        scored = [unit for unit in units if unit.score is not None and unit.score > 0]
        units = tuple(sorted(scored, key=lambda unit: -(unit.score or 0.0)))
    starts, stops = [word.start for word in question], [word.stop for word in question]
    found: dict[int, None] = {}
    for unit in units:
        for start, stop in unit.spans:
            found |= dict.fromkeys(range(bisect.bisect_right(stops, start), bisect.bisect_left(starts, stop)))
    return list(found)
