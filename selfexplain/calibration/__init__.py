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
from selfexplain.calibration.binomial_test import binomial_p_distinct
from selfexplain.calibration.brier_score import brier
from selfexplain.calibration.cluster_table import ClusterTable
from selfexplain.calibration.confidence_gap import gap
from selfexplain.calibration.cumulative_differences import ecce_mad_distinct, ecce_p, ecce_r_distinct
from selfexplain.calibration.debiased_ece import ece_debiased_distinct, ece_debiased_width_10_right_closed
from selfexplain.calibration.debiased_squared_error import (
    ece_sq_debiased_distinct,
    ece_sq_debiased_partial,
    ece_sq_debiased_width_10_right_closed,
)
from selfexplain.calibration.ece_in_other_bins import (
    ece_distinct,
    ece_mass_10,
    ece_width_10_left_closed,
    ece_width_15_right_closed,
)
from selfexplain.calibration.evaluation import Evaluation, evaluate
from selfexplain.calibration.excess_risk_coverage_area import e_aurc
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.generalized_risk_area import augrc
from selfexplain.calibration.if_calibrated import calibration_p, ece_if_calibrated
from selfexplain.calibration.isotonic_discrimination import corp_dsc
from selfexplain.calibration.isotonic_miscalibration import corp_mcb, corp_mcb_p
from selfexplain.calibration.isotonic_uncertainty import corp_unc
from selfexplain.calibration.kernel_error import skce, skce_p
from selfexplain.calibration.logarithmic_loss import log_loss
from selfexplain.calibration.logistic_recalibration import calibration_intercept, calibration_slope
from selfexplain.calibration.maximum_calibration_error import mce
from selfexplain.calibration.metric import MetricFacts, estimate
from selfexplain.calibration.over_and_under import over, under
from selfexplain.calibration.precision_of_right import average_precision
from selfexplain.calibration.precision_of_wrong import average_precision_wrong
from selfexplain.calibration.prediction_rejection_ratio import prr
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.reliability_term import murphy_reliability
from selfexplain.calibration.resolution_term import murphy_resolution
from selfexplain.calibration.risk_coverage_area import aurc
from selfexplain.calibration.root_mean_square_error import rmsce
from selfexplain.calibration.selective_accuracy import accuracy_at_coverage
from selfexplain.calibration.selective_coverage import coverage_at_accuracy
from selfexplain.calibration.share_correct import accuracy
from selfexplain.calibration.skill_score import brier_skill
from selfexplain.calibration.smooth_error import smooth_ece, smooth_ece_p
from selfexplain.calibration.spiegelhalter import (
    spiegelhalter_p_interior,
    spiegelhalter_p_two_sided,
    spiegelhalter_z,
    spiegelhalter_z_interior,
)
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
    "binomial_p_distinct",
    "brier",
    "brier_skill",
    "calibration_intercept",
    "calibration_p",
    "calibration_slope",
    "corp_dsc",
    "corp_mcb",
    "corp_mcb_p",
    "corp_unc",
    "coverage",
    "coverage_at_accuracy",
    "e_aurc",
    "ecce_mad_distinct",
    "ecce_p",
    "ecce_r_distinct",
    "ece",
    "ece_debiased_distinct",
    "ece_debiased_width_10_right_closed",
    "ece_distinct",
    "ece_if_calibrated",
    "ece_mass_10",
    "ece_sq_debiased_distinct",
    "ece_sq_debiased_partial",
    "ece_sq_debiased_width_10_right_closed",
    "ece_width_10_left_closed",
    "ece_width_15_right_closed",
    "estimate",
    "evaluate",
    "gap",
    "log_loss",
    "mce",
    "mean_confidence",
    "murphy_reliability",
    "murphy_resolution",
    "murphy_uncertainty",
    "over",
    "prr",
    "rmsce",
    "skce",
    "skce_p",
    "smooth_ece",
    "smooth_ece_p",
    "spiegelhalter_p_interior",
    "spiegelhalter_p_two_sided",
    "spiegelhalter_z",
    "spiegelhalter_z_interior",
    "under",
]
