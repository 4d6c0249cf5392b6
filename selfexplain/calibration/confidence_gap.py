"""The gap: promised minus kept. The plainest measure of overconfidence, and the one a gate can stand on."""

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.row_mean import by_row_mean
from selfexplain.calibration.table import measured, ratio
from selfexplain.inference import Floats, Ints


def residual(confidence: Floats, correct: Ints) -> Floats:
    """Return confidence minus correctness of each row: what was promised and not kept."""
    return confidence - correct


def mean_residual(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return the gap of tables, confidences in the last axis."""
    return ratio((n * confidence - n_correct).sum(axis=-1), n.sum(axis=-1))


@metric(
    title="Confidence gap",
    meaning=(
        "How much surer the model was than it had reason to be: above zero it promises more right answers than it "
        "gives, below zero fewer."
    ),
    best=0.0,
    within=(-1.0, 1.0),
    gate="default",
    interval=by_row_mean(residual),
    over_resamples=mean_residual,
)
def gap(confidence: Confidences, correct: Outcomes = None) -> float:
    """Mean confidence minus accuracy, in [−1, 1]; 0 is best, above 0 is overconfident.

    **Definition.** G = c̄ − ȳ = Σᵢ (cᵢ − yᵢ) / N, known as calibration-in-the-large.

    **How it misleads.** Overconfidence here and underconfidence there cancel: a gap of 0 can hide a large :func:`ece`.
    The reverse cannot happen: the absolute gap is at most the ECE, for every choice of bins.

    **Edge cases.** Undefined without rows.

    **Interval.** Student's t, over clusters when rows were drawn together; with fewer than 30 right or 30 wrong answers
    two imagined ones of each kind are added; exact when all residuals are equal.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    Cox 1958, Biometrika 45:562; Van Calster et al. 2019, BMC Medicine 17:230, for the name.

    Examples
    --------
    Nine in ten promised, seven in ten kept:

    >>> round(gap([0.9] * 10, [1] * 7 + [0] * 3), 12)
    0.2
    """
    return measured(mean_residual, tabulate(confidence, correct))
