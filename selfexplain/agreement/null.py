"""What random claims of the same size score: all of them where they are few, else draws.

A measure means nothing without this. Random claims about a question name as many units as the model did, among the
candidates that are handed in; with content words as candidates this is the *matched* null. That matters: models name
content words, and content words score high with every model, so beside random words of any kind every explanation
looks right.
"""

import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.measure import OF_A_CLAIM, Agreement, Bools, Said, Takes, measured, said_of
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import SAME, Floats, Ints, stream

MOST_LISTED = 20_000
"""Up to so many random claims are all measured; of more, some are drawn."""

MOST_PLACES = 250_000
"""All of them together may name so many places, which limits claims of more than a dozen units: 2 MB of numbers."""

DRAWS = 2_000
"""Claims drawn where they are not all measured: a percentile then has a standard error of at most 1.1 points."""


@dataclass(frozen=True)
class Null:
    """The values of random claims about one question, and their mean."""

    values: Floats
    """Of all claims, or of those drawn; shape (r,)."""
    mean: float
    """The chance level."""
    standard_error: float | None
    """Of the mean: 0 where it is exact, None where a single draw cannot tell."""
    every: bool
    """Whether these are all claims there are."""
    method: str
    """In words for a reader."""

    def percentile(self, value: float, *, sign: float = 1.0) -> float:
        """Return the share of random claims that a value beats, those with the same value counting half, in [0, 1].

        The mean percentile of random claims is exactly ½, whatever ties there are. With `sign` −1 lower is better.
        """
        better = sign * (value - self.values)
        return float(((better > SAME).sum() + 0.5 * (np.abs(better) <= SAME).sum()) / len(self.values))

    def p(self, value: float, *, sign: float = 1.0) -> float:
        """Return how likely a random claim is to be at least as good, in (0, 1]; draws are joined by the value.

        For one question only. Over a Run use the mean difference: counting significant questions wastes most of what
        they say, since a short question cannot be significant at all.
        """
        as_good = int((sign * (self.values - value) >= -SAME).sum())
        return as_good / len(self.values) if self.every else (as_good + 1) / (len(self.values) + 1)


