"""Plan a comparison: how many Items a change takes to be seen, and what can be seen with those there are.

A change is *seen* when the interval of the difference lies above 0, as `compare` shows it. The gate asks for more: it
*fails* when the whole interval lies above the tolerance, and *passes* when it lies below.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from selfexplain.calibration.harm import FEWEST_ERRORS, FEWEST_PAIRS
from selfexplain.calibration.paired_power import MOST, Mean, fewest, power, smallest_change
from selfexplain.errors import InputError
from selfexplain.inference import Floats
from selfexplain.pipeline.decidable import CORRELATION
from selfexplain.pipeline.gate import MANY, NARROW, WIDE
from selfexplain.pipeline.join import Joined, count, obstacles
from selfexplain.pipeline.repeats import asked_again
from selfexplain.pipeline.usage import known, no_price, unknown
from selfexplain.records import SCHEMA_VERSION, Answered
from selfexplain.runs.answers import Answers
from selfexplain.settings import Policy, Price

Measure = Literal["gap", "brier", "coverage"]

RULES: Mapping[Measure, str] = {"gap": "overconfidence", "brier": "brier", "coverage": "coverage"}
"""The rule of a gate that stands on each measure; on a gap below 0 stands `underconfidence`."""

LEAST = 30
"""With fewer pairs a mean is not nearly normal."""


class Spread(NamedTuple):
    """The variance of one Item's difference B − A, and what it is made of."""

    stays: float
    """What asking more often does not reduce."""
    noise: float
    """What it does: asked m times, an mth of it is left."""
    added: float
    """What a change adds, for each unit of it, since answers that turn wrong are few and far from the mean."""
    included: float = 0.0
    """The size of the change that is in the other two already."""

    def variance(self, delta: float, repeats: int) -> float:
        """Return the variance with a change of so much, asked so often."""
        more = max(0.0, delta - self.included)
        # Where few answers are right, some that turn wrong make them more alike: that cannot take more than there is.
        return max(0.0, self.stays + self.noise / repeats + self.added * more * max(0.0, 1 - more))


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan rests on."""

    kind: Literal["assumed", "one", "repeats", "two"]
    names: tuple[str, ...] = ()
    n_items: int = 0
    accuracy: float
    gap: float
    """Mean confidence − accuracy of the first side."""
    usable: float
    """Share of answers that are usable, with two sides on both."""
    clustering: float = 1.0
    """How many times larger a variance is because Items were drawn together."""
    clusters: float = 1.0
    """Clusters for each Item, which are what coverage counts and Student's t."""
    largest: float = 1.0
    """How many times larger the largest cluster is than they are on average."""
    correlation: float
    """Of an answer's error with that of the second run."""
    spreads: Mapping[Measure, Spread]
    after: Spread
    """Of the residual confidence − correct of the second run, whose mean is its gap."""


class Needed(msgspec.Struct, frozen=True):
    """How many Items one measure takes."""

    name: Measure
    see: int | None
    """For the interval of the difference to lie above 0."""
    fail: int | None
    """For the rule to fail; None where the change is within the tolerance."""
    fail_tolerance: float
    """The rule's, with so many Items; the narrowest if it never fails."""
    passes: int | None
    """For the rule to pass when nothing changed."""
    passes_tolerance: float
    spread: float
    """Standard deviation of one Item's difference when nothing changed."""


