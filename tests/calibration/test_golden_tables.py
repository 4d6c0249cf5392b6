"""Two tables worked out independently of this code and of any library (reference/calibration.md, section 13)."""

import math

import pytest

from selfexplain.calibration import (
    CalibrationTable,
    accuracy,
    accuracy_at_coverage,
    augrc,
    aurc,
    auroc,
    average_precision,
    average_precision_wrong,
    brier,
    brier_skill,
    corp_dsc,
    corp_mcb,
    corp_unc,
    coverage_at_accuracy,
    e_aurc,
    ece,
    estimate,
    gap,
    log_loss,
    murphy_reliability,
    murphy_resolution,
    murphy_uncertainty,
    prr,
)
from selfexplain.calibration import mean_confidence as mean
from selfexplain.calibration.binning import bin_of
from selfexplain.calibration.honest_ece import honest_interval
from selfexplain.calibration.isotonic_fit import pooled_blocks
from selfexplain.calibration.metric import Metric
from selfexplain.inference import Estimate, t_quantile

STATED = dict(zip([0.5, 0.7, 0.8, 0.9, 0.95, 1.0], [20, 30, 60, 140, 160, 90], strict=True))


def golden(correct: list[int]) -> CalibrationTable:
    return CalibrationTable.from_counts({value: (n, s) for (value, n), s in zip(STATED.items(), correct, strict=True)})


FIRST = golden([13, 19, 51, 117, 150, 84])
SECOND = golden([9, 17, 40, 108, 133, 83])


@pytest.mark.parametrize(
    ("metric", "table", "value"),
    [
        (accuracy, FIRST, 0.868),
        (mean, FIRST, 0.894),
        (gap, FIRST, 0.026),
        (brier, FIRST, 0.1102),
        (log_loss, FIRST, 0.389795),
        (ece, FIRST, 0.05),
        (auroc, FIRST, 0.679968),
        (murphy_reliability, FIRST, 0.003474),
        (murphy_resolution, FIRST, 0.007850),
        (murphy_uncertainty, FIRST, 0.114576),
        (corp_mcb, FIRST, 0.003448),
        (corp_dsc, FIRST, 0.007824),
        (corp_unc, FIRST, 0.114576),
        (brier_skill, FIRST, 0.038193),  # (.114576 − .1102)/.114576 = .004376/.114576
        (average_precision, FIRST, 0.916149),
        (average_precision_wrong, FIRST, 0.234462),
        (aurc, FIRST, 0.080952),
        (e_aurc, FIRST, 0.071697),
        (augrc, FIRST, 0.045512),
        (prr, FIRST, 0.415889),
        (coverage_at_accuracy, FIRST, 0.78),  # 250 rows with 16 errors, then 390 with 39: just nine in ten
        (accuracy, SECOND, 0.78),
        (murphy_reliability, SECOND, 0.013530),
        (murphy_resolution, SECOND, 0.013130),
        (corp_mcb, SECOND, 0.013530),
        (corp_dsc, SECOND, 0.013130),
        (gap, SECOND, 0.114),
        (ece, SECOND, 0.114),
    ],
)
def test_the_metric_has_its_golden_value(metric: Metric[...], table: CalibrationTable, value: float) -> None:
    """Six decimals, as printed there."""
    assert metric(table) == pytest.approx(value, abs=5e-7)


def test_the_ece_has_its_golden_value_in_every_binning() -> None:
    """Five bins of equal width and of equal mass, and one per distinct value."""
    assert ece(FIRST, bins=5) == pytest.approx(0.042, abs=1e-12)
    assert ece(FIRST, bins=5, scheme="mass") == pytest.approx(0.042, abs=1e-12)
    assert ece(FIRST, scheme="distinct") == pytest.approx(0.05, abs=1e-12)
    assert ece(SECOND, scheme="distinct") == pytest.approx(0.114, abs=1e-12)


