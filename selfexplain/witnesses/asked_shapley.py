"""Shapley values from outside: how much a unit adds to the chance of the answer, whichever others are there."""

import itertools
import math
import statistics
from collections.abc import Sequence

from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, ScoredUnit, Target, UnitKind
from selfexplain.prompting.parts import QUESTION
from selfexplain.records import Ask
from selfexplain.witnesses.asked_occlusion import Baseline, bounds, texts_of
from selfexplain.witnesses.coalitions import Coalition, all_coalitions, exact_shares, in_pairs, require_sensible, walk
from selfexplain.witnesses.inquiry import Inquiry, Interview, Seen, asking_witness, evidence_of, unread
from selfexplain.witnesses.witness import Cost, WitnessFacts, require_target

PERMUTATIONS = 4

FACTS = WitnessFacts(
    name="shapley-asked",
    family="perturbation",
    needs="provider",
    cost=lambda n, _: Cost(forward=min(2**n - 1, PERMUTATIONS * (n - 1) + 1)),
    question="how much does the unit add to getting this answer, whichever of the others are there?",
    source="Shapley 1953; Štrumbelj & Kononenko 2014; Lundberg & Lee 2017, arXiv:1705.07874; antithetic draws: "
    "Mitchell et al. 2022, arXiv:2104.12199",
    targets=("flip", "margin"),
)


@asking_witness(FACTS)
async def shapley_asked(
    ask: Ask,
    inquiry: Inquiry,
    units: UnitKind = "word",
    *,
    target: Target = "flip",
    baseline: Baseline = "delete",
    permutations: int = PERMUTATIONS,
    exact: bool | None = None,
    seed: int = 0,
) -> Evidence:
    """Share what the units do together among them, from the answers to questions that hold only some of them.

    `flip`: v(S) = 1 where the question with only the units S gets the Record's answer, else 0. `margin`: the
    log-probability of that answer over its best rival. The template is there in every question, and so are options and
    examples where words or sentences are the units: they have no score.

    Of two words each of which would do alone, `occlusion_asked` finds neither; here both have a share. A question whose
    reply cannot be read has no value, and nothing is put in its place: what it would tell is left out, and the
    `efficiency` (how far the shares are from v(all) − v(none)) is then not known.

    Parameters
    ----------
    ask, inquiry, units, target, baseline
        As for `occlusion_asked`; `replace` is no baseline here.
    permutations : int
        How many orders are drawn; even, at least 4. Calls: permutations · (units − 1) + 1 at most, since what was asked
        is not asked again, and one more for a margin.
    exact : bool, optional
        All 2ⁿ sets instead of orders; default where these are no more.
    seed : int
        Of the orders.

    Raises
    ------
    InputError
        When the Record has no answer, or a setting makes no sense.
    """
    require_target(FACTS, target)
    interview, cut = Interview(ask, inquiry, target), inquiry.units(units)
    players = [place for place, unit in enumerate(cut) if unit.part == QUESTION or units in {"option", "example"}]
    if target == "margin" and units == "option":
        raise InputError("a margin over the options needs all of them", hint="take the target `flip`")
    n = len(players)
    is_exact = 2**n <= permutations * (n - 1) + 2 if exact is None else exact
    require_sensible(n, permutations, baseline, is_exact=is_exact)
    orders = [] if is_exact else in_pairs(n, permutations, seed)
    everyone = frozenset(range(n))
    wanted = [*dict.fromkeys([everyone, *(all_coalitions(n) if is_exact else itertools.chain(*map(walk, orders)))])]
    known = {} if target == "margin" else {everyone: 1.0}
    asked = [each for each in wanted if each not in known]
    gone = [(frozenset(players[place] for place in everyone - each), inquiry.record.repeat) for each in asked]
    seen = await interview.without(gone, cut, [texts_of(cut, units, baseline, (), seed)] * len(asked))
    values = {**known, **dict(zip(asked, (value_of(each, target) for each in seen), strict=True))}
    shares, errors = shared(n, values, orders)
    status, why = judged(shares, values[everyone])
    by_place = {place: (shares[n], errors[n]) for n, place in enumerate(players)}
    scored = [
        ScoredUnit(unit.text, unit.part, unit.spans, *by_place.get(place, (None, None)))
        for place, unit in enumerate(cut)
    ]
    return evidence_of(
        FACTS,
        interview,
        units,
        scored,
        baseline=baseline,
        checks={**ends(shares, values), **bounds(seen), **unread(seen)},
        seed=None if is_exact else seed,
        mode="exact" if is_exact else f"{permutations} permutations",
        status=status,
        why=why,
    )


def value_of(seen: Seen, target: Target) -> float | None:
    """Return v of a set of units; None where the reply does not tell."""
    if target == "margin":
        return seen.margin
    return float(seen.same) if seen.status == "ok" else None


def shared(
    n: int, values: dict[Coalition, float | None], orders: Sequence[Sequence[int]]
) -> tuple[list[float | None], list[float | None]]:
    """Return each unit's share and its standard error, from all sets where there are no orders."""
    if not orders:
        read = {each: value for each, value in values.items() if value is not None}
        whole = len(read) == len(values)
        return (list(exact_shares(n, read).tolist()) if whole else [None] * n), [None] * n
    gains = [gained(order, values) for order in orders]
    shares, errors = list[float | None](), list[float | None]()
    for unit in range(n):
        own = [each[unit] for each in gains]
        read_gains = [each for each in own if each is not None]
        shares.append(statistics.fmean(read_gains) if read_gains else None)
        pairs = pairs_of(own)
        errors.append(statistics.stdev(pairs) / math.sqrt(len(pairs)) if len(pairs) > 1 else None)
    return shares, errors


def pairs_of(gains: Sequence[float | None]) -> list[float]:
    """Return the means over an order and its reverse, where both are known.

    >>> pairs_of([1.0, 0.0, 1.0, None])
    [0.5]
    """
    both = zip(gains[::2], gains[1::2], strict=True)
    return [(one + other) / 2 for one, other in both if one is not None and other is not None]


def gained(order: Sequence[int], values: dict[Coalition, float | None]) -> dict[int, float | None]:
    """Return what each unit adds in one order; None where one of the two values is not known."""
    way = [values[each] for each in walk(order)]
    return {
        unit: None if before is None or after is None else after - before
        for unit, before, after in zip(order, way, way[1:], strict=False)
    }


def judged(shares: Sequence[float | None], whole: float | None) -> tuple[str, str]:
    """Return the status, and a sentence where it is not `ok`."""
    if whole is None:
        return "not_applicable", "the model gives no probabilities of the options for the whole question"
    missing = sum(share is None for share in shares)
    if missing:
        return "incomplete", f"replies that could not be read leave {missing} of {len(shares)} units without a share"
    return "ok", ""


def ends(shares: Sequence[float | None], values: dict[Coalition, float | None]) -> dict[str, float | str | bool]:
    """Return v with all units and with none, and how far the shares are from adding up to their difference."""
    whole, empty = values[frozenset(range(len(shares)))], values.get(frozenset())
    found: dict[str, float | str | bool] = {}
    found |= {name: value for name, value in (("value", whole), ("without_units", empty)) if value is not None}
    known = [share for share in shares if share is not None]
    if whole is not None and empty is not None and len(known) == len(shares) and None not in values.values():
        found["efficiency"] = abs(math.fsum(known) - (whole - empty))
    return found
