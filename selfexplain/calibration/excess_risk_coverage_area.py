"""E-AURC: the part of the AURC that better ordering would save."""

import numpy as np

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.risk_coverage import least_mean_risk, mean_risk
from selfexplain.calibration.table import measured
from selfexplain.inference import Floats, Ints


def excess_risk(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return the E-AURC of tables, confidences in the last axis."""
    # Never below 0; the two terms may differ in their last digit when the order is perfect.
    return np.maximum(0.0, mean_risk(confidence, n, n_correct) - least_mean_risk(n, n_correct))


@metric(
    title="Excess area under the risk-coverage curve",
    meaning=(
        "Keep only the surest answers: how many more wrong ones are among them, on average, than if every right answer "
        "had been surer than every wrong one."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_bias_corrected_bootstrap,
    over_resamples=excess_risk,
    ranks=True,
)
def e_aurc(confidence: Confidences, correct: Outcomes = None) -> float:
    """AURC above that of the best order of the same answers, in [0, 1]; 0 is best.

    **Definition.** E-AURC = AURC − AURC*, with AURC* = (1/N) Σ_{j=1}^{e} j/(N − e + j) the :func:`aurc` of the same N
    answers, e of them wrong, when all right ones come first.

    **How it misleads.** Still not free of accuracy: chance scores err − AURC*, which is greatest at middling error
    rates; :func:`prr` divides by it. It inherits the weight that AURC puts on the few surest answers. Papers often
    subtract the limit err + (1 − err) ln(1 − err) instead of AURC*, which on few answers gives another number.

    **Edge cases.** Undefined without rows. All right or all wrong: 0, since no order is better than another.

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
    float, in [0, 1]

    References
    ----------
    Geifman, Uziel & El-Yaniv 2019 (arXiv 1805.08206, §3 and eq. 3, there as a limit).

    Examples
    --------
    Error rates 0, 1/2, 1/3, where 0, 0, 1/3 was possible:

    >>> round(e_aurc([0.9, 0.8, 0.7], [1, 0, 1]), 6)
    0.166667
    """
    return measured(excess_risk, tabulate(confidence, correct))
