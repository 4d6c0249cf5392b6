"""Take the words away that a claim names, keep nothing but them, and do the same with random words and witnesses' own.

The only question here is what the answer becomes; how that is measured stands in `removals_measured.py`. What was taken
away before is on disk and not taken away again.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from selfexplain.agreement.removal_sets import LEAST_RANDOM, Places, first_of
from selfexplain.errors import InputError, Undefined
from selfexplain.evidence import ScoredUnit
from selfexplain.pipeline.removal_questions import Question, Wanted, Way, gone_from, question_of
from selfexplain.pipeline.witness import (
    AnyWitness,
    Asked,
    Asking,
    Inside,
    Look,
    Looked,
    Settings,
    Tell,
    case_for,
    forecast,
)
from selfexplain.prompting.parts import QUESTION
from selfexplain.runs.evidence_files import Place, place_of
from selfexplain.runs.removal_files import Effect, Gone, RemovalsFile, Removed
from selfexplain.witnesses.case import Unit
from selfexplain.witnesses.inquiry import Inquiry, Seen
from selfexplain.witnesses.removal import BASELINES
from selfexplain.witnesses.taken_away import ASKED, answers_without, probabilities_without, require_baseline

DEFAULTS: Mapping[Way, str] = {"prob": "embed", "flip": "delete"}
"""What stands in a word's place where nothing else is asked for: as in `occlusion` and `occlusion-asked`."""

NOT_LOOKED_AT = frozenset({"answer_mismatch", "not_applicable", "failed"})
"""What a witness says of an answer that the model in this process would not have given, or that it cannot read."""


@dataclass(frozen=True)
class Taken:
    """What came of it for one Record, looked at in one way."""

    asked: Asked
    way: Way
    question: Question
    tops: Mapping[str, Places]
    """By witness: as many units as the claim names, those with its highest scores."""
    effects: Mapping[Gone, Effect]


@dataclass
class Removals:
    """What came of it over a Run, and what it cost."""

    wanted: Wanted
    taken: list[Taken] = field(default_factory=list)
    left_out: dict[Way, Counter[str]] = field(default_factory=dict)
    """Records of which nothing was taken away, by reason."""
    n_forward: Counter[Way] = field(default_factory=Counter)
    """Passes or calls, those of earlier commands too."""
    seconds: dict[Way, float] = field(default_factory=dict)
    n_new: Counter[Way] = field(default_factory=Counter)
    """Sets taken away just now."""


def wanted_of(
    n: int, claim: str, witnesses: Mapping[str, AnyWitness], settings: Settings, *, seed: int
) -> Wanted | None:
    """Return what is to be taken away: inside where a witness looks inside, by asking where one asks; None for n = 0.

    Raises
    ------
    InputError
        When there are fewer random sets than say anything, or words cannot be taken away in the way that is asked for.
    """
    if n == 0:
        return None
    if n < LEAST_RANDOM:
        raise InputError(
            f"{n} random removals for each question are too few", hint=f"take at least {LEAST_RANDOM}, or 0 for none"
        )
    inside = {each.facts.needs == "white_box" for each in witnesses.values()}
    needed: dict[Way, bool] = {"prob": True in inside, "flip": False in inside}
    ways = {way: settings.baseline or DEFAULTS[way] for way, is_needed in needed.items() if is_needed}
    for way, baseline in ways.items():
        require_baseline(baseline, BASELINES if way == "prob" else ASKED)
    return Wanted(n, claim, ways, seed)


class Looking(Protocol):
    """One way to look at what comes of it."""

    who: Mapping[str, str]
    """The identity of the model."""

    def units(self, asked: Asked, number: int) -> Sequence[Unit]:
        """Return all units of what was shown; raises Undefined or InputError where nothing can be taken away."""
        ...

    async def effects(self, asked: Asked, gone: Sequence[Gone]) -> tuple[tuple[Effect, ...], int]:
        """Return what comes of taking sets of units away, and how many passes or calls it took."""
        ...


class ByProbability:
    """The answer's probability, inside a model in this process.

    Parameters
    ----------
    look : Look
    inside : Inside
    looked : Looked
    baseline : str
    seed : int
        Of what stands in a word's place, where that is drawn.
    """

    def __init__(self, look: Look, inside: Inside, looked: Looked, baseline: str, seed: int) -> None:
        self.who = inside.identity
        self._look, self._model, self._baseline, self._seed = look, inside.model, baseline, seed
        self._lines = [
            looked.evidence[name] for name, each in look.witnesses.items() if each.facts.needs == "white_box"
        ]

    def units(self, asked: Asked, number: int) -> Sequence[Unit]:
        """Return all units of what was shown, where this model would have answered so."""
        found = [lines[number] for lines in self._lines]
        if all(line.status in NOT_LOOKED_AT for line in found):
            raise Undefined(found[0].status)
        return case_for(asked, self._look.template, self._look.settings.unit).units

    async def effects(self, asked: Asked, gone: Sequence[Gone]) -> tuple[tuple[Effect, ...], int]:
        """Return probabilities of the answer: one forward pass each."""
        case = case_for(asked, self._look.template, self._look.settings.unit)
        groups = [each.units for each in gone]
        pool = self._look.pool_for(asked)
        found = probabilities_without(self._model, case, groups, self._baseline, pool=pool, seed=self._seed)
        return tuple(Effect(each, value) for each, value in zip(gone, found, strict=True)), len(gone)


