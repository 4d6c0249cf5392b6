"""CORP miscalibration: what the Brier score would gain if each number were replaced by what it turned out to mean."""

import numpy as np

from selfexplain.calibration.brier_score import brier
from selfexplain.calibration.if_calibrated import calibrated_copies, exceedance
from selfexplain.calibration.isotonic_fit import score_of_fit
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.resamples import coarsened
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import p_value, without_interval

DRAWS = 999
"""Calibrated copies of the answers, each of which is fitted anew; the least p-value is then 0.001."""


@metric(
    title="Miscalibration (CORP)",
    meaning=(
        "How much of the Brier score would vanish if every stated number were replaced by the share of right answers "
        "it stands for, keeping more sure above less sure."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=without_interval(
        "no interval: by chance alone it is above 0, and near 0 no resampling of it covers the truth"
    ),
)
def corp_mcb(confidence: Confidences, correct: Outcomes = None) -> float:
    """Brier score lost to miscalibration that a rising map can mend, in [0, 1]; 0 is best.

    **Definition.** MCB = S(c) − S(x̂), with S the :func:`brier` score and x̂ the isotonic fit of correctness on
    confidence, ties pooled first. With :func:`corp_dsc` and :func:`corp_unc`, BS = MCB − DSC + UNC exactly.

    **How it misleads.** Biased upwards, like every plug-in error, though less than :func:`murphy_reliability`: the fit
    follows chance too. It charges nothing for confidences that are in the wrong order, for no rising map mends those;
    they show as a low :func:`corp_dsc`. The map is found on the same answers, so it is what could have been gained, not
    what recalibration will gain.

    **Edge cases.** Undefined without rows. If accuracy rises with every confidence it equals
    :func:`murphy_reliability`.

    **Interval.** None: it has a kink at 0, where good models lie.

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
    Dimitriadis, Gneiting & Jordan 2021, PNAS 118:e2016191118 (arXiv 2008.03033, eq. 4).

    Examples
    --------
    0.9 is right every time and 0.6 one time in two, so both are 0.1 off:

    >>> round(corp_mcb([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0]), 12)
    0.01
    """
    table = tabulate(confidence, correct)
    return max(0.0, brier(table) - score_of_fit(table))  # equal numbers may differ in the last digit


@metric(
    title="p-value of the miscalibration (CORP)",
    meaning=(
        "How often a model whose confidence is exactly right would seem to lose as much to misplaced sureness as this "
        "one, by luck."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def corp_mcb_p(confidence: Confidences, correct: Outcomes = None, *, seed: int = 0) -> float:
    """p-value of :func:`corp_mcb` against perfect calibration, in (0, 1].

    **Definition.** Consistency resampling: 999 sets of answers are drawn that are right with exactly the probability
    stated, and their :func:`corp_mcb` is compared with the one seen: (1 + those as large)/(1 + 999). Of more than 1,000
    different confidences neighbours are joined, in the answers seen as in those drawn.

    **How it misleads.** A large value is absence of evidence: with few answers everything passes. A small one says that
    the model is not perfectly calibrated, which no model is, and not that it matters: look at the size.

    **Edge cases.** Undefined without rows. Never 0: a simulation cannot show that something is impossible.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    seed : int
        Of the simulated answers.

    Returns
    -------
    float, in (0, 1]

    References
    ----------
    Dimitriadis, Gneiting & Jordan 2021, PNAS 118:e2016191118 (arXiv 2008.03033); Bröcker & Smith 2007, Weather and
    Forecasting 22:651, for the resampling.

    Examples
    --------
    Thirty rows short of what was promised, with a standard deviation of 3; and exactly as promised:

    >>> corp_mcb_p([0.9] * 100, [1] * 60 + [0] * 40), corp_mcb_p([0.9] * 100, [1] * 90 + [0] * 10)
    (0.001, 1.0)
    """
    table = coarsened(tabulate(confidence, correct)).pooled
    copies = calibrated_copies(table, DRAWS, seed=seed)
    drawn = [corp_mcb(CalibrationTable(table.confidence, table.n, right)) for right in copies]
    return exceedance(corp_mcb(table), np.array(drawn))
