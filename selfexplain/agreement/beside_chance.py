"""A measure of one Record beside its value for random claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from numpy.typing import ArrayLike

from selfexplain.agreement.measure import Agreement, measured
from selfexplain.agreement.null import DRAWS, Null, null_of


@dataclass(frozen=True)
class BesideChance:
    """What one claim scores and what chance scores; no verdict, since one question cannot decide."""

    value: float
    chance: float
    """The mean of random claims."""
    above_chance: float
    """value − chance, or chance − value where lower is better: above 0 is better than a random claim."""
    percentile: float
    """The share of random claims that this one beats, ties counting half, in [0, 1]."""
    standard_error: float | None
    """Of the chance level: 0 where it is exact, None where a single draw cannot tell."""
    method: str
    """How chance was measured."""


def beside(measure: Agreement[...], value: float, null: Null) -> BesideChance:
    """Return a value beside a null that was measured in the same way.

    Examples
    --------
    Removing the named words took 0.6 of the probability; removing random ones 0.1 and 0.3.

    >>> from selfexplain.agreement.comprehensiveness import comprehensiveness
    >>> from selfexplain.agreement.null import null_of_values
    >>> found = beside(comprehensiveness, 0.6, null_of_values([0.1, 0.3]))
    >>> round(found.above_chance, 6), found.percentile
    (0.4, 1.0)
    """
    sign = measure.facts.sign
    return BesideChance(
        value=value,
        chance=null.mean,
        above_chance=sign * (value - null.mean),
        percentile=null.percentile(value, sign=sign),
        standard_error=null.standard_error,
        method=null.method,
    )


def averaged(found: Sequence[BesideChance]) -> BesideChance:
    """Return the mean of one Record's values by several witnesses, such as those of one family; at least one.

    Whoever takes the best of them instead makes chance look like agreement. The errors of their chance levels may go
    together, so they are averaged and do not shrink.
    """
    errors = [each.standard_error for each in found if each.standard_error is not None]
    return BesideChance(
        value=fmean(each.value for each in found),
        chance=fmean(each.chance for each in found),
        above_chance=fmean(each.above_chance for each in found),
        percentile=fmean(each.percentile for each in found),
        standard_error=fmean(errors) if len(errors) == len(found) else None,
        method=found[0].method,
    )


def beside_chance(
    measure: Agreement[...],
    said: ArrayLike,
    scores: ArrayLike,
    *,
    stated: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> BesideChance:
    """Measure a claim beside random claims of its size.

    Parameters
    ----------
    measure : Agreement
        One that takes a claim and a witness's scores.
    said, scores, stated, candidates, seed, draws
        As in :func:`selfexplain.agreement.null.null_of`.

    Raises
    ------
    Undefined
        When the measure or its null has no value here, with the reason.

    Examples
    --------
    The model named places 0 and 1, which have the highest scores; only content words (all but the last) are candidates:

    >>> from selfexplain.agreement.overlap_at_k import overlap_at_k
    >>> found = beside_chance(overlap_at_k, [0, 1], [0.9, 0.8, 0.1, 0.0], candidates=[True, True, True, False])
    >>> found.value, round(found.chance, 6), round(found.percentile, 6), found.method
    (1.0, 0.666667, 0.833333, 'all 3 claims')
    """
    value = measured(measure, said, scores, stated)
    null = null_of(measure, said, scores, stated=stated, candidates=candidates, seed=seed, draws=draws)
    return beside(measure, value, null)
