"""Occlusion from outside: the question is put again without one unit, and the answers are compared."""

import math
import statistics
from collections.abc import Sequence
from typing import Literal

from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, ScoredUnit, Target, UnitKind
from selfexplain.inference import wilson
from selfexplain.prompting.parts import QUESTION
from selfexplain.records import Ask
from selfexplain.witnesses.case import Unit
from selfexplain.witnesses.inquiry import Inquiry, Interview, Seen, asking_witness, evidence_of, unread
from selfexplain.witnesses.removal import MASK, drawn_texts_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, require_target

Baseline = Literal["delete", "mask", "replace"]

REPEATS, DRAWS, FLOOR = 1, 5, 5
"""Of each changed question; of each where other texts stand in; of the unchanged one."""

TIE = 0.1
"""How much of a change in confidence is added to a flip rate, over the square of the repeats: never enough to change
the order of two rates that differ."""

FACTS = WitnessFacts(
    name="occlusion-asked",
    family="perturbation",
    needs="provider",
    cost=lambda n, _: Cost(forward=n * REPEATS + FLOOR),
    question="does the model give another answer, or is it less sure, when the unit is not there?",
    source="Zeiler & Fergus 2013, arXiv:1311.2901; Li et al. 2016, arXiv:1612.08220; comparing answers beside a noise "
    "floor is our own",
    targets=("flip", "confidence", "margin"),
)


@asking_witness(FACTS)
async def occlusion_asked(
    ask: Ask,
    inquiry: Inquiry,
    units: UnitKind = "word",
    *,
    target: Target = "flip",
    baseline: Baseline = "delete",
    repeats: int | None = None,
    floor: int = FLOOR,
    pool: Sequence[str] = (),
    seed: int = 0,
) -> Evidence:
    """Leave one unit out, ask again, and compare the answers by the Item's own grader.

    `flip`: the share of repeats with another answer; rates that are equal are put in order by the confidence that
    goes, of which a tenth over the square of the repeats is added (the bare rate is `flip` of each unit). `confidence`:
    the stated confidence that goes where the answer stays. `margin`: the log-probability that goes of the answer over
    its best rival among the options, at the token where the answer begins.

    A unit `counts` (1 or 0, of each unit) only beyond the noise floor, which is what the unchanged question gives when
    it is asked again: of a flip rate, when its Wilson interval at 95 % (`low`, `high`) lies above the unchanged rate;
    of the others, when they leave the range of the unchanged ones. A reply that cannot be read is no flip: it is left
    out and counted in the checks, by its status.

    Calls, each a Request of its own: units · repeats + floor; one more for a margin; times the turns up to answer and
    confidence. They are put in the repeats from the Record's own one on, so those that its Run has asked are not asked
    again.

    Parameters
    ----------
    ask : callable
        Sends a Request, returns its Response.
    inquiry : Inquiry
        Whose answer, and how it is asked.
    units : str
        How the text is cut. Options and examples go whole; where only letters tell options apart, see `mask`.
    target : str
        `flip`, `confidence` or `margin`.
    baseline : str
        What stands in a unit's place: nothing, `___`, or words of other texts that look like it.
    repeats : int, optional
        How often each changed question is asked; default 1, which is enough at temperature 0, and 5 for `replace`,
        each with other texts.
    floor : int
        How often the unchanged question is asked again.
    pool : sequence of str
        For `replace`: other texts, such as the other questions.
    seed : int
        For `replace`.

    Raises
    ------
    InputError
        When the Record has no answer, or a setting makes no sense.
    """
    require_target(FACTS, target)
    n_repeats = (DRAWS if baseline == "replace" else REPEATS) if repeats is None else repeats
    if n_repeats < 1 or floor < 1:
        raise InputError(
            f"{n_repeats} repeats and a noise floor of {floor}: both are at least 1", hint="leave them out"
        )
    interview, cut, first = Interview(ask, inquiry, target), inquiry.units(units), inquiry.record.repeat
    asked = [place for place, unit in enumerate(cut) if target != "margin" or not unit.part.startswith("option")]
    groups = [(frozenset({place}), first + repeat) for place in asked for repeat in range(n_repeats)]
    texts = [texts_of(cut, units, baseline, pool, seed + repeat) for repeat in range(n_repeats)]
    beside = [first] if target == "margin" else []
    same = await interview.unchanged([*beside, *range(first + 1, first + 1 + floor)])
    changed = await interview.without(groups, cut, texts * len(asked))
    rows = {place: changed[n * n_repeats : (n + 1) * n_repeats] for n, place in enumerate(asked)}
    base = Base.of(inquiry, target, same)
    scored = [scored_unit(unit, rows.get(place, []), base, target) for place, unit in enumerate(cut)]
    status, why = judged(scored, base, target)
    return evidence_of(
        FACTS,
        interview,
        units,
        scored,
        baseline=baseline,
        checks={**base.checks(), **bounds(changed), **unread([*same, *changed])},
        seed=seed if baseline == "replace" else None,
        mode=f"{n_repeats} repeats, floor of {floor}",
        status=status,
        why=why,
    )


