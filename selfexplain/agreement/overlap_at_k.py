"""Overlap at k: of the units that the model named, how many are among the witness's first k."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Additive
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.agreement.ties import within_top
from selfexplain.inference import Floats


def hits(k: int, scores: Floats, stated: Floats | None) -> Floats:  # noqa: ARG001 - a set states no scores
    """Return what each unit adds when it is named: how likely it is to be in the witness's top k, over k."""
    return np.repeat(within_top(scores, k)[:, None] / k, k, axis=1)


FORM = Additive(hits)


@agreement(
    title="Overlap at k",
    meaning="Of the units that the model named, the share that is among the witness's highest, as many as were named.",
    takes="set",
    direction="higher",
    within=(0.0, 1.0),
    form=FORM,
)
def overlap_at_k(said: ArrayLike, scores: ArrayLike) -> float:
    """Share of the named units that are among the witness's top k, in [0, 1]; 1 is best, k/n is chance.

    **Definition.** |K ∩ W| / k, with K the k named units and W the k units with the highest scores. Where several units
    share the score at the border of W, each takes one of the places left with equal probability, and the value is the
    mean.

    **Chance.** k/n for random units of all n: with k = 3 of n = 8 it is 0.375, and only 3 of 3 is rare (probability
    0.018). Among candidates alone, the mean probability of a candidate to be in W.

    **How it misleads.** A model that names many words has a high chance level: 0.7 is nothing when 7 of 10 words are
    named. It does not see how far below the border a miss lies, nor the order within either top k. Content words are
    named often and score high with every model, so compare with random content words.

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
    DeYoung et al. 2020 (ERASER, arXiv 1911.03429) and Krishna et al. 2022 (arXiv 2202.01602, feature agreement).

    Examples
    --------
    The witness's first two are places 3 and 1; the model named 3 and 0:

    >>> overlap_at_k([3, 0], [0.1, 0.6, 0.0, 0.9])
    0.5
    """
    claim = said_of(said, scores, some_unsaid=True)
    return float(FORM.values(claim.places[None], claim.scores, None)[0])
