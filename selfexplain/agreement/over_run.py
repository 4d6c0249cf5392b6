"""Agreement over a Run: the mean value, the mean of chance, and their paired difference, each with an interval.

All are means over Records, so each has Student's t over clusters of Records (`inference.mean_by_cluster_t`): Records of
one passage, or paraphrases of one question, may resemble each other in any way. How often chance is then called
support, also with few clusters, is simulated in `tests/simulation/agreement_null.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.beside_chance import BesideChance
from selfexplain.agreement.measure import Agreement
from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Floats, Range, mean_by_cluster_t


@dataclass(frozen=True)
class OverRun:
    """A measure over the Records of a Run in which it has a value."""

    measure: str
    n: int
    """Records; those without a value are counted elsewhere, by reason."""
    value: Estimate
    chance: Estimate
    above_chance: Estimate
    """The mean paired difference, above 0 where the claims are better than random ones."""


def over_run(
    measure: Agreement[...], records: Sequence[BesideChance], cluster: ArrayLike, *, level: float = 0.95
) -> OverRun:
    """Sum a measure up over the Records of a Run.

    Parameters
    ----------
    measure : Agreement
        What was measured.
    records : sequence of BesideChance, of length n
        A Record each; one in which the measure is Undefined is left out and never filled in.
    cluster : array, shape (n,)
        What each Record was drawn with.
    level : float, in (0, 1)

    Examples
    --------
    >>> from selfexplain.agreement.beside_chance import beside_chance
    >>> from selfexplain.agreement.overlap_at_k import overlap_at_k
    >>> found = [beside_chance(overlap_at_k, [place], [0.9, 0.5, 0.1, 0.0]) for place in (0, 0, 0, 1)]
    >>> run = over_run(overlap_at_k, found, cluster=["a", "b", "c", "d"])
    >>> run.value.value, run.chance.value, run.above_chance.value, run.value.method
    (0.75, 0.25, 0.5, 't interval')
    """
    labels = labelled(cluster, len(records))
    low, high = measure.facts.within
    gap = (low - high, high - low)

    def mean(of: Sequence[float], within: Range) -> Estimate:
        return mean_or_none(of, labels, within=within, level=level)

    return OverRun(
        measure=measure.facts.name,
        n=len(records),
        value=mean([each.value for each in records], (low, high)),
        chance=mean([each.chance for each in records], (low, high)),
        above_chance=mean([each.above_chance for each in records], gap),
    )


@dataclass(frozen=True)
class FlipsOverRun:
    """How often answers change without the named units, beside the two levels that this must exceed."""

    n: int
    rate: Estimate
    random: Estimate
    """Without random units, as many."""
    noise_floor: Estimate
    """With nothing taken away: the model's own restlessness."""
    above_random: Estimate
    above_noise: Estimate


def flips_over_run(
    named: ArrayLike, random: ArrayLike, unchanged: ArrayLike, cluster: ArrayLike, *, level: float = 0.95
) -> FlipsOverRun:
    """Sum the flips of a Run up, paired Record by Record.

    Parameters
    ----------
    named : array of float, shape (n,), in [0, 1]
        Each Record's flip rate without the units that it named.
    random : array of float, shape (n,), in [0, 1]
        Its mean flip rate without random units.
    unchanged : array of float, shape (n,), in [0, 1]
        Its flip rate when the same question is asked again.
    cluster : array, shape (n,)
        What each Record was drawn with.
    level : float, in (0, 1)

    References
    ----------
    With one removal each, the paired difference of two shares is what McNemar 1947 (Psychometrika 12:153) tests.

    Examples
    --------
    >>> found = flips_over_run([1, 1, 0, 1], [0.5, 0.5, 0.0, 0.5], [0, 0, 0, 0.5], cluster=[1, 2, 3, 4])
    >>> found.rate.value, found.above_random.value, found.above_noise.value
    (0.75, 0.375, 0.625)
    """
    rate, by_chance, floor = (
        shares(name, x) for name, x in zip(("named", "random", "unchanged"), (named, random, unchanged), strict=True)
    )
    if not len(rate) == len(by_chance) == len(floor):
        raise InputError(
            f"there are {len(rate)}, {len(by_chance)} and {len(floor)} flip rates; expected as many of each"
        )
    labels = labelled(cluster, len(rate))

    def mean(of: Floats, within: Range = (0.0, 1.0)) -> Estimate:
        return mean_or_none(of, labels, within=within, level=level)

    return FlipsOverRun(
        n=len(rate),
        rate=mean(rate),
        random=mean(by_chance),
        noise_floor=mean(floor),
        above_random=mean(rate - by_chance, (-1.0, 1.0)),
        above_noise=mean(rate - floor, (-1.0, 1.0)),
    )


def shares(name: str, given: ArrayLike) -> Floats:
    """Return shares in one row; raises InputError where one is none."""
    rows = np.asarray(given, dtype=np.float64)
    wrong = np.flatnonzero(~((rows >= 0) & (rows <= 1)))
    if len(wrong):
        raise InputError(f"`{name}[{wrong[0]}]` is {rows[wrong[0]]}; expected a share in [0, 1]")
    return rows


def labelled(cluster: ArrayLike, n: int) -> ArrayLike:
    """Return the clusters of n Records; raises InputError when there are more or fewer labels."""
    if len(np.asarray(cluster)) != n:
        raise InputError(f"`cluster` has {len(np.asarray(cluster))} labels; expected one for each of the {n} Records")
    return cluster


def mean_or_none(of: Sequence[float] | Floats, cluster: ArrayLike, *, within: Range, level: float) -> Estimate:
    """Return the mean over Records, or that there are none."""
    if not len(of):
        return Estimate.missing("no Record has a value", n=0, level=level)
    return mean_by_cluster_t(of, cluster, within=within, level=level)
