"""Which metrics belong together on a page: those that everybody reads, and the others by what they are about."""

from collections.abc import Mapping

HEADLINE = (
    "accuracy",
    "mean_confidence",
    "gap",
    "brier",
    "log_loss",
    "ece",
    "ece_if_calibrated",
    "calibration_p",
    "auroc",
)
"""The metrics that are measured unless others are asked for, in the order in which people read them.

Beside the ECE stands what a perfect model would show on the same questions, as nobody can read it without.
"""

SUMMARY = ("accuracy", "mean_confidence", "gap", "brier", "ece", "ece_if_calibrated", "auroc")
"""What a summary for a pull request shows; the page shows every metric."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Calibration error": (
        "over",
        "under",
        "ece_distinct",
        "ece_mass_10",
        "ece_width_10_left_closed",
        "ece_width_15_right_closed",
        "ece_debiased_distinct",
        "ece_debiased_width_10_right_closed",
        "ece_sq_debiased_distinct",
        "ece_sq_debiased_partial",
        "ece_sq_debiased_width_10_right_closed",
        "rmsce",
        "mce",
        "smooth_ece",
        "skce",
        "ecce_mad_distinct",
        "ecce_r_distinct",
        "calibration_slope_clip_5e-3",
        "calibration_intercept_clip_5e-3",
    ),
    "Parts of the Brier score": (
        "brier_skill",
        "murphy_reliability",
        "murphy_resolution",
        "murphy_uncertainty",
        "corp_mcb",
        "corp_dsc",
        "corp_unc",
    ),
    "Telling right from wrong": (
        "average_precision",
        "average_precision_wrong",
        "aurc",
        "e_aurc",
        "augrc",
        "prr",
        "accuracy_at_coverage",
        "coverage_at_accuracy",
    ),
    "Tests against calibration": (
        "ecce_p",
        "binomial_p_distinct",
        "corp_mcb_p",
        "smooth_ece_p",
        "skce_p",
        "spiegelhalter_z",
        "spiegelhalter_p_two_sided",
        "spiegelhalter_z_interior",
        "spiegelhalter_p_interior",
    ),
}

OTHERS = "Others"
"""Where a metric stands that no family names, such as one of your own."""

FAMILY_NAMES = (*FAMILIES, OTHERS)


def family_of(name: str) -> str:
    """Return the family of a metric.

    >>> family_of("aurc"), family_of("my_own")
    ('Telling right from wrong', 'Others')
    """
    return next((family for family, names in FAMILIES.items() if name in names), OTHERS)
