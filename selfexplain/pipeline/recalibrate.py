"""From answered rows to a map, and to the numbers before and after it, out of fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.calibration.brier_score import brier
from selfexplain.calibration.confidence_gap import gap
from selfexplain.calibration.evaluation import evaluate
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.rows import LookedUp
from selfexplain.datasets.confidences import Answered
from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Floats, mean_by_cluster_t
from selfexplain.pipeline.answered_rows import AnsweredRows
from selfexplain.pipeline.evaluate import LEVEL, ORDER_ONLY, in_words, with_undefined
from selfexplain.recalibration.cross_fitting import cross_fitted
from selfexplain.recalibration.recalibrator import Recalibrator
from selfexplain.recalibration.value_map import ValueMap
from selfexplain.records import RANKS_ONLY, Source

FOLDS = 5


@dataclass(frozen=True)
class Usable:
    """The rows that can be learned from, by column."""

    confidence: Sequence[float] | Floats
    correct: Sequence[bool] | NDArray[np.bool_]
    cluster: Sequence[str]
    excluded: Mapping[str, int]
    """How many others there were, by reason."""

    @property
    def clusters(self) -> int:
        """How many rows, or groups of rows, were drawn apart."""
        return len(self.cluster.names if isinstance(self.cluster, LookedUp) else set(self.cluster))


def usable_of(rows: Sequence[Answered]) -> Usable:
    """Return the usable rows of one source of confidence.

    Raises
    ------
    InputError
        When there is none.
    """
    found = Usable(*rows.usable(), rows.excluded()) if isinstance(rows, AnsweredRows) else usable_among(rows)
    if not len(found.confidence):
        raise InputError(
            f"none of {len(rows)} answers can be used: {in_words(found.excluded)}",
            hint="a confidence and a graded answer are needed in the same row",
        )
    return found


def usable_among(rows: Sequence[Answered]) -> Usable:
    """Return the usable of some rows, by column."""
    kept = [row for row in rows if row.status == "ok" and row.confidence is not None]
    excluded: dict[str, int] = {}
    for row in rows:
        if row.status != "ok":
            excluded[row.status] = excluded.get(row.status, 0) + 1
    return Usable(
        confidence=[row.confidence for row in kept if row.confidence is not None],
        correct=[bool(row.correct) for row in kept],
        cluster=[row.cluster for row in kept],
        excluded=excluded,
    )


def number_usable(rows: Sequence[Answered]) -> int:
    """Return how many rows are usable."""
    return rows.number_ok if isinstance(rows, AnsweredRows) else sum(row.status == "ok" for row in rows)


FEWEST = 50
"""With fewer usable answers a map that is learned from them shows little but chance."""


def if_recalibrated(source: Source, rows: Sequence[Answered]) -> dict[str, Any] | None:
    """Return what recalibration by the value map would change, out of fold; None where answers or clusters are few.

    Parameters
    ----------
    source : str
        One that is a probability already; the others are recalibrated on request alone.
    rows : sequence of Answered
    """
    if source in RANKS_ONLY or number_usable(rows) < FEWEST:
        return None
    kept = usable_of(rows)
    if kept.clusters < FOLDS:
        return None
    return before_and_after(ValueMap(), kept, metrics=[gap, brier, ece], folds=FOLDS, seed=0, source=source) | {
        "method": ValueMap.method
    }


def before_and_after(
    recalibrator: Recalibrator,
    rows: Usable,
    *,
    metrics: Sequence[Metric[...]],
    folds: int,
    seed: int,
    source: Source = "stated",
) -> dict[str, Any]:
    """Return the numbers of the stated and of the recalibrated confidences, the latter out of fold.

    Returns
    -------
    dict
        `stated` and `recalibrated`, each with n, metrics and reliability; `brier_change`, an Estimate of the Brier
        score after minus before, answer by answer; folds and seed. Before it, a source that only puts answers in order
        has a ranking and nothing else.
    """
    out_of_fold = cross_fitted(recalibrator, rows.confidence, rows.correct, rows.cluster, folds=folds, seed=seed)

    def measured(confidence: ArrayLike, *, ranks: bool = False) -> dict[str, Any]:
        chosen = [metric for metric in metrics if metric.facts.ranks or not ranks]
        evaluation = evaluate(confidence, rows.correct, metrics=chosen, cluster=rows.cluster)
        numbers = with_undefined(evaluation.to_dict(), [metric.facts.name for metric in metrics])
        return {
            "n": numbers["n"],
            "metrics": numbers["metrics"],
            "reliability": Reliability.of(evaluation.table).to_dict(),
        }

    ranks = source in RANKS_ONLY
    no_change = Estimate.missing(ORDER_ONLY, n=len(rows.confidence), level=LEVEL)
    return {
        "stated": measured(rows.confidence, ranks=ranks),
        "recalibrated": measured(out_of_fold),
        "brier_change": (no_change if ranks else _brier_change(rows, out_of_fold)).to_dict(),
        "folds": folds,
        "seed": seed,
    }


def _brier_change(rows: Usable, recalibrated: ArrayLike) -> Estimate:
    """Estimate what recalibration does to the Brier score, on the same answers."""
    outcome = np.asarray(rows.correct, dtype=np.float64)
    before, after = (np.asarray(c, dtype=np.float64) - outcome for c in (rows.confidence, recalibrated))
    cluster = rows.cluster.place if isinstance(rows.cluster, LookedUp) else rows.cluster
    return mean_by_cluster_t(after**2 - before**2, cluster, within=(-1.0, 1.0))
