"""What taking words away did, over a Run: a claim beside random words, and beside what each witness would name."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from selfexplain.agreement.aopc_comprehensiveness import aopc_comprehensiveness
from selfexplain.agreement.aopc_sufficiency import aopc_sufficiency
from selfexplain.agreement.beside_chance import BesideChance, beside
from selfexplain.agreement.comprehensiveness import comprehensiveness, normalised_comprehensiveness
from selfexplain.agreement.flip_rate import flip_rate
from selfexplain.agreement.measure import Agreement
from selfexplain.agreement.null import Null, null_of_values
from selfexplain.agreement.over_run import flips_over_run, mean_or_none, over_run
from selfexplain.agreement.removal_sets import Places, null_of_sets
from selfexplain.agreement.sufficiency import normalised_sufficiency, sufficiency
from selfexplain.errors import Undefined
from selfexplain.pipeline.removal_questions import Way
from selfexplain.pipeline.removals import Removals, Taken
from selfexplain.pipeline.witness import Asked, Looked
from selfexplain.pipeline.witnessed import LEVEL, numbers
from selfexplain.runs.removal_files import Gone
from selfexplain.witnesses.asked_occlusion import FLOOR
from selfexplain.witnesses.witness import WitnessFacts

NAMED = "named"
"""Whose words: the model's own claim; else a witness."""


def probability(taken: Taken, gone: Gone) -> float:
    """Return the probability of the answer without some units."""
    value = taken.effects[gone].value
    if value is None:
        raise Undefined("the probability of the answer is not known")
    return value


def fall(taken: Taken, places: Places) -> float:
    """Return the comprehensiveness of some units."""
    return comprehensiveness(probability(taken, Gone(())), probability(taken, taken.question.without(places)))


def loss(taken: Taken, places: Places) -> float:
    """Return the sufficiency of some units."""
    return sufficiency(probability(taken, Gone(())), probability(taken, taken.question.only(places)))


def mean_fall(taken: Taken, places: Places) -> float:
    """Return the AOPC of comprehensiveness of some units, the most important first."""
    bins = [probability(taken, taken.question.without(places[:size])) for size in sizes_of(taken)]
    return aopc_comprehensiveness(probability(taken, Gone(())), bins)


def mean_loss(taken: Taken, places: Places) -> float:
    """Return the AOPC of sufficiency of some units, the most important first."""
    bins = [probability(taken, taken.question.only(places[:size])) for size in sizes_of(taken)]
    return aopc_sufficiency(probability(taken, Gone(())), bins)


def sizes_of(taken: Taken) -> Sequence[int]:
    """Return the bins; raises Undefined where there is no order."""
    if not taken.question.sizes:
        raise Undefined("the claim has no order")
    return taken.question.sizes


def flips(taken: Taken, places: Places) -> float:
    """Return the flip rate of some units: of one reply, so 0 or 1."""
    value = taken.effects[taken.question.without(places)].value
    return flip_rate([bool(value)] if value is not None else [])


def floor_of(taken: Taken) -> float:
    """Return how often the unchanged question gets another answer."""
    values = [taken.effects[Gone((), repeat)].value for repeat in range(1, 1 + FLOOR)]
    read = [bool(value) for value in values if value is not None]
    if not read:
        raise Undefined("no reply to the unchanged question could be read, so there is no noise floor")
    return flip_rate(read)


@dataclass(frozen=True)
class Effectual:
    """A measure of what came of it."""

    measure: Agreement[...]
    way: Way
    value: Callable[[Taken, Places], float]
    is_of_sets: bool = True
    """Whether it is the same in any order."""


MEASURES: tuple[Effectual, ...] = (
    Effectual(comprehensiveness, "prob", fall),
    Effectual(sufficiency, "prob", loss),
    Effectual(aopc_comprehensiveness, "prob", mean_fall, is_of_sets=False),
    Effectual(aopc_sufficiency, "prob", mean_loss, is_of_sets=False),
    Effectual(flip_rate, "flip", flips),
)


@dataclass
class Rows:
    """A measure in every Record in which the model's claim has a value."""

    of: Effectual
    asked: list[Asked] = field(default_factory=list)
    found: list[dict[str, BesideChance]] = field(default_factory=list)
    """For each Record by whose words they are."""
    everything: list[float] = field(default_factory=list)
    """What taking the whole question away does."""
    normalised: dict[int, float] = field(default_factory=dict)
    """By Record, how much of what could be gained over chance was gained, where that is not too little."""
    floors: list[float] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def of_whom(self, who: str) -> tuple[list[BesideChance], list[str], list[int]]:
        """Return the values of some words, what their Items were drawn with, and which Records these are."""
        rows = [number for number, each in enumerate(self.found) if who in each]
        return [self.found[n][who] for n in rows], [self.asked[n].item.drawn_with for n in rows], rows


def rows_of(of: Effectual, taken: Sequence[Taken]) -> Rows:
    """Return a measure over Records; those in which it has no value are counted by reason."""
    rows = Rows(of)
    for each in taken:
        try:
            add(rows, each)
        except Undefined as undefined:
            rows.left_out[str(undefined)] += 1
    return rows


def add(rows: Rows, taken: Taken) -> None:
    """Add one Record; raises Undefined, and adds nothing, where the claim, chance or the floor has no value."""
    of, question = rows.of, taken.question
    null = null_in(of, taken)
    found = {NAMED: beside(of.measure, of.value(taken, question.claim.said), null)}
    floor = floor_of(taken) if of.way == "flip" else None
    for name, places in taken.tops.items():
        try:
            found[name] = beside(of.measure, of.value(taken, places), null)
        except Undefined:  # a reply that cannot be read; that of the claim can
            continue
    if floor is not None:
        rows.floors.append(floor)
    else:
        nothing = probability(taken, question.everything)
        rows.everything.append(probability(taken, Gone(())) - nothing)
        add_normalised(rows, taken, null.mean)
    rows.asked.append(taken.asked)
    rows.found.append(found)


