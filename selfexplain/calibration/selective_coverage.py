"""Coverage at accuracy: how many questions may be answered if nine in ten answers must be right."""

from functools import partial

import numpy as np

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.risk_coverage import from_the_top
from selfexplain.calibration.table import measured, ratio
from selfexplain.calibration.without_interval import without_interval
from selfexplain.errors import InputError
from selfexplain.inference import Floats, Ints

ACCURACY = 0.9
"""The accuracy that kept answers must have unless another is asked for."""


def largest_share(
    confidence: Floats,  # noqa: ARG001 - their order is enough
    n: Ints,
    n_correct: Ints,
    *,
    accuracy: float = ACCURACY,
) -> Floats:
    """Return the largest share that a threshold keeps with this accuracy, of tables, confidences in the last axis."""
    rows, wrong, rows_before, wrong_before = from_the_top(n, n_correct)
    kept, mistaken = rows_before + rows, wrong_before + wrong
    # A quotient of whole numbers is the double nearest to it, as is a decimal such as 0.9: equal means equal.
    good = np.divide(kept - mistaken, kept, out=np.zeros_like(kept), where=kept > 0) >= accuracy
    return ratio(np.where(good, kept, 0.0).max(axis=-1, initial=0.0), rows.sum(axis=-1))


@metric(
    title="Coverage at 90 % accuracy",
    meaning="How many of the answers can be kept, the surest first, so that nine in ten of those kept are right.",
    best=1.0,
    within=(0.0, 1.0),
    interval=without_interval(
        "no interval: it jumps from one threshold to another, and resampling a jump does not cover the truth"
    ),
    over_resamples=largest_share,
    ranks=True,
)
def coverage_at_accuracy(confidence: Confidences, correct: Outcomes = None, *, accuracy: float = ACCURACY) -> float:
    """Largest share of answers that one threshold keeps with the accuracy wanted, in [0, 1]; 1 is best.

    **Definition.** max over thresholds t of n(c ≥ t)/N, subject to accuracy(c ≥ t) ≥ `accuracy`; 0 if no threshold
    reaches it. Only thresholds that exist count: answers of the same confidence are kept or left together.

    **How it misleads.** The threshold is the luckiest on these very answers, so on new ones the accuracy falls short
    about as often as not: this is a description and no guarantee. One wrong answer among the surest few can move it
    from most of the answers to none, so small samples jump.

    **Edge cases.** Undefined without rows. 1 when the accuracy of all answers is high enough already.

    **Interval.** None: it is a jump function of the counts.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    accuracy : float, in (0, 1]
        The share of right answers that those kept must have.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Kamath, Jia & Liang 2020, ACL (arXiv 2006.09462, §3). With a guarantee: Geifman & El-Yaniv 2017 (arXiv 1705.08500);
    Angelopoulos et al. 2021 (arXiv 2110.01052).

    Examples
    --------
    Kept from the top, 1 of 1, 2 of 2, then 2 of 3 are right, so two answers of four can be kept; three in five right
    would do for all:

    >>> coverage_at_accuracy([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
    0.5
    >>> coverage_at_accuracy([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], accuracy=0.6)
    1.0
    """
    if not 0 < accuracy <= 1:
        raise InputError(f"`accuracy` is {accuracy}; expected a share above 0 and at most 1", hint="90 % is 0.9")
    return measured(partial(largest_share, accuracy=accuracy), tabulate(confidence, correct))
