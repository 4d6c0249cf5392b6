"""Murphy's resolution: how differently answers with different confidences turn out."""

import numpy as np

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.share_correct import share
from selfexplain.calibration.table import measured, ratio
from selfexplain.calibration.without_interval import without_interval
from selfexplain.inference import Floats, Ints


def spread_of_accuracy(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return Σ w(p − ȳ)² of tables, confidences in the last axis; w(p − ȳ)² = (s − n·ȳ)²/(n·N)."""
    surplus = n_correct - n * share(confidence, n, n_correct)[..., None]
    per_value = np.divide(surplus**2, n, out=np.zeros_like(surplus), where=n > 0)
    return ratio(per_value.sum(axis=-1), n.sum(axis=-1))


@metric(
    title="Resolution term of the Brier score",
    meaning=(
        "How much the share of right answers changes from one stated confidence to another; 0 when the number that is "
        "stated makes no difference."
    ),
    best=0.25,
    within=(0.0, 0.25),
    interval=without_interval("no interval: by chance alone it is above 0, and near 0 no resampling covers the truth"),
    over_resamples=spread_of_accuracy,
)
def murphy_resolution(confidence: Confidences, correct: Outcomes = None) -> float:
    """Variance of the accuracy between distinct confidences, in [0, 0.25]; higher is better.

    **Definition.** RES = Σₖ wₖ (pₖ − ȳ)² over the distinct confidences, with wₖ their share of the answers, pₖ the
    accuracy at them and ȳ that of all. It is the part of :func:`murphy_uncertainty` that the confidences explain: at
    most that, and equal to it when each confidence is always right or always wrong.

    **How it misleads.** It does not ask whether the confidences point the right way: a model that is sure when wrong
    and unsure when right has a high resolution. Biased upwards like :func:`murphy_reliability`; with confidences that
    never repeat it is all of the uncertainty, which looks like perfection and is none. :func:`auroc` and
    :func:`corp_dsc` do not fall for either.

    **Edge cases.** Undefined without rows. A single distinct confidence: 0.

    **Interval.** None: it is a square, and at 0 its slope is 0.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [0, 0.25]

    References
    ----------
    Murphy 1973, Journal of Applied Meteorology 12:595. Bias: Bröcker 2012, Climate Dynamics 39:655; Ferro & Fricker
    2012, QJRMS 138:1954.

    Examples
    --------
    0.9 is right every time, 0.5 one time in two, all together three times in four:

    >>> murphy_resolution([0.9, 0.9, 0.5, 0.5], [1, 1, 1, 0])
    0.0625
    """
    return measured(spread_of_accuracy, tabulate(confidence, correct))
