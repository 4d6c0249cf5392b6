"""From rows to every number: the value of each metric with its interval, over all answers and per group."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.metric import Metric, estimate
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.rows import Scale, read_confidence, read_correct, read_labels
from selfexplain.calibration.table import CalibrationTable
from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Floats, Ints


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
    chosen = list(metrics)
    stated = read_confidence(confidence, scale=scale)
    right = read_correct(correct, n=len(stated))
    clusters = None if cluster is None else _named(cluster, len(stated), "cluster")

    def part(rows: slice | Ints) -> tuple[Counts, dict[str, Estimate]]:
        counts = _count(stated[rows], right[rows], None if clusters is None else clusters[rows])
        return counts, {each.facts.name: estimate(each, counts, level=level, seed=seed) for each in chosen}

    groups: dict[str, Evaluation] = {}
    if group is not None:
        groups = {name: Evaluation(*part(rows)) for name, rows in _rows_by_group(group, len(stated)).items()}
    return Evaluation(*part(slice(None)), groups)


def _count(confidence: Floats, correct: Ints, cluster: NDArray[np.object_] | None) -> Counts:
    if cluster is None:
        return CalibrationTable.from_rows(confidence, correct)
    counts = ClusterTable.from_rows(confidence, correct, cluster)
    return counts.pooled if counts.independent else counts


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


def _named(labels: Iterable[Hashable], n: int, name: str) -> NDArray[np.object_]:
    names, index = read_labels(labels, n=n, name=name)
    return np.array(names, dtype=object)[index]


def _plain(metrics: Mapping[str, Estimate]) -> dict[str, Mapping[str, Any]]:
    return {name: value.to_dict() for name, value in metrics.items()}
