"""Average precision of right answers: how pure a pick of the surest answers is."""

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.precision_recall import mean_precision
from selfexplain.calibration.table import measured
from selfexplain.inference import Floats, Ints


def precision_from_the_top(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:  # noqa: ARG001 - their order is enough
    """Return the average precision of right answers of tables, confidences in the last axis."""
    return mean_precision(n[..., ::-1], n_correct[..., ::-1])


@metric(
    title="Average precision of right answers",
    meaning=(
        "Pick answers from the most to the least sure: the share of right ones among those picked, on average; always "
        "compare it with the accuracy, which picking blindly would give."
    ),
    best=1.0,
    within=(0.0, 1.0),
    interval=by_bias_corrected_bootstrap,
    over_resamples=precision_from_the_top,
    ranks=True,
)
def average_precision(confidence: Confidences, correct: Outcomes = None) -> float:
    """Area under the precision-recall curve of right answers, in [0, 1]; 1 is best, the accuracy is chance.

    **Definition.** AP = Σₖ (Rₖ − Rₖ₋₁) Pₖ over the distinct confidences, highest first: Pₖ is the share of right
    answers among those with at least that confidence (precision), Rₖ the share of all right answers that they hold
    (recall).

    **How it misleads.** Chance is not 0.5 but the accuracy, so an accurate model scores high whatever it states, and
    models of different accuracy do not compare. It hardly sees the wrong answers, which are few and matter most:
    :func:`average_precision_wrong` looks for those. It says nothing of calibration.

    **Edge cases.** Undefined without a right answer. All right: 1. One distinct confidence: the accuracy. Answers with
    the same confidence are picked together, so the order of rows does not matter.

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
    Buckley & Voorhees 2000, SIGIR; Hendrycks & Gimpel 2017 (arXiv 1610.02136, §2), who call it AUPR of successes.

    Examples
    --------
    The first pick is right; the second right answer is found by the third pick, two of three right:

    >>> round(average_precision([0.9, 0.8, 0.7], [1, 0, 1]), 6)
    0.833333
    """
    return measured(precision_from_the_top, tabulate(confidence, correct), undefined="needs a right answer")
