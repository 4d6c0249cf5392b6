"""The Brier score: one number that no model can improve by saying what it does not believe."""

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.row_mean import by_row_mean, over_resamples, row_mean
from selfexplain.inference import Floats, Ints


def squared_residual(confidence: Floats, correct: Ints) -> Floats:
    """Return (confidence − correctness)² of each row."""
    return (confidence - correct) ** 2


@metric(
    title="Brier score",
    meaning=(
        "A penalty for being sure and wrong, or unsure and right: 0 is perfect, always saying fifty-fifty costs 0.25."
    ),
    best=0.0,
    within=(0.0, 1.0),
    gate="default",
    interval=by_row_mean(squared_residual),
    over_resamples=over_resamples(squared_residual),
)
def brier(confidence: Confidences, correct: Outcomes = None) -> float:
    """Mean squared difference between confidence and correctness, in [0, 1]; 0 is best.

    **Definition.** BS = Σᵢ (cᵢ − yᵢ)² / N. A strictly proper score: its expectation is least when the confidence is the
    true probability. Brier's own sum over both outcomes is twice this.

    **How it misleads.** It mixes calibration with how well answers can be told apart and with accuracy, and is mostly
    the latter: a model that is right more often scores better without knowing itself better. It hardly notices
    confidence moved about near the top; read it beside :func:`gap`.

    **Edge cases.** Undefined without rows. Always 0.5 scores 0.25 whatever the answers.

    **Interval.** Student's t, over clusters when rows were drawn together; with fewer than 30 right or 30 wrong answers
    two imagined ones of each kind are added; exact when all rows score the same.

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
    Brier 1950, Monthly Weather Review 78:1, eq. 2; Gneiting & Raftery 2007, JASA 102:359, for propriety.

    Examples
    --------
    >>> brier([1.0, 0.5], [1, 0])
    0.125
    """
    return row_mean(tabulate(confidence, correct), squared_residual)
