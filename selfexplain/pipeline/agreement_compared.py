"""Agreement with witnesses on two sides, paired answer by answer: what a comparison shows and a gate judges.

An answer has one value on each side: by how much its claim agrees with witnesses above its matched null, the mean over
the witnesses of each family, then over families. Only the same witnesses count on both sides of a pair.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import msgspec
import numpy as np

from selfexplain.agreement.verdict import NEVER_ALONE
from selfexplain.calibration.harm import Judged, judged, negative, reaching, with_the_lost
from selfexplain.inference import Estimate, mean_by_cluster_t
from selfexplain.pipeline.join import Joined, listed
from selfexplain.runs.agreed import Agreed, Looking, Values

RULE = "agreement"

FEWEST = 30
"""Pairs below which agreement has no verdict; `tests/simulation/agreement_gate.py` shows what so few decide."""

LOWEST, WIDEST = -1.0, (-2.0, 2.0)
"""The lowest that one answer's agreement above chance can be, and between what two of them differ."""

IDENTICAL = "identical: no claim agrees more or less than before"


class AgreementCompared(msgspec.Struct, frozen=True, kw_only=True):
    """Agreement above its matched null on both sides, and B − A; `why` says why it is not compared."""

    measure: str
    claim: str
    witnesses: tuple[str, ...] = ()
    """Those that have looked at both sides with the same settings."""
    a: float | None = None
    """The mean over the pairs."""
    b: float | None = None
    difference: Estimate
    n_lost: int = 0
    """Answers with a value in A and none in B."""
    n_gained: int = 0
    remarks: tuple[str, ...] = ()
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return strict JSON values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


@dataclass(frozen=True)
class Pairs:
    """Answers with a value on both sides, in the order of A."""

    a: Sequence[float]
    b: Sequence[float]
    cluster: Sequence[str]
    lost: Sequence[float] = ()
    """What A has for answers without a value in B by some witness that A has one by."""
    gained: int = 0

    @property
    def identical(self) -> bool:
        """Whether nothing at all changed."""
        return bool(self.a) and not self.lost and list(self.a) == list(self.b)


def paired(a: Agreed, b: Agreed, witnesses: Collection[str], joined: Joined) -> Pairs:
    """Pair two sides by Item and repeat.

    Parameters
    ----------
    a, b : Agreed
    witnesses : collection of str
        Those that count. An answer is paired when B has a value by each of them that A has one by.
    joined : Joined
        What was asked on both sides; clusters are A's.
    """
    families = {name: a.witnesses[name].family for name in witnesses}
    before, after, cluster, lost, gained = [], [], [], [], 0
    for one, _ in joined.pairs:
        key = one.item, one.repeat
        its, others = (only(side.rows.get(key, {}), witnesses) for side in (a, b))
        value = over_families(its, families)
        if value is None:
            gained += over_families(others, families) is not None
        elif its.keys() <= others.keys():
            before.append(value)
            after.append(over_families(only(others, its), families) or 0.0)
            cluster.append(one.cluster)
        else:
            lost.append(value)
    return Pairs(before, after, cluster, lost, gained)


def only(values: Values, witnesses: Collection[str]) -> dict[str, float]:
    """Return the values of some witnesses."""
    return {name: value for name, value in values.items() if name in witnesses}


def over_families(values: Values, families: Mapping[str, str]) -> float | None:
    """Return one answer's agreement: the mean over families of the mean over witnesses; attention alone has none.

    >>> families = {"occlusion": "perturbation", "shapley": "perturbation", "saliency": "gradients"}
    >>> over_families({"occlusion": 0.1, "shapley": 0.3, "saliency": 0.4}, families)
    0.30000000000000004
    """
    found: dict[str, list[float]] = defaultdict(list)
    for name in sorted(values):
        found[families[name]].append(values[name])
    return fmean(map(fmean, found.values())) if found.keys() - NEVER_ALONE else None


def difference_of(pairs: Pairs, *, level: float = 0.95) -> Estimate:
    """Return by how much agreement above chance rose, with Student's t over clusters."""
    n = len(pairs.a)
    if not n:
        return Estimate.missing("no answer has agreement on both sides", n=0, level=level)
    if list(pairs.a) == list(pairs.b):
        return Estimate(value=0.0, low=0.0, high=0.0, level=level, method="nothing differs", n=n)
    change = np.subtract(pairs.b, pairs.a)
    return mean_by_cluster_t(change, np.asarray(pairs.cluster), within=WIDEST, level=level)