def texts_of(
    cut: Sequence[Unit], kind: UnitKind, baseline: Baseline, pool: Sequence[str], seed: int
) -> list[str] | None:
    """Return what stands in each unit's place; None for nothing."""
    if baseline == "delete":
        return None
    return [MASK] * len(cut) if baseline == "mask" else drawn_texts_of(cut, kind, pool, seed=seed)


class Base:
    """What the unchanged question gives: the value that changes are taken from, and how restless it is.

    Parameters
    ----------
    flips, n : int
        Other answers than the Record's, among n that were read.
    numbers : list of float
        The confidence or the margin, wherever the answer is the same.
    """

    def __init__(self, flips: int, n: int, numbers: list[float]) -> None:
        self.flips, self.n, self.numbers = flips, n, numbers

    @classmethod
    def of(cls, inquiry: Inquiry, target: Target, same: Sequence[Seen]) -> "Base":
        """Return the base of a Record, which is itself one of the unchanged askings."""
        stated = inquiry.record.report.confidence.get(inquiry.source)
        own = [] if stated is None or stated.value is None or target == "margin" else [stated.value]
        read = [each for each in same if each.status == "ok"]
        return cls(sum(not each.same for each in read), len(read), own + numbers_in(read, target))

    @property
    def rate(self) -> float:
        """How often the unchanged question gets another answer; 0 where no reply was read."""
        return self.flips / self.n if self.n else 0.0

    @property
    def value(self) -> float | None:
        """The mean confidence or margin."""
        return statistics.fmean(self.numbers) if self.numbers else None

    def checks(self) -> dict[str, float | str | bool]:
        """Return what is to be known of the noise floor."""
        low, high = wilson(self.flips, self.n)
        found: dict[str, float | str | bool] = {"floor": self.rate, "floor_low": low, "floor_high": high}
        found |= {"n_floor": float(self.n)}
        if self.value is not None:
            found |= {"value": self.value, "least": min(self.numbers), "most": max(self.numbers)}
        return found


def numbers_in(seen: Sequence[Seen], target: Target) -> list[float]:
    """Return the confidences of replies with the same answer, or the margins of all."""
    if target == "margin":
        return [each.margin for each in seen if each.margin is not None]
    return [each.confidence for each in seen if each.same and each.confidence is not None]


def scored_unit(unit: Unit, seen: Sequence[Seen], base: Base, target: Target) -> ScoredUnit:
    """Return a unit with what its absence changed; without a score where nothing can be told."""
    read = [each for each in seen if each.status == "ok"]
    numbers = numbers_in(read, target)
    drop = base.value - statistics.fmean(numbers) if numbers and base.value is not None else None
    also = {"n": float(len(read))} if seen else {}
    error = None
    if target == "flip":
        score, flips = None, sum(not each.same for each in read)
        if read:
            low, high = wilson(flips, len(read))
            score = flips / len(read) + TIE * (drop or 0.0) / len(seen) ** 2
            also |= {"flip": flips / len(read), "low": low, "high": high, "counts": float(low > base.rate)}
            error = None if len(read) < 2 else math.sqrt(flips * (len(read) - flips) / len(read) ** 3)
        if drop is not None:
            also["confidence"] = drop
    else:
        score = drop
        if drop is not None:
            left = statistics.fmean(numbers)
            also["counts"] = float(not min(base.numbers) <= left <= max(base.numbers))
            error = error_of(numbers, base.numbers)
    return ScoredUnit(unit.text, unit.part, unit.spans, score=score, error=error, also=also)


def error_of(numbers: Sequence[float], others: Sequence[float]) -> float | None:
    """Return the standard error of a difference of means; None where one of them has a single number."""
    if min(len(numbers), len(others)) < 2:
        return None
    return math.sqrt(sum(statistics.variance(each) / len(each) for each in (numbers, others)))


def judged(scored: Sequence[ScoredUnit], base: Base, target: Target) -> tuple[str, str]:
    """Return the status, and a sentence where it is not `ok`."""
    if target != "flip" and base.value is None:
        what = "states no confidence" if target == "confidence" else "gives no probabilities of the options"
        return "not_applicable", f"the model {what} for the unchanged question"
    if not any(unit.score is not None and unit.part == QUESTION for unit in scored):
        return "failed", "no reply to a changed question could be compared"
    if target == "flip" and not base.n:
        return "incomplete", "no reply to the unchanged question could be read, so there is no noise floor"
    return "ok", ""


def bounds(seen: Sequence[Seen]) -> dict[str, float | str | bool]:
    """Return how many margins are only bounds; nothing where none is."""
    n = sum(each.bounded for each in seen)
    return {"bounded": float(n)} if n else {}
