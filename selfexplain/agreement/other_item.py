"""The other-item null: what the explanations of other questions score here.

Random units are a weak opponent: a model that always names the last noun, or whatever stands third, beats them without
having looked at its own reasons. The explanations of other Items have the same habits and know nothing of this one.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.measure import OF_A_CLAIM, Agreement, measured, named_places, said_of
from selfexplain.agreement.null import Null, candidate_places, error_of_mean, of_claims
from selfexplain.errors import InputError, Undefined

By = Literal["start", "end", "share"]
"""What of a place is kept when questions differ in length: its count from the start, from the end, or how far along."""

Elsewhere = tuple[Sequence[int], int]
"""A claim about another question: the places that it names, the most important first, and how many units there are."""


def carried_over(places: Sequence[int], units: int, onto: int, *, by: By = "start") -> list[int]:
    """Return the places that a claim about a question of `units` units names in one of `onto`.

    Habits sit at the ends or run with the length, and no rule keeps all of them when lengths differ; so there are
    three. From the start the second unit stays the second, from the end the last but one stays that; what then falls
    outside a shorter question names nothing. By share a unit goes to where its middle falls when the one question is
    stretched or squeezed to the other's length; where two come to one place, the one that was named first keeps it.

    Parameters
    ----------
    places : sequence of int
        In [0, units), the most important first.
    units, onto : int
        The lengths of the two questions.
    by : "start", "end" or "share"

    Examples
    --------
    >>> carried_over([0, 3], 4, 8), carried_over([0, 3], 4, 8, by="end"), carried_over([0, 3], 4, 8, by="share")
    ([0, 3], [4, 7], [1, 7])
    >>> [carried_over([7, 6, 0], 8, 4, by=by) for by in ("start", "end", "share")]
    [[0], [3, 2], [3, 0]]
    """
    if by == "share":  # (2 p + 1) / (2 units) of the way along, in whole numbers
        return list(dict.fromkeys((2 * place + 1) * onto // (2 * units) for place in places))
    shift = onto - units if by == "end" else 0
    return [place + shift for place in places if 0 <= place + shift < onto]


def other_item_null(
    measure: Agreement[...],
    said: ArrayLike,
    scores: ArrayLike,
    others: Sequence[Elsewhere],
    *,
    candidates: ArrayLike | None = None,
    by: By = "start",
) -> Null:
    """Measure explanations of other Items as if they were claims about this one.

    Each is carried over by :func:`carried_over` and cut to as many units as this Item's claim names, since the value of
    every measure depends on how many those are. One that then names fewer is not used: filling it up would be making a
    claim that nobody made. Stated scores are not carried over, so the measure is that of sets or rankings.

    The null's values share their claims with those of other Items. Over a Run the mean difference is nevertheless
    treated as a mean over Items: if claims have nothing to do with the questions, its interval is then on the wide
    side, since what other Items' claims add to a row's variance is uncorrelated with the row itself.

    Parameters
    ----------
    measure : Agreement
        One of a set or a ranking.
    said : array of int, shape (k,)
        This Item's claim.
    scores : array of float, shape (n,)
        The witness's, of this Item.
    others : sequence of (places, units)
        Claims about Items of other clusters: paraphrases of this question are no strangers.
    candidates : array of bool, shape (n,), optional
        Units that claims may name, such as content words. Then `places` and `units` of the others are counted among
        theirs: the second of nine content words goes to a content word.
    by : "start", "end" or "share"
        The habit that is looked for, chosen beforehand.

    Raises
    ------
    Undefined
        When no other claim names enough units, or the measure has no value.

    Examples
    --------
    Others name the first word, too; so naming it here is nothing special:

    >>> from selfexplain.agreement.overlap_at_k import overlap_at_k
    >>> null = other_item_null(overlap_at_k, [0], [0.9, 0.2, 0.1], others=[([0], 3), ([0, 2], 4), ([1], 2)])
    >>> round(null.mean, 6), null.method
    (0.666667, 'claims of 3 of 3 other Items')
    """
    if measure.facts.takes not in OF_A_CLAIM or measure.facts.takes == "signs":
        raise InputError(
            f"{measure.__name__} cannot be measured of another Item's claim; expected one of a set or a ranking"
        )
    claim = said_of(said, scores)
    able, k = candidate_places(candidates, len(claim.scores)), len(claim.places)
    usable = []
    for places, units in others:
        carried = carried_over(named_places(places, units).tolist(), units, len(able), by=by)
        if len(carried) >= k:
            usable.append(able[carried[:k]])
    if not usable:
        raise Undefined(
            f"none of {len(others)} other Items' claims names {k} units here, so there is nothing to compare with"
        )
    measured(measure, claim.places, claim.scores)  # raises Undefined where the measure has no value
    values = of_claims(measure, np.array(usable), claim)
    method = f"claims of {len(usable)} of {len(others)} other Items"
    return Null(values, float(values.mean()), error_of_mean(values), every=False, method=method)
