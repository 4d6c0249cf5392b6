"""What makes a function a metric: facts attached to it, an interval that fits it, and the same way in for all.

A metric is a pure function of a table to a float. It raises Undefined where it has no value and never returns NaN. A
new one is a new file in this package, and this is all of it::

    @metric(
        title="Share of certain answers",
        meaning="How often the model said it was completely sure.",
        best=None,
        within=(0.0, 1.0),
    )
    def certain(confidence: Confidences, correct: Outcomes = None) -> float:
        'What it is, its definition, how it misleads, edge cases, an example.'
        table = tabulate(confidence, correct)
        return float(table.n[table.confidence == 1].sum() / table.total)

Its interval comes from resampling the table. Where that must be fast, write the formula on arrays with one more axis
and pass it as `over_resamples`; the function is then that formula on one row::

    def share_certain(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
        return n[..., confidence == 1].sum(axis=-1) / n.sum(axis=-1)
"""

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.resamples import MOST_VALUES, Resamples, coarsened, resamples
from selfexplain.calibration.table import CalibrationTable
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Estimate, Floats, Ints, Range, percentile_interval, unequal_clusters

P = ParamSpec("P")
PM = ParamSpec("PM")

Confidences = CalibrationTable | ArrayLike
"""First argument of a metric: a table, or the stated confidences of rows."""

Outcomes = ArrayLike | None
"""Second argument of a metric: None with a table, else whether each row was correct."""

Direction = Literal["higher", "lower", "closer", "none"]
GatePolicy = Literal["default", "optional", "never"]


class IntervalRule(Protocol):
    """Makes the Estimate of a metric: its value on the pooled table, and how sure that is."""

    def __call__(self, metric: "Metric[...]", counts: Counts, *, level: float, seed: int) -> Estimate:
        """Return the value with its interval; raises Undefined where the metric does."""
        ...


class OverResamples(Protocol):
    """A metric of many tables over the same confidences at once."""

    def __call__(self, confidence: Floats, n: Ints, n_correct: Ints, /) -> Floats:
        """Return the metric of each table.

        Parameters
        ----------
        confidence : array of float, shape (k,)
            Ascending.
        n, n_correct : array of int, shape (r, k)
            A table per row; n is 0 where it does not have the confidence.

        Returns
        -------
        array of float, shape (r,)
            NaN where the metric is undefined; no NaN goes further than this array.
        """
        ...


@dataclass(frozen=True)
class MetricFacts:
    """What the house must know about a metric to show it, judge it and put an interval round it."""

    name: str
    """The key in `metrics.json`: the function's name, unless that key cannot be one."""
    title: str
    """What a page calls it."""
    meaning: str
    """One sentence for somebody who does not know the word calibration."""
    best: float | None
    """The value of a perfect model; None for a metric that describes and does not judge."""
    within: Range
    """The least and the greatest value there can be; may be infinite."""
    gate: GatePolicy
    """Whether a gate stands on it: by default, if asked to, or never because its differences cannot be trusted."""
    interval: IntervalRule
    over_resamples: OverResamples | None = None
    """The metric of many tables at once; None where it is measured table by table."""
    ranks: bool = False
    """Whether only the order of the confidences counts, so that it is right for numbers that are no probabilities."""

    @property
    def direction(self) -> Direction:
        """Which way is better: "higher", "lower", "closer" to `best`, or "none"."""
        if self.best is None:
            return "none"
        if self.best in self.within:
            return "lower" if self.best == self.within[0] else "higher"
        return "closer"

    def to_dict(self) -> Mapping[str, Any]:
        """Return the facts as strict JSON values; an infinite end of the range becomes None."""
        return {
            "name": self.name,
            "title": self.title,
            "meaning": self.meaning,
            "best": self.best,
            "within": [end if math.isfinite(end) else None for end in self.within],
            "direction": self.direction,
            "gate": self.gate,
        }


class Metric(Protocol[PM]):
    """A function with facts."""

    __name__: str
    facts: MetricFacts

    def __call__(self, *args: PM.args, **kwargs: PM.kwargs) -> float:
        """Return the value, for a table or for confidences and outcomes; raises Undefined where there is none."""
        ...


