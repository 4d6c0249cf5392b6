"""The table of two runs that answered the same questions: what stands in it is what a paired comparison needs."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.rows import Scale, read_confidence, read_correct, read_labels
from selfexplain.calibration.table import CalibrationTable, total
from selfexplain.errors import InputError
from selfexplain.inference import Floats, Ints, times_drawn


@dataclass(frozen=True, eq=False)
class PairedTable:
    """How often each pair of answers occurred: run A's confidence and correctness, run B's, and their cluster.

    Two runs over the same questions resemble each other question by question, so their difference is known better than
    either of them. Tables of shards add up.

    Build it with :meth:`from_rows`; the constructor believes what it is given.

    Parameters
    ----------
    clusters : tuple of str
        Names, sorted; empty when rows are independent.
    cluster : array of int, shape (k,)
        The position of each cell's cluster in `clusters`; zeros when rows are independent.
    confidence : array of float, shape (k, 2), in [0, 1]
        Of A and of B, each rounded to 12 significant digits.
    correct : array of int, shape (k, 2)
        0 or 1, of A and of B.
    n : array of int, shape (k,)
        How many pairs are alike, at least 1.

    Examples
    --------
    >>> table = PairedTable.from_rows([0.9, 0.9, 0.5], [1, 1, 0], [1.0, 1.0, 0.5], [1, 1, 1])
    >>> table.total, table.n.tolist()
    (3, [1, 2])
    >>> table.b
    CalibrationTable({0.5: (1, 1), 1.0: (2, 2)})
    """

    clusters: tuple[str, ...]
    cluster: Ints
    confidence: Floats
    correct: Ints
    n: Ints

    def __post_init__(self) -> None:
        for array in (self.cluster, self.confidence, self.correct, self.n):
            array.flags.writeable = False

    @classmethod
    def from_rows(
        cls,
        confidence_a: ArrayLike,
        correct_a: ArrayLike,
        confidence_b: ArrayLike,
        correct_b: ArrayLike,
        cluster: Iterable[Hashable] | None = None,
        *,
        scale: Scale = "probability",
    ) -> Self:
        """Count pairs: row i of every argument speaks of the same question.

        Parameters
        ----------
        confidence_a, confidence_b : array of float, shape (n,)
            Stated probability that the answer is correct, in [0, 1]; in [0, 100] for `scale="percent"`.
        correct_a, correct_b : array of bool or of 0 and 1, shape (n,)
        cluster : iterable of hashable, length n, optional
            What each question was drawn with. One row per cluster is the same as none.
        scale : {"probability", "percent"}

        Raises
        ------
        InputError
            If a row cannot be used, or the two runs have different numbers of rows.
        """
        stated = [
            read_confidence(confidence_a, scale=scale, name="confidence_a"),
            read_confidence(confidence_b, scale=scale, name="confidence_b"),
        ]
        if len(stated[0]) != len(stated[1]):
            raise InputError(
                f"`confidence_a` has {len(stated[0])} rows and `confidence_b` has {len(stated[1])}; expected pairs",
                hint="keep the questions that both runs answered, in the same order",
            )
        rows = len(stated[0])
        right = [read_correct(correct_a, n=rows), read_correct(correct_b, n=rows)]
        names: Sequence[str] = []
        index = np.zeros(rows, dtype=np.int64)
        if cluster is not None:
            names, index = read_labels(cluster, n=rows, name="cluster")
            if len(names) == rows:
                names, index = [], np.zeros(rows, dtype=np.int64)
        return cls._counted(names, index, np.stack(stated, 1), np.stack(right, 1), np.ones(rows, dtype=np.int64))

    @classmethod
    def _counted(cls, names: Sequence[str], cluster: Ints, confidence: Floats, correct: Ints, n: Ints) -> Self:
        # One integer per kind of pair, by the ranks of its parts: many times faster than sorting rows of five numbers.
        key = cluster
        for column in (*confidence.T, *correct.T):
            _, rank = np.unique(column, return_inverse=True)
            _, key = np.unique(key * (rank.max(initial=0) + 1) + rank, return_inverse=True)
        _, first = np.unique(key, return_index=True)
        return cls(tuple(names), cluster[first], confidence[first], correct[first], total(key, n, len(first)))

    @property
    def total(self) -> int:
        """Pairs."""
        return int(self.n.sum())

    @property
    def a(self) -> CalibrationTable:
        """The table of run A alone."""
        return self._margin(0, self.n)

    @property
    def b(self) -> CalibrationTable:
        """The table of run B alone."""
        return self._margin(1, self.n)

    @property
    def identical(self) -> bool:
        """Whether every pair is the same answer twice: the same confidence, and right or wrong alike."""
        return bool(
            (self.confidence[:, 0] == self.confidence[:, 1]).all() and (self.correct[:, 0] == self.correct[:, 1]).all()
        )

    @property
    def sides(self) -> tuple[Counts, Counts]:
        """Everything of A and of B that the metrics of one run take: their tables, with the clusters if there are."""
        if not self.clusters:
            return self.a, self.b
        place = np.repeat(self.cluster, self.n)
        stated, right = (np.repeat(column, self.n, axis=0) for column in (self.confidence, self.correct))
        a, b = (ClusterTable.from_places(stated[:, arm], right[:, arm], self.clusters, place) for arm in (0, 1))
        return a, b

    @property
    def residual(self) -> Floats:
        """Confidence − correct of A and of B in each cell, shape (k, 2), in [−1, 1]."""
        return self.confidence - self.correct

    def resample(self, rng: np.random.Generator) -> tuple[CalibrationTable, CalibrationTable]:
        """Return A's and B's table of as many pairs, or whole clusters of them, drawn with replacement."""
        if self.clusters:
            times = times_drawn(rng, len(self.clusters))[self.cluster] * self.n
        else:
            times = rng.multinomial(self.total, self.n / self.total)
        return self._margin(0, times), self._margin(1, times)

    def _margin(self, arm: int, n: Ints) -> CalibrationTable:
        occurs = n > 0
        values, index = np.unique(self.confidence[occurs, arm], return_inverse=True)
        right = n[occurs] * self.correct[occurs, arm]
        return CalibrationTable(values, total(index, n[occurs], len(values)), total(index, right, len(values)))

    def __add__(self, other: Self) -> Self:
        if not isinstance(other, PairedTable):
            return NotImplemented
        if bool(self.clusters) != bool(other.clusters) and self.total and other.total:
            raise InputError("one table has clusters and the other has none; expected both alike")
        names = sorted({*self.clusters, *other.clusters})
        position = {name: place for place, name in enumerate(names)}
        moved = [
            np.array([position[name] for name in part.clusters], dtype=np.int64)[part.cluster]
            if part.clusters
            else part.cluster
            for part in (self, other)
        ]
        return self._counted(
            names,
            np.concatenate(moved),
            np.concatenate([self.confidence, other.confidence]),
            np.concatenate([self.correct, other.correct]),
            np.concatenate([self.n, other.n]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PairedTable):
            return NotImplemented
        return self.clusters == other.clusters and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("cluster", "confidence", "correct", "n")
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, and arrays have no hash

    def __repr__(self) -> str:
        within = f" in {len(self.clusters)} clusters" if self.clusters else ""
        return f"PairedTable({self.total} pairs{within})"
