"""Rank-biased overlap at k: how far the model's order and the witness's agree, the top counting most."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Additive
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.agreement.rank_biased_overlap import PERSISTENCE, extrapolated
from selfexplain.agreement.ties import within_top
from selfexplain.inference import Floats


def worth_of_depths(k: int) -> Floats:
    """Return how much each unit in common at depth d adds to RBO_EXT of two rankings of k; shape (k,).

    RBO_EXT is linear in the numbers of units in common, so its value for each depth alone says all.
    """
    return np.array([extrapolated([float(depth == each) for each in range(k)], k, PERSISTENCE) for depth in range(k)])


def shared_depths(k: int, scores: Floats, stated: Floats | None) -> Floats:  # noqa: ARG001 - an order, no scores
    """Return what unit i adds when it is named j-th: it is in common from the later of its two places on."""
    inside = np.stack([within_top(scores, depth) for depth in range(1, k + 1)], axis=1) * worth_of_depths(k)
    return inside[:, ::-1].cumsum(axis=1)[:, ::-1]


FORM = Additive(shared_depths)


@agreement(
    title="Rank-biased overlap at k",
    meaning="How far the model's order of the units and the witness's agree, their tops counting most.",
    takes="ranking",
    direction="higher",
    within=(0.0, 1.0),
    form=FORM,
)
def rbo_at_k(said: ArrayLike, scores: ArrayLike) -> float:
    """Rank-biased overlap of the model's ranking and the witness's top k, in [0, 1]; 1 is best.

    **Definition.** The overlap of the two at each depth d, |K_d ∩ W_d| / d, averaged with weights that fall by 0.9 from
    depth to depth and extrapolated beyond the end (RBO_EXT): the truncated sum cannot reach 1 on short lists. The
    witness's ranking is cut at k, the number of named units. Tied units take their places in every order: |K_d ∩ W_d|
    is then its mean.

    **Chance.** d/n is the expected overlap at depth d, so chance is the same weighted mean of d/n: 0.339 for k = 3 of
    n = 8. Among candidates alone, the weighted mean of their probabilities to stand that high.

    **How it misleads.** On three words the extrapolation has 73 % of the weight, so it is nearly the overlap at k. The
    weight 0.9 is a convention. A model asked for "important words" may not mean an order at all.

    **Edge cases.** Undefined when no unit is named and when all scores are the same. Defined when every unit is named:
    the order still says something.

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the named units, from 0, the most important first.
    scores : array of float, shape (n,)
        The witness's signed scores; the highest rank first.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Webber, Moffat & Zobel 2010, ACM TOIS 28(4):20, equation 32.

    Examples
    --------
    The same two units in the other order: nothing in common at depth 1, everything from depth 2 on.

    >>> round(rbo_at_k([1, 3], [0.1, 0.6, 0.0, 0.9]), 12)
    0.9
    """
    claim = said_of(said, scores)
    return float(FORM.values(claim.places[None], claim.scores, None)[0])
