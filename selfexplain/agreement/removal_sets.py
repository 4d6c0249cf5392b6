"""Which units of a question are taken away: those that a claim names, those of random claims, a witness's first ones.

What a model answers to the changed question is nobody's business here; the sets are settled before it is asked.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.null import Null, candidate_places, listed, null_of_values, require_several
from selfexplain.errors import Undefined
from selfexplain.inference import stream

LEAST_RANDOM = 20
"""So many random sets a question are the fewest: the mean of fewer is noise beside a single removal."""

Places = tuple[int, ...]


def random_sets(k: int, candidates: ArrayLike, draws: int, *, seed: int) -> tuple[list[Places], bool]:
    """Return random sets of k candidates, each in a random order; and whether these are all sets there are.

    Parameters
    ----------
    k : int
        How many units the claim names.
    candidates : array of bool, shape (n,)
        The units that a random claim may name: content words.
    draws : int
        How many sets; where there are no more than that, each is returned once.
    seed : int
        Each question needs its own.

    Raises
    ------
    Undefined
        When there is only one such set, or none.

    Examples
    --------
    >>> sets, every = random_sets(2, [True, False, True, True], 20, seed=0)
    >>> sorted(map(sorted, sets)), every
    ([[0, 2], [0, 3], [2, 3]], True)
    """
    mask = np.asarray(candidates)
    able = candidate_places(mask, len(mask))
    if k < 1:
        raise Undefined("no unit of the question is named")
    require_several("set", k, len(able))
    rng, every = stream(seed), math.comb(len(able), k) <= draws
    if every:
        rows = rng.permuted(listed(k, len(able), ordered=False), axis=1)
    else:
        rows = rng.random((draws, len(able))).argsort(axis=1)[:, :k]
    return [tuple(row) for row in able[rows].tolist()], every


def null_of_sets(values: ArrayLike, *, every: bool) -> Null:
    """Return the null that taking random sets away makes; exact where these are all sets there are.

    Examples
    --------
    >>> null_of_sets([0.1, 0.2, 0.3], every=True).method, null_of_sets([0.1, 0.3], every=False).method
    ('all 3 sets', '2 random removals')
    """
    drawn = null_of_values(values)
    if not every:
        return drawn
    return Null(drawn.values, drawn.mean, 0.0, every=True, method=f"all {len(drawn.values)} sets")


def first_of(scores: Sequence[float | None], k: int, *, seed: int) -> Places:
    """Return a witness's k units with the highest scores, the highest first.

    Units with the same score stand in a random order: over a Run that is the mean over all orders, and never the order
    of the text.

    Parameters
    ----------
    scores : sequence of float or None
        None where the witness gives a unit no score; such a unit is never among the first.
    k : int
    seed : int
        Of the order of ties.

    Raises
    ------
    Undefined
        When fewer than k units have a score, or all have the same.

    Examples
    --------
    >>> first_of([0.1, None, 0.7, 0.4], 2, seed=0)
    (2, 3)
    """
    known = [(place, score) for place, score in enumerate(scores) if score is not None]
    if len(known) < k:
        raise Undefined(f"the witness scores {len(known)} units, and {k} are named")
    if len({score for _, score in known}) < 2:
        raise Undefined("the witness gives every unit the same score, so it prefers none")
    of_ties = stream(seed).random(len(known))
    order = np.lexsort((of_ties, np.array([-score for _, score in known])))[:k]
    return tuple(known[place][0] for place in order.tolist())


def sets_needed(order: Places, sizes: Sequence[int]) -> list[Places]:
    """Return what is taken away of a claim: all of it, and its first units for each bin; without repetitions, sorted.

    >>> sets_needed((4, 1, 2), [1, 1, 2, 3])
    [(1, 2, 4), (4,), (1, 4)]
    """
    return list(dict.fromkeys(tuple(sorted(order[:size])) for size in (len(order), *sizes)))
