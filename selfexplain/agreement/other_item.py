"""The other-item null: what the explanations of other questions score here.

Random units are a weak opponent: a model that always names the last noun, or whatever stands third, beats them without
having looked at its own reasons. The explanations of other Items have the same habits and know nothing of this one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.measure import OF_A_CLAIM, Agreement, measured, named_places, said_of
from selfexplain.agreement.null import Null, candidate_places, error_of_mean
from selfexplain.errors import InputError, Undefined

Elsewhere = tuple[Sequence[int], int]
"""A claim about another question: the places that it names, the most important first, and how many units there are."""


def carried_over(places: Sequence[int], units: int, onto: int) -> list[int]:
    """Return the places that a claim about a question of `units` units names in one of `onto`.

    A unit goes to where its middle falls when the one question is stretched or squeezed to the other's length: the
    first to near the start, the last to near the end. Squeezing may bring two to one place; the one that was named
    first keeps it, and the other names nothing.

    Parameters
    ----------
    places : sequence of int
        In [0, units), the most important first.
    units, onto : int
        The lengths of the two questions.

    Examples
    --------
    >>> carried_over([0, 3], 4, 8), carried_over([7, 6, 0], 8, 4)
    ([1, 7], [3, 0])
    """
    # (2 p + 1) / (2 units) of the way along, in whole numbers.
    carried = ((2 * place + 1) * onto // (2 * units) for place in places)
    return list(dict.fromkeys(carried))


def other_item_null(
    measure: Agreement[...],
    said: ArrayLike,
    scores: ArrayLike,
    others: Sequence[Elsewhere],
    *,
    candidates: ArrayLike | None = None,
) -> Null:
    """Measure explanations of other Items as if they were claims about this one.

    Each is carried over by relative position and cut to as many units as this Item's claim names, since the value of
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
        carried = carried_over(named_places(places, units).tolist(), units, len(able))
        if len(carried) >= k:
            usable.append(able[carried[:k]])
    if not usable:
        raise Undefined(
            f"none of {len(others)} other Items' claims names {k} units here, so there is nothing to compare with"
        )
    values = np.array([measured(measure, places, claim.scores) for places in usable])
    method = f"claims of {len(usable)} of {len(others)} other Items"
    return Null(values, float(values.mean()), error_of_mean(values), every=False, method=method)
