"""Brier skill: what the confidences are worth beside one number that is stated for every answer."""

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.brier_score import squared_residual
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.row_mean import over_resamples
from selfexplain.calibration.table import measured, ratio
from selfexplain.calibration.uncertainty_term import outcome_variance
from selfexplain.inference import Floats, Ints

mean_square = over_resamples(squared_residual)


def skill(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return the Brier skill of tables, confidences in the last axis; NaN where only one kind of answer occurs."""
    return 1 - ratio(mean_square(confidence, n, n_correct), outcome_variance(confidence, n, n_correct))


@metric(
    title="Brier skill",
    meaning=(
        "How much better the stated confidences are than saying the same number, the share of right answers, every "
        "time: 1 is perfect, 0 no better, below zero worse."
    ),
    best=1.0,
    within=(-float("inf"), 1.0),
    interval=by_bias_corrected_bootstrap,
    over_resamples=skill,
)
def brier_skill(confidence: Confidences, correct: Outcomes = None) -> float:
    """Share of the attainable Brier score that the confidences gain over a constant, from −∞ to 1; 1 is best.

    **Definition.** BSS = 1 − BS / (ȳ(1 − ȳ)), with BS the :func:`brier` score and ȳ the accuracy: the constant ȳ,
    stated for every answer, scores ȳ(1 − ȳ).

    **How it misleads.** The constant knows the accuracy of these very answers, which no model does, so on few answers
    it is a hard opponent: a calibrated model that tells nothing apart scores slightly below 0. Near accuracy 1 the
    divisor is tiny and the number swings; overconfident models are often far below 0 without being useless, since
    :func:`auroc` may be high all the same.

    **Edge cases.** Undefined when all answers are right or all wrong: there is nothing to gain. Always stating ȳ: 0.

    **Interval.** Bias-corrected and accelerated bootstrap of rows, or of clusters when rows were drawn together; with
    few wrong answers it is too narrow, and says so.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, at most 1

    References
    ----------
    Murphy 1988, Monthly Weather Review 116:2417, eq. 4; Mason 2004, Monthly Weather Review 132:1891, on the reference.

    Examples
    --------
    Half are right, so a constant scores 0.25; these score 0.04:

    >>> round(brier_skill([0.8, 0.2], [1, 0]), 12)
    0.84
    """
    return measured(skill, tabulate(confidence, correct), undefined="needs both right and wrong answers")
