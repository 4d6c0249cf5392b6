"""What a display is drawn from: an evaluation in memory, or one source of a metrics object."""

from collections.abc import Mapping
from typing import Any

from selfexplain.calibration.evaluation import Evaluation
from selfexplain.calibration.table import CalibrationTable

Evaluated = Evaluation | Mapping[str, Any]
"""What `sx.evaluate` returns, or `result.metrics["sources"][source]`: the same numbers."""


def numbers_of(evaluation: Evaluated) -> Mapping[str, Any]:
    """Return the numbers of an evaluation as strict JSON values."""
    return evaluation.to_dict() if isinstance(evaluation, Evaluation) else evaluation


def clusters_of(evaluation: Evaluated) -> int | None:
    """Return in how many clusters the answers were drawn; None where each was drawn by itself."""
    clusters: int | None = numbers_of(evaluation).get("clusters")
    return clusters


def table_of(evaluation: Evaluated) -> CalibrationTable:
    """Return the counts of an evaluation, clusters forgotten."""
    if isinstance(evaluation, Evaluation):
        return evaluation.table
    return CalibrationTable.from_counts({value: (n, n_correct) for value, n, n_correct in evaluation["table"]})
