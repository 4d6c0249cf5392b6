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
from selfexplain.calibration.excess_risk_coverage_area import e_aurc
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.generalized_risk_area import augrc
from selfexplain.calibration.isotonic_discrimination import corp_dsc
from selfexplain.calibration.isotonic_miscalibration import corp_mcb
from selfexplain.calibration.isotonic_uncertainty import corp_unc
from selfexplain.calibration.logarithmic_loss import log_loss
from selfexplain.calibration.metric import MetricFacts, estimate
from selfexplain.calibration.precision_of_right import average_precision
from selfexplain.calibration.precision_of_wrong import average_precision_wrong
from selfexplain.calibration.prediction_rejection_ratio import prr
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.reliability_term import murphy_reliability
from selfexplain.calibration.resolution_term import murphy_resolution
from selfexplain.calibration.risk_coverage_area import aurc
from selfexplain.calibration.selective_accuracy import accuracy_at_coverage
from selfexplain.calibration.selective_coverage import coverage_at_accuracy
from selfexplain.calibration.share_correct import accuracy
from selfexplain.calibration.skill_score import brier_skill
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.uncertainty_term import murphy_uncertainty
from selfexplain.calibration.usable_share import coverage

__all__ = [
    "CalibrationTable",
    "ClusterTable",
    "Evaluation",
    "MetricFacts",
    "Reliability",
    "accuracy",
    "accuracy_at_coverage",
    "augrc",
    "aurc",
    "auroc",
    "average_precision",
    "average_precision_wrong",
    "brier",
    "brier_skill",
    "corp_dsc",
    "corp_mcb",
    "corp_unc",
    "coverage",
    "coverage_at_accuracy",
    "e_aurc",
    "ece",
    "estimate",
    "evaluate",
    "gap",
    "log_loss",
    "mean_confidence",
    "murphy_reliability",
    "murphy_resolution",
    "murphy_uncertainty",
    "prr",
]
