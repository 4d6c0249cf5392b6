"""Accuracy at coverage: how good the answers are when the least sure fifth is left out."""

from functools import partial

import numpy as np

from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.few_of_a_kind import FEW_TO_RESAMPLE, few_of_a_kind
from selfexplain.calibration.metric import Confidences, Metric, Outcomes, by_bootstrap, metric, tabulate
from selfexplain.calibration.risk_coverage import from_the_top
from selfexplain.calibration.table import CalibrationTable, measured, ratio
from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Floats, Ints

COVERAGE = 0.8
"""The share of answers that is kept unless another is asked for."""


def accuracy_of_kept(
    confidence: Floats,  # noqa: ARG001 - their order is enough
    n: Ints,
    n_correct: Ints,
    *,
    coverage: float = COVERAGE,
) -> Floats:
    """Return the accuracy of the surest share of tables, confidences in the last axis; part of a tie is kept evenly."""
    rows, wrong, rows_before, _ = from_the_top(n, n_correct)
    kept = coverage * rows.sum(axis=-1)
    taken = np.clip(kept[..., None] - rows_before, 0, rows)
    share = np.divide(wrong, rows, out=np.zeros_like(wrong), where=rows > 0)
    return ratio(kept - (taken * share).sum(axis=-1), kept)


def by_bootstrap_saying_ties(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate by bootstrap, and say when no threshold keeps just this share."""
    estimate = by_bootstrap(metric, counts, level=level, seed=seed)
    if estimate.low is not None:
        estimate = estimate.warned(*few_of_a_kind(counts, fewest=FEW_TO_RESAMPLE))
    tie, below = cut_tie(counts.pooled, coverage=COVERAGE)
    if tie is None:
        return estimate
    attainable = f"the largest share below it is {below:.1%}" if below else "no smaller share can be kept"
    return estimate.warned(
        f"keeping {COVERAGE:.0%} cuts through the answers with confidence {tie}; this is the mean over all ways to "
        f"choose among them; {attainable}"
    )


@metric(
    title="Accuracy at 80 % coverage",
    meaning="The share of right answers when the least sure fifth of them is left unanswered.",
    best=1.0,
    within=(0.0, 1.0),
    interval=by_bootstrap_saying_ties,
    over_resamples=accuracy_of_kept,
    ranks=True,
)
def accuracy_at_coverage(confidence: Confidences, correct: Outcomes = None, *, coverage: float = COVERAGE) -> float:
    """Accuracy of the most confident share of the answers, in [0, 1]; 1 is best.

    **Definition.** 1 − E(qN)/(qN), with q the coverage and E(x) the number of wrong answers among the x most confident.
    Where qN cuts through answers of the same confidence E is interpolated linearly, which is its expectation over a
    random choice among them.

    **How it misleads.** It starts from the accuracy, so compare it with :func:`accuracy`, not with other models. With
    few distinct confidences the share cannot be kept by any threshold and the number is a mixture that nobody can act
    on; the warning says which share can. The threshold was found on these very answers; new ones will not be kept in
    just this share.

    **Edge cases.** Undefined without rows. At coverage 1 it is the accuracy. One distinct confidence: the accuracy.

    **Interval.** Percentile bootstrap of rows, or of clusters when rows were drawn together, at the default coverage;
    with few wrong answers it is too narrow, and says so.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    coverage : float, in (0, 1]
        The share of the answers that is kept.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    El-Yaniv & Wiener 2010, JMLR 11:1605, for the trade of coverage for risk; Geifman & El-Yaniv 2017 (arXiv
    1705.08500).

    Examples
    --------
    Of five answers the least sure is left out; three of the other four are right:

    >>> accuracy_at_coverage([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0])
    0.75
    """
    if not 0 < coverage <= 1:
        raise InputError(f"`coverage` is {coverage}; expected a share above 0 and at most 1", hint="80 % is 0.8")
    return measured(partial(accuracy_of_kept, coverage=coverage), tabulate(confidence, correct))


def cut_tie(table: CalibrationTable, *, coverage: float) -> tuple[float | None, float]:
    """Return the confidence whose answers this coverage cuts through, if any, and the largest coverage before them.

    Examples
    --------
    >>> cut_tie(CalibrationTable.from_counts({0.5: (6, 3), 0.9: (4, 4)}), coverage=0.8)
    (0.5, 0.4)
    """
    ends = np.cumsum(table.n[::-1]) / table.total
    place = int(np.searchsorted(ends, coverage - 1e-12))  # an end that is the coverage but for rounding is no cut
    below = float(ends[place - 1]) if place else 0.0
    if abs(ends[place] - coverage) <= 1e-12:
        return None, float(ends[place])
    return float(table.confidence[::-1][place]), below
