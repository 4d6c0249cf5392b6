"""Spearman's ρ: the correlation of the claim's ranks with the witness's."""

import math

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Additive
from selfexplain.agreement.claimed_scores import claimed_scores
from selfexplain.agreement.kendall_tau_b import require_an_order
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.agreement.ties import mid_ranks
from selfexplain.inference import Floats


def rank_products(k: int, scores: Floats, stated: Floats | None) -> Floats:
    """Return what unit i adds when it is named j-th: its rank's deviation times how far naming lifts it."""
    unsaid = np.zeros(len(scores) - k)
    ranks = mid_ranks(np.concatenate([claimed_scores(k, stated), unsaid]))
    # Σ (a − ā)(b − b̄) = Σ (a − a₀)(b − b̄) for any constant a₀: with the rank of what is not named, the named remain.
    floor = ranks[k] if len(unsaid) else 0.0
    shown = mid_ranks(scores)
    norm = math.sqrt(float(((ranks - ranks.mean()) ** 2).sum() * ((shown - shown.mean()) ** 2).sum()))
    return np.outer(shown - shown.mean(), ranks[:k] - floor) / norm


FORM = Additive(rank_products)


@agreement(
    title="Spearman's ρ",
    meaning="The correlation of the ranks that the model's claim gives to the units with those that the witness gives.",
    takes="scores",
    direction="higher",
    within=(-1.0, 1.0),
    form=FORM,
)
def spearman_rho(said: ArrayLike, scores: ArrayLike, *, stated: ArrayLike | None = None) -> float:
    """Correlation of the claim's mid-ranks with the witness's, in [−1, 1]; 0 is chance.

    **Definition.** Pearson's correlation of mid-ranks. The claim gives every unit a number: the stated scores, or where
    there are none k, k − 1, …, 1 in the order of naming; a unit that is not named has 0.

    **Chance.** 0 for random units. Among candidates alone it is above 0 where these score high with everybody; exact.

    **How it misleads.** As Kendall's τ_b: few named units tie all others, so 1 cannot be reached unless the witness has
    the same ties. Squared distances of ranks let one unit at the far end of a long question weigh much.

    **Edge cases.** Undefined when no unit is named, when all scores are the same, and when the claim puts no unit
    before another.

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
    Spearman 1904, American Journal of Psychology 15:72; mid-ranks: Kendall 1945, Biometrika 33:239.

    Examples
    --------
    Ranks of the claim 3, 1½, 1½, 4 and of the witness 2, 3, 1, 4: 3 over √(4½ · 5).

    >>> round(spearman_rho([3, 0], [0.1, 0.6, 0.0, 0.9]), 6)
    0.632456
    """
    claim = said_of(said, scores, stated)
    require_an_order(claimed_scores(len(claim.places), claim.stated), len(claim.scores))
    return float(FORM.values(claim.places[None], claim.scores, claim.stated)[0])
