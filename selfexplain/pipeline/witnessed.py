"""What witnesses found, beside what a Run claims: agreement, its chance levels, the ceiling, and the verdict."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from selfexplain.agreement.beside_chance import BesideChance, averaged, beside_chance
from selfexplain.agreement.ceiling import witness_against_witness
from selfexplain.agreement.hallucinated import hallucinated_over_run
from selfexplain.agreement.measure import OF_A_CLAIM, STATED, Agreement
from selfexplain.agreement.over_run import OverRun, over_run
from selfexplain.agreement.verdict import FAMILIES, NEVER_ALONE, Family, Verdict, verdict
from selfexplain.claims import LISTED_KINDS, Claim
from selfexplain.errors import Undefined
from selfexplain.evidence import ScoredUnit
from selfexplain.inference import Estimate
from selfexplain.pipeline.claimed_places import Claimed, claimed_places, units_named_by_claims
from selfexplain.pipeline.claims_compared import claimed
from selfexplain.pipeline.elsewhere import BY, Here, beside_other_items
from selfexplain.pipeline.witness import Asked, Looked
from selfexplain.runs.evidence_files import Found
from selfexplain.witnesses.witness import WitnessFacts

LEVEL = 0.95

VERDICT_BY = "named_auroc"
"""The measure that the verdict rests on, chosen before anybody looked: it uses every score."""


@dataclass(frozen=True)
class Seen:
    """One Record beside one witness."""

    asked: Asked
    found: Found
    units: tuple[ScoredUnit, ...]
    """Those that a claim can name."""
    claim: Claimed
    measured: Mapping[str, BesideChance]
    left_out: Mapping[str, str]
    """Measures without a value here, and why."""
    beside_others: BesideChance | None = None
    """By the verdict's measure, beside claims about other Items."""
    others_why: str = ""
    """Why it stands beside none."""


@dataclass(frozen=True)
class Witnessed:
    """A Run's claims of one kind beside all witnesses."""

    claim: str
    measure: str
    """The one that the verdict rests on."""
    facts: Mapping[str, WitnessFacts]
    seen: Mapping[str, Sequence[Seen]]
    """By witness: Records with Evidence that can be relied on."""
    agreement: Mapping[str, Mapping[str, OverRun]]
    """By witness and measure."""
    families: Mapping[Family, OverRun]
    ceiling: OverRun | None
    pairs: Mapping[str, OverRun]
    """Witness against witness, each pair by itself."""
    verdict: Verdict
    hallucinated: Estimate | None
    """Named words that stand nowhere in the question; None where a claim cannot name such."""
    other_item: Mapping[str, OverRun] = field(default_factory=dict)
    """By witness and by family: the verdict's measure beside claims about other Items."""
    support: Mapping[str, float] = field(default_factory=dict)
    """For each reply that is explained (the key of its Request) the percentile of its claim within its own null."""


def witnessed(
    looked: Looked,
    facts: Mapping[str, WitnessFacts],
    claim: str,
    measures: Mapping[str, Agreement[...]],
    able: Sequence[Family],
    *,
    by: str = VERDICT_BY,
    seed: int = 0,
) -> Witnessed:
    """Compare what a Run claims with what witnesses found.

    Parameters
    ----------
    looked : Looked
    facts : mapping of witness name to WitnessFacts
    claim : str
        A kind of claim, or `rationale`.
    measures : mapping of name to measure
        Those that take no claim with scores are left out.
    able : sequence of family
        Families of witnesses that can run on this model.
    by : str
        The measure that the verdict rests on.
    seed : int
        Of the draws.
    """
    usable = {name: each for name, each in measures.items() if each.facts.takes in OF_A_CLAIM}
    seen = {name: seen_by(name, looked, facts[name], claim, usable, by=by, seed=seed) for name in facts}
    families = by_family(seen, facts, lambda row: row.measured.get(by))
    pairs = {
        f"{one} | {other}": against_each_other(seen[one], seen[other], usable[by], seed=seed)
        for one, other in itertools.combinations(facts, 2)
    }
    over = {family: summed(usable[by], rows) for family, rows in families.items()}
    ceiling = ceiling_of(pairs, facts, usable[by])
    return Witnessed(
        claim=claim,
        measure=by,
        facts=facts,
        seen=seen,
        agreement={
            name: {
                each: summed(usable[each], [(row.asked, row.measured[each]) for row in rows if each in row.measured])
                for each in usable
                if suits(usable[each], facts[name])
            }
            for name, rows in seen.items()
        },
        families=over,
        ceiling=ceiling,
        pairs={name: summed(usable[by], rows) for name, rows in pairs.items()},
        verdict=verdict(
            {family: each.above_chance if each.n else None for family, each in over.items()},
            [family for family in FAMILIES if family in {*able, *over}],
            ceiling.above_chance if ceiling is not None else None,
        ),
        hallucinated=hallucinated(looked.asked, claim),
        other_item=over_other_items(seen, facts, usable[by]),
        support=support_of(families),
    )


