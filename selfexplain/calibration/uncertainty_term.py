"""The uncertainty of outcomes: what the Brier score would be if nothing but the accuracy were known."""

from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, estimate, metric, tabulate
from selfexplain.calibration.share_correct import accuracy, share
from selfexplain.calibration.table import measured
from selfexplain.inference import Estimate, Floats, Ints


def outcome_variance(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return ȳ(1 − ȳ) of tables, confidences in the last axis."""
    right = share(confidence, n, n_correct)
    return right * (1 - right)


def by_image_of_accuracy(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate p(1 − p) by the values that it takes on the interval of the accuracy p.

    Whenever that interval covers the accuracy this one covers its image, so it is at least as sure. A bootstrap is not:
    the slope is 0 at an accuracy of one half, and every resample lies below the truth there.
    """
    value = metric(counts.pooled)
    right = estimate(accuracy, counts, level=level, seed=seed)
    if right.low is None or right.high is None:
        return Estimate(value, None, None, level, "", counts.total, warnings=right.warnings)
    ends = [end * (1 - end) for end in (right.low, right.high)]
    high = 0.25 if right.low <= 0.5 <= right.high else max(ends)
    method = f"image of the accuracy's {right.method}"
    return Estimate(value, min(ends), high, level, method, counts.total, warnings=right.warnings)


@metric(
    title="Uncertainty of outcomes",
    meaning="How unpredictable it was whether an answer would be right: greatest when half of them are.",
    best=None,
    within=(0.0, 0.25),
    interval=by_image_of_accuracy,
    over_resamples=outcome_variance,
)
def murphy_uncertainty(confidence: Confidences, correct: Outcomes = None) -> float:
    """Variance of correctness, in [0, 0.25]; neither high nor low is better.

    **Definition.** UNC = ȳ(1 − ȳ), with ȳ the accuracy: the third term of Murphy's partition of the :func:`brier`
    score, REL − RES + UNC, and the part that no confidence can change.

    **How it misleads.** It knows nothing of confidence. Two models with different accuracies differ in it, and with it
    in their Brier scores, before either has stated any; that is why Brier scores compare badly across question sets.

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
    Murphy 1973, Journal of Applied Meteorology 12:595.

    Examples
    --------
    >>> murphy_uncertainty([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0])
    0.1875
    """
    return measured(outcome_variance, tabulate(confidence, correct))
