"""Whether a model's confidence can be trusted: counts, metrics, and intervals that hold.

Every metric takes stated confidences and whether each answer was correct, or a table of them, and returns a float::

    from selfexplain.calibration import ece

    ece([0.9, 0.9, 0.6], [1, 0, 1])
    ece(CalibrationTable.from_counts({0.9: (2, 1), 0.6: (1, 1)}))

Its docstring is its page: what it is, its definition, how it misleads. :func:`evaluate` puts intervals round all of
them. The only imports are numpy and, where a quantile needs it, scipy.
"""

from selfexplain.calibration.area_under_roc import auroc
from selfexplain.calibration.average_confidence import mean_confidence
from selfexplain.calibration.brier_score import brier
from selfexplain.calibration.cluster_table import ClusterTable
from selfexplain.calibration.confidence_gap import gap
from selfexplain.calibration.evaluation import Evaluation, evaluate
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.logarithmic_loss import log_loss
from selfexplain.calibration.metric import MetricFacts, estimate
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.share_correct import accuracy
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.usable_share import coverage

__all__ = [
    "CalibrationTable",
    "ClusterTable",
    "Evaluation",
    "MetricFacts",
    "Reliability",
    "accuracy",
    "auroc",
    "brier",
    "coverage",
    "ece",
    "estimate",
    "evaluate",
    "gap",
    "log_loss",
    "mean_confidence",
]
