"""Log loss: what a forecaster's surprise costs, bounded by a clip that is said aloud."""

import math
from functools import partial

import numpy as np

from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.few_of_a_kind import FEW, rarer_kind
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, by_bootstrap, metric, tabulate
from selfexplain.calibration.resamples import MOST_VALUES
from selfexplain.calibration.row_mean import by_row_mean, over_resamples, row_mean
from selfexplain.calibration.table import CalibrationTable
from selfexplain.errors import InputError
from selfexplain.inference import SAME, Estimate, Floats, Ints

CLIP = 0.005
"""Half a step of the scale 0 to 100: what "100 %" can mean when 99 % was the next choice."""


def surprise(confidence: Floats, correct: Ints, *, clip: float = CLIP) -> Floats:
    """Return −ln of the clipped probability that each row gave to what happened, in nats."""
    happened = np.where(correct == 1, confidence, 1 - confidence)
    with np.errstate(divide="ignore"):  # unclipped, a certain miss is infinite, and meant to be
        # Clipping the confidence instead would not be symmetric: 1 − (1 − 1e-15) is 9.992e-16.
        nats: Floats = np.abs(np.log(np.clip(happened, clip, 1 - clip)))  # abs: −ln 1 is −0.0
    return nats


def by_clipped_bootstrap(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate the log loss by bootstrap, or by t where that knows better, and say how much of it the clip has made."""
    table = counts.pooled
    metric(table)  # raises Undefined where there is nothing to measure
    confidence, correct, _ = table.cells()
    # When all rows score the same, so do all resamples; with many kinds of rows, resampling ends at the limits of t;
    # and where a kind of answer is rare, no resample shows how often it may yet come.
    equal = np.ptp(surprise(confidence, correct)) <= SAME
    if equal or len(table.confidence) > MOST_VALUES or rarer_kind(counts).units < FEW:
        estimate = by_row_mean(surprise, within=(-math.log(1 - CLIP), -math.log(CLIP)))(
            metric, counts, level=level, seed=seed
        )
    else:
        estimate = by_bootstrap(metric, counts, level=level, seed=seed)
    clipped, certain_misses = count_clipped(table)
    if not clipped:
        return estimate
    return estimate.warned(
        f"{clipped:,} of {table.total:,} confidences were clipped to [{CLIP}, {1 - CLIP}]; "
        f"{certain_misses} of them were certain and wrong, at {-math.log(CLIP):.2f} each"
    )


@metric(
    title="Log loss",
    meaning="How surprised the model would be by how its answers turned out; being certain and wrong costs most.",
    best=0.0,
    within=(0.0, math.inf),
    interval=by_clipped_bootstrap,
    over_resamples=over_resamples(surprise),
)
def log_loss(confidence: Confidences, correct: Outcomes = None, *, clip: float = CLIP) -> float:
    """Mean negative log probability of what happened, in nats, from 0; 0 is best.

    **Definition.** LL = −Σᵢ ln pᵢ / N, with pᵢ = cᵢ for a correct answer and 1 − cᵢ for a wrong one, moved into
    [clip, 1 − clip]. Strictly proper where nothing is clipped.

    **How it misleads.** Models do state 0 and 1, and then the clip decides: each certain miss costs −ln clip, which is
    5.3 at 0.005 and 34.5 at 1e-15. Two log losses compare only at the same clip. Prefer :func:`brier` for decisions.

    **Edge cases.** Undefined without rows. With `clip=0`, infinite as soon as one certain answer is wrong.

    **Interval.** Percentile bootstrap of rows, or of clusters when rows were drawn together, at the default clip; t
    intervals for more than 1,000 distinct confidences, and, with two imagined answers of each kind, for fewer than 30
    right or 30 wrong ones.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    clip : float, in [0, 0.5)
        The least probability that anything is believed to have had.

    Returns
    -------
    float, in [0, ∞]

    References
    ----------
    Good 1952, JRSS B 14:107; Gneiting & Raftery 2007, JASA 102:359.

    Examples
    --------
    >>> round(log_loss([0.5, 0.5], [1, 0]), 6)
    0.693147
    >>> log_loss([1.0], [0], clip=0)
    inf
    """
    if not 0 <= clip < 0.5:
        raise InputError(f"`clip` is {clip}; expected a number from 0 up to, not including, 0.5")
    return row_mean(tabulate(confidence, correct), partial(surprise, clip=clip))


def count_clipped(table: CalibrationTable, *, clip: float = CLIP) -> tuple[int, int]:
    """Return how many confidences lie outside [clip, 1 − clip], and how many answers were certain and wrong."""
    low, high = table.confidence < clip, table.confidence > 1 - clip
    return int(table.n[low | high].sum()), int(table.n_wrong[high].sum() + table.n_correct[low].sum())
