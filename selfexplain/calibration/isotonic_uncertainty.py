"""CORP uncertainty: the Brier score of a model that states its accuracy and nothing else."""

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.table import measured
from selfexplain.calibration.uncertainty_term import by_image_of_accuracy, outcome_variance


@metric(
    title="Uncertainty (CORP)",
    meaning="The Brier score of always stating the share of right answers: what is there to be explained.",
    best=None,
    within=(0.0, 0.25),
    interval=by_image_of_accuracy,
    over_resamples=outcome_variance,
)
def corp_unc(confidence: Confidences, correct: Outcomes = None) -> float:
    """Brier score of the best constant, in [0, 0.25]; neither high nor low is better.

    **Definition.** UNC = S(ȳ) = ȳ(1 − ȳ), with S the :func:`brier` score and ȳ the accuracy: the third term of the CORP
    decomposition BS = MCB − DSC + UNC. For this score it is the same number as :func:`murphy_uncertainty`; the two
    decompositions differ in the other terms.

    **How it misleads.** It knows nothing of confidence: two models of different accuracy start from different Brier
    scores. Estimated from the same answers it is too small by a factor (N − 1)/N.

    **Edge cases.** Undefined without rows. All right or all wrong: 0.

    **Interval.** The image of the interval of :func:`accuracy`.

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
    Dimitriadis, Gneiting & Jordan 2021, PNAS 118:e2016191118 (arXiv 2008.03033, eq. 4).

    Examples
    --------
    >>> corp_unc([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0])
    0.1875
    """
    return measured(outcome_variance, tabulate(confidence, correct))
