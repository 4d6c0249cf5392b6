"""The table for rows that were drawn together: it remembers which cluster each count belongs to."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.counting import distinct
from selfexplain.calibration.rows import Scale, read_confidence, read_correct, read_labels
from selfexplain.calibration.table import CalibrationTable, Cells, total
from selfexplain.inference import Floats, Ints


@dataclass(frozen=True, eq=False)
class ClusterTable:
    """Counts per cluster and confidence; it adds up, and whole clusters of it are resampled.

    A cluster is what was drawn together: repeats or paraphrases of one question, questions on one passage. Its rows
    resemble each other, so that treating them as independent makes intervals too narrow (Miller 2024, arXiv
    2411.00640).

    Build it with :meth:`from_rows`; the constructor believes what it is given.

    Parameters
    ----------
    clusters : tuple of str
        Names, sorted. In a sum, the same name is the same cluster.
    confidence : array of float, shape (k,), in [0, 1]
        Distinct stated confidences, ascending.
    cluster, value : array of int, shape (m,)
        For each count, the position of its cluster in `clusters` and of its confidence in `confidence`.
    n, n_correct : array of int, shape (m,)
        How many answers this cluster has at this confidence, and how many of them are correct.

    Examples
    --------
    >>> table = ClusterTable.from_rows([0.9, 0.9, 0.5], [1, 0, 1], ["moon", "moon", "mars"])
    >>> table.clusters, table.pooled
    (('mars', 'moon'), CalibrationTable({0.5: (1, 1), 0.9: (2, 1)}))
    """

    clusters: tuple[str, ...]
    confidence: Floats
    cluster: Ints
    value: Ints
    n: Ints
    n_correct: Ints

    def __post_init__(self) -> None:
        for array in (self.confidence, self.cluster, self.value, self.n, self.n_correct):
            array.flags.writeable = False

    @classmethod
    def from_rows(
        cls,
        confidence: ArrayLike,
        correct: ArrayLike,
        cluster: Iterable[Hashable],
        *,
        scale: Scale = "probability",
    ) -> Self:
        """Count rows; `cluster` names what each was drawn with, the rest is as in `CalibrationTable.from_rows`."""
        stated = read_confidence(confidence, scale=scale)
        right = read_correct(correct, n=len(stated))
        names, index = read_labels(cluster, n=len(stated), name="cluster")
        return cls._counted(names, index, stated, np.ones_like(right), right)

    @classmethod
    def from_places(cls, confidence: ArrayLike, correct: ArrayLike, names: Sequence[str], place: Ints) -> Self:
        """Count rows of which the clusters have been looked up already.

        Parameters
        ----------
        confidence, correct
            As in `CalibrationTable.from_rows`.
        names : sequence of str
            Distinct and sorted; those without rows are left out.
        place : array of int, shape (n,)
            Of each row's cluster in `names`.
        """
        stated = read_confidence(confidence)
        right = read_correct(correct, n=len(stated))
        here = distinct(place)
        if len(here) < len(names):  # a group has few of the clusters, and there may be thousands of groups
            names, place = [names[each] for each in here.tolist()], np.searchsorted(here, place)
        return cls._counted(names, place, stated, np.ones_like(right), right)

    @classmethod
    def _counted(cls, names: Sequence[str], cluster: Ints, confidence: Floats, n: Ints, n_correct: Ints) -> Self:
        stated, value = np.unique(confidence, return_inverse=True)
        key, index = np.unique(cluster * max(len(stated), 1) + value, return_inverse=True)
        return cls(
            clusters=tuple(names),
            confidence=stated,
            cluster=key // max(len(stated), 1),
            value=key % max(len(stated), 1),
            n=total(index, n, len(key)),
            n_correct=total(index, n_correct, len(key)),
        )

    @property
    def total(self) -> int:
        """Rows."""
        return int(self.n.sum())

    @property
    def sizes(self) -> Ints:
        """Rows of each cluster."""
        return total(self.cluster, self.n, len(self.clusters))

    @property
    def pooled(self) -> CalibrationTable:
        """The table of all rows, clusters forgotten: what values are computed from."""
        size = len(self.confidence)
        n_correct = total(self.value, self.n_correct, size)
        return CalibrationTable(self.confidence, total(self.value, self.n, size), n_correct)

    @property
    def independent(self) -> bool:
        """Whether every cluster has one row, so that rows are the units after all."""
        return self.total == len(self.clusters)

    def cells(self) -> tuple[Cells, Ints]:
        """Return the table as counted rows, first the correct ones, and the cluster of each."""
        times = np.concatenate([self.n_correct, self.n - self.n_correct])
        correct = np.repeat(np.array([1, 0]), len(self.n))
        confidence = np.tile(self.confidence[self.value], 2)
        occurs = times > 0
        return Cells(confidence[occurs], correct[occurs], times[occurs]), np.tile(self.cluster, 2)[occurs]

    def restated(self, confidence: Floats) -> Self:
        """Return the table with other confidences in place of these, shape (k,); equal ones are joined."""
        return self._counted(list(self.clusters), self.cluster, confidence[self.value], self.n, self.n_correct)

    def __add__(self, other: Self) -> Self:
        if not isinstance(other, ClusterTable):
            return NotImplemented
        names = sorted({*self.clusters, *other.clusters})
        position = {name: place for place, name in enumerate(names)}
        parts = (self, other)
        moved = [np.array([position[name] for name in part.clusters], dtype=np.int64)[part.cluster] for part in parts]
        return self._counted(
            names,
            np.concatenate(moved),
            np.concatenate([part.confidence[part.value] for part in parts]),
            np.concatenate([part.n for part in parts]),
            np.concatenate([part.n_correct for part in parts]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClusterTable):
            return NotImplemented
        return self.clusters == other.clusters and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("confidence", "cluster", "value", "n", "n_correct")
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, and arrays have no hash

    def __repr__(self) -> str:
        return f"ClusterTable({self.total} rows in {len(self.clusters)} clusters, {len(self.confidence)} confidences)"


Counts = CalibrationTable | ClusterTable
"""What an interval is made from. Both have `confidence`, `total` and `pooled`."""
