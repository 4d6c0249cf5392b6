"""What a recalibrator is: it learns from confidences and outcomes, and maps a stated confidence to another one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from selfexplain.calibration.rows import read_confidence
from selfexplain.inference import Floats
from selfexplain.recalibration.weighted_counts import WeightedCounts, weighted_counts

Knot = tuple[float, float]
"""A stated confidence, and what it is mapped to."""


class Recalibrator(Protocol):
    """A map from stated to recalibrated confidence that is learned: scikit-learn's manners, one column.

    Another one is a file with a class like this, found by its `method`; `sklearn.base.clone` must work on it.
    """

    method: ClassVar[str]
    """What `--method` calls it."""
    error_bound: ClassVar[float]
    """How far the lines between its knots may lie from what it predicts."""

    def fit(self, confidence: ArrayLike, correct: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from rows and return itself; raises Undefined when these rows determine no map."""
        ...

    def predict(self, confidence: ArrayLike) -> Floats:
        """Return the recalibrated confidences, in [0, 1]."""
        ...

    def knots(self) -> Sequence[Knot]:
        """Return the learned map as points: linear between them, constant outside."""
        ...

    def learned(self) -> dict[str, float]:
        """Return the numbers that were learned, for the record; empty if the knots say it all."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's signature
        """Return what the constructor was given."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Change what the constructor was given."""
        ...


def _column(confidence: ArrayLike) -> ArrayLike:
    """Return the one column of a table of one: scikit-learn's own tools hand rows on as tables."""
    shape: tuple[int, ...] = getattr(confidence, "shape", ())
    return np.asarray(confidence)[:, 0] if len(shape) == 2 and shape[1] == 1 else confidence


class FromCounts(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn ships no types
    """The frame of every built-in method: rows are counted, then a method learns from the counts alone."""

    method: ClassVar[str]
    error_bound: ClassVar[float] = 0.0

    def fit(self, confidence: ArrayLike, correct: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the map.

        Parameters
        ----------
        confidence : array of float, shape (n,) or (n, 1)
            Stated probability that the answer is correct, in [0, 1].
        correct : array of bool or of 0 and 1, shape (n,)
            Whether it was.
        sample_weight : array of float, shape (n,), optional
            How often each row counts.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If a row or a parameter cannot be used.
        Undefined
            If these rows determine no map; the message says what is lacking.
        """
        self._learn(weighted_counts(_column(confidence), correct, sample_weight))
        self.fitted_ = True
        return self

    def predict(self, confidence: ArrayLike) -> Floats:
        """Return recalibrated confidences.

        Parameters
        ----------
        confidence : array of float, shape (n,) or (n, 1)
            In [0, 1].

        Returns
        -------
        array of float, shape (n,), in [0, 1]
        """
        check_is_fitted(self, "fitted_")
        return self._apply(read_confidence(_column(confidence)))

    def knots(self) -> Sequence[Knot]:
        """Return the learned map as points, linear between them and constant outside."""
        check_is_fitted(self, "fitted_")
        return self._points()

    def learned(self) -> dict[str, float]:
        """Return the numbers that were learned; empty where the knots say it all."""
        check_is_fitted(self, "fitted_")
        return {}

    @abstractmethod
    def _learn(self, counts: WeightedCounts) -> None:
        """Set what is learned, in attributes that end with an underscore."""

    @abstractmethod
    def _apply(self, confidence: Floats) -> Floats:
        """Return the map at valid confidences."""

    @abstractmethod
    def _points(self) -> Sequence[Knot]:
        """Return the map as knots."""