def seen_by(
    name: str,
    looked: Looked,
    facts: WitnessFacts,
    claim: str,
    measures: Mapping[str, Agreement[...]],
    *,
    by: str,
    seed: int,
) -> list[Seen]:
    """Return the Records that a witness found something about, each beside random claims and those about others."""
    places = {asked.request.key: number for number, asked in enumerate(looked.asked)}
    found = [
        one_seen(looked.asked[number], line, claim, measures, facts, seed=seed + number)
        for line in looked.evidence[name]
        if line.status == "ok" and (number := places.get(line.reply)) is not None
    ]
    rows = [row for row in found if by in row.measured]
    here = [Here(row.claim, [unit.score or 0.0 for unit in row.units], row.asked.item.drawn_with) for row in rows]
    others = dict(zip(map(id, rows), beside_other_items(measures[by], here, seed=seed), strict=True))
    return [with_others(row, others.get(id(row), "")) for row in found]


def with_others(row: Seen, others: BesideChance | str) -> Seen:
    """Return a Record with what claims about other Items score there, or why none does."""
    if isinstance(others, str):
        return replace(row, others_why=others)
    return replace(row, beside_others=others)


def over_other_items(
    seen: Mapping[str, Sequence[Seen]], facts: Mapping[str, WitnessFacts], measure: Agreement[...]
) -> dict[str, OverRun]:
    """Return the verdict's measure beside claims about other Items, by witness and by family."""
    alone = {
        name: [(row.asked, row.beside_others) for row in rows if row.beside_others is not None]
        for name, rows in seen.items()
    }
    families = by_family(seen, facts, lambda row: row.beside_others)
    return {name: summed(measure, rows) for name, rows in (*alone.items(), *families.items())}


def suits(measure: Agreement[...], facts: WitnessFacts) -> bool:
    """Tell whether a measure can be taken of a witness: signs agree with nothing that has none."""
    return facts.signed or measure.facts.takes != "signs"


def one_seen(
    asked: Asked,
    found: Found,
    claim: str,
    measures: Mapping[str, Agreement[...]],
    facts: WitnessFacts,
    *,
    seed: int,
) -> Seen:
    """Return one Record beside one witness, by every measure that suits both."""
    units = units_named_by_claims(found)
    said = claimed_places(asked.record, asked.item, claim, units)
    measured, left_out = {}, {}
    for name, measure in measures.items():
        if not suits(measure, facts):
            continue
        try:
            measured[name] = measure_one(measure, said, [unit.score or 0.0 for unit in units], seed=seed)
        except Undefined as undefined:
            left_out[name] = str(undefined)
    return Seen(asked, found, tuple(units), said, measured, left_out)


def measure_one(measure: Agreement[...], said: Claimed, scores: Sequence[float], *, seed: int) -> BesideChance:
    """Measure a claim beside its matched null.

    Raises
    ------
    Undefined
        When there is no claim, or not of the kind that this measure takes, or the measure has no value.
    """
    if said.why:
        raise Undefined(said.why)
    takes, places = measure.facts.takes, list(said.said)
    if takes in STATED and said.scored:
        places, stated, among = scored_content(said, scores)
        return beside_chance(measure, places, among, stated=stated, seed=seed)
    if takes == "signs" or (takes in {"ranking", "scores"} and not said.has_order):
        raise Undefined("the claim states no scores" if takes == "signs" else "the claim has no order")
    return beside_chance(measure, places, scores, candidates=list(said.candidates), seed=seed)


