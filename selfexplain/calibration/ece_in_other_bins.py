"""The expected calibration error in other bins than the headline's: to compare with numbers that papers print.

Where stated confidences sit on bin edges, as they do, each of these is another number on the same answers. So each has
a name that says its bins, and :func:`selfexplain.calibration.ece`, ten right-closed bins, is the one to read.
"""

from selfexplain.calibration.expected_calibration_error import by_honest_interval, ece, over_resamples
from selfexplain.calibration.metric import Confidences, Outcomes, metric


@metric(
    title="ECE, 10 bins closed on the left",
    meaning=(
        "How far, on average, the share of right answers lies from the confidence stated, when a confidence on the "
        "edge of two bins is counted with the higher ones."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(closed="left"),
    over_resamples=over_resamples(closed="left"),
)
def ece_width_10_left_closed(confidence: Confidences, correct: Outcomes = None) -> float:
    """ECE in the bins [0, 0.1), [0.1, 0.2), …, [0.9, 1], in [0, 1]; 0 is best.

    **Definition.** As :func:`ece`, with every edge in the bin above it.

    **How it misleads.** As :func:`ece`. It differs from it wherever a value on an edge shares a bin with values inside
    it: 0.9 is here with 0.95 and 1, there with 0.85. Neither is more right; they must not be compared with each other.

    **Edge cases.** Undefined without rows. 1 belongs to the last bin, not to one of its own.

    **Interval.** The honest interval of :func:`ece`.

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
    Naeini, Cooper & Hauskrecht 2015, AAAI, for the error. Left-closed bins are those of `numpy.digitize` and
    `numpy.histogram`.

    Examples
    --------
    At 0.9 one row more than promised is right, at 0.95 one less: together they cancel.

    >>> confidence, correct = [0.9] * 10 + [0.95] * 20, [1] * 10 + [1] * 18 + [0] * 2
    >>> round(ece_width_10_left_closed(confidence, correct), 12), round(ece(confidence, correct), 12)
    (0.0, 0.066666666667)
    """
    return ece(confidence, correct, closed="left")


@metric(
    title="ECE, 15 bins",
    meaning=(
        "How far, on average, the share of right answers lies from the confidence stated, in the fifteen groups that "
        "much of the literature uses."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(bins=15),
    over_resamples=over_resamples(bins=15),
)
def ece_width_15_right_closed(confidence: Confidences, correct: Outcomes = None) -> float:
    """ECE in fifteen right-closed bins of equal width, in [0, 1]; 0 is best.

    **Definition.** As :func:`ece`, with the bins [0, 1/15], (1/15, 2/15], …, (14/15, 1].

    **How it misleads.** As :func:`ece`, and biased upwards a little more, by about √(15/10) where bins are evenly
    filled. Its edges fall between the values that people state, which hides rather than solves the question of edges.

    **Edge cases.** Undefined without rows.

    **Interval.** The honest interval of :func:`ece`.

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
    Guo et al. 2017 (arXiv 1706.04599, eq. 3 and table 1).

    Examples
    --------
    0.9 and 0.95 no longer share a bin, as 14/15 lies between them:

    >>> round(ece_width_15_right_closed([0.9] * 10 + [0.95] * 20, [1] * 10 + [1] * 18 + [0] * 2), 12)
    0.066666666667
    """
    return ece(confidence, correct, bins=15)


@metric(
    title="ECE, 10 bins of equal size",
    meaning=(
        "How far, on average, the share of right answers lies from the confidence stated, in groups of about equally "
        "many answers."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(scheme="mass"),
)
def ece_mass_10(confidence: Confidences, correct: Outcomes = None) -> float:
    """ECE in up to ten bins of about equally many rows, in [0, 1]; 0 is best.

    **Definition.** As :func:`ece`. Walk up the distinct confidences and close a bin once the next tenth of the rows is
    passed. A value is never split, so there are fewer bins where one value holds more than a tenth.

    **How it misleads.** As :func:`ece`. The bins move with the confidences: two models are measured with different
    rulers. Implementations that cut ties give a number that depends on the order of rows, or none.

    **Edge cases.** Undefined without rows. One value: one bin, and the absolute gap.

    **Interval.** The honest interval of :func:`ece`, for these bins: they follow from the confidences and not from the
    answers, so the error meant is that in the bins as they came out.

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
    Nixon et al. 2019 (arXiv 1904.01685, §3.3) for bins of equal mass; Roelofs et al. 2022 (arXiv 2012.08668) for their
    smaller bias.

    Examples
    --------
    Three values share twenty rows 9 : 9 : 2; no tenth ends inside a value:

    >>> round(ece_mass_10([0.6] * 9 + [0.8] * 9 + [0.9] * 2, [1] * 9 + [0] * 9 + [1] * 2), 12)
    0.55
    """
    return ece(confidence, correct, scheme="mass")


@metric(
    title="ECE, one bin per value",
    meaning=(
        "How far, on average, the share of right answers lies from the confidence stated, with every stated value "
        "looked at by itself."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(scheme="distinct"),
)
def ece_distinct(confidence: Confidences, correct: Outcomes = None) -> float:
    """ECE with every distinct confidence as its own bin, in [0, 1]; 0 is best.

    **Definition.** Σ_v (n_v/N) · abs(v − acc_v) over distinct values v. No edges, nothing cancels: it is the largest
    ECE that any bins can give.

    **How it misleads.** Biased upwards in proportion to √(values/rows), so a model that states finer values looks
    worse for it: never compare it between prompts or scales. With all values different, as token probabilities are, it
    is the mean of abs(confidence − correct) and measures no calibration at all.

    **Edge cases.** Undefined without rows.

    **Interval.** The honest interval of :func:`ece`, given the values stated. Nothing is known of how the
    answers at a value stated once vary, and the interval takes the worst: for token probabilities it is wide.

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
    The partition by distinct forecasts: Murphy 1973, Journal of Applied Meteorology 12:595. The bias: Roelofs et al.
    2022 (arXiv 2012.08668).

    Examples
    --------
    0.85 and 0.9 share a bin of :func:`ece`, where their errors cancel; here they do not:

    >>> confidence, correct = [0.85] * 20 + [0.9] * 20, [1] * 15 + [0] * 5 + [1] * 20
    >>> round(ece_distinct(confidence, correct), 12), round(ece(confidence, correct), 12)
    (0.1, 0.0)
    """
    return ece(confidence, correct, scheme="distinct")
