"""Murphy's reliability: how far each stated confidence lies from how often it is right, squared."""

import numpy as np

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.table import measured, ratio
from selfexplain.calibration.without_interval import without_interval
from selfexplain.inference import Floats, Ints


def squared_distance(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return Σ w(v − p)² of tables, confidences in the last axis; w(v − p)² = (n·v − s)²/(n·N)."""
    excess = n * confidence - n_correct
    per_value = np.divide(excess**2, n, out=np.zeros_like(excess), where=n > 0)
    return ratio(per_value.sum(axis=-1), n.sum(axis=-1))


@metric(
    title="Reliability term of the Brier score",
    meaning=(
        "The part of the Brier score that is owed to numbers that do not mean what they say; 0 when of the answers "
        "given with 80 % just 80 % are right, and so for every number."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=without_interval(
        "no interval: by chance alone it is above 0, and near 0 no resampling of it covers the truth"
    ),
    over_resamples=squared_distance,
)
def murphy_reliability(confidence: Confidences, correct: Outcomes = None) -> float:
    """Mean squared distance between a confidence and the accuracy at it, in [0, 1]; 0 is best.

    **Definition.** REL = Σₖ wₖ (vₖ − pₖ)² over the distinct confidences vₖ, with wₖ their share of the answers and pₖ
    the accuracy at them. With :func:`murphy_resolution` and :func:`murphy_uncertainty`, BS = REL − RES + UNC exactly,
    because distinct values are not binned.

    **How it misleads.** Biased upwards: each pₖ is off by chance, which adds about Σ pₖ(1 − pₖ)/N, so that a calibrated
    model scores above 0 and the more so the more distinct values it states. With confidences that never repeat every
    pₖ is 0 or 1, REL is the whole Brier score, and it says nothing of calibration; :func:`corp_mcb` does.

    **Edge cases.** Undefined without rows.

    **Interval.** None: a square has slope 0 at 0, just where a good model lies, and there the bootstrap fails as it
    does for :func:`ece`.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Murphy 1973, Journal of Applied Meteorology 12:595. Bias: Bröcker 2012, Climate Dynamics 39:655; Ferro & Fricker
    2012, QJRMS 138:1954. With bins the sum is no longer exact: Stephenson, Coelho & Jolliffe 2008, Weather and
    Forecasting 23:752.

    Examples
    --------
    0.9 is right one time in two, off by 0.4; 0.5 is right one time in two:

    >>> round(murphy_reliability([0.9, 0.9, 0.5, 0.5], [1, 0, 1, 0]), 12)
    0.08
    """
    return measured(squared_distance, tabulate(confidence, correct))