def scored_content(said: Claimed, scores: Sequence[float]) -> tuple[list[int], list[float], list[float]]:
    """Return a claim that states scores among content words alone: places, what is stated, and the witness's scores.

    Whoever is asked for a score of each word names more units than there are content words, so no random claim of that
    size is matched. Among content words one is: the same scores in another order.

    Raises
    ------
    Undefined
        When no content word has a stated score.
    """
    able = [place for place, is_candidate in enumerate(said.candidates) if is_candidate]
    number_of = {place: number for number, place in enumerate(able)}
    kept = [(number_of[place], score) for place, score in said.scored if place in number_of]
    if not kept:
        raise Undefined("no content word has a stated score")
    return [place for place, _ in kept], [score for _, score in kept], [scores[place] for place in able]


Rows = Sequence[tuple[Asked, BesideChance]]


def summed(measure: Agreement[...], rows: Rows) -> OverRun:
    """Return a measure over a Run's Records."""
    return over_run(measure, [each for _, each in rows], [asked.item.drawn_with for asked, _ in rows], level=LEVEL)


def by_family(
    seen: Mapping[str, Sequence[Seen]],
    facts: Mapping[str, WitnessFacts],
    pick: Callable[[Seen], BesideChance | None],
) -> dict[Family, list[tuple[Asked, BesideChance]]]:
    """Return each Record's mean over the witnesses of each family."""
    found: dict[Family, list[tuple[Asked, BesideChance]]] = {}
    for family in dict.fromkeys(each.family for each in facts.values()):
        rows: dict[str, list[BesideChance]] = {}
        whose: dict[str, Asked] = {}
        for name in (name for name, each in facts.items() if each.family == family):
            for row in seen[name]:
                if (value := pick(row)) is not None:
                    rows.setdefault(row.found.reply, []).append(value)
                    whose[row.found.reply] = row.asked
        found[family] = [(whose[reply], averaged(values)) for reply, values in rows.items()]
    return found


def against_each_other(
    one: Sequence[Seen], other: Sequence[Seen], measure: Agreement[...], *, seed: int
) -> list[tuple[Asked, BesideChance]]:
    """Return two witnesses beside each other, as a claim is measured, where both saw a Record that claims something."""
    others = {row.found.reply: row for row in other}
    found = []
    for number, row in enumerate(one):
        beside_it = others.get(row.found.reply)
        if beside_it is None or not row.claim.said:
            continue
        try:
            both = one_against_other(row, beside_it, measure, seed=seed + number)
        except Undefined:
            continue
        found.append((row.asked, both))
    return found


def one_against_other(row: Seen, other: Seen, measure: Agreement[...], *, seed: int) -> BesideChance:
    """Return two witnesses of one Record beside each other, among the words that its claim is compared among."""
    first, second = ([unit.score or 0.0 for unit in each.units] for each in (row, other))
    if measure.facts.takes in STATED and row.claim.scored:
        places, _, among = scored_content(row.claim, first)
        _, _, beside_these = scored_content(row.claim, second)
        return witness_against_witness(measure, among, beside_these, k=len(places), seed=seed)
    candidates = list(row.claim.candidates)
    return witness_against_witness(measure, first, second, k=len(row.claim.said), candidates=candidates, seed=seed)


def ceiling_of(pairs: Mapping[str, Rows], facts: Mapping[str, WitnessFacts], measure: Agreement[...]) -> OverRun | None:
    """Return how far witnesses of different families agree, Record by Record; of one family where there is but one."""
    names = {pair: pair.split(" | ") for pair in pairs}
    apart = [pair for pair, (one, other) in names.items() if facts[one].family != facts[other].family]
    rows: dict[str, list[BesideChance]] = {}
    whose: dict[str, Asked] = {}
    for pair in apart or pairs:
        for asked, each in pairs[pair]:
            rows.setdefault(asked.request.key, []).append(each)
            whose[asked.request.key] = asked
    if not rows:
        return None
    return summed(measure, [(whose[key], averaged(each)) for key, each in rows.items()])


def support_of(families: Mapping[Family, Rows]) -> dict[str, float]:
    """Return for each reply the percentile of its claim, the mean over families; attention alone says nothing."""
    found: dict[str, list[float]] = {}
    for family, rows in families.items():
        if family not in NEVER_ALONE:
            for asked, each in rows:
                found.setdefault(asked.request.key, []).append(each.percentile)
    return {key: fmean(values) for key, values in found.items()}


def hallucinated(asked: Sequence[Asked], claim: str) -> Estimate | None:
    """Return how many of the named words stand nowhere in their question."""
    if claim not in LISTED_KINDS:
        return None
    said = [(claimed(claim, each.record).value, each.item.drawn_with) for each in asked]
    named = [(each, owner) for each, owner in said if isinstance(each, Claim)]
    return hallucinated_over_run(
        [[unit.place for unit in each.units] for each, _ in named], [owner for _, owner in named], level=LEVEL
    )


