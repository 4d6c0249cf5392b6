"""Judge one run by itself: whether its confidence keeps limits, and whether anybody could tell.

The gate's own absolute rules, and the calibration error. What cannot be used is not passed over: where more is missing
than is allowed, a limit must be kept whatever the missing answers would have been.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

import msgspec

from selfexplain.calibration.ceiling import error_when_sure, size_of_gap
from selfexplain.calibration.evaluation import evaluate
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.harm import Judged, Judgement, beside, judged, overall
from selfexplain.calibration.usable_share import coverage
from selfexplain.inference import Estimate
from selfexplain.pipeline.compare import Side, side_of
from selfexplain.pipeline.decidable import POWER
from selfexplain.pipeline.join import arrays
from selfexplain.records import Answered
from selfexplain.runs.answers import Answers
from selfexplain.settings import SureLimit


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a run must keep; None is not judged."""

    gap: float | None = None
    """Largest distance of mean confidence from accuracy, in either direction."""
    ece: float | None = None
    """Largest expected calibration error."""
    error_when_sure: SureLimit | None = None
    coverage: float = 0.98
    """Least share of usable answers."""


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """What the limits say of a run."""

    verdict: Judgement
    rules: tuple[Judged, ...]
    needed: Mapping[str, int]
    """By the name of an inconclusive rule: about how many answers decide it, if its value stays what it is."""
    run: Side
    level: float
    n_asked: int
    n_usable: int
    mean_confidence: float | None
    accuracy: float | None


def judge_calibration(run: Answers, limits: Limits, *, level: float = 0.95) -> Calibrated:
    """Judge whether a run's confidence keeps limits.

    Parameters
    ----------
    run : Answers
    limits : Limits
    level : float, in (0, 1)
        Of every interval.
    """
    usable = [row for row in run.rows if row.status == "ok"]
    others = [row for row in run.rows if row.status != "ok"]
    too_many = len(others) > (1 - limits.coverage) * len(run.rows)
    rules = list(measured(usable, limits, level))
    decided_by = {rule.name: n for rule in rules if (n := needed(rule, level)) is not None}
    if too_many:
        rules = [with_unusable(rule, *at_worst(rule.name, others, limits)) for rule in rules]
        rules += lacking(run, limits, level)
    confidence, correct = arrays(usable)
    return Calibrated(
        verdict=overall(rules),
        rules=tuple(rules),
        needed=decided_by,
        run=side_of(run),
        level=level,
        n_asked=len(run.rows),
        n_usable=len(usable),
        mean_confidence=float(confidence.mean()) if usable else None,
        accuracy=float(correct.mean()) if usable else None,
    )


def measured(usable: Sequence[Answered], limits: Limits, level: float) -> Iterable[Judged]:
    """Yield what each limit says of the answers that can be used."""
    stated, clusters = arrays(usable), [row.cluster for row in usable]
    if limits.gap is not None:
        yield judged("max_gap", size_of_gap(*stated, clusters, level=level), limits.gap)
    if limits.ece is not None:
        evaluation = evaluate(*stated, metrics=[ece], cluster=clusters, level=level)
        yield judged("max_ece", evaluation.metrics["ece"], limits.ece)
    if limits.error_when_sure is not None:
        yield judge_when_sure(usable, limits.error_when_sure, level)


def judge_when_sure(usable: Sequence[Answered], limit: SureLimit, level: float) -> Judged:
    """Return the limit on errors among sure answers; where no answer is so sure, none is wrong, and it is kept."""
    stated, clusters = arrays(usable), [row.cluster for row in usable]
    found = error_when_sure(*stated, clusters, at=limit.at, level=level)
    result = judged("max_error_when_sure", found, limit.error)
    if usable and not found.n:
        result = result._replace(verdict="pass", why=f"no answer is stated with at least {limit.at:g}")
    return result


