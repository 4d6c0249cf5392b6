"""One Record's question, and which of its words are to be taken away: settled before any model is loaded or asked."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from selfexplain.agreement.removal_sets import Places, random_sets, sets_needed
from selfexplain.agreement.targets import bin_sizes
from selfexplain.errors import Undefined
from selfexplain.evidence import ScoredUnit
from selfexplain.pipeline.claimed_places import Claimed, claimed_places
from selfexplain.pipeline.witness import Asked
from selfexplain.prompting.parts import QUESTION
from selfexplain.runs.removal_files import Gone
from selfexplain.witnesses.asked_occlusion import FLOOR
from selfexplain.witnesses.case import PUNCTUATION, Unit

Way = Literal["prob", "flip"]
"""What is looked at: the answer's probability inside a model, or whether it becomes another one when it is asked."""


@dataclass(frozen=True)
class Wanted:
    """What is to be taken away."""

    random: int
    """How many random sets for each question; 0: nothing is taken away."""
    claim: str
    """The kind of claim, or `rationale`."""
    ways: Mapping[Way, str]
    """How it is looked at, and what stands in a word's place."""
    seed: int = 0


@dataclass(frozen=True)
class Question:
    """One Record's question, and which of its units are to be taken away."""

    units: tuple[int, ...]
    """Those that a claim can name, as places among all units of what was shown; claims and scores count among these."""
    whole: frozenset[int]
    """All units of the question, punctuation too."""
    spans: tuple[tuple[tuple[int, int], ...], ...]
    """Where the units stand."""
    claim: Claimed
    random: tuple[Places, ...]
    """Each in a random order."""
    every: bool
    """Whether these are all sets of that size."""
    sizes: tuple[int, ...]
    """How many of a claim's first units each bin of the AOPC has; none where the claim has no order."""
    seed: int

    def without(self, places: Iterable[int]) -> Gone:
        """Return what is gone when some units are taken away."""
        return Gone(tuple(sorted(self.units[place] for place in places)))

    def only(self, places: Iterable[int]) -> Gone:
        """Return what is gone when nothing of the question but some units is kept."""
        return Gone(tuple(sorted(self.whole - {self.units[place] for place in places})))

    @property
    def everything(self) -> Gone:
        """Return what is gone when nothing of the question is kept."""
        return Gone(tuple(sorted(self.whole)))


def question_of(asked: Asked, cut: Sequence[Unit], wanted: Wanted) -> Question:
    """Return which units of a question are to be taken away.

    Raises
    ------
    Undefined
        When no claim was read, or it names nothing, or there is no other claim of its size.
    """
    own = [place for place, unit in enumerate(cut) if unit.part == QUESTION]
    units = [place for place in own if len(cut[place].spans) == 1 and cut[place].text != PUNCTUATION]
    shown = [ScoredUnit(cut[place].text, QUESTION, cut[place].spans, 0.0) for place in units]
    claim = claimed_places(asked.record, asked.item, wanted.claim, shown)
    if claim.why:
        raise Undefined(claim.why)
    k = len(claim.said)
    seed = zlib.crc32(f"{wanted.seed} {asked.request.key}".encode())
    random, every = random_sets(k, list(claim.candidates), wanted.random, seed=seed)
    return Question(
        units=tuple(units),
        whole=frozenset(own),
        spans=tuple(cut[place].spans for place in units),
        claim=claim,
        random=tuple(random),
        every=every,
        sizes=tuple(bin_sizes(len(units), k)) if claim.has_order else (),
        seed=seed,
    )


def gone_from(question: Question, way: Way, tops: Iterable[Places] = ()) -> list[Gone]:
    """Return all that is taken away from a question, the unchanged one first; without repetitions."""
    orders = [question.claim.said, *question.random, *tops]
    if way == "flip":
        floor = [Gone((), repeat) for repeat in range(1, 1 + FLOOR)]
        return list(dict.fromkeys([*floor, *(question.without(order) for order in orders)]))
    found = [Gone(()), question.everything]
    for order in orders:
        for places in sets_needed(order, question.sizes):
            found += [question.without(places), question.only(places)]
    return list(dict.fromkeys(found))


def most_passes(asked: Asked, cut: Sequence[Unit], wanted: Wanted, n_witnesses: int) -> int:
    """Return how many passes or calls one Record takes at most, before witnesses have looked."""
    try:
        question = question_of(asked, cut, wanted)
    except Undefined:
        return 0
    of_one: Mapping[Way, int] = {"prob": 2 * len(sets_needed(question.claim.said, question.sizes)), "flip": 1}
    return sum(len(gone_from(question, way)) + n_witnesses * of_one[way] for way in wanted.ways)