def fall_of(pairs: Pairs, *, level: float = 0.95) -> Estimate:
    """Return by how much agreement fell; no upper limit ends before the exact one of how many claims fell.

    Where few claims change, few that fall are seen, or none: Student's t then shows too little of how their number
    varies. Of a fall that nobody has seen, all is assumed that it can be.
    """
    found = negative(difference_of(pairs, level=level))
    if found.high is None or list(pairs.a) == list(pairs.b):
        return found
    fall = np.subtract(pairs.a, pairs.b)
    labels = np.unique(np.asarray(pairs.cluster), return_inverse=True)[1]
    sums, size = np.bincount(labels, weights=fall), np.bincount(labels)
    fell = sums > 0
    units = len(sums)
    effect = float(sums[fell].mean() / size.mean()) if fell.any() else 1.0
    return reaching(found, int(fell.sum()), units, effect)


def compare_agreement(
    a: Agreed | None, b: Agreed | None, joined: Joined, *, level: float = 0.95
) -> AgreementCompared | None:
    """Compare the agreement of two Runs; None where no witness has looked at either, or nothing can be compared."""
    known = a or b
    if known is None:
        return None
    if a is None or b is None:
        none = "A" if a is None else "B"
        return not_compared(known, f"no witness has looked at {none} with the same settings")
    if a.claim != b.claim:
        return not_compared(a, f"A claims {a.claim or 'nothing'}, B {b.claim or 'nothing'}")
    same = [name for name, each in a.witnesses.items() if looked_alike(name, each, b)]
    if not same:
        return not_compared(a, "no witness has looked at both with the same settings")
    if {a.witnesses[name].family for name in same} <= NEVER_ALONE:
        return not_compared(a, "only attention has looked at both with the same settings, and it is never alone")
    pairs = paired(a, b, same, joined)
    apart = sorted({*a.witnesses, *b.witnesses} - set(same))
    return AgreementCompared(
        measure=a.measure,
        claim=a.claim,
        witnesses=tuple(same),
        a=fmean(pairs.a) if pairs.a else None,
        b=fmean(pairs.b) if pairs.b else None,
        difference=difference_of(pairs, level=level),
        n_lost=len(pairs.lost),
        n_gained=pairs.gained,
        remarks=(f"not by {', '.join(apart)}: only one side has such Evidence, or with other settings",)
        if apart
        else (),
    )


def not_compared(known: Agreed, why: str) -> AgreementCompared:
    """Return why agreement is not compared."""
    missing = Estimate.missing(why, n=0, level=0.95)
    return AgreementCompared(measure=known.measure, claim=known.claim, difference=missing, why=why)


def judge_agreement(joined: Joined, before: Agreed, now: Agreed | None, tolerance: float, level: float) -> Judged:
    """Judge whether claims agree less with witnesses than before.

    Parameters
    ----------
    joined : Joined
        What was asked on both sides.
    before, now : Agreed
        Of the baseline and of this run; None where no witness has looked.
    tolerance : float
        By how much the mean may fall.
    level : float, in (0, 1)
        Of the interval.
    """
    unlike = [name for name, each in before.witnesses.items() if now is None or not looked_alike(name, each, now)]
    if now is None or unlike:
        return undecided(tolerance, f"this run holds no Evidence as the baseline's by {listed(unlike)}")
    if now.claim != before.claim:
        return undecided(tolerance, f"this run claims {now.claim or 'nothing'}, and the baseline {before.claim}")
    pairs = paired(before, now, before.witnesses, joined)
    if len(pairs.a) < FEWEST:
        why = f"too few: {len(pairs.a)} answers with agreement on both sides; a verdict needs {FEWEST}"
        return undecided(tolerance, why, n=len(pairs.a))
    if pairs.identical:
        return Judged(RULE, 0.0, 0.0, 0.0, tolerance, "pass", len(pairs.a), IDENTICAL)
    found = judged(RULE, fall_of(pairs, level=level), tolerance)
    if found.high is None:
        return found
    n, m = len(pairs.a), len(pairs.lost)
    worst = (found.high * n + sum(value - LOWEST for value in pairs.lost)) / (n + m)
    return with_the_lost(found, worst, m)


def looked_alike(name: str, looking: Looking, at: Agreed) -> bool:
    """Tell whether a witness has looked at a Run with these settings."""
    return name in at.witnesses and looking.asks_like(at.witnesses[name])


def undecided(tolerance: float, why: str, *, n: int = 0) -> Judged:
    """Return the rule where nothing can be said."""
    return Judged(RULE, None, None, None, tolerance, "inconclusive", n, why)
