"""Shapley values: what a unit adds on average, whichever others are already there."""

import itertools
import math
import random
from collections.abc import Iterable, Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import Aim, Floats, WhiteBox
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.removal import Baseline, without_units
from selfexplain.witnesses.subject import Subject, evidence_of, subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

PERMUTATIONS = 10
MOST_EXACT = 12
"""So many units at most are computed from all coalitions: 4,096 passes."""

Coalition = frozenset[int]

FACTS = WitnessFacts(
    name="shapley",
    family="perturbation",
    needs="white_box",
    cost=lambda n, _: Cost(forward=min(2**n, PERMUTATIONS * (n - 1) + 2)),
    question="how much does the unit add to the wish for this answer, whichever of the others are there?",
    source="Shapley 1953; Štrumbelj & Kononenko 2014; Lundberg & Lee 2017, arXiv:1705.07874; antithetic draws: "
    "Mitchell et al. 2022, arXiv:2104.12199",
)


@witness(FACTS)
def shapley(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    others: Sequence[str] = (),
    target: Target = "margin",
    baseline: Baseline = "embed",
    permutations: int = PERMUTATIONS,
    exact: bool | None = None,
    seed: int = 0,
) -> Evidence:
    """Share f(x) − f(x without any unit) among the units by the Shapley value.

    The template is there in every coalition: it is no player, and has no score. From permutations, units are added one
    after the other, in each drawn order and in its reverse; the standard error is over such pairs.

    Parameters
    ----------
    model, text, answer, units, others, target, baseline
        As for `occlusion`; `replace` is no baseline here.
    permutations : int
        How many orders are drawn; even, at least 4, for pairs to have an error.
    exact : bool, optional
        All 2ⁿ coalitions instead of orders; default where these are no more.
    seed : int
        Of the orders.

    Raises
    ------
    InputError
        When there are too many units for all coalitions, or too few permutations for an error.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = shapley(LinearModel({"good": 2.0, "plot": 0.5}), "good plot", "yes", baseline="delete")
    >>> [(unit.text, unit.score) for unit in found.units], found.mode
    ([('good', 2.0), ('plot', 0.5), ('<template>', None)], 'exact')
    """
    subject = subject_of(model, as_case(text, answer, units, others), target, FACTS)
    n = len(subject.case.units)
    is_exact = 2**n <= permutations * (n - 1) + 2 if exact is None else exact
    require_sensible(n, permutations, baseline, is_exact=is_exact)
    orders = [] if is_exact else in_pairs(n, permutations, seed)
    coalitions = list(all_coalitions(n) if is_exact else dict.fromkeys(itertools.chain(*map(walk, orders))))
    values, aim = valued(model, subject, baseline, coalitions)
    whole, empty = values[frozenset(range(n))], values[frozenset()]
    errors = None
    if is_exact:
        shares = exact_shares(n, values)
    else:
        gains = np.array([added(order, values) for order in orders])
        shares = gains.mean(axis=0)
        pairs = gains.reshape(-1, 2, n).mean(axis=1)
        errors = [*(pairs.std(axis=0, ddof=1) / math.sqrt(len(pairs))).tolist(), None]
    return evidence_of(
        FACTS,
        subject,
        aim,
        [*shares.tolist(), None],
        errors=errors,
        baseline=baseline,
        cost=Cost(forward=len(coalitions)),
        model=model,
        value=whole,
        checks={"without_units": empty, "efficiency": abs(float(shares.sum()) - (whole - empty))},
        seed=None if is_exact else seed,
        mode="exact" if is_exact else f"{permutations} permutations",
    )


def require_sensible(n: int, permutations: int, baseline: Baseline, *, is_exact: bool) -> None:
    """Raise InputError for settings that give nothing."""
    if baseline == "replace":
        raise InputError("Shapley values are not taken with `replace`", hint="take another baseline")
    if is_exact and n > MOST_EXACT:
        raise InputError(f"{n} units have {2**n:,} coalitions", hint="leave `exact` out, and orders are drawn")
    if not is_exact and (permutations < 4 or permutations % 2):
        raise InputError(
            f"{permutations} permutations are no two pairs of an order and its reverse", hint="take 4, 6, 8, 10 …"
        )


def valued(
    model: WhiteBox, subject: Subject, baseline: Baseline, coalitions: Sequence[Coalition]
) -> tuple[dict[Coalition, float], Aim]:
    """Return f for each set of units that are there; the whole first, so that its rival is taken."""
    everyone = frozenset(range(len(subject.case.units)))
    ordered = sorted(coalitions, key=lambda each: each != everyone)
    inputs = without_units(model, subject, baseline, [everyone - each for each in ordered])
    found = model.values(inputs, subject.aim)
    return dict(zip(ordered, found.values.tolist(), strict=True)), found.aim


def all_coalitions(n: int) -> Iterable[Coalition]:
    """Yield all sets of n units."""
    return (frozenset(chosen) for size in range(n + 1) for chosen in itertools.combinations(range(n), size))


def in_pairs(n: int, permutations: int, seed: int) -> list[list[int]]:
    """Return orders, each followed by its reverse."""
    draw = random.Random(seed)  # noqa: S311 - repeatable draws, which protect nothing
    orders: list[list[int]] = []
    for _ in range(permutations // 2):
        order = list(range(n))
        for place in range(n - 1, 0, -1):  # by `random` alone, whose sequence Python keeps
            other = int(draw.random() * (place + 1))
            order[place], order[other] = order[other], order[place]
        orders += [order, order[::-1]]
    return orders


def walk(order: Sequence[int]) -> list[Coalition]:
    """Return the coalitions on the way from nobody to everybody.

    >>> walk([1, 0]) == [frozenset(), frozenset({1}), frozenset({0, 1})]
    True
    """
    return [frozenset(order[:size]) for size in range(len(order) + 1)]


def added(order: Sequence[int], values: dict[Coalition, float]) -> list[float]:
    """Return what each unit adds in one order, by unit."""
    way = [values[each] for each in walk(order)]
    gains = {unit: after - before for unit, before, after in zip(order, way, way[1:], strict=False)}
    return [gains[unit] for unit in range(len(order))]


def exact_shares(n: int, values: dict[Coalition, float]) -> Floats:
    """Return Shapley values from all coalitions, of shape (n,).

    phi_i = Σ over S without i of |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).
    """
    weights = [math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n) for size in range(n)]
    shares = np.zeros(n)
    for coalition, value in values.items():
        for unit in range(n):
            if unit not in coalition:
                shares[unit] += weights[len(coalition)] * (values[coalition | {unit}] - value)
    return shares
