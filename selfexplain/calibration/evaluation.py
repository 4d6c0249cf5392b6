"""From rows to every number: the value of each metric with its interval, over all answers and per group."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.counting import distinct
from selfexplain.calibration.metric import Metric, estimate
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.rows import Scale, read_confidence, read_correct, read_labels
from selfexplain.calibration.table import CalibrationTable
from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Ints


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a set of answers says about a model's confidence."""

    counts: Counts
    """The table that everything was computed from; a ClusterTable where clusters have several rows."""
    metrics: Mapping[str, Estimate]
    groups: Mapping[str, "Evaluation"] = field(default_factory=dict)
    """The same per group, by name; groups are shown apart and are not clusters."""

    @property
    def n(self) -> int:
        """Rows."""
        return self.counts.total

    @property
    def table(self) -> CalibrationTable:
        """The counts with clusters forgotten."""
        return self.counts.pooled

    def to_dict(self) -> Mapping[str, Any]:
        """Return strict JSON values: n, metrics, per group n and metrics, the counts, and those of the diagram.

        `clusters` is how many there are; None where rows are independent.
        """
        groups = {name: {"n": group.n, "metrics": _plain(group.metrics)} for name, group in self.groups.items()}
        return {
            "n": self.n,
            "clusters": len(self.counts.clusters) if isinstance(self.counts, ClusterTable) else None,
            "metrics": _plain(self.metrics),
            "groups": groups,
            "table": [list(row) for row in self.table.rows()],
            "reliability": Reliability.of(self.table).to_dict(),
        }


def evaluate(
    confidence: ArrayLike,
    correct: ArrayLike,
    *,
    metrics: Iterable[Metric[...]],
    group: Iterable[Hashable | None] | None = None,
    cluster: Iterable[Hashable] | None = None,
    level: float = 0.95,
    seed: int = 0,
    scale: Scale = "probability",
) -> Evaluation:
    """Measure answers with each metric, over all of them and per group.

    Parameters
    ----------
    confidence : array of float, shape (n,)
        Stated probability that the answer is correct, in [0, 1]; in [0, 100] for `scale="percent"`.
    correct : array of bool or of 0 and 1, shape (n,)
        Whether it was.
    metrics : iterable of metric functions
    group : iterable of str or None, length n, optional
        A kind of question to show apart, such as a topic; None belongs to no group.
    cluster : iterable of hashable, length n, optional
        What each row was drawn with; intervals treat clusters, not rows, as independent.
    level : float, in (0, 1)
    seed : int
        Every resample follows from it; the same seed gives the same numbers.
    scale : {"probability", "percent"}

    Raises
    ------
    InputError
        If a row cannot be used; names the row, what it holds and what to do.

    Examples
    --------
    >>> from selfexplain.calibration import accuracy, gap
    >>> evaluation = evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 0], metrics=[accuracy, gap], group=["a", "a", "b", "b"])
    >>> evaluation.metrics["gap"].value
    0.25
    >>> {name: round(part.metrics["gap"].value, 12) for name, part in evaluation.groups.items()}
    {'a': 0.4, 'b': 0.1}
    """
    stated = read_confidence(confidence, scale=scale)
    right = read_correct(correct, n=len(stated))
    clusters = None if cluster is None else read_labels(cluster, n=len(stated), name="cluster")

    def counted(rows: slice | Ints) -> Counts:
        return count(stated[rows], right[rows], None if clusters is None else (clusters[0], clusters[1][rows]))

    by_group = {} if group is None else _rows_by_group(group, len(stated))
    groups = {name: counted(rows) for name, rows in by_group.items()}
    return evaluate_counts(counted(slice(None)), groups, metrics=metrics, level=level, seed=seed)


def evaluate_counts(
    counts: Counts,
    groups: Mapping[str, Counts],
    *,
    metrics: Iterable[Metric[...]],
    level: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    """Measure what has been counted, over all of it and per group; takes no longer for more rows.

    Parameters
    ----------
    counts : CalibrationTable or ClusterTable
    groups : mapping of name to CalibrationTable or ClusterTable
        Counts of the same rows, without those that belong to no group.
    metrics, level, seed
        As in :func:`evaluate`.
    """
    chosen = list(metrics)

    def part(of: Counts) -> dict[str, Estimate]:
        return {each.facts.name: estimate(each, of, level=level, seed=seed) for each in chosen}

    apart = {name: Evaluation(of, part(of)) for name, of in groups.items()}
    return Evaluation(counts, part(counts), apart)


def count(confidence: ArrayLike, correct: ArrayLike, clusters: tuple[Sequence[str], Ints] | None) -> Counts:
    """Count rows; clusters of one row each are the independent rows they are.

    Parameters
    ----------
    confidence, correct
        As in :func:`evaluate`.
    clusters : (names, place), optional
        Distinct names, sorted, and which of them each row has.
    """
    if clusters is None or len(distinct(clusters[1])) == len(clusters[1]):
        return CalibrationTable.from_rows(confidence, correct)
    return ClusterTable.from_places(confidence, correct, *clusters)


def _rows_by_group(group: Iterable[Hashable | None], n: int) -> dict[str, Ints]:
    """Return the rows of each group, by name in order; in one pass, for there may be thousands of groups."""
    rows: dict[str, list[int]] = {}
    length = 0
    for place, kind in enumerate(group):
        length = place + 1
        if not _is_missing(kind):
            rows.setdefault(str(kind), []).append(place)
    if length != n:
        raise InputError(f"`group` has {length} rows and `confidence` has {n}; expected one per answer")
    return {name: np.array(rows[name], dtype=np.int64) for name in sorted(rows)}


def _is_missing(label: Hashable | None) -> bool:
    """Tell whether a label says that there is none: None, or a data frame's way of leaving a cell empty."""
    if isinstance(label, float):
        return math.isnan(label)
    return label is None or type(label).__name__ in {"NAType", "NaTType"}


def _plain(metrics: Mapping[str, Estimate]) -> dict[str, Mapping[str, Any]]:
    return {name: value.to_dict() for name, value in metrics.items()}
