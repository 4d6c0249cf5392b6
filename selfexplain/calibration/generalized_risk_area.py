"""AUGRC: the chance that an answer is both kept and wrong, averaged over how many are kept."""

from selfexplain.calibration.bias_corrected import by_bias_corrected_bootstrap
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.risk_coverage import from_the_top
from selfexplain.calibration.table import measured, ratio
from selfexplain.inference import Floats, Ints


def generalized_risk(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:  # noqa: ARG001 - their order is enough
    """Return the AUGRC of tables, confidences in the last axis.

    A tie of m rows, e of them wrong, after E wrong ones adds Σ_j (E + e·j/m) = m·E + e(m + 1)/2.
    """
    rows, wrong, _, wrong_before = from_the_top(n, n_correct)
    total = rows.sum(axis=-1)
    return ratio((rows * wrong_before + wrong * (rows + 1) / 2).sum(axis=-1), total * total)


@metric(
    title="Area under the generalized risk-coverage curve",
    meaning=(
        "Let through only the surest answers, from one of them to all: the share of all answers that is let through "
        "and wrong, on average."
    ),
    best=0.0,
    within=(0.0, 1.0),
    gate="optional",
    interval=by_bias_corrected_bootstrap,
    over_resamples=generalized_risk,
    ranks=True,
)
def augrc(confidence: Confidences, correct: Outcomes = None) -> float:
    """Mean share of answers that are kept and wrong, over k = 1 … N kept, in [0, 1]; 0 is best.

    **Definition.** AUGRC = Σ_{k=1}^{N} (E_k/N)/N, with E_k the wrong answers among the k most confident, expected over
    a random order of ties. Errors are divided by all answers, not by those kept as in :func:`aurc`. It is a function
    of two numbers that are easier to read: AUGRC = (1 − AUROC)·acc·err + err²/2 + err/(2N).

    **How it misleads.** Accuracy moves it: a model that errs less scores better at the same :func:`auroc`. So show the
    two numbers it is made of. It says nothing of calibration.

    **Edge cases.** Undefined without rows. All right: 0. All wrong: (1 + 1/N)/2, the largest value that N answers can
    have; it tends to 1/2 for many.

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
    Traub et al. 2024, NeurIPS (arXiv 2407.01032, eq. 6 and 7).

    Examples
    --------
    Kept and wrong are 0, 1 and 1 of three answers:

    >>> round(augrc([0.9, 0.8, 0.7], [1, 0, 1]), 6)
    0.222222
    """
    return measured(generalized_risk, tabulate(confidence, correct))
