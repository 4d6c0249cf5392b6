"""How small a tolerance so many answers can decide: of two runs, and of one before there is a second."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from selfexplain.calibration.harm import brier_rose, coverage_fell, fall_of_gap, rise_of_gap
from selfexplain.calibration.paired_difference import brier_difference, gap_difference
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Estimate
from selfexplain.pipeline.compare import coverage_drop
from selfexplain.pipeline.join import Joined, obstacles
from selfexplain.pipeline.repeats import asked_again
from selfexplain.runs.answers import Answers

POWER = 0.8
"""The chance that a rule passes when nothing changed, with which a tolerance counts as decidable."""

CORRELATION = 0.7
"""Assumed between the residuals of two runs of one model where there is no second run yet; asked anew at a temperature
above 0, four answers in five the same and seven confidences in ten, two runs come to about this."""

ASSUMED = f"assuming that a second run's errors correlate with this one's by {CORRELATION}, as when it is asked anew"


class Smallest(NamedTuple):
    """The smallest tolerance of one measure that can be decided, or why there is none."""

    tolerance: float | None
    why: str = ""


def decidable(pairs: PairedTable, fell: Estimate, clusters: Sequence[str], *, level: float) -> dict[str, Smallest]:
    """Return the smallest tolerance at which an unchanged model passes four times out of five, by measure.

    (z_{(1+level)/2} + z_{0.8}) · SE, with the standard error that the upper limit of the harm shows, on which a pass
    stands; for coverage at least the exact bound where no answer changes between usable and not.

    Parameters
    ----------
    pairs : PairedTable
    fell : Estimate
        By how much coverage fell.
    clusters : sequence of str
        Of everything that was asked.
    level : float, in (0, 1)
    """
    return {
        "gap": larger(smallest(rise_of_gap(pairs, level)), smallest(fall_of_gap(pairs, level))),
        "brier": smallest(brier_rose(pairs, level=level)),
        "coverage": smallest_coverage(fell, clusters, level=level),
    }


def larger(one: Smallest, other: Smallest) -> Smallest:
    """Return what two rules of one tolerance can both decide."""
    return one if one.tolerance is None or one.tolerance >= (other.tolerance or math.inf) else other


def smallest(estimate: Estimate) -> Smallest:
    """Return the smallest decidable tolerance of one measure."""
    if not estimate.n:
        return Smallest(None, "unknown, since no pair of answers can be used")
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return Smallest(None, f"unknown, since {estimate.no_interval or estimate.undefined}")
    if estimate.high <= estimate.low:
        return Smallest(None, "unknown, since nothing varies in the usable answers")
    z = NormalDist().inv_cdf((1 + estimate.level) / 2)
    return possible((estimate.high - estimate.value) / z * (z + NormalDist().inv_cdf(POWER)))


def smallest_coverage(fell: Estimate, clusters: Sequence[str], *, level: float) -> Smallest:
    """Return the smallest decidable tolerance of a fall of usable answers: never below the bound for no change."""
    everything = [True] * len(clusters)
    least = coverage_fell(everything, everything, clusters, level=level).high
    if least is None or fell.value is None or fell.low is None or fell.high is None:
        return Smallest(None, "unknown, since nothing was asked")
    varied = smallest(fell).tolerance
    # Where few answers changed the limits are an exact bound, in which no standard error is to be found.
    half = max(fell.high - fell.value, fell.value - fell.low)
    spread = half if fell.method.startswith("exact") else varied or 0.0
    return possible(max(least, spread))


def possible(tolerance: float) -> Smallest:
    """Return a tolerance, unless it is so large that nothing could exceed it."""
    none = Smallest(None, "none can be decided with so few answers or clusters")
    return Smallest(tolerance) if tolerance < 1 else none


class Prospect(NamedTuple):
    """What will be decidable against a baseline, and what that rests on."""

    found: Mapping[str, Smallest]
    basis: str
    """In words: assumed, or measured on what."""


def expected(answers: Answers, before: Answers | None = None, *, level: float = 0.95) -> Prospect:
    """Return what will be decidable against a baseline, before there is a second run.

    Two runs whose residuals correlate by ρ differ with √(2 (1 − ρ)) times the spread of one. How far they correlate is
    measured where Items were asked again, else on the pairs with another run of them, else assumed
    (:data:`CORRELATION`). Of answers that cannot be used, the same are assumed to be missing again.

    Parameters
    ----------
    answers : Answers
        Of the baseline.
    before : Answers, optional
        Of the one that it replaces.
    level : float, in (0, 1)
    """
    again = asked_again(answers.rows)
    if again is not None and again["gap"]["correlation"] is not None:
        by_measure = {name: again[name]["correlation"] for name in ("gap", "brier")}
        return scaled(answers, by_measure, on_repeats(by_measure), level)
    if before is not None and not obstacles(before, answers, strict=True):
        joined = Joined.of(before, answers)
        pairs = joined.table()
        found = decidable(pairs, coverage_drop(joined, level=level), joined.clusters, level=level)
        if found["gap"].tolerance is not None:
            return Prospect(found, on_pairs(pairs))
    return scaled(answers, dict.fromkeys(("gap", "brier"), CORRELATION), ASSUMED, level)


def scaled(answers: Answers, correlations: Mapping[str, float | None], basis: str, level: float) -> Prospect:
    """Return what is decidable if answers' numbers correlate so much from one time to the next."""
    joined = Joined(tuple((row, row._replace(confidence=0.0, correct=False)) for row in answers.rows))
    pairs = joined.table()
    # The second run is made up, and so are its flips: they say nothing of those to come.
    found = {
        "gap": smallest(gap_difference(pairs, level=level)),
        "brier": smallest(brier_difference(pairs, level=level)),
        "coverage": smallest_coverage(coverage_drop(joined, level=level), joined.clusters, level=level),
    }
    times = len(answers.rows) / len({row.item for row in answers.rows})
    for name, one in correlations.items():
        of_answers = max(0.0, CORRELATION if one is None else one)
        # What is compared is an Item's mean, and means of several times correlate more (Spearman 1910, Brown 1910).
        of_means = times * of_answers / (1 + (times - 1) * of_answers)
        tolerance = found[name].tolerance
        if tolerance is not None and of_means >= 1:
            found[name] = Smallest(None, "any, since nothing varied when it was asked again")
        elif tolerance is not None:
            found[name] = possible(math.sqrt(2 * (1 - of_means)) * tolerance)
    return Prospect(found, basis)


def on_repeats(correlations: Mapping[str, float | None]) -> str:
    """Say that a correlation was measured where Items were asked again."""
    squares = correlations["brier"]
    more = "" if squares is None else f", their squares by {squares:.2f}"
    return f"measured on its repeats: an answer's errors correlate by {correlations['gap']:.2f} from time to time{more}"


def on_pairs(pairs: PairedTable) -> str:
    """Say that the spread was measured on pairs with an earlier run."""
    middle = pairs.residual - np.average(pairs.residual, axis=0, weights=pairs.n)
    both, a, b = (float(pairs.n @ (middle[:, i] * middle[:, j])) for i, j in ((0, 1), (0, 0), (1, 1)))
    told = f": errors correlate by {both / math.sqrt(a * b):.2f}" if a > 0 and b > 0 else ""
    return f"measured on {pairs.total:,} pairs with the baseline that it replaces{told}"
