"""Average precision of wrong answers: how many errors are found by checking the least sure answers first."""

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.precision_recall import mean_precision
from selfexplain.calibration.table import measured
from selfexplain.inference import Floats, Ints


def precision_from_the_bottom(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:  # noqa: ARG001 - their order is enough
    """Return the average precision of wrong answers of tables, confidences in the last axis."""
    return mean_precision(n, n - n_correct)


@metric(
    title="Average precision of wrong answers",
    meaning=(
        "Check answers from the least to the most sure: the share of wrong ones among those checked, on average; "
        "always compare it with the share of wrong answers, which checking blindly would give."
    ),
    best=1.0,
    within=(0.0, 1.0),
    interval=by_bias_corrected_bootstrap,
    over_resamples=precision_from_the_bottom,
    ranks=True,
)
def average_precision_wrong(confidence: Confidences, correct: Outcomes = None) -> float:
    """Area under the precision-recall curve of wrong answers, in [0, 1]; 1 is best, the error rate is chance.

    **Definition.** AP = Σₖ (Rₖ − Rₖ₋₁) Pₖ over the distinct confidences, lowest first: Pₖ is the share of wrong answers
    among those with at most that confidence (precision), Rₖ the share of all wrong answers that they hold (recall).

    **How it misleads.** Chance is the error rate, so a model that errs more scores higher while being worse; show the
    error rate beside it. With few wrong answers it rests on those few, and one very sure mistake pulls it down.

    **Edge cases.** Undefined without a wrong answer. All wrong: 1. One distinct confidence: the error rate. Answers
    with the same confidence are checked together, so the order of rows does not matter.

    **Interval.** Bias-corrected and accelerated bootstrap, since the estimate is slightly too high on few answers;
    with few wrong answers it is too narrow, and says so.

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
    Buckley & Voorhees 2000, SIGIR; Hendrycks & Gimpel 2017 (arXiv 1610.02136, §2), who call it AUPR of errors.

    Examples
    --------
    The least sure answer is right, the next one is wrong: one error found by two checks.

    >>> average_precision_wrong([0.9, 0.8, 0.7], [1, 0, 1])
    0.5
    """
    return measured(precision_from_the_bottom, tabulate(confidence, correct), undefined="needs a wrong answer")