def null_in(of: Effectual, taken: Taken) -> Null:
    """Return what random words do in one Record."""
    values, unread = [], 0
    for places in taken.question.random:
        try:
            values.append(of.value(taken, places))
        except Undefined:
            if of.way == "prob":
                raise
            unread += 1
    if not of.is_of_sets:
        return null_of_values(values)
    return null_of_sets(values, every=taken.question.every and not unread)


def add_normalised(rows: Rows, taken: Taken, chance: float) -> None:
    """Add the normalised value of one Record, where there is one."""
    question, full = taken.question, probability(taken, Gone(()))
    said, number = question.claim.said, len(rows.asked)
    try:
        if rows.of.measure is comprehensiveness:
            nothing = probability(taken, question.everything)
            without = probability(taken, question.without(said))
            rows.normalised[number] = normalised_comprehensiveness(full, without, nothing, chance)
        elif rows.of.measure is sufficiency:
            rows.normalised[number] = normalised_sufficiency(full, probability(taken, question.only(said)), chance)
    except Undefined:
        return


def to_dict(removals: Removals) -> dict[str, Any]:
    """Return the numbers as strict JSON values."""
    wanted = removals.wanted
    rows = [rows_of(each, [t for t in removals.taken if t.way == each.way]) for each in MEASURES]
    return {
        "random": wanted.random,
        "claim": wanted.claim,
        "cost": {
            "forward": sum(removals.n_forward.values()),
            "seconds": sum(removals.seconds.values()),
        },
        "n_new": sum(removals.n_new.values()),
        "left_out": {way: dict(why) for way, why in removals.left_out.items()},
        "measures": {
            each.of.measure.facts.name: measured(each, removals) for each in rows if each.of.way in wanted.ways
        },
    }


def measured(rows: Rows, removals: Removals) -> dict[str, Any]:
    """Return one measure: by the claim, by each witness's first words, by random ones, and by what else bounds it."""
    of, way = rows.of, rows.of.way
    named, clusters, _ = rows.of_whom(NAMED)
    names = list(dict.fromkeys(name for each in rows.found for name in each if name != NAMED))
    low, high = of.measure.facts.within
    random = mean_or_none([each.chance for each in named], clusters, within=(low, high), level=LEVEL)
    found: dict[str, Any] = {
        "way": way,
        "baseline": removals.wanted.ways[way],
        "direction": of.measure.facts.direction,
        "n": len(named),
        "named": numbers(over_run(of.measure, named, clusters, level=LEVEL)),
        "random": random.to_dict(),
        "witnesses": {name: of_witness(rows, name) for name in names},
        "left_out": dict(rows.left_out),
    }
    if way == "flip":
        return found | floors(rows) | {"unread": unread(removals)}
    everything = mean_or_none(rows.everything, clusters, within=(-1.0, 1.0), level=LEVEL)
    found["everything"] = everything.to_dict()
    if of.is_of_sets:
        owners = [clusters[number] for number in rows.normalised]
        gains = list(rows.normalised.values())
        most = max((abs(each) for each in gains), default=1.0)
        found["normalised"] = mean_or_none(gains, owners, within=(-most, most), level=LEVEL).to_dict()
    return found


def of_witness(rows: Rows, name: str) -> dict[str, Any]:
    """Return a measure of a witness's first words, and by how much the claim falls short of these, Record by Record."""
    values, clusters, which = rows.of_whom(name)
    short = [
        beside_it.above_chance - rows.found[n][NAMED].above_chance for n, beside_it in zip(which, values, strict=True)
    ]
    low, high = rows.of.measure.facts.within
    gap = mean_or_none(short, clusters, within=(low - high, high - low), level=LEVEL)
    return numbers(over_run(rows.of.measure, values, clusters, level=LEVEL)) | {
        "better_than_named": {"value": gap.value, "low": gap.low, "high": gap.high}
    }


def floors(rows: Rows) -> dict[str, Any]:
    """Return how often the unchanged question gets another answer, and by how much the claim's rate is above that."""
    named, clusters, _ = rows.of_whom(NAMED)
    rates, chances = [each.value for each in named], [each.chance for each in named]
    found = flips_over_run(rates, chances, rows.floors, clusters, level=LEVEL)
    above = found.above_noise
    return {
        "noise_floor": found.noise_floor.to_dict(),
        "above_noise": {"value": above.value, "low": above.low, "high": above.high},
    }


def unread(removals: Removals) -> dict[str, int]:
    """Return how many replies were not read, by status."""
    why: Counter[str] = Counter()
    for taken in removals.taken:
        if taken.way == "flip":
            asked_for = {taken.question.without(each) for each in (taken.question.claim.said, *taken.question.random)}
            why.update(taken.effects[gone].why for gone in asked_for if taken.effects[gone].value is None)
    return dict(why)


def in_agreement(found: Mapping[str, Any], looked: Looked, facts: Mapping[str, WitnessFacts]) -> dict[str, Any]:
    """Return for each witness that takes words away in the same manner what it says of the claim, by measure.

    That is a witness of perturbation whose Evidence has the baseline of the removals, inside for probabilities and from
    outside for flips.
    """
    ways = {each.measure.facts.name: each.way for each in MEASURES}
    return {
        name: {
            measure: each["named"] | {"left_out": each["left_out"]}
            for measure, each in found["measures"].items()
            if (ways[measure] == "prob") == (known.needs == "white_box")
            and each["baseline"] in {line.baseline for line in looked.evidence[name]}
        }
        for name, known in facts.items()
        if known.family == "perturbation"
    }