def by_bootstrap(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate any metric by resampling its counts: rows, or whole clusters where there are any.

    The default, right for metrics without a kink where the truth may lie; see :mod:`selfexplain.calibration.honest_ece`
    for one that has it.
    """
    value = metric(counts.pooled)
    clusters = len(counts.clusters) if isinstance(counts, ClusterTable) else None
    statistics = resampled(metric, counts, value, seed=seed)
    interval = percentile_interval(value, statistics, n=counts.total, level=level, clusters=clusters)
    if interval.low is None or not isinstance(counts, ClusterTable):
        return interval
    return interval.warned(*unequal_clusters(counts.sizes))


def resampled(metric: Metric[...], counts: Counts, value: float, *, seed: int) -> Floats:
    """Return a metric of each resample of these counts, whose own value is given; NaN where it is undefined."""
    statistics = over(metric, resamples(counts, seed=seed))
    if len(counts.confidence) <= MOST_VALUES:
        return statistics
    # The resamples are of a coarser table. They vary as those of the counts do, around its value: move them to this.
    return np.clip(statistics + (value - metric(coarsened(counts).pooled)), *metric.facts.within)


def over(metric: Metric[...], drawn: Resamples) -> Floats:
    """Return a metric of each resample, shape (r,); NaN where it is undefined."""
    if metric.facts.over_resamples is not None:
        return metric.facts.over_resamples(drawn.confidence, drawn.n, drawn.n_correct)
    statistics = np.full(len(drawn.n), math.nan)
    for place, table in enumerate(drawn.tables()):
        with contextlib.suppress(Undefined):
            statistics[place] = metric(table)
    return statistics


def metric(
    *,
    title: str,
    meaning: str,
    best: float | None,
    within: Range,
    gate: GatePolicy = "never",
    interval: IntervalRule = by_bootstrap,
    over_resamples: OverResamples | None = None,
    name: str | None = None,
    ranks: bool = False,
) -> Callable[[Callable[P, float]], Metric[P]]:
    """Attach facts to a function of a table; registers nothing, wraps nothing.

    The parameters are the fields of :class:`MetricFacts`; the name is the function's, unless a key in `metrics.json`
    is wanted that no function can have, such as one with a number and a dash.
    """

    def attach(function: Callable[P, float]) -> Metric[P]:
        marked = cast("Metric[P]", function)
        key = name or function.__name__
        marked.facts = MetricFacts(key, title, meaning, best, within, gate, interval, over_resamples, ranks)
        return marked

    return attach


def tabulate(confidence: Confidences, correct: Outcomes = None) -> CalibrationTable:
    """Return the table that a metric measures: the one given, or the count of the rows given.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether it was; left out with a table.

    Raises
    ------
    InputError
        If a row cannot be used.
    Undefined
        If there are no rows: then no metric has a value.
    """
    if isinstance(confidence, CalibrationTable):
        if correct is not None:
            raise InputError("`correct` is given beside a table; expected one or the other")
        table = confidence
    elif correct is None:
        raise InputError(
            "`correct` is missing; expected a table, or confidences and whether each answer was correct",
            hint="call metric(table) or metric(confidence, correct)",
        )
    else:
        table = CalibrationTable.from_rows(confidence, correct)
    if not table.total:
        raise Undefined("no graded answer with a confidence")
    return table


def estimate(metric: Metric[...], counts: Counts, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Return the value of a metric with the interval that fits it; an Undefined becomes its reason.

    Parameters
    ----------
    metric : function with facts
    counts : CalibrationTable or ClusterTable
        Clusters of one row each are treated as the independent rows they are.
    level : float, in (0, 1)
    seed : int
        Of the resamples, where the interval needs any.

    Examples
    --------
    >>> from selfexplain.calibration import gap
    >>> sure = estimate(gap, CalibrationTable.from_counts({0.9: (100, 80)}))
    >>> f"{sure.value:.3f} [{sure.low:.3f}, {sure.high:.3f}]"
    '0.100 [0.032, 0.191]'
    """
    if isinstance(counts, ClusterTable) and counts.independent:
        counts = counts.pooled
    try:
        return metric.facts.interval(metric, counts, level=level, seed=seed)
    except Undefined as undefined:
        return Estimate.missing(undefined.message, n=counts.total, level=level)
