"""AURC: the error rate of the surest answers, averaged over how many of them are kept."""

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.risk_coverage import mean_risk
from selfexplain.calibration.table import measured


@metric(
    title="Area under the risk-coverage curve",
    meaning=(
        "Keep only the surest answers, from one of them to all: the share of wrong ones among those kept, on average."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_bias_corrected_bootstrap,
    over_resamples=mean_risk,
    ranks=True,
)
def aurc(confidence: Confidences, correct: Outcomes = None) -> float:
    """Mean error rate among the k surest answers over k = 1 … N, in [0, 1]; 0 is best.

    **Definition.** AURC = Σ_{k=1}^{N} (E_k/k)/N, with E_k the number of wrong answers among the k most confident,
    expected over a random order of answers with the same confidence. 1 − AURC is the mean accuracy over coverages that
    some papers call AUC.

    **How it misleads.** Mostly it is the error rate: a model that knows nothing of itself scores its error rate, and a
    more accurate one scores better without knowing more; :func:`e_aurc` takes the unavoidable part away. The first few
    answers count most (a wrong answer at the top enters with weight H(N)/N, at the bottom with 1/N²), so it is noisy;
    :func:`augrc` weighs them fairly. Implementations that break ties by row order differ by up to a factor of two.

    **Edge cases.** Undefined without rows. All right: 0; all wrong: 1; one distinct confidence: the error rate.

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
    Geifman & El-Yaniv 2017 (arXiv 1705.08500); Geifman, Uziel & El-Yaniv 2019 (arXiv 1805.08206, §3). Weights: Traub et
    al. 2024 (arXiv 2407.01032).

    Examples
    --------
    The surest is right, the second wrong, the third right: error rates 0, 1/2, 1/3.

    >>> round(aurc([0.9, 0.8, 0.7], [1, 0, 1]), 6)
    0.277778
    """
    return measured(mean_risk, tabulate(confidence, correct))