def null_of(
    measure: Agreement[...],
    said: ArrayLike,
    scores: ArrayLike,
    *,
    stated: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Null:
    """Measure random claims: as many units as were named, in random places, with the scores that were stated.

    Parameters
    ----------
    measure : Agreement
        One that takes a claim and a witness's scores.
    said : array of int, shape (k,)
        The claim; only how many units it names counts here.
    scores : array of float, shape (n,)
        The witness's.
    stated : array of float, shape (k,), optional
        The scores that the model stated; they stay together and move to random places.
    candidates : array of bool, shape (n,), optional
        The units that a random claim may name, such as content words; by default all. The claim itself need not keep to
        them.
    seed : int
        Of the draws. Give every Record its own, or the errors of their chance levels add up instead of cancelling.
    draws : int
        How many, where there are more than 20,000 claims, or fewer that name more than 250,000 places together.

    Raises
    ------
    Undefined
        When there is only one such claim, or none, or the measure has no value.

    References
    ----------
    Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses, §3.

    Examples
    --------
    Three of eight named. All three right is one claim of 56:

    >>> from selfexplain.agreement.overlap_at_k import overlap_at_k
    >>> null = null_of(overlap_at_k, [0, 1, 2], [8, 7, 6, 5, 4, 3, 2, 1])
    >>> null.method, round(null.mean, 6), round(null.p(1.0), 3)
    ('all 56 claims', 0.375, 0.018)
    """
    if measure.facts.takes not in OF_A_CLAIM:
        raise InputError(
            f"{measure.__name__} compares targets, not a claim with scores",
            hint="measure the targets after removing random units, and hand the values to `null_of_values`",
        )
    claim = said_of(said, scores, stated)
    able = candidate_places(candidates, len(claim.scores))
    k, c = len(claim.places), len(able)
    require_several(measure.facts.takes, k, c)
    measured(measure, claim.places, claim.scores, claim.stated)  # raises Undefined where the measure has no value
    rows, every = random_claims(k, c, ordered=measure.facts.takes != "set", seed=seed, draws=draws)
    values = of_claims(measure, able[rows], claim)
    mask = np.zeros(len(claim.scores), dtype=np.bool_)
    mask[able] = True
    return summed_up(measure, values, every=every, exact=expected(measure, claim, mask))


def null_of_values(values: ArrayLike) -> Null:
    """Return the null that the values of random removals make.

    Parameters
    ----------
    values : array of float, shape (r,)
        The measure after removing, or keeping, random units of the same number, as measured by a model; 20 or more.

    Raises
    ------
    Undefined
        When there are none.

    Examples
    --------
    >>> null = null_of_values([0.1, 0.2, 0.3])
    >>> round(null.mean, 6), null.method, round(null.percentile(0.2), 6)
    (0.2, '3 random removals', 0.5)
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or not np.isfinite(given).all():
        raise InputError(f"`values` has shape {given.shape}; expected finite numbers in one row, one for each removal")
    if not len(given):
        raise Undefined("no random removal was measured, so there is no chance level")
    return Null(given, float(given.mean()), error_of_mean(given), every=False, method=f"{len(given)} random removals")


def candidate_places(candidates: ArrayLike | None, n: int) -> Ints:
    """Return the places that a random claim may name."""
    if candidates is None:
        return np.arange(n)
    mask = np.asarray(candidates)
    if mask.dtype.kind != "b" or mask.shape != (n,):
        raise InputError(
            f"`candidates` is {mask.dtype} of shape {mask.shape}; expected True or False for each of {n} units"
        )
    return np.flatnonzero(mask)


def require_several(takes: Takes, k: int, c: int) -> None:
    """Raise Undefined unless there are at least two random claims of k among c candidates."""
    if k > c:
        raise Undefined(
            f"{k} units are named and only {c} could be by chance, so there is no random claim of that size"
        )
    if (k == c and takes == "set") or c == 1:
        raise Undefined(f"as many units are named as could be by chance, {c}, so there is only one claim of that size")


def random_claims(k: int, c: int, *, ordered: bool, seed: int, draws: int) -> tuple[Ints, bool]:
    """Return claims of k of c candidates, a row each, and whether they are all there are.

    Where the order counts, all claims are listed only if all orders can be; else both are drawn.
    """
    count = math.perm(c, k) if ordered else math.comb(c, k)
    if count <= MOST_LISTED and count * k <= MOST_PLACES:
        return listed(k, c, ordered=ordered), True
    rng = stream(seed)
    return rng.random((draws, c)).argsort(axis=1)[:, :k], False


@functools.lru_cache(maxsize=32)  # the questions of a Run have few different lengths
def listed(k: int, c: int, *, ordered: bool) -> Ints:
    """Return all claims of k of c candidates, in every order where it counts."""
    claims = itertools.permutations(range(c), k) if ordered else itertools.combinations(range(c), k)
    rows = np.array(list(claims), dtype=np.int64).reshape(-1, k)
    rows.flags.writeable = False
    return rows


def of_claims(measure: Agreement[...], places: Ints, claim: Said) -> Floats:
    """Return a measure of many claims, shape (r,), all stating the same scores."""
    if measure.facts.form is not None:
        return measure.facts.form.values(places, claim.scores, claim.stated)
    return np.array([measured(measure, row, claim.scores, claim.stated) for row in places])


def expected(measure: Agreement[...], claim: Said, candidates: Bools) -> float | None:
    """Return the exact mean over all random claims; None where the measure has no formula for it."""
    if measure.facts.form is None:
        return None
    return measure.facts.form.expected(len(claim.places), claim.scores, candidates, claim.stated)


def summed_up(measure: Agreement[...], values: Floats, *, every: bool, exact: float | None) -> Null:
    """Return the null with the best mean there is: by formula, over all claims, over draws."""
    method = f"all {len(values):,} claims" if every else f"{len(values):,} draws"
    if exact is not None:
        low, high = measure.facts.within
        return Null(values, min(max(exact, low), high), 0.0, every, method if every else f"formula; {method}")
    return Null(values, float(values.mean()), 0.0 if every else error_of_mean(values), every, method)


def error_of_mean(values: Floats) -> float | None:
    """Return the standard error of the mean of draws; None of a single one, of which nothing is known."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
