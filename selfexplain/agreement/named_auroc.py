"""AUROC of the named units: does the witness give them higher scores than the others."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Additive
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.agreement.ties import mid_ranks
from selfexplain.inference import Floats


def wins(k: int, scores: Floats, stated: Floats | None) -> Floats:  # noqa: ARG001 - a set states no scores
    """Return what each unit adds when it is named: its mid-rank, less its share of the named units' own ranks."""
    n = len(scores)
    each = (mid_ranks(scores) - (k + 1) / 2) / (k * (n - k))
    return np.repeat(each[:, None], k, axis=1)


FORM = Additive(wins)


@agreement(
    title="AUROC of the named units",
    meaning="Take a unit that the model named and one it did not: how likely the witness puts the named one first.",
    takes="set",
    direction="higher",
    within=(0.0, 1.0),
    form=FORM,
)
def named_auroc(said: ArrayLike, scores: ArrayLike) -> float:
    """Probability that a named unit has a higher score than an unnamed one, in [0, 1]; 1 is best, 0.5 is chance.

    **Definition.** P(s⁺ > s⁻) + ½ P(s⁺ = s⁻) over all pairs of a named and an unnamed unit: Mann and Whitney's U of the
    mid-ranks over k (n − k). It uses the whole ranking, not only its top, and is the mean over all orders of ties.

    **Chance.** 0.5 for random units, whatever k and n are. Among candidates alone it is higher where these score high
    with everybody.

    **How it misleads.** Naming words that are merely not the worst is rewarded as naming the best is: in a long
    question, most of it unimportant, naming any content word scores far above 0.5. Hence the null of random content
    words. Below 0.5 the model names what spoke against its answer, or the witness is wrong.

    **Edge cases.** Undefined when no unit or every unit is named, and when all scores are the same.

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the named units, from 0.
    scores : array of float, shape (n,)
        The witness's signed scores; the highest rank first.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Mann & Whitney 1947, Annals of Mathematical Statistics 18:50; for rationales DeYoung et al. 2020 (arXiv 1911.03429).

    Examples
    --------
    Two named, two not: of the four pairs the named one wins three.

    >>> named_auroc([3, 0], [0.1, 0.6, 0.0, 0.9])
    0.75
    """
    claim = said_of(said, scores, some_unsaid=True)
    return float(FORM.values(claim.places[None], claim.scores, None)[0])