def to_dict(found: Witnessed, looked: Looked) -> dict[str, Any]:
    """Return the numbers as strict JSON values."""
    return {
        "witnesses": {name: one_witness(name, found, looked) for name in found.facts},
        "ceiling": None if found.ceiling is None else numbers(found.ceiling),
        "pairs": {name: numbers(each) for name, each in found.pairs.items()},
        "verdicts": {
            found.claim: {
                "word": found.verdict.word,
                "why": found.verdict.why,
                "measure": found.measure,
                "families": {
                    family: numbers(each) | {"other_item": other_item(family, found)}
                    for family, each in found.families.items()
                },
            }
        },
        "hallucinated": None if found.hallucinated is None else found.hallucinated.to_dict(),
        "check": check_of(looked, found.facts),
        "left_out": dict(looked.left_out),
    }


def one_witness(name: str, found: Witnessed, looked: Looked) -> dict[str, Any]:
    """Return what is known of one witness."""
    lines, facts, seen = looked.evidence[name], found.facts[name], found.seen[name]
    agreement = {
        measure: numbers(each) | {"left_out": dict(Counter(filter(None, (r.left_out.get(measure) for r in seen))))}
        for measure, each in found.agreement[name].items()
    }
    if found.measure in agreement:
        why = Counter(row.others_why for row in seen if row.others_why)
        agreement[found.measure]["other_item"] = other_item(name, found) | {"left_out": dict(why)}
    return {
        "n": len(seen),
        "family": facts.family,
        "settings": dict(lines[-1].settings) if lines else {},
        "inside": dict(lines[-1].inside) if lines else {},
        "question": facts.question,
        "baseline": " ".join(sorted({line.baseline for line in lines if line.status == "ok"})),
        "target": " ".join(sorted({line.target for line in lines if line.status == "ok"})),
        "excluded": dict(Counter(line.status for line in lines if line.status != "ok")),
        "n_new": looked.n_new[name],
        "cost": {
            "forward": sum(line.n_forward for line in lines),
            "backward": sum(line.n_backward for line in lines),
            "seconds": sum(line.seconds for line in lines),
        },
        "devices": dict(Counter(line.device for line in lines if line.device)),
        "template_share": template_share(seen),
        "agreement": agreement,
    }


def other_item(name: str, found: Witnessed) -> dict[str, Any]:
    """Return the verdict's measure beside claims about other Items, of a witness or a family."""
    return numbers(found.other_item[name]) | {"by": BY}


def template_share(seen: Sequence[Seen]) -> float | None:
    """Return the mean share of the absolute scores that the template has; None where it was held fixed."""
    shares = []
    for row in seen:
        scores = [(abs(unit.score), unit.part == "template") for unit in row.found.units if unit.score is not None]
        total = sum(score for score, _ in scores)
        if total and any(is_template for _, is_template in scores):
            shares.append(sum(score for score, is_template in scores if is_template) / total)
    return fmean(shares) if shares else None


def numbers(found: OverRun) -> dict[str, Any]:
    """Return a measure over a Run: its value, the value of random claims, and by how much it is above these."""
    above, value = found.above_chance, found.value
    return {
        "value": value.value,
        "low": value.low,
        "high": value.high,
        "chance": found.chance.value,
        "n": found.n,
        "above_chance": {"value": above.value, "low": above.low, "high": above.high},
        "method": value.method,
        "undefined": value.undefined,
        "warnings": list(value.warnings),
    }


def check_of(looked: Looked, facts: Mapping[str, WitnessFacts]) -> dict[str, Any]:
    """Return how the model that was looked into compares with the one that answered, by the witnesses that look inside.

    Whoever asks the model again compares nothing, so its Evidence says nothing of it.
    """
    inside = [line for name, lines in looked.evidence.items() if facts[name].needs == "white_box" for line in lines]
    differences = {line.reply: line.checks.get("served_difference") for line in inside}
    numbers_of = [float(each) for each in differences.values() if isinstance(each, float)]
    return {
        "n": len(differences),
        "answer_mismatch": len({line.reply for line in inside if line.status == "answer_mismatch"}),
        "served_difference": fmean(numbers_of) if numbers_of else None,
        "largest_served_difference": max(numbers_of) if numbers_of else None,
    }
