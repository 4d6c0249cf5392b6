"""Kendall's τ_b: over all pairs of units, whether claim and witness put the same one first."""

import math

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Pairs, Pairwise
from selfexplain.agreement.claimed_scores import claimed_scores
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.agreement.ties import standing
from selfexplain.errors import Undefined
from selfexplain.inference import Floats


def untied_pairs(numbers: Floats) -> int:
    """Return in how many pairs the two numbers differ.

    >>> untied_pairs(np.array([3.0, 1.0, 1.0]))
    2
    """
    return int((len(numbers) - standing(numbers).level).sum()) // 2


def concordance(k: int, scores: Floats, stated: Floats | None) -> Pairs:
    """Return τ_b as a sum over the named units, each against all others, and over pairs of them."""
    claimed = claimed_scores(k, stated)
    everywhere = np.concatenate([claimed, np.zeros(len(scores) - k)])
    both = np.sign(scores[:, None] - scores[None, :])
    norm = math.sqrt(untied_pairs(everywhere) * untied_pairs(scores))
    # A named unit meets all others as if none were named; where another is, half of what the pair is worth replaces it.
    against_unsaid = np.sign(claimed)
    weights = np.sign(claimed[:, None] - claimed[None, :]) / 2 - against_unsaid[:, None]
    return Pairs(both.sum(axis=1), against_unsaid / norm, both, weights / norm)


FORM = Pairwise(concordance)


@agreement(
    title="Kendall's τ_b",
    meaning="Over all pairs of units: how much more often model and witness agree than disagree on which matters more.",
    takes="scores",
    direction="higher",
    within=(-1.0, 1.0),
    form=FORM,
)
def kendall_tau_b(said: ArrayLike, scores: ArrayLike, *, stated: ArrayLike | None = None) -> float:
    """Rank correlation of a claim and a witness by pairs of units, corrected for ties, in [−1, 1]; 0 is chance.

    **Definition.** (concordant − discordant) / √(pairs untied in the claim · pairs untied in the witness). The claim
    gives every unit a number: the stated scores, or where there are none k, k − 1, …, 1 in the order of naming; a unit
    that is not named has 0.

    **Chance.** 0 for random units. Among candidates alone it is above 0 where these score high with everybody: the
    number of named units that a random candidate wins against the rest, exact.

    **How it misleads.** A claim that names few units ties all others, so 1 cannot be reached unless the witness has the
    same ties: three of eight words in the witness's own order give 0.80. Values of claims of different size do not
    compare. Over all pairs the order among unimportant units counts as much as the top.

    **Edge cases.** Undefined when no unit is named, when all scores are the same, and when the claim puts no unit
    before another (every unit named with the same stated score, or a stated score of 0 for all).

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the named units, from 0, the most important first.
    scores : array of float, shape (n,)
        The witness's signed scores.
    stated : array of float, shape (k,), optional
        The scores that the model states for them.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    Kendall 1945, Biometrika 33:239.

    Examples
    --------
    Of the six pairs the claim ties one, places 1 and 2. Of the other five, four agree and one does not: 3/√(5 · 6).

    >>> round(kendall_tau_b([3, 0], [0.1, 0.6, 0.0, 0.9]), 6)
    0.547723
    """
    claim = said_of(said, scores, stated)
    require_an_order(claimed_scores(len(claim.places), claim.stated), len(claim.scores))
    return float(FORM.values(claim.places[None], claim.scores, claim.stated)[0])


def require_an_order(claimed: Floats, n: int) -> None:
    """Raise Undefined when a claim about n units, those it does not name having 0, puts none before another."""
    everywhere = claimed if len(claimed) == n else np.append(claimed, 0.0)
    if (everywhere == everywhere[0]).all():
        raise Undefined("the claim gives every unit the same score, so it puts none before another")
