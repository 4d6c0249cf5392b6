"""Sign agreement: does what the model says spoke for and against its answer do so by the witness."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.additive import Additive
from selfexplain.agreement.measure import agreement, said_of
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats


def same_signs(k: int, scores: Floats, stated: Floats | None) -> Floats:  # noqa: ARG001 - as long as what is stated
    """Return what unit i adds when it is named j-th: one of the signs stated if they agree, half if it has none."""
    if stated is None:
        raise InputError("sign_agreement takes the scores that the model states", hint="hand them in as `stated`")
    signs = np.sign(stated)
    share = (1 + np.outer(np.sign(scores), signs)) / 2 * (signs != 0) / np.count_nonzero(signs)
    return np.asarray(share, dtype=np.float64)


FORM = Additive(same_signs)


@agreement(
    title="Sign agreement",
    meaning="Of the units said to speak for or against the answer, the share that the witness shows to do the same.",
    takes="signs",
    direction="higher",
    within=(0.0, 1.0),
    form=FORM,
)
def sign_agreement(said: ArrayLike, scores: ArrayLike, *, stated: ArrayLike | None = None) -> float:
    """Share of the named units whose stated sign is that of the witness's score, in [0, 1]; 1 is best.

    **Definition.** Mean over the named units with a stated score other than 0 of 1 where the signs are the same, ½
    where the witness's score is exactly 0, else 0.

    **Chance.** 0.5 only where the witness has as many units for the answer as against it. In general it is the claim's
    share of positive signs times the witness's, plus the same of negative ones: when most units speak for the answer,
    a model that says "for" of all is nearly always right, and so is chance.

    **How it misleads.** It does not look at size: a unit that hardly matters counts as one that decides. A witness
    without signs (attention, saliency) gives 1 for whatever is said to speak for the answer, which is chance too.

    **Edge cases.** Undefined when no unit has a stated score other than 0, and when all of the witness's scores are the
    same.

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the named units, from 0.
    scores : array of float, shape (n,)
        The witness's signed scores: above 0 for the answer, below 0 against it.
    stated : array of float, shape (k,)
        The signed scores that the model states for them; only the signs count.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Krishna et al. 2022 (arXiv 2202.01602), sign agreement, here of the named units alone.

    Examples
    --------
    >>> sign_agreement([3, 0, 1], [0.1, 0.6, 0.0, -0.9], stated=[0.5, 0.2, 0.9])
    0.6666666666666666
    """
    claim = said_of(said, scores, stated)
    if claim.stated is not None and not claim.stated.any():
        raise Undefined("no named unit is said to speak for or against the answer")
    return float(FORM.values(claim.places[None], claim.scores, claim.stated)[0])
