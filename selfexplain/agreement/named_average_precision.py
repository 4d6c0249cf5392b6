"""Average precision of the named units: going down the witness's ranking, how pure the picks are."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Pairs, Pairwise
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.agreement.ties import standing
from selfexplain.inference import Floats


def reciprocal_places(scores: Floats) -> tuple[Floats, Floats]:
    """Return, over all orders of ties, E[1 / place of i] and E[1 / place of i, if j stands before it].

    Returns
    -------
    alone : array of float, shape (n,)
    both : array of float, shape (n, n)
        Rows are i, columns j.
    """
    above, level = standing(scores)
    n = len(scores)
    alone, tied = np.empty(n), np.zeros(n)
    for i, (g, t) in enumerate(zip(above, level, strict=True)):
        within = np.arange(1, t + 1)
        alone[i] = (1 / (g + within)).mean()
        if t > 1:  # j is one of the t − 1 others, so it stands before the w-th with probability (w − 1) / (t − 1)
            tied[i] = ((within - 1) / (t - 1) / (g + within)).mean()
    earlier, same = scores[None, :] > scores[:, None], scores[None, :] == scores[:, None]
    return alone, alone[:, None] * earlier + tied[:, None] * same


def precisions(k: int, scores: Floats, stated: Floats | None) -> Pairs:  # noqa: ARG001 - a set states no scores
    """Return the average precision as a sum: a named unit adds 1 / place, and so does each named unit before it."""
    alone, both = reciprocal_places(scores)
    return Pairs(alone, np.full(k, 1 / k), both, np.full((k, k), 1 / k))


FORM = Pairwise(precisions)


@agreement(
    title="Average precision of the named units",
    meaning="Go down the witness's ranking: at each unit that the model named, the share of named ones so far.",
    takes="set",
    direction="higher",
    within=(0.0, 1.0),
    form=FORM,
)
def named_average_precision(said: ArrayLike, scores: ArrayLike) -> float:
    """Mean precision at the named units down the witness's ranking, in (0, 1]; 1 is best.

    **Definition.** AP = 1/k · Σ over named units i of (named units down to i) / (place of i). Units with the same score
    stand in every order, and the value is the mean; so constant scores would give exactly chance. (scikit-learn takes a
    tied group as one step instead, which depends on no order either and is a slightly different number.)

    **Chance.** [H + (k − 1)/(n − 1) · (n − H)] / n with H = 1 + 1/2 + … + 1/n: for k = 3 of n = 8 it is 0.528, far
    above the k/n = 0.375 that holds for large n only. Random candidates: the same sum over their places, exact.

    **How it misleads.** It is dominated by the first places of the witness, which are its least certain ones when
    scores are close; its chance level depends on k and n, so values of questions of different length do not compare.

    **Edge cases.** Undefined when no unit or every unit is named, and when all scores are the same.

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the named units, from 0.
    scores : array of float, shape (n,)
        The witness's signed scores; the highest rank first.

    Returns
    -------
    float, in (0, 1]

    References
    ----------
    Buckley & Voorhees 2000, SIGIR; chance level: Bestgen 2015, Prague Bulletin of Mathematical Linguistics 103:131.

    Examples
    --------
    The named ones stand first and third: (1/1 + 2/3) / 2.

    >>> round(named_average_precision([3, 0], [0.1, 0.6, 0.0, 0.9]), 6)
    0.833333
    """
    claim = said_of(said, scores, some_unsaid=True)
    return float(FORM.values(claim.places[None], claim.scores, None)[0])
