"""Over and under: which part of the calibration error comes from promising too much, and which from too little."""

import numpy as np

from selfexplain.calibration.binning import Closed, Scheme
from selfexplain.calibration.expected_calibration_error import binned, by_honest_interval, over_resamples
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate


@metric(
    title="Overconfidence",
    meaning=("Where the model promised more than it kept: how much too sure it was there, counted over all answers."),
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(part="over"),
    over_resamples=over_resamples(part="over"),
)
def over(
    confidence: Confidences,
    correct: Outcomes = None,
    *,
    bins: int = 10,
    scheme: Scheme = "width",
    closed: Closed = "right",
) -> float:
    """Part of the ECE that comes from bins in which confidence exceeds accuracy, in [0, 1]; 0 is best.

    **Definition.** O = Σ_b max(D_b, 0) with D_b = Σ_{i∈b} (cᵢ − yᵢ) / N. With :func:`under` in the same bins,
    O + U = :func:`ece` and O − U = :func:`gap`.

    **How it misleads.** Biased upwards like :func:`ece`: a perfectly calibrated model shows some of each. Both large
    and about equal is what a :func:`gap` of 0 can hide.

    **Edge cases.** Undefined without rows. Exactly 0 where no bin promises too much.

    **Interval.** Honest in the sense of :mod:`selfexplain.calibration.honest_ece`: the same argument for one side.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    bins, scheme, closed
        As in :func:`ece`; by default its ten bins.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    The split of an absolute error by its sign; as overconfidence error in Thulasidasan et al. 2019 (arXiv 1905.11001),
    where bins are weighted by confidence as well. The bins: Guo et al. 2017 (arXiv 1706.04599).

    Examples
    --------
    Too sure by 2 rows at 0.9, too modest by 1 row at 0.5, of 20 rows:

    >>> round(over([0.9] * 10 + [0.5] * 10, [1] * 7 + [0] * 3 + [1] * 6 + [0] * 4), 12)
    0.1
    """
    errors = binned(tabulate(confidence, correct), bins=bins, scheme=scheme, closed=closed)
    return float(np.maximum(errors, 0.0).sum())


@metric(
    title="Underconfidence",
    meaning="Where the model kept more than it promised: how much too modest it was there, counted over all answers.",
    best=0.0,
    within=(0.0, 1.0),
    interval=by_honest_interval(part="under"),
    over_resamples=over_resamples(part="under"),
)
def under(
    confidence: Confidences,
    correct: Outcomes = None,
    *,
    bins: int = 10,
    scheme: Scheme = "width",
    closed: Closed = "right",
) -> float:
    """Part of the ECE that comes from bins in which accuracy exceeds confidence, in [0, 1]; 0 is best.

    **Definition.** U = Σ_b max(−D_b, 0) with D_b = Σ_{i∈b} (cᵢ − yᵢ) / N; see :func:`over`.

    **How it misleads.** As :func:`over`. No confidence can exceed 1, so a model that is right nearly always and says so
    can only ever be found overconfident.

    **Edge cases.** Undefined without rows. Exactly 0 where no bin promises too little.

    **Interval.** As that of :func:`over`, with the sign turned.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    bins, scheme, closed
        As in :func:`ece`; by default its ten bins.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    As for :func:`over`.

    Examples
    --------
    >>> round(under([0.9] * 10 + [0.5] * 10, [1] * 7 + [0] * 3 + [1] * 6 + [0] * 4), 12)
    0.05
    """
    errors = binned(tabulate(confidence, correct), bins=bins, scheme=scheme, closed=closed)
    return float(np.maximum(-errors, 0.0).sum())