class ByAsking:
    """Whether the answer becomes another one when the question is put again.

    Parameters
    ----------
    look : Look
    asking : Asking
    baseline : str
    seed : int
        Of what stands in a word's place, where that is drawn.
    """

    def __init__(self, look: Look, asking: Asking, baseline: str, seed: int) -> None:
        self.who = asking.identity
        self._look, self._asking, self._baseline, self._seed = look, asking, baseline, seed

    def units(self, asked: Asked, number: int) -> Sequence[Unit]:  # noqa: ARG002 - the protocol has it
        """Return all units of what is shown in the first turn."""
        return self._inquiry(asked).units(self._look.settings.unit)

    async def effects(self, asked: Asked, gone: Sequence[Gone]) -> tuple[tuple[Effect, ...], int]:
        """Return whether answers are other ones: one call each, where a question has one turn."""
        found, n_calls = await answers_without(
            self._asking.ask,
            self._inquiry(asked),
            [(each.units, asked.record.repeat + each.repeat) for each in gone],
            self._look.settings.unit,
            self._baseline,
            pool=self._look.pool_for(asked),
            seed=self._seed,
        )
        return tuple(effect_of(each, seen) for each, seen in zip(gone, found, strict=True)), n_calls

    def _inquiry(self, asked: Asked) -> Inquiry:
        return Inquiry(asked.record, asked.item, self._look.template, self._asking.elicit, self._asking.same)


def effect_of(gone: Gone, seen: Seen) -> Effect:
    """Return what one reply says."""
    return Effect(gone, float(not seen.same)) if seen.status == "ok" else Effect(gone, None, seen.status)


async def take_away(look: Look, wanted: Wanted, looked: Looked, *, say: Tell) -> Removals:
    """Take words away from the questions of Records that witnesses have looked at.

    Parameters
    ----------
    look : Look
        Who has looked, and at what.
    wanted : Wanted
    looked : Looked
    say : callable
        Told sentences.
    """
    found = Removals(wanted)
    for way, baseline in wanted.ways.items():
        by: Looking | None = None
        if way == "prob" and look.inside is not None:
            by = ByProbability(look, look.inside, looked, baseline, wanted.seed)
        elif way == "flip" and look.asking is not None:
            by = ByAsking(look, look.asking, baseline, wanted.seed)
        if by is not None:
            await Removing(look, looked, way, by, found).all(say)
    return found


@dataclass(frozen=True)
class Removing:
    """Takes words away in one way, and keeps what comes of it."""

    look: Look
    looked: Looked
    way: Way
    by: Looking
    found: Removals
    """Is added to."""

    async def all(self, say: Tell) -> None:
        """Take words away from all questions."""
        file, since = RemovalsFile(self.look.folder.path), time.perf_counter()
        left, n = Counter[str](), len(self.looked.asked)
        for number, asked in enumerate(self.looked.asked):
            before = self.found.n_new[self.way]
            try:
                await self.one(asked, number, file)
            except Undefined as undefined:
                left[str(undefined)] += 1
            except InputError as error:
                left[error.message] += 1
            if not number and self.found.n_new[self.way] > before and n > 1:
                say(f"Words taken away: {forecast(time.perf_counter() - since, n - 1)}")
        self.found.left_out[self.way] = left

    async def one(self, asked: Asked, number: int, file: RemovalsFile) -> None:
        """Take words away from one question, as far as that was not done before.

        Raises
        ------
        Undefined
            When there is nothing to take away.
        InputError
            When the model cannot read the question without them.
        """
        question = question_of(asked, self.by.units(asked, number), self.found.wanted)
        units = {name: lines[number].units for name, lines in self.looked.evidence.items()}
        tops = {name: top for name, each in units.items() if (top := top_of(question, each)) is not None}
        place = self.place(asked)
        missing = file.missing(place, gone_from(question, self.way, tops.values()))
        if missing:
            since = time.perf_counter()
            effects, n_forward = await self.by.effects(asked, missing)
            file.append(
                Removed(
                    item=asked.item.id,
                    repeat=asked.record.repeat,
                    reply=place.reply,
                    inside=self.by.who,
                    settings=self.settings(),
                    effects=effects,
                    n_forward=n_forward,
                    seconds=time.perf_counter() - since,
                )
            )
        forward, seconds = file.cost(place)
        self.found.n_new[self.way] += len(missing)
        self.found.n_forward[self.way] += forward
        self.found.seconds[self.way] = self.found.seconds.get(self.way, 0.0) + seconds
        self.found.taken.append(Taken(asked, self.way, question, tops, file.known(place)))

    def place(self, asked: Asked) -> Place:
        """Return what decides the effects."""
        return place_of(asked.request.key, self.by.who, self.settings())

    def settings(self) -> dict[str, Any]:
        """Return how words are taken away."""
        baseline = self.found.wanted.ways[self.way]
        drawn = {"seed": self.found.wanted.seed} if baseline == "replace" else {}
        return {"unit": self.look.settings.unit, "baseline": baseline, "target": self.way, **drawn}


def top_of(question: Question, units: Sequence[ScoredUnit]) -> Places | None:
    """Return a witness's first units, as many as the claim names; None where it prefers none."""
    scores = {unit.spans: unit.score for unit in units if unit.part == QUESTION}
    try:
        return first_of([scores.get(spans) for spans in question.spans], len(question.claim.said), seed=question.seed)
    except Undefined:
        return None