class Sight(msgspec.Struct, frozen=True):
    """What one measure shows with so many Items."""

    name: Measure
    tolerance: float
    see: float | None
    """The smallest change that is seen."""
    fail: float | None
    """The smallest change that the rule fails on."""
    decidable: float
    """The smallest tolerance at which a model that did not change passes."""
    power_to_see: float
    """The chance to see the change that is asked about."""
    power_to_fail: float


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """How many Items a change takes, what can be seen with those there are, and what asking costs."""

    basis: Basis
    delta: float
    power: float
    level: float
    repeats: int
    needed: tuple[Needed, ...]
    items: int
    with_items: tuple[Sight, ...]
    cost: Mapping[str, Any] | None = None
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return strict JSON values."""
        found = {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(self)}
        basis = found["basis"]
        spreads = {name: spread._asdict() for name, spread in self.basis.spreads.items()}
        return {**found, "basis": {**basis, "spreads": spreads, "after": self.basis.after._asdict()}}


ASSUMED = Basis(
    kind="assumed",
    accuracy=0.87,
    gap=0.0,
    usable=1.0,
    correlation=CORRELATION,
    spreads={
        "gap": Spread(0.0, 2 * 0.10 * (1 - CORRELATION), 1.0),
        "brier": Spread(0.0, 2 * 0.057 * (1 - CORRELATION), 0.85),
        "coverage": Spread(0.0, 0.0, 1.0),
    },
    after=Spread(0.10 * CORRELATION, 0.10 * (1 - CORRELATION), 2 * 0.87 - 1),
)
"""A model that says .5 to 1, mostly .9 and more, is right in 87 % and calibrated; asked anew, its errors correlate by
.7. The simulation of the gate has such a model."""


def plan(
    basis: Basis, policy: Policy, *, delta: float, wanted: float, level: float, repeats: int, items: int
) -> Outlook:
    """Return how many Items a change of `delta` takes, and what so many Items show.

    Parameters
    ----------
    basis : Basis
    policy : Policy
        Whose tolerances count.
    delta : float, in (0, 1)
        The change for the worse: of the gap away from 0, of the Brier score, of the share of usable answers.
    wanted : float, in (0, 1)
        The power: the chance with which it is to be seen.
    level : float, in (0.5, 1)
        Of intervals.
    repeats : int
        How often each Item is asked.
    items : int
        What there is.
    """
    chances = {name: Chances(name, basis, policy, level, repeats) for name in RULES}
    return Outlook(
        basis=basis,
        delta=delta,
        power=wanted,
        level=level,
        repeats=repeats,
        needed=tuple(each.needed(delta, wanted) for each in chances.values()),
        items=items,
        with_items=tuple(each.sight(items, delta, wanted) for each in chances.values()),
    )


class Chances:
    """The chances of one measure to be seen, to fail and to pass, by Items that are asked."""

    def __init__(self, name: Measure, basis: Basis, policy: Policy, level: float, repeats: int) -> None:
        self.name, self.basis, self.policy, self.level, self.repeats = name, basis, policy, level, repeats
        self.spread = basis.spreads[name]

    def variance(self, delta: float) -> float:
        """Return the variance of an Item's difference, Items that were drawn together counted in."""
        return self.basis.clustering * self.spread.variance(delta, self.repeats)

    def pairs(self, items: int) -> int:
        """Return how many pairs so many Items give: coverage counts all, the others the usable ones."""
        return max(2, items if self.name == "coverage" else math.floor(items * self.basis.usable))

    def units(self, items: int) -> int:
        """Return how many clusters so many Items give."""
        return self.pairs(items) if self.basis.clusters == 1.0 else max(2, math.floor(items * self.basis.clusters))

    def tolerance(self, items: int) -> float:
        """Return what the gate tolerates with so many Items."""
        defaults = NARROW if items >= MANY else WIDE
        rule = "underconfidence" if self.name == "gap" and self.basis.gap < 0 else RULES[self.name]
        return self.policy.tolerance.get(rule, defaults[rule])

    def to_see(self, delta: float, items: int) -> float:
        """Return the chance that the interval of the difference lies above 0."""
        seen = Mean(delta, self.variance(delta))
        return power(seen, self.pairs(items), level=self.level, units=self.units(items))

    def to_fail(self, delta: float, items: int, tolerance: float | None = None) -> float:
        """Return the chance that the rule fails; for the gap, both its rise and the gap itself must be too large."""
        tolerance = self.tolerance(items) if tolerance is None else tolerance
        rise = Mean(delta - tolerance, self.variance(delta))
        if self.name != "gap":
            return power(rise, self.pairs(items), level=self.level, units=self.units(items))
        after = self.basis.clustering * self.basis.after.variance(delta, self.repeats)
        rest = Mean(abs(self.basis.gap) + delta - tolerance, after)
        shared = self.basis.clustering * self.shared(delta)
        units = self.units(items)
        return power(rise, self.pairs(items), level=self.level, other=rest, covariance=shared, units=units)

    def shared(self, delta: float) -> float:
        """Return the covariance of an Item's difference with the residual of the second run."""
        turned = max(0.0, delta - self.spread.included)
        return self.spread.stays / 2 + self.spread.noise / 2 / self.repeats + turned * (self.basis.accuracy - turned)

    def needed(self, delta: float, wanted: float) -> Needed:
        """Return how many Items it takes to see a change, to fail on it, and to pass without it."""
        see = fewest(lambda n: self.to_see(delta, n), wanted, least=LEAST)
        errors = 2 * (1 - self.basis.accuracy)
        fail = self.within_steps(lambda n, tau: self.to_fail(delta, n, tau) >= wanted, errors=errors + delta)
        passes = self.within_steps(lambda n, tau: self.decidable(n, wanted) <= tau, errors=errors)
        return Needed(
            self.name,
            see,
            fail,
            self.tolerance(MOST if fail is None else fail),
            passes,
            self.tolerance(MOST if passes is None else passes),
            math.sqrt(self.basis.clustering * self.spread.variance(0.0, self.repeats)),
        )

    def within_steps(self, holds: Callable[[int, float], bool], *, errors: float) -> int | None:
        """Return the fewest Items, enough for a verdict, with which something holds under the tolerance for so many.

        The tolerance narrows at one number of Items; on either side of it, what holds goes on to hold with more.

        Parameters
        ----------
        holds : callable
            Of Items and tolerance.
        errors : float
            Wrong answers to an Item in both runs together: a verdict needs some, but for coverage.
        """
        share = 1.0 if self.name == "coverage" else max(self.basis.usable, 1e-6)
        if self.name == "coverage":
            least = LEAST
        elif errors <= 0:
            return None
        else:
            least = math.ceil(max(FEWEST_PAIRS, round(FEWEST_ERRORS / errors, 6)) / share)
        for first, last in ((least, MANY - 1), (max(least, MANY), MOST)):
            found = fewest(lambda n: float(holds(n, self.tolerance(n))), 1.0, least=first, most=last)
            if found is not None:
                return found
        return None

    def decidable(self, items: int, wanted: float) -> float:
        """Return the smallest tolerance at which a model that did not change passes so often."""
        z = NormalDist().inv_cdf((1 + self.level) / 2) + NormalDist().inv_cdf(wanted)
        by_spread = z * math.sqrt(self.variance(0.0) / self.pairs(items))
        if self.name != "coverage":
            return by_spread
        # With no answer lost the exact bound speaks: it is 1 − (α/2)^(1/n) of n clusters, however little varies.
        bound = 1 - math.pow((1 - self.level) / 2, 1 / self.units(items))
        return max(by_spread, min(1.0, bound * self.basis.largest))

    def sight(self, items: int, delta: float, wanted: float) -> Sight:
        """Return what so many Items show."""
        return Sight(
            self.name,
            self.tolerance(items),
            smallest_change(lambda change: self.to_see(change, items), wanted),
            smallest_change(lambda change: self.to_fail(change, items), wanted),
            self.decidable(items, wanted),
            self.to_see(delta, items),
            self.to_fail(delta, items),
        )


