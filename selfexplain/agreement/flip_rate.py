"""Flip rate: how often the answer becomes another one when the named units are taken away."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.measure import agreement
from selfexplain.errors import InputError, Undefined


@agreement(
    title="Flip rate",
    meaning="How often the model gives another answer when the units that it named are taken away.",
    takes="targets",
    direction="higher",
    within=(0.0, 1.0),
)
def flip_rate(flipped: ArrayLike) -> float:
    """Share of replies whose answer changed without the named units, in [0, 1]; high is good, beside two floors.

    **Definition.** The share of repeats with another answer than to the whole question, by the Item's own grader. It
    needs no probabilities, so it exists for every model. Replies that cannot be read are no flips: leave them out and
    count them.

    **Chance.** Two levels, both paired with it question by question: the flip rate of at least 20 random sets of as
    many units, and the noise floor, how often the answer changes when the unchanged question is asked again. Over a
    Run: :func:`selfexplain.agreement.over_run.flips_over_run`.

    **How it misleads.** A model that is unsure flips at anything, and one that is sure flips at nothing: the rate alone
    measures confidence. A flip to "I cannot tell" is the right answer to a question with a hole, and no flip of
    reasons.

    **Edge cases.** Undefined when no reply could be read.

    Parameters
    ----------
    flipped : array of bool, shape (r,)
        Whether each repeat's answer is another one.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Madsen et al. 2024 (arXiv 2401.07927), redaction; DeYoung et al. 2020 for the comparison with random units.

    Examples
    --------
    >>> flip_rate([True, False, True, True])
    0.75
    """
    given = np.asarray(flipped)
    if given.ndim != 1 or (given.size and given.dtype.kind != "b"):
        raise InputError(f"`flipped` is {given.dtype} of shape {given.shape}; expected True or False for each repeat")
    if not given.size:
        raise Undefined("no reply to the question without the named units could be read")
    return float(given.mean())
