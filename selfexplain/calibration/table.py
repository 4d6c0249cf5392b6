"""Count first, then measure: what independent answers say about calibration, as a table that adds up."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.calibration.counting import count_alike
from selfexplain.calibration.rows import Scale, read_confidence, read_correct
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats, Ints


class Cells(NamedTuple):
    """Rows that are alike, counted: one entry per confidence and outcome."""

    confidence: Floats
    correct: Ints
    times: Ints
    """How many rows are like this; at least 1."""


@dataclass(frozen=True, eq=False)
class CalibrationTable:
    """How often each confidence was stated, and how often the answer was then correct.

    Models state few distinct confidences, so this is small, exact and complete: every calibration metric of independent
    rows is a function of it. Tables of shards add up to the table of the whole; metrics of shards do not.

    Build it with :meth:`from_rows` or :meth:`from_counts`; the constructor believes what it is given.

    Parameters
    ----------
    confidence : array of float, shape (k,), in [0, 1]
        Distinct stated confidences, ascending, each rounded to 12 significant digits.
    n : array of int, shape (k,)
        How many answers came with this confidence, at least 1.
    n_correct : array of int, shape (k,)
        How many of these were correct, in [0, n].

    Examples
    --------
    >>> monday = CalibrationTable.from_rows([0.9, 0.9, 0.5], [1, 0, 1])
    >>> tuesday = CalibrationTable.from_counts({0.9: (10, 8)})
    >>> monday + tuesday
    CalibrationTable({0.5: (1, 1), 0.9: (12, 9)})
    """

    confidence: Floats
    n: Ints
    n_correct: Ints

    def __post_init__(self) -> None:
        for array in (self.confidence, self.n, self.n_correct):
            array.flags.writeable = False

    @classmethod
    def from_rows(cls, confidence: ArrayLike, correct: ArrayLike, *, scale: Scale = "probability") -> Self:
        """Count rows.

        Parameters
        ----------
        confidence : array of float, shape (n,)
            Stated probability that the answer is correct, in [0, 1]; in [0, 100] for `scale="percent"`.
        correct : array of bool or of 0 and 1, shape (n,)
            Whether the answer was correct.
        scale : {"probability", "percent"}

        Raises
        ------
        InputError
            If a row cannot be used; names the row, what it holds and what to do.
        """
        stated, right = np.asarray(confidence), np.asarray(correct)
        if stated.dtype == np.float64 and right.dtype.kind in "bi" and stated.ndim == 1 and stated.shape == right.shape:
            counted = cls._of_alike(stated, right, scale)
            if counted is not None:
                return counted
        stated = read_confidence(confidence, scale=scale)
        right = read_correct(correct, n=len(stated))
        return cls._counted(stated, np.ones_like(right), right)

    @classmethod
    def _of_alike(cls, stated: Floats, right: NDArray[Any], scale: Scale) -> Self | None:
        """Count rows first and read each distinct confidence once; None where one of them cannot be used."""
        if not len(stated) or right.min() < 0 or right.max() > 1 or not stated.min() >= 0:
            return None  # whoever reads row by row can name the row
        alike = count_alike(stated, right.astype(np.int8, copy=False))
        try:
            return cls._counted(read_confidence(alike.value, scale=scale), alike.n, alike.n_correct)
        except InputError:
            return None

    @classmethod
    def from_counts(cls, counts: Mapping[float, tuple[int, int]]) -> Self:
        """Take counts as they are: {confidence: (n, n_correct)}."""
        stated = read_confidence(list(counts), name="list(counts)")
        for value, (n, n_correct) in counts.items():
            if not 0 <= n_correct <= n:
                raise InputError(f"`counts[{value}]` is ({n}, {n_correct}); expected (n, n_correct), 0 ≤ n_correct ≤ n")
        pairs = np.array(list(counts.values()), dtype=np.int64).reshape(-1, 2)
        return cls._counted(stated, pairs[:, 0], pairs[:, 1])

    @classmethod
    def _counted(cls, confidence: Floats, n: Ints, n_correct: Ints) -> Self:
        """Add up what has the same confidence; drop what never occurred."""
        occurs = n > 0
        if not occurs.all():
            confidence, n, n_correct = confidence[occurs], n[occurs], n_correct[occurs]
        step = np.diff(confidence, prepend=-1.0)
        if len(n) and step.min() >= 0:  # in order already, as after sorting: a million values need not be sorted again
            first = np.flatnonzero(step)
            return cls(confidence[first], np.add.reduceat(n, first), np.add.reduceat(n_correct, first))
        stated, index = np.unique(confidence, return_inverse=True)
        return cls(stated, total(index, n, len(stated)), total(index, n_correct, len(stated)))

    @property
    def total(self) -> int:
        """Rows."""
        return int(self.n.sum())

    @property
    def n_wrong(self) -> Ints:
        """How many answers at each confidence were wrong, shape (k,)."""
        return self.n - self.n_correct

    @property
    def excess(self) -> Floats:
        """At each confidence, the summed residuals Σ (confidence − correct), shape (k,), in rows."""
        return self.n * self.confidence - self.n_correct

    @property
    def pooled(self) -> Self:
        """The table itself: its rows are independent already."""
        return self

    def rows(self) -> Iterator[tuple[float, int, int]]:
        """Yield (confidence, n, n_correct) in ascending order of confidence."""
        return zip(self.confidence.tolist(), self.n.tolist(), self.n_correct.tolist(), strict=True)

    def cells(self) -> Cells:
        """Return the table as counted rows: first the correct ones, then the wrong ones."""
        times = np.concatenate([self.n_correct, self.n_wrong])
        correct = np.repeat(np.array([1, 0]), len(self.n))
        occurs = times > 0
        return Cells(np.tile(self.confidence, 2)[occurs], correct[occurs], times[occurs])

    def restated(self, confidence: Floats) -> Self:
        """Return the table with other confidences in place of these, shape (k,); equal ones are joined."""
        return self._counted(confidence, self.n, self.n_correct)

    def __add__(self, other: Self) -> Self:
        if not isinstance(other, CalibrationTable):
            return NotImplemented
        mine, theirs = self, other
        return self._counted(
            np.concatenate([mine.confidence, theirs.confidence]),
            np.concatenate([mine.n, theirs.n]),
            np.concatenate([mine.n_correct, theirs.n_correct]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CalibrationTable):
            return NotImplemented
        return (
            np.array_equal(self.confidence, other.confidence)
            and np.array_equal(self.n, other.n)
            and np.array_equal(self.n_correct, other.n_correct)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, and arrays have no hash

    def __repr__(self) -> str:
        shown = [f"{value}: ({n}, {right})" for value, n, right in self.rows()]
        if len(shown) > 10:
            shown[5:-5] = [f"… {len(shown) - 10} more …"]
        return f"CalibrationTable({{{', '.join(shown)}}})"


def measured(
    formula: Callable[[Floats, Ints, Ints], Floats], table: CalibrationTable, *, undefined: str = "no rows"
) -> float:
    """Return the value of a formula over tables, confidences in the last axis, for one; NaN is Undefined, and why."""
    value = float(formula(table.confidence, table.n, table.n_correct))
    if math.isnan(value):
        raise Undefined(undefined)
    return value


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Return part / whole, NaN where whole is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    quotient = np.full(bottom.shape, math.nan)
    np.divide(top, bottom, out=quotient, where=bottom != 0)
    return quotient


def sums(index: Ints, weights: ArrayLike, size: int) -> Floats:
    """Return the sum of weights at each index from 0 to size − 1."""
    # numpy types the result by no more than "a number"; with weights it is a double.
    return np.bincount(index, weights=weights, minlength=size).astype(np.float64, copy=False)


def total(index: Ints, counts: Ints, size: int) -> Ints:
    """Return the sum of counts at each index, in integers."""
    # numpy adds weights as doubles: exact up to 2⁵³ rows.
    return sums(index, counts, size).astype(np.int64)
