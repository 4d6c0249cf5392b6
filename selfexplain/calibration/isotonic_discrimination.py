"""CORP discrimination: what the order of the confidences is worth, in units of the Brier score."""

from selfexplain.calibration.isotonic_fit import pooled_blocks
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.without_interval import without_interval


@metric(
    title="Discrimination (CORP)",
    meaning=(
        "How much the order of the stated confidences, from least to most sure, tells about which answers are right; 0 "
        "when it tells nothing."
    ),
    best=0.25,
    within=(0.0, 0.25),
    interval=without_interval("no interval: by chance alone it is above 0, and near 0 no resampling covers the truth"),
)
def corp_dsc(confidence: Confidences, correct: Outcomes = None) -> float:
    """Brier score gained by the order of the confidences, in [0, 0.25]; higher is better.

    **Definition.** DSC = S(ȳ) − S(x̂), with S the :func:`brier` score, ȳ the accuracy stated for every answer and x̂ the
    isotonic fit of correctness on confidence. It is the variance of x̂, and at most :func:`corp_unc`.

    **How it misleads.** Its greatest possible value is the uncertainty ȳ(1 − ȳ), so it does not compare between models
    of different accuracy; the share DSC/UNC does. Biased upwards: by chance some order is found among few answers.
    Values that are in the wrong order count nothing, not less than nothing: :func:`auroc` shows those, below 0.5.

    **Edge cases.** Undefined without rows. A single distinct confidence, or one that is right the less often the
    higher it is: 0.

    **Interval.** None: it cannot be below 0, and near 0 resamples pile up above the truth.

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
    The fit is 1 for 0.9 and 0.5 for 0.6, 0.25 to either side of their mean:

    >>> corp_dsc([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0])
    0.0625
    """
    table = tabulate(confidence, correct)
    n, s = pooled_blocks(table)
    mean = s.sum() / table.total
    return float(((s - n * mean) ** 2 / n).sum() / table.total)