def test_the_accuracy_of_the_surest_has_its_golden_value_on_and_within_a_tie() -> None:
    """250 of 500 end at .95, where the risk is .064; 300 take 50 of the 140 at .9."""
    assert accuracy_at_coverage(FIRST, coverage=0.5) == pytest.approx(1 - 0.064, abs=1e-12)
    assert accuracy_at_coverage(FIRST, coverage=0.6) == pytest.approx(0.919286, abs=5e-7)


def test_the_isotonic_fit_of_the_first_table_is_golden() -> None:
    """Two violations, .7 below .5 and .9 below .8 and 1 below .95: .64 .64 .84 .84 .936 .936."""
    n, right = pooled_blocks(FIRST)

    assert n.tolist() == [50, 200, 250]
    assert (right / n).tolist() == pytest.approx([0.64, 0.84, 0.936], abs=1e-15)


def standard_error(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return (estimate.high - estimate.low) / 2 / t_quantile(0.95, 499)


def test_the_intervals_of_gap_and_brier_have_the_golden_standard_errors() -> None:
    """Half the width over t(499)."""
    assert standard_error(estimate(gap, FIRST)) == pytest.approx(0.014815, abs=5e-7)
    assert standard_error(estimate(brier, FIRST)) == pytest.approx(0.011145, abs=5e-7)


def test_the_interval_of_accuracy_is_the_golden_wilson() -> None:
    """434 of 500."""
    sure = estimate(accuracy, FIRST)

    assert (sure.low, sure.high) == pytest.approx((0.835505, 0.894883), abs=5e-7)


def test_the_honest_interval_of_the_first_table_is_golden() -> None:
    """[0, .079122] for distinct values.

    In ten bins .95 and 1 share one, which leaves less to chance: the lower limit is .0004, the upper the same.
    """
    index, bins = bin_of(FIRST, scheme="distinct")
    distinct = honest_interval(ece(FIRST, scheme="distinct"), FIRST, index, bins)
    headline = estimate(ece, FIRST)

    assert distinct.low == 0.0
    assert distinct.high == pytest.approx(0.079122, abs=5e-7)
    assert headline.low == pytest.approx(0.0004, abs=4e-4)
    assert headline.high == pytest.approx(0.079122, abs=5e-7)


def test_the_honest_interval_of_the_second_table_is_golden() -> None:
    """[.0738, .1492]; the lower limit is that of the gap."""
    headline = estimate(ece, SECOND)

    assert (headline.low, headline.high) == pytest.approx((0.0738, 0.1492), abs=5e-5)


def test_one_value_all_correct_is_underconfident_and_tells_nothing_apart() -> None:
    """{c: (n, n)}: gap c − 1, ece its absolute value, AUROC undefined."""
    table = CalibrationTable.from_counts({0.75: (8, 8)})

    assert (gap(table), ece(table)) == (-0.25, 0.25)
    assert estimate(auroc, table).undefined == "needs both right and wrong answers"


def test_always_certain_and_always_right_is_perfect_so_far() -> None:
    """{1: (n, n)}: ECE 0, and an upper limit above 0, because n answers prove no more."""
    sure = estimate(ece, CalibrationTable.from_counts({1.0: (50, 50)}))

    assert sure.value == sure.low == 0.0
    assert sure.high is not None
    assert 0.0 < sure.high < 0.1


def test_always_certain_and_always_wrong_leaves_room_below_one() -> None:
    """Without the variance that answers alone must have, this interval would be [1, 1]."""
    sure = estimate(ece, CalibrationTable.from_counts({1.0: (20, 0)}))

    assert sure.value == sure.high == 1.0
    assert sure.low is not None
    assert sure.low < 0.95


def test_the_log_loss_says_what_the_clip_has_made_of_it() -> None:
    """One miss at 1 costs −ln 0.005 = 5.298317; unclipped it is infinite."""
    table = CalibrationTable.from_counts({0.5: (9, 5), 1.0: (1, 0)})

    assert log_loss(table) == pytest.approx((9 * math.log(2) + 5.298317) / 10, abs=1e-6)
    assert log_loss(table, clip=0) == math.inf
    assert estimate(log_loss, table).warnings == (
        "1 of 10 confidences were clipped to [0.005, 0.995]; 1 of them were certain and wrong, at 5.30 each",
    )
