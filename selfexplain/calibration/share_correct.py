"""Accuracy: without it no calibration number can be read."""

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.few_of_a_kind import few_of_a_kind
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, metric, tabulate
from selfexplain.calibration.row_mean import by_row_mean
from selfexplain.calibration.table import measured, ratio
from selfexplain.inference import Estimate, Floats, Ints, wilson

FEW_FOR_WILSON = 5
"""With fewer wrong (or right) answers Wilson's interval covers as little as 0.84 at some true shares (Brown, Cai &
DasGupta 2001, Statistical Science 16:101)."""


def outcome(confidence: Floats, correct: Ints) -> Floats:  # noqa: ARG001 - every row score takes both
    """Return 1 for a correct row and 0 for a wrong one."""
    return correct.astype(float)


def share(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:  # noqa: ARG001 - every formula takes the three
    """Return the share of right answers of tables, confidences in the last axis."""
    return ratio(n_correct.sum(axis=-1), n.sum(axis=-1))


def by_wilson(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate a share: Wilson's interval for independent rows, t over clusters otherwise."""
    if isinstance(counts, ClusterTable):
        return by_row_mean(outcome)(metric, counts, level=level, seed=seed)
    value = metric(counts)
    low, high = wilson(int(counts.n_correct.sum()), counts.total, level=level)
    wilsons = Estimate(value=value, low=low, high=high, level=level, method="Wilson interval", n=counts.total)
    return wilsons.warned(*few_of_a_kind(counts, fewest=FEW_FOR_WILSON))


@metric(
    title="Accuracy",
    meaning="Out of all its answers, the share that was right.",
    best=1.0,
    within=(0.0, 1.0),
    gate="optional",
    interval=by_wilson,
    over_resamples=share,
    ranks=True,
)
def accuracy(confidence: Confidences, correct: Outcomes = None) -> float:
    """Share of answers that are correct, in [0, 1]; 1 is best.

    **Definition.** ȳ = Σᵢ yᵢ / N.

    **How it misleads.** It says nothing of confidence, yet moves most of the numbers that do: the Brier score and log
    loss fall when a model merely answers better. It covers the rows that have a confidence; read it beside coverage.

    **Edge cases.** Undefined without rows.

    **Interval.** Wilson's score interval for independent rows, too narrow with hardly any wrong (or right) answers, and
    says so; t over clusters when rows were drawn together, with two
    imagined clusters of each kind where fewer than 30 have a right or fewer than 30 a wrong answer.

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
    Interval: Wilson 1927, JASA 22:209.

    Examples
    --------
    >>> accuracy([0.9, 0.8, 0.8, 0.6], [1, 1, 0, 1])
    0.75
    """
    return measured(share, tabulate(confidence, correct))
