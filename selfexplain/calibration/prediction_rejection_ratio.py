"""PRR: of all that rejecting the least sure answers could gain, the share that it does gain."""

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.excess_risk_coverage_area import excess_risk
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.risk_coverage import least_mean_risk
from selfexplain.calibration.share_correct import share
from selfexplain.calibration.table import measured, ratio
from selfexplain.inference import Floats, Ints


def rejection_ratio(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return the PRR of tables, confidences in the last axis; NaN where only one kind of answer occurs."""
    right = share(confidence, n, n_correct)
    # All right or all wrong, and both are exactly 0: there is nothing to gain.
    return 1 - ratio(excess_risk(confidence, n, n_correct), 1 - right - least_mean_risk(n, n_correct))


@metric(
    title="Prediction rejection ratio",
    meaning=(
        "Throw the least sure answers away first: how much of the best possible gain in right answers that brings; 1 "
        "is all of it, 0 what throwing away blindly gives."
    ),
    best=1.0,
    within=(-float("inf"), 1.0),
    interval=by_bias_corrected_bootstrap,
    over_resamples=rejection_ratio,
    ranks=True,
)
def prr(confidence: Confidences, correct: Outcomes = None) -> float:
    """Share of the gain from perfect rejection, from −∞ to 1; 1 is best, 0 is chance.

    **Definition.** PRR = (A − A_random)/(A_oracle − A_random), with A the mean accuracy of the k surest answers over
    k = 1 … N. As A = 1 − AURC, PRR = 1 − (AURC − AURC*)/(err − AURC*), in the terms of :func:`e_aurc`; chance is
    exactly the error rate, not a simulation.

    **How it misleads.** A ratio of two differences: when nearly all answers are right, both are tiny and it swings. The
    surest few answers weigh most, as in :func:`aurc`. Other implementations break ties by row order, draw the random
    order, and may reject only half of the answers; their numbers are not these.

    **Edge cases.** Undefined when all answers are right or all wrong. One distinct confidence: 0. A model that is surer
    when wrong is below 0, and far below where few answers are wrong.

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
    Malinin & Gales 2021, ICLR (arXiv 2002.07650, appendix B); for language models, Fadeeva et al. 2023 (arXiv
    2311.07383).

    Examples
    --------
    Error rates 0, 1/2, 1/3; the best order has 0, 0, 1/3 and chance 1/3 throughout: (5/18 − 1/9)/(1/3 − 1/9) is lost.

    >>> round(prr([0.9, 0.8, 0.7], [1, 0, 1]), 12)
    0.25
    """
    return measured(rejection_ratio, tabulate(confidence, correct), undefined="needs both right and wrong answers")
