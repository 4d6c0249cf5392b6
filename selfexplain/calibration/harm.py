"""What a change does harm to, and the verdict on it: the rules a gate stands on.

A rule measures a harm: a number that grows when confidence becomes less trustworthy, with its interval [L, U]. Against
a tolerance τ the verdict is `fail` when L > τ (surely worse than tolerated), `pass` when U ≤ τ, else `inconclusive`. A
change toward calibration is no harm, so it never fails.

What only got worse is rare and of one kind: answers that flip from right to wrong, or that were lost. Student's t then
ends too early, since the few that were seen show too little of how their number varies, and a rule would pass a harm of
exactly its tolerance in 4 to 12 % of cases instead of 2.5 %. So an upper limit never ends before the exact one of that
number would (:func:`with_room`). Lower limits, which a fail stands on, err to the other side and stay.

The calibration error is no rule: its difference is under-stated from a calibrated baseline, and differs between scales
of equal truth. Over- and underconfidence together with the Brier score see what it sees, with intervals that hold.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.calibration.paired_difference import FEW_CHANGES, brier_difference, gap_difference
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Estimate, Floats, clopper_pearson, mean_by_cluster_t, mean_by_t

Judgement = Literal["pass", "fail", "inconclusive"]

Kind = NDArray[np.bool_]
"""Which cells of a table are meant, shape (k,)."""

FEWEST_PAIRS = 100
"""With fewer pairs a rule has no verdict."""

FEWEST_ERRORS = 20
"""Wrong answers of both runs together below which a gap or a Brier score says little about how errors are stated."""


class Judged(NamedTuple):
    """One rule, applied."""

    name: str
    harm: float | None
    low: float | None
    high: float | None
    tolerance: float
    verdict: Judgement
    n: int
    """Pairs, or for coverage Items asked."""
    why: str
    """One sentence: what was found, or why nothing can be said."""

    @property
    def worse(self) -> bool:
        """Whether there surely is a harm, tolerated or not."""
        return self.low is not None and self.low > 0


def judged(name: str, harm: Estimate, tolerance: float) -> Judged:
    """Return the verdict on a harm.

    Examples
    --------
    >>> sure = Estimate(value=0.08, low=0.05, high=0.11, level=0.95, method="t interval", n=1000)
    >>> judged("brier", sure, 0.03).verdict, judged("brier", sure, 0.2).verdict, judged("brier", sure, 0.08).verdict
    ('fail', 'pass', 'inconclusive')
    """
    if harm.value is None or harm.low is None or harm.high is None:
        why = harm.undefined or "; ".join(harm.warnings) or "there is no interval"
        return Judged(name, harm.value, harm.low, harm.high, tolerance, "inconclusive", harm.n, why)
    verdict: Judgement
    low, high = (beside(end, tolerance) for end in (harm.low, harm.high))
    if harm.low > tolerance:
        verdict, why = "fail", f"the harm is at least {low}, above the tolerance {tolerance:g}"
    elif harm.high <= tolerance:
        verdict, why = "pass", f"the harm is at most {high}, within the tolerance {tolerance:g}"
    else:
        between = f"between {low} and {high}"
        verdict, why = "inconclusive", f"the harm lies {between}: the tolerance {tolerance:g} is not decided"
    return Judged(name, harm.value, harm.low, harm.high, tolerance, verdict, harm.n, why)


def beside(limit: float, tolerance: float) -> str:
    """Write a limit with three digits, or as many as it takes to lie on the side of the tolerance where it lies.

    >>> beside(0.0412, 0.03), beside(0.03004, 0.03), beside(0.03, 0.03)
    ('0.041', '0.03004', '0.030')
    """
    for digits in range(3, 16):
        text = f"{limit:.{digits}f}"
        if (float(text) > tolerance) == (limit > tolerance):
            break
    return text


def overconfidence_grew(pairs: PairedTable, *, level: float = 0.95) -> Estimate:
    """Return by how much overconfidence grew: min(ΔG, G_B), with G the gap.

    The gap must have risen *and* be positive in B: a rise from −0.2 to −0.1 is a change toward calibration and no harm.

    Parameters
    ----------
    pairs : PairedTable
    level : float, in (0, 1)

    Examples
    --------
    >>> pairs = PairedTable.from_rows([0.8] * 100, [1] * 80 + [0] * 20, [0.9] * 100, [1] * 80 + [0] * 20)
    >>> round(overconfidence_grew(pairs).value, 12), round(underconfidence_grew(pairs).value, 12)
    (0.1, -0.1)
    """
    return smaller(rise_of_gap(pairs, level), gap_of_b(pairs, level))


def underconfidence_grew(pairs: PairedTable, *, level: float = 0.95) -> Estimate:
    """Return by how much underconfidence grew: min(−ΔG, −G_B), the mirror image of :func:`overconfidence_grew`."""
    return smaller(fall_of_gap(pairs, level), minus_gap_of_b(pairs, level))


def brier_rose(pairs: PairedTable, *, level: float = 0.95) -> Estimate:
    """Return by how much the Brier score rose; alone it would pass a pure inflation of confidence."""
    found = brier_difference(pairs, level=level)
    if pairs.identical or not pairs.total:
        return found
    # What a flip adds beside an answer that stayed: c² instead of (1 − c)², or the other way round.
    added = 2 * pairs.confidence[:, 1] - 1
    for kind, sign in ((worsened(pairs), 1), (improved(pairs), -1)):
        before = pairs.correct[:, 0] == (sign > 0)
        often = pairs.n[before]
        if often.sum():
            found = with_room(found, pairs, kind, sign * float(often @ added[before] / often.sum()))
    return found


def rise_of_gap(pairs: PairedTable, level: float) -> Estimate:
    """Return by how much the gap rose, with room above for answers that turn wrong."""
    found = gap_difference(pairs, level=level)
    return found if pairs.identical else with_room(found, pairs, worsened(pairs))


def fall_of_gap(pairs: PairedTable, level: float) -> Estimate:
    """Return by how much the gap fell, with room above for answers that turn right."""
    found = negative(gap_difference(pairs, level=level))
    return found if pairs.identical else with_room(found, pairs, improved(pairs))


def worsened(pairs: PairedTable) -> Kind:
    """Return which cells turned from right to wrong."""
    return np.asarray(pairs.correct[:, 0] > pairs.correct[:, 1])


def improved(pairs: PairedTable) -> Kind:
    """Return which cells turned from wrong to right."""
    return np.asarray(pairs.correct[:, 0] < pairs.correct[:, 1])


def with_room(found: Estimate, pairs: PairedTable, kind: Kind, effect: float = 1.0) -> Estimate:
    """Return an Estimate that ends no earlier than if as many pairs were of a kind as the exact upper limit allows.

    Parameters
    ----------
    found : Estimate
    pairs : PairedTable
    kind : array of bool, shape (k,)
        Which cells are of the kind that adds to the mean.
    effect : float
        How much a pair of this kind adds.
    """
    if pairs.clusters:
        units, seen = len(pairs.clusters), np.unique(pairs.cluster[kind])
        within = float(pairs.n[np.isin(pairs.cluster, seen)].sum())
        # Of a cluster that has one, mostly not all are of the kind; of one not seen yet nothing is known.
        effect *= float(pairs.n[kind].sum()) / within if len(seen) else 1.0
        return reaching(found, len(seen), units, effect)
    return reaching(found, int(pairs.n[kind].sum()), pairs.total, effect)


def reaching(found: Estimate, seen: int, units: int, effect: float) -> Estimate:
    """Return an Estimate whose upper limit leaves the exact room above a share: Clopper & Pearson 1934."""
    if found.value is None or found.high is None or effect <= 0:
        return found
    room = float(clopper_pearson([seen], [units], level=found.level)[1][0]) - seen / units
    return msgspec.structs.replace(found, high=max(found.high, found.value + effect * room))


def coverage_fell(
    usable_a: ArrayLike, usable_b: ArrayLike, cluster: ArrayLike | None = None, *, level: float = 0.95
) -> Estimate:
    """Return by how much the share of usable answers fell, over everything that was asked.

    Parameters
    ----------
    usable_a, usable_b : array of bool, shape (n,)
        Whether each answer of each run can be used.
    cluster : array, shape (n,), optional
        What each question was drawn with.
    level : float, in (0, 1)

    Notes
    -----
    Few answers change between usable and not, so mostly the bound is exact: if no answer changed in n, the drop is at
    most 1 − (α/2)^(1/n).

    Examples
    --------
    >>> everything = [True] * 1000
    >>> f"{coverage_fell(everything, everything).high:.4f}"
    '0.0037'
    """
    drop = np.asarray(usable_a, dtype=float) - np.asarray(usable_b, dtype=float)
    n = len(drop)
    if not n:
        return Estimate.missing("nothing was asked", n=0, level=level)
    labels = np.arange(n) if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1]
    units = int(labels.max()) + 1
    changed = len(np.unique(labels[drop != 0]))
    lost, regained = len(np.unique(labels[drop > 0])), len(np.unique(labels[drop < 0]))
    if changed > FEW_CHANGES:
        if units == n:
            return reaching(mean_by_t(drop, within=(-1.0, 1.0), level=level), lost, n, 1.0)
        found = mean_by_cluster_t(drop, labels, within=(-1.0, 1.0), level=level)
        part = float((drop > 0).sum()) / np.isin(labels, labels[drop > 0]).sum() if lost else 1.0
        return reaching(found, lost, units, part)
    _, share = clopper_pearson([lost, regained], [units, units], level=level)
    size = units * np.bincount(labels).max() / n
    unit = "answers" if units == n else "clusters"
    value = float(drop.mean())
    return Estimate(
        value=value,
        low=max(-1.0, min(value, -float(share[1]) * size)),
        high=min(1.0, max(value, float(share[0]) * size)),
        level=level,
        method=f"exact bound: {changed} of {units} {unit} changed between usable and not",
        n=n,
    )


class Lost(NamedTuple):
    """Answers that A's confidence could be used for and B's cannot, shape (m,) each."""

    confidence: Floats
    correct: Floats
    """Of A."""


class Rule(NamedTuple):
    """What a paired rule measures, and what it comes to with the answers that were lost."""

    harm: Callable[[PairedTable, float], Estimate]
    """Of pairs, at a level."""
    highest: Callable[[PairedTable, Lost, float], float | None]
    """Upper limit of the harm, at a level, whatever the lost answers would have been."""


def highest_over(pairs: PairedTable, lost: Lost, level: float) -> float | None:
    """Return the most that overconfidence may have grown, had every lost answer been a wrong one, stated with 1."""
    residual = lost.confidence - lost.correct
    rise = with_rows(rise_of_gap(pairs, level).high, pairs.total, 1 - residual)
    gap = with_rows(gap_of_b(pairs, level).high, pairs.total, np.ones_like(residual))
    return None if rise is None or gap is None else min(rise, gap)


def highest_under(pairs: PairedTable, lost: Lost, level: float) -> float | None:
    """Return the most that underconfidence may have grown, had every lost answer been right, stated with 0."""
    residual = lost.confidence - lost.correct
    fall = with_rows(fall_of_gap(pairs, level).high, pairs.total, 1 + residual)
    gap = with_rows(minus_gap_of_b(pairs, level).high, pairs.total, np.ones_like(residual))
    return None if fall is None or gap is None else min(fall, gap)


def highest_brier(pairs: PairedTable, lost: Lost, level: float) -> float | None:
    """Return the most that the Brier score may have risen, had every lost answer been as wrong as can be."""
    squared = (lost.confidence - lost.correct) ** 2
    return with_rows(brier_rose(pairs, level=level).high, pairs.total, 1 - squared)


def with_rows(high: float | None, n: int, more: Floats) -> float | None:
    """Return the upper limit of a mean of n rows after more rows have joined them."""
    return None if high is None else (high * n + float(more.sum())) / (n + len(more))


RULES: Mapping[str, Rule] = {
    "overconfidence": Rule(lambda pairs, level: overconfidence_grew(pairs, level=level), highest_over),
    "underconfidence": Rule(lambda pairs, level: underconfidence_grew(pairs, level=level), highest_under),
    "brier": Rule(lambda pairs, level: brier_rose(pairs, level=level), highest_brier),
}
"""The paired rules by name; coverage is judged on everything that was asked."""


def with_the_lost(result: Judged, high: float | None, m: int) -> Judged:
    """Return a passed rule as inconclusive if it passes only without the m answers that were lost.

    Losing the hard questions makes what is left look better; so a pass must survive whatever the lost ones would have
    been (Manski bounds: Manski 1990, American Economic Review 80:319).

    Parameters
    ----------
    result : Judged
    high : float or None
        Upper limit of the harm with the lost answers at their worst.
    m : int
        How many were lost.
    """
    if result.verdict != "pass" or not m or high is None or high <= result.tolerance:
        return result
    answers = "answer that was" if m == 1 else "answers that were"
    worst = beside(high, result.tolerance)
    why = f"it passes only without the {m} {answers} usable before: with them the harm may be {worst}"
    return result._replace(verdict="inconclusive", high=high, why=why)


def too_few(pairs: PairedTable) -> str:
    """Return why there are too few pairs for a verdict, or nothing."""
    if pairs.total < FEWEST_PAIRS:
        return f"too few: {pairs.total} pairs of usable answers; a verdict needs {FEWEST_PAIRS}"
    errors = int((pairs.n[:, None] * (1 - pairs.correct)).sum())
    if errors < FEWEST_ERRORS:
        return f"too few: {errors} wrong answers in both runs together; a verdict needs {FEWEST_ERRORS}"
    return ""


def smallest_level(harm: Callable[[float], Estimate], tolerance: float) -> float:
    """Return the p-value of a harm above the tolerance: 1 − the highest level at which the lower limit exceeds it."""
    sure, unsure = 0.0, 1.0
    for _ in range(40):
        level = (sure + unsure) / 2
        low = harm(level).low
        if low is not None and low > tolerance:
            sure = level
        else:
            unsure = level
    return 1 - sure


def holm(p_values: Mapping[str, float], *, alpha: float = 0.05) -> set[str]:
    """Return which of several harms stand when all are looked at together.

    References
    ----------
    Holm 1979, Scandinavian Journal of Statistics 6:65.

    Examples
    --------
    >>> sorted(holm({"a": 0.01, "b": 0.02, "c": 0.04}))  # 0.01 ≤ .05/3, 0.02 ≤ .05/2, 0.04 ≤ .05
    ['a', 'b', 'c']
    >>> sorted(holm({"a": 0.01, "b": 0.03, "c": 0.04}))
    ['a']
    """
    found: set[str] = set()
    for place, (name, p) in enumerate(sorted(p_values.items(), key=lambda pair: pair[1])):
        if p > alpha / (len(p_values) - place):
            break
        found.add(name)
    return found


def overall(results: Sequence[Judged]) -> Judgement:
    """Return the verdict of all rules together: any fail fails, then any inconclusive is inconclusive."""
    verdicts = {result.verdict for result in results}
    return "fail" if "fail" in verdicts else "inconclusive" if "inconclusive" in verdicts else "pass"


def smaller(one: Estimate, other: Estimate) -> Estimate:
    """Return the smaller of two quantities: limits that hold for both hold for their minimum."""
    if one.value is None or other.value is None:
        return one if one.value is None else other
    pairs = [(one.low, other.low), (one.high, other.high)]
    low, high = (None if a is None or b is None else min(a, b) for a, b in pairs)
    return Estimate(
        value=min(one.value, other.value),
        low=low,
        high=high,
        level=one.level,
        method=one.method,
        n=one.n,
        warnings=tuple(dict.fromkeys((*one.warnings, *other.warnings))),
    )


def negative(estimate: Estimate) -> Estimate:
    """Return the Estimate of minus the quantity."""
    if estimate.value is None:
        return estimate
    return Estimate(
        value=-estimate.value,
        low=None if estimate.high is None else -estimate.high,
        high=None if estimate.low is None else -estimate.low,
        level=estimate.level,
        method=estimate.method,
        n=estimate.n,
        warnings=estimate.warnings,
    )


def gap_of_b(pairs: PairedTable, level: float) -> Estimate:
    """Return the gap of run B on the pairs, with room above for more wrong answers."""
    return with_room(mean_residual_of_b(pairs, level), pairs, pairs.correct[:, 1] == 0)


def minus_gap_of_b(pairs: PairedTable, level: float) -> Estimate:
    """Return minus the gap of run B on the pairs, with room above for more right answers."""
    return with_room(negative(mean_residual_of_b(pairs, level)), pairs, pairs.correct[:, 1] == 1)


def mean_residual_of_b(pairs: PairedTable, level: float) -> Estimate:
    """Return the gap of run B on the pairs, with Student's t."""
    residual = pairs.residual[:, 1]
    if pairs.clusters:
        return mean_by_cluster_t(residual, pairs.cluster, within=(-1.0, 1.0), times=pairs.n, level=level)
    return mean_by_t(residual, within=(-1.0, 1.0), times=pairs.n, level=level)
