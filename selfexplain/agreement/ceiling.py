"""Witness against witness: the ceiling. No claim can be faulted for disagreeing with witnesses that disagree."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.beside_chance import BesideChance, averaged, beside_chance
from selfexplain.agreement.measure import STATED, Agreement, finite
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats, Ints, stream

WAYS = 20
"""In so many random ways ties among a witness's top are broken where it is taken as a claim, and the mean is taken."""


def witness_against_witness(
    measure: Agreement[...],
    one: ArrayLike,
    other: ArrayLike,
    k: int,
    *,
    candidates: ArrayLike | None = None,
    seed: int = 0,
) -> BesideChance:
    """Measure two witnesses as a claim is measured: one's top k against the other's scores, both ways, averaged.

    It has the same size and the same null as the claim that it is the ceiling for. For a measure that takes stated
    scores the k highest absolute scores are taken, with the scores themselves; else the k highest.

    Parameters
    ----------
    measure : Agreement
        One that takes a claim and a witness's scores.
    one, other : array of float, shape (n,)
        The witnesses' signed scores of the same units.
    k : int
        How many units the model named.
    candidates, seed
        As in :func:`selfexplain.agreement.null.null_of`.

    Raises
    ------
    Undefined
        When the measure has no value, or a witness gives every unit the same score.

    Examples
    --------
    >>> from selfexplain.agreement.overlap_at_k import overlap_at_k
    >>> found = witness_against_witness(overlap_at_k, [0.9, 0.7, 0.1, 0.0], [0.5, 0.1, 0.4, 0.0], k=2)
    >>> found.value, found.chance
    (0.5, 0.5)
    """
    a, b = finite("one", one), finite("other", other)
    if len(a) != len(b):
        raise InputError(f"the witnesses score {len(a)} and {len(b)} units; expected the same units")
    found = []
    for claimant, witness in ((a, b), (b, a)):
        for places, stated in as_claims(claimant, k, signed=measure.facts.takes in STATED, seed=seed):
            claim = beside_chance(measure, places, witness, stated=stated, candidates=candidates, seed=seed)
            found.append(claim)
    return averaged(found)


def as_claims(scores: Floats, k: int, *, signed: bool, seed: int) -> Iterator[tuple[Ints, Floats | None]]:
    """Yield a witness's top k as a claim: once where their order is certain, else in several random orders of ties."""
    if (scores == scores[0]).all():
        raise Undefined("the witness gives every unit the same score, so it prefers none")
    by = np.abs(scores) if signed else scores
    top = np.sort(by)[::-1][: k + 1]
    rng = stream(seed)
    for _ in range(WAYS if len(np.unique(top)) < len(top) else 1):
        places = np.lexsort((rng.random(len(by)), -by))[:k]
        yield places, scores[places] if signed else None