def at_worst(name: str, others: Sequence[Answered], limits: Limits) -> tuple[float, int]:
    """Return the most that answers which cannot be used may add to a rule's sum, and how many they are."""
    if name == "max_gap":
        return largest_gaps(others)
    if name == "max_error_when_sure" and limits.error_when_sure is not None:
        at = limits.error_when_sure.at
        may_be = sum(row.correct is not True and (row.confidence is None or row.confidence >= at) for row in others)
        return float(may_be), may_be
    return float(len(others)), len(others)


def largest_gaps(rows: Sequence[Answered]) -> tuple[float, int]:
    """Return the most that answers may add to the sum of confidence − correct, in either direction, and how many are.

    What is known of them counts: the grade of one that states no confidence, the confidence of one without a grade.
    """
    known = [(row.confidence, None if row.correct is None else float(row.correct)) for row in rows]
    highest = sum((1.0 if c is None else c) - (0.0 if y is None else y) for c, y in known)
    lowest = sum((0.0 if c is None else c) - (1.0 if y is None else y) for c, y in known)
    return max(highest, -lowest), len(known)


def with_unusable(result: Judged, most: float, m: int) -> Judged:
    """Return a passed absolute rule as inconclusive if it passes only without the m answers that cannot be used.

    Parameters
    ----------
    result : Judged
    most : float
        The most that they may add to the sum of which the harm is the mean (Manski 1990, American Economic Review
        80:319).
    m : int

    Examples
    --------
    >>> kept = Judged("max_gap", 0.02, 0.0, 0.04, 0.1, "pass", 90, "")
    >>> with_unusable(kept, 5.0, 5).verdict, with_unusable(kept, 10.0, 10).verdict  # 8.6/95 = .091; 13.6/100 = .136
    ('pass', 'inconclusive')
    """
    if result.verdict != "pass" or not m:
        return result
    high = min(1.0, ((result.high or 0.0) * result.n + most) / (result.n + m))
    if high <= result.tolerance:
        return result
    answers = "answer that cannot" if m == 1 else "answers that cannot"
    worst = beside(high, result.tolerance)
    why = f"it passes only without the {m:,} {answers} be used: with them the harm may be {worst}"
    return result._replace(verdict="inconclusive", high=None if result.harm is None else high, why=why)


def lacking(run: Answers, limits: Limits, level: float) -> list[Judged]:
    """Return the rule on coverage where surely too few answers can be used; else nothing, for it decides nothing."""
    kept = coverage([row.status == "ok" for row in run.rows], cluster=[row.cluster for row in run.rows], level=level)
    rule = judged("min_coverage", complement(kept), round(1 - limits.coverage, 12))
    return [rule] if rule.verdict == "fail" else []


def complement(share: Estimate) -> Estimate:
    """Return the Estimate of 1 minus a share."""
    value, low, high = (None if end is None else 1 - end for end in (share.value, share.high, share.low))
    return msgspec.structs.replace(share, value=value, low=low, high=high)


def needed(rule: Judged, level: float) -> int | None:
    """Return about how many answers decide an inconclusive rule four times out of five, if its value stays.

    The interval narrows with √n; where the value lies at the limit, more do not decide it.

    >>> needed(Judged("max_gap", 0.03, 0.0, 0.07, 0.05, "inconclusive", 400, ""), 0.95)  # 400 · (.04/.02 · 2.80/1.96)²
    3300
    """
    if rule.verdict != "inconclusive" or rule.harm is None or rule.low is None or rule.high is None:
        return None
    within = rule.harm <= rule.tolerance
    reach = rule.high - rule.harm if within else rule.harm - rule.low
    distance = abs(rule.tolerance - rule.harm)
    if reach <= 0 or distance < 1e-9:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    n: float = rule.n * (reach / distance * (z + NormalDist().inv_cdf(POWER)) / z) ** 2
    scale: int = 10 ** max(0, math.floor(math.log10(n)) - 1)
    return math.ceil(n / scale) * scale