def basis_of_one(answers: Answers) -> Basis:
    """Return what one side shows: with repeats how its errors correlate from time to time, without them an assumption.

    Raises
    ------
    InputError
        When fewer than two Items are usable.
    """
    usable = [row for row in answers.rows if row.status == "ok"]
    items = items_of(usable, answers.name)
    found = asked_again(answers.rows)
    measured = found is not None and found["gap"]["correlation"] is not None
    right, share = share_right(usable), len(usable) / len(answers.rows)
    one = {name: varying(list(each.values()), again=measured) for name, each in measures(items).items()}
    churn = 2 * share * (1 - share) * (1 - CORRELATION) if found is None else found["usable_changed"]
    gap = one["gap"]
    return Basis(
        kind="repeats" if measured else "one",
        names=(answers.name,),
        n_items=len({row.item for row in answers.rows}),
        accuracy=right,
        gap=float(np.mean([confidence - correct for each in items.values() for confidence, correct, _ in each])),
        usable=share,
        **counted_clusters(answers.rows),
        clustering=clustering(items, {name: float(x.mean()) for name, x in measures(items)["gap"].items()}),
        correlation=gap.correlation,
        spreads={
            "gap": Spread(0.0, 2 * gap.noise, 1.0),
            "brier": Spread(0.0, 2 * one["brier"].noise, turning(usable)),
            "coverage": Spread(0.0, churn, 1.0),
        },
        after=Spread(gap.stays, gap.noise, 2 * right - 1),
    )


