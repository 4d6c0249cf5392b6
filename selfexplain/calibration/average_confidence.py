"""Mean confidence: what the model promised."""

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.row_mean import by_row_mean, over_resamples, row_mean
from selfexplain.inference import Floats, Ints


def stated(confidence: Floats, correct: Ints) -> Floats:  # noqa: ARG001 - every row score takes both
    """Return the confidence of each row."""
    return confidence


@metric(
    title="Mean confidence",
    meaning="How sure the model said it was, on average: the share of right answers it promised.",
    best=None,
    within=(0.0, 1.0),
    interval=by_row_mean(stated),
    over_resamples=over_resamples(stated),
)
def mean_confidence(confidence: Confidences, correct: Outcomes = None) -> float:
    """Mean stated confidence, in [0, 1]; neither high nor low is better.

    **Definition.** c̄ = Σᵢ cᵢ / N.

    **How it misleads.** Only beside accuracy does it mean anything; their difference is :func:`gap`. Models state few
    values, mostly high ones, so a mean of 0.95 may be a model that says 0.95 whatever it is asked.

    **Edge cases.** Undefined without rows.

    **Interval.** Student's t, over clusters when rows were drawn together; exact when all rows state the same.

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
    What language models state: Xiong et al. 2023 (arXiv 2306.13063).

    Examples
    --------
    >>> mean_confidence([0.5, 1.0], [1, 1])
    0.75
    """
    return row_mean(tabulate(confidence, correct), stated)
