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
from selfexplain.calibration.harm import Judged, Judgement, judged, overall
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
    missing = len(run.rows) - len(usable)
    too_many = missing > (1 - limits.coverage) * len(run.rows)
    rules = [judged(name, estimate, limit) for name, estimate, limit in measured(usable, limits, level)]
    decided_by = {rule.name: n for rule in rules if (n := needed(rule, level)) is not None}
    if too_many:
        rules = [with_missing(rule, missing) for rule in rules] + lacking(run, limits, level)
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


def measured(usable: Sequence[Answered], limits: Limits, level: float) -> Iterable[tuple[str, Estimate, float]]:
    """Yield what each limit is set on, with the limit."""
    stated, clusters = arrays(usable), [row.cluster for row in usable]
    if limits.gap is not None:
        yield "max_gap", size_of_gap(*stated, clusters, level=level), limits.gap
    if limits.ece is not None:
        evaluation = evaluate(*stated, metrics=[ece], cluster=clusters, level=level)
        yield "max_ece", evaluation.metrics["ece"], limits.ece
    if limits.error_when_sure is not None:
        at, error = limits.error_when_sure.at, limits.error_when_sure.error
        yield "max_error_when_sure", error_when_sure(*stated, clusters, at=at, level=level), error


def with_missing(rule: Judged, missing: int) -> Judged:
    """Return a passed rule as inconclusive if it passes only without the answers that cannot be used.

    A missing answer adds at most 1 to the sum of which the harm is the mean (Manski 1990, American Economic Review
    80:319).

    >>> kept = Judged("max_gap", 0.02, 0.0, 0.04, 0.1, "pass", 90, "")
    >>> with_missing(kept, 5).verdict, with_missing(kept, 10).verdict  # (3.6 + 5)/95 = .091; (3.6 + 10)/100 = .136
    ('pass', 'inconclusive')
    """
    if rule.verdict != "pass" or rule.high is None:
        return rule
    high = (rule.high * rule.n + missing) / (rule.n + missing)
    if high <= rule.tolerance:
        return rule
    answers = "answer that cannot" if missing == 1 else "answers that cannot"
    why = f"it passes only without the {missing:,} {answers} be used: with them the harm may be {high:.3f}"
    return rule._replace(verdict="inconclusive", high=high, why=why)


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