def basis_of_two(a: Answers, b: Answers) -> Basis:
    """Return what two sides show: the spread of their differences, and how much of it is noise if both have repeats.

    Raises
    ------
    InputError
        When they cannot be compared, or fewer than two Items are usable on both sides.
    """
    if why := obstacles(a, b, strict=False):
        raise InputError(f"{a.name} and {b.name} cannot be compared: {'; '.join(why)}", hint="name two that can")
    joined = Joined.of(a, b)
    usable = joined.usable.pairs
    one, other = (items_of([pair[side] for pair in usable], (a, b)[side].name) for side in (0, 1))
    before, after = measures(one), measures(other)
    moved = {name: {item: after[name][item] - x for item, x in each.items()} for name, each in before.items()}
    spreads: dict[Measure, Spread] = {}
    for name, added in (("gap", 1.0), ("brier", turning([pair[0] for pair in usable]))):
        varied = varying(list(moved[name].values()), assume=False)
        shift = abs(float(np.mean([x.mean() for x in moved[name].values()])))
        spreads[name] = Spread(varied.stays, varied.noise, added, shift)  # type: ignore[index]
    changed = [(x.status == "ok") - (y.status == "ok") for x, y in joined.pairs]
    spreads["coverage"] = Spread(0.0, float(np.var(changed)), 1.0, abs(float(np.mean(changed))))
    rest, right = varying(list(after["gap"].values()), assume=False), share_right([pair[0] for pair in usable])
    means = [{item: float(x.mean()) for item, x in side["gap"].items()} for side in (before, after)]
    return Basis(
        kind="two",
        names=(a.name, b.name),
        n_items=len({x.item for x, _ in joined.pairs}),
        accuracy=right,
        gap=float(np.mean(list(means[0].values()))),
        usable=len(usable) / len(joined.pairs),
        **counted_clusters([pair[0] for pair in joined.pairs]),
        clustering=clustering(one, {item: float(x.mean()) for item, x in moved["gap"].items()}),
        correlation=correlation(*(list(each.values()) for each in means)),
        spreads=spreads,
        after=Spread(rest.stays, rest.noise, 2 * right - 1, spreads["gap"].included),
    )


Items = Mapping[str, Sequence[tuple[float, float, str]]]
"""By Item: confidence, correctness and cluster of each usable answer, in the order of repeats."""


def items_of(usable: Sequence[Answered], name: str) -> Items:
    """Return usable answers by Item."""
    found: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for row in usable:
        if row.confidence is not None:
            found[row.item].append((row.confidence, float(bool(row.correct)), row.cluster))
    if len(found) < 2:
        raise InputError(
            f"{name} has {count(found, 'usable Item')}: nothing is known of how they vary",
            hint="name a side with more of them, or none at all: then a typical model is assumed",
        )
    return found


