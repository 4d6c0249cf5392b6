"""Numbers for the reliability picture: in each bin, what was promised, what was kept, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from selfexplain.calibration.binning import Closed, bin_of
from selfexplain.calibration.table import CalibrationTable, sums, total
from selfexplain.inference import Floats, Ints, checked_level, clopper_pearson


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence and accuracy per non-empty bin of equal width, with a simultaneous band for the accuracy.

    All bands together cover all accuracies with probability at least `level`: each is a Clopper-Pearson interval at
    level^(1/m) for m bins (Šidák 1967, JASA 62:626). They are bands about the measured curve, not about the diagonal,
    and hold for independent rows.

    Examples
    --------
    >>> Reliability.of(CalibrationTable.from_counts({0.85: (10, 7), 0.9: (10, 9)})).accuracy
    array([0.8])
    """

    left: Floats
    """Lower edge of each bin."""
    right: Floats
    """Upper edge of each bin."""
    mean_confidence: Floats
    accuracy: Floats
    n: Ints
    n_correct: Ints
    low: Floats
    """Lower limit of the accuracy."""
    high: Floats
    """Upper limit of the accuracy."""

    @classmethod
    def of(cls, table: CalibrationTable, *, bins: int = 10, closed: Closed = "right", level: float = 0.95) -> Self:
        """Summarise a table; without rows, every array is empty."""
        index, _ = bin_of(table, bins=bins, closed=closed)
        occupied, place = np.unique(index, return_inverse=True)
        m = len(occupied)
        n, n_correct = total(place, table.n, m), total(place, table.n_correct, m)
        each = checked_level(level) ** (1 / max(m, 1))
        low, high = clopper_pearson(n_correct, n, level=each)
        promised = sums(place, table.n * table.confidence, m)
        return cls(
            left=occupied / bins,
            right=(occupied + 1) / bins,
            mean_confidence=promised / n,
            accuracy=n_correct / n,
            n=n,
            n_correct=n_correct,
            low=low,
            high=high,
        )

    def to_dict(self) -> Mapping[str, list[Any]]:
        """Return each array as a list."""
        return {field.name: getattr(self, field.name).tolist() for field in fields(self)}