def measures(items: Items) -> dict[str, dict[str, Floats]]:
    """Return the residuals and their squares by Item, one for each time."""
    gap = {item: np.array([each[0] - each[1] for each in times]) for item, times in items.items()}
    return {"gap": gap, "brier": {item: x * x for item, x in gap.items()}}


class Varying(NamedTuple):
    """The variance of one answer: what is the Item's own, and what is another each time."""

    stays: float
    noise: float

    @property
    def correlation(self) -> float:
        """The share that is the Item's own."""
        return self.stays / (self.stays + self.noise) if self.stays + self.noise > 0 else 1.0


def varying(values: Sequence[Floats], *, again: bool = False, assume: bool = True) -> Varying:
    """Return how answers vary: measured where Items were asked again, else as assumed or all as the Items' own."""
    means = np.array([each.mean() for each in values])
    often = [each for each in values if len(each) > 1]
    total = float(means.var(ddof=1))
    if often and (again or not assume):
        noise = sum(float(((x - x.mean()) ** 2).sum()) for x in often) / sum(len(x) - 1 for x in often)
        times = 1 / float(np.mean([1 / len(each) for each in values]))
        return Varying(max(0.0, total - noise / times), noise)
    return Varying(total * CORRELATION, total * (1 - CORRELATION)) if assume else Varying(total, 0.0)


def clustering(items: Items, means: Mapping[str, float]) -> float:
    """Return how many times larger the variance of a mean is than if Items were independent, at least 1."""
    owner: dict[str, list[float]] = defaultdict(list)
    middle = float(np.mean(list(means.values())))
    for item, mean in means.items():
        owner[items[item][0][2]].append(mean - middle)
    alone = sum(mean * mean for each in owner.values() for mean in each)
    if len(owner) == len(means) or alone <= 0:
        return 1.0
    return max(1.0, sum(sum(each) ** 2 for each in owner.values()) / alone)


def counted_clusters(rows: Sequence[Answered]) -> dict[str, float]:
    """Return how many clusters there are to an Item, and how far the largest exceeds the average one."""
    sizes = Counter(row.cluster for row in rows)
    return {
        "clusters": len(sizes) / len({row.item for row in rows}),
        "largest": max(sizes.values()) * len(sizes) / len(rows),
    }


def turning(rows: Sequence[Answered]) -> float:
    """Return the variance that a rise of the Brier score adds, for each unit, if right answers turn wrong.

    One that was stated with c raises it by 2c − 1: so it takes E(2c − 1)² / E(2c − 1) for each unit.
    """
    step = np.array([2 * row.confidence - 1 for row in rows if row.confidence is not None])
    return float((step**2).mean() / step.mean()) if step.mean() > 0.1 else 1.0


def share_right(rows: Sequence[Answered]) -> float:
    """Return the share of right answers."""
    return sum(bool(row.correct) for row in rows) / len(rows)


def correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the correlation of two lists; 1 where nothing varies."""
    return float(np.corrcoef(x, y)[0, 1]) if np.std(x) > 0 and np.std(y) > 0 else 1.0


class Rate(NamedTuple):
    """What asking one Item once takes."""

    calls: float
    prompt_tokens: float
    completion_tokens: float


def costs(
    rate: Rate, sizes: Mapping[str, int], *, repeats: int, price: Price | None, model: str
) -> list[dict[str, Any]]:
    """Return what so many Items would take, by what they are for: calls, tokens and money, or why it is unknown."""
    found = []
    for purpose, items in sizes.items():
        calls, prompt, completion = (math.ceil(round(each * items * repeats, 6)) for each in rate)
        amount = (
            unknown(no_price(model)) if price is None else known(price.of(prompt=prompt, completion=completion), price)
        )
        found.append(
            {
                "for": purpose,
                "items": items,
                "calls": calls,
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "cost": amount,
            }
        )
    return found
