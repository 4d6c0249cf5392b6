"""The family of calibration errors: golden values, sums done by hand, and how its members bound each other."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import (
    CalibrationTable,
    ClusterTable,
    binomial_p_distinct,
    calibration_intercept,
    calibration_p,
    calibration_slope,
    corp_mcb_p,
    cumulative_differences,
    ecce_mad_distinct,
    ecce_p,
    ecce_r_distinct,
    ece,
    ece_debiased_distinct,
    ece_debiased_width_10_right_closed,
    ece_distinct,
    ece_if_calibrated,
    ece_mass_10,
    ece_sq_debiased_distinct,
    ece_sq_debiased_partial,
    ece_sq_debiased_width_10_right_closed,
    ece_width_10_left_closed,
    ece_width_15_right_closed,
    estimate,
    gap,
    if_calibrated,
    isotonic_miscalibration,
    kernel_error,
    mce,
    over,
    rmsce,
    skce,
    skce_p,
    smooth_ece,
    smooth_ece_p,
    smooth_error,
    spiegelhalter_p_interior,
    spiegelhalter_z,
    spiegelhalter_z_interior,
    under,
)
from selfexplain.calibration.binomial_test import binomial_p_values
from selfexplain.calibration.if_calibrated import calibrated_copies, exceedance
from selfexplain.calibration.kernel_error import median_distance
from selfexplain.errors import InputError, Undefined

STATED = [0.5, 0.7, 0.8, 0.9, 0.95, 1.0]
TIMES = [20, 30, 60, 140, 160, 90]


def golden(correct: list[int]) -> CalibrationTable:
    return CalibrationTable.from_counts({v: (n, s) for v, n, s in zip(STATED, TIMES, correct, strict=True)})


FIRST = golden([13, 19, 51, 117, 150, 84])
SECOND = golden([9, 17, 40, 108, 133, 83])

TABLES = st.lists(
    st.tuples(st.integers(0, 100).map(lambda k: k / 100), st.integers(0, 1)), min_size=1, max_size=40
).map(lambda rows: CalibrationTable.from_rows([c for c, _ in rows], [y for _, y in rows]))


def test_the_first_golden_table() -> None:
    """Values worked out independently of this code (reference/calibration.md, section 13), six decimals."""
    found = {
        "over": over(FIRST),
        "under": under(FIRST),
        "ece debiased": ece_debiased_distinct(FIRST),
        "rmsce": rmsce(FIRST, scheme="distinct"),
        "squared, debiased": ece_sq_debiased_distinct(FIRST),
        "mce": mce(FIRST),
        "KS": ecce_mad_distinct(FIRST),
        "KS range": ecce_r_distinct(FIRST),
        "skce": skce(FIRST),
        "z": spiegelhalter_z(FIRST),
        "z interior": spiegelhalter_z_interior(FIRST),
        "intercept": calibration_intercept(FIRST),
        "slope": calibration_slope(FIRST),
        "offset": calibration_intercept(FIRST, slope=1),
    }
    expected = {
        "over": 0.038,
        "under": 0.012,
        "ece debiased": 0.045362,
        "rmsce": 0.058939,
        "squared, debiased": 0.001735,
        "mce": 0.15,
        "KS": 0.026,
        "KS range": 0.034,
        "skce": 0.000548,
        "z": 3.238867,
        "z interior": 1.850781,
        "intercept": 0.716428,
        "slope": 0.485630,
        "offset": -0.277638,
    }
    assert found == pytest.approx(expected, abs=5.1e-7)
    assert smooth_ece(FIRST) == pytest.approx(0.0427, abs=5e-4)
    assert median_distance(FIRST) == 0.1


def test_the_second_golden_table() -> None:
    """All errors of one sign: gap, ECE, KS and smECE are the same number."""
    assert [f(SECOND) for f in (ece_distinct, smooth_ece, ecce_mad_distinct, over)] == pytest.approx([0.114] * 4)
    assert under(SECOND) == 0
    assert ece_debiased_distinct(SECOND) == pytest.approx(0.111670, abs=5e-7)
    assert spiegelhalter_z_interior(SECOND) == pytest.approx(8.768075, abs=5e-7)
    assert spiegelhalter_z(SECOND) == pytest.approx(10.387509, abs=5e-7)


def test_the_golden_p_values_of_each_stated_value() -> None:
    """84 of 90 at 1 is impossible, so the whole is refuted."""
    each = sorted(binomial_p_values(FIRST).tolist())

    assert each == pytest.approx([0, 0.016, 0.263, 0.420, 0.429, 0.464], abs=5e-4)
    assert binomial_p_distinct(FIRST) == 0


def test_each_binning_by_hand() -> None:
    """0.3 (10 rows, 4 right), 0.35 (10, 4), 0.9 (20, 16), 0.95 (10, 10).

    Excess in rows: −1, −0.5, 2, −0.5. Left-closed joins 0.3 with 0.35 and 0.9 with 0.95: 1.5 + 1.5. Right-closed joins
    none of them (0.3 | 0.35 | 0.9 | 0.95): 4. Of fifteen, 4/15 < 0.3 ≤ 5/15 < 0.35: none either. By mass, tenths of 50
    rows end at 5, 10, …: every value closes a bin.
    """
    table = CalibrationTable.from_counts({0.3: (10, 4), 0.35: (10, 4), 0.9: (20, 16), 0.95: (10, 10)})

    assert ece_width_10_left_closed(table) == pytest.approx(3 / 50)
    assert [f(table) for f in (ece, ece_width_15_right_closed, ece_mass_10, ece_distinct)] == pytest.approx(
        [4 / 50] * 4
    )
    assert (over(table), under(table)) == pytest.approx((2 / 50, 2 / 50))
    assert over(table, closed="left") == pytest.approx(1.5 / 50)
    # C: −1, −1.5, 0.5, 0 fiftieths.
    assert (ecce_mad_distinct(table), ecce_r_distinct(table)) == pytest.approx((1.5 / 50, 2 / 50))
    # Root of (10 · 0.1² + 10 · 0.05² + 20 · 0.1² + 10 · 0.05²) / 50; the worst bin with twenty rows is 0.9.
    assert rmsce(table) == pytest.approx(math.sqrt(0.35 / 50))
    assert mce(table) == pytest.approx(0.1)
    # Less 0.4·0.6/9 twice, 0.8·0.2/19 and 0, weighted 10, 10, 20, 10.
    squared = (0.35 - 2 * 10 * 0.24 / 9 - 20 * 0.16 / 19) / 50
    assert ece_sq_debiased_width_10_right_closed(table) == pytest.approx(squared)


@given(TABLES, st.integers(1, 25))
def test_the_members_bound_each_other(table: CalibrationTable, bins: int) -> None:
    """abs(gap) ≤ KS ≤ ece_distinct, abs(gap) ≤ each ECE ≤ ece_distinct; parts add up; squares are no smaller."""
    least, most = abs(gap(table)) - 1e-12, ece_distinct(table) + 1e-12

    for error in (ecce_mad_distinct, ecce_r_distinct, smooth_ece, ece_mass_10, ece_width_15_right_closed, ece):
        assert least <= error(table) <= most, error.__name__
    assert ecce_mad_distinct(table) <= ecce_r_distinct(table) + 1e-12
    assert over(table, bins=bins) + under(table, bins=bins) == pytest.approx(ece(table, bins=bins), abs=1e-12)
    assert over(table, bins=bins) - under(table, bins=bins) == pytest.approx(gap(table), abs=1e-12)
    assert rmsce(table, bins=bins) >= ece(table, bins=bins) - 1e-12
    assert ece_debiased_width_10_right_closed(table) <= ece(table) + 1e-12
    assert ece_debiased_distinct(table) <= most
    assert mce(table, bins=bins, fewest=1) >= ece(table, bins=bins) - 1e-12


@given(TABLES)
def test_turning_the_question_round_swaps_over_and_under(table: CalibrationTable) -> None:
    """A model that says 1 − c of the opposite errs by the same amount the other way."""
    turned = CalibrationTable.from_counts({1 - v: (n, n - s) for v, n, s in table.rows()})

    assert over(turned, closed="left") == pytest.approx(under(table), abs=1e-9)
    assert smooth_ece(turned) == pytest.approx(smooth_ece(table), abs=1e-6)
    assert ecce_r_distinct(turned) == pytest.approx(ecce_r_distinct(table), abs=1e-9)


def test_debiasing_is_undefined_with_a_lone_answer_and_partial_says_so() -> None:
    """0.9 ten times, seven right, and 0.5 once: 10/11 · (0.2² − 0.21/9), and the lone bin is mentioned."""
    table = CalibrationTable.from_counts({0.5: (1, 1), 0.9: (10, 7)})

    with pytest.raises(Undefined, match="needs two answers in every bin, and 1 has one"):
        ece_sq_debiased_width_10_right_closed(table)
    assert ece_sq_debiased_partial(table) == pytest.approx(10 / 11 * (0.04 - 0.21 / 9))
    assert "not unbiased: 1 bin has one answer" in " ".join(estimate(ece_sq_debiased_partial, table).warnings)


def test_the_squared_error_is_right_on_average_and_the_plain_one_is_not() -> None:
    """Calibrated answers, 400 sets of 100: the signed mean is 0 within three standard errors, the ECE's far above."""
    rng = np.random.default_rng(3)
    n = np.array(TIMES) // 5
    tables = [
        CalibrationTable.from_counts(dict(zip(STATED, zip(n.tolist(), s.tolist(), strict=True), strict=True)))
        for s in rng.binomial(n, STATED, size=(400, 6))
    ]
    signed = np.array([ece_sq_debiased_distinct(table) for table in tables])
    debiased, plain = (float(np.mean([f(t) for t in tables])) for f in (ece_debiased_distinct, ece_distinct))

    assert abs(signed.mean()) < 3 * signed.std() / 20
    assert 0.2 * plain < debiased < 0.8 * plain
    # And the yardstick beside the ECE is that very average.
    assert plain == pytest.approx(ece_if_calibrated(tables[0], scheme="distinct"), abs=0.004)


def test_the_worst_bin_needs_twenty_answers() -> None:
    """Nineteen wrong at 0.95 do not count; the reason names the largest bin."""
    table = CalibrationTable.from_counts({0.95: (19, 0)})

    assert estimate(mce, table).undefined == "no bin has 20 answers; the largest has 19"
    assert mce(table, fewest=19) == pytest.approx(0.95)


def test_the_interval_of_the_worst_bin_is_made_of_exact_bands() -> None:
    """One bin, 20 of 20 right at 0.9: accuracy in [0.025^(1/20), 1], so the distance lies in [0, 0.9 − 0.8316]."""
    sure = estimate(mce, CalibrationTable.from_counts({0.9: (20, 20)}))

    assert sure.value == pytest.approx(0.1)
    assert (sure.low, sure.high) == pytest.approx((0, 0.1))
    far = estimate(mce, CalibrationTable.from_counts({0.5: (20, 20)}))
    assert (far.low, far.high) == pytest.approx((0.025 ** (1 / 20) - 0.5, 0.5))
    # Two bins share the error, each band at √0.95.
    both = estimate(mce, CalibrationTable.from_counts({0.5: (20, 20), 0.9: (20, 20)}))
    assert both.low == pytest.approx(((1 - math.sqrt(0.95)) / 2) ** (1 / 20) - 0.5)


def test_a_certain_answer_that_went_wrong_refutes_by_itself() -> None:
    """The z of the interior cannot see it, and says that it cannot."""
    table = CalibrationTable.from_counts({0.9: (25, 22), 1.0: (40, 38)})
    inside = CalibrationTable.from_counts({0.9: (25, 22)})

    assert spiegelhalter_z_interior(table) == spiegelhalter_z_interior(inside) == spiegelhalter_z(inside)
    # −(1 − 2·1) · 2 wrong rows more in the numerator, over √1.44.
    assert spiegelhalter_z(table) == pytest.approx((0.4 + 2) / 1.2)
    for metric in (spiegelhalter_z_interior, spiegelhalter_p_interior):
        assert "rejected_certain: 2 answers" in estimate(metric, table).warnings[-1]
        assert "rejected" not in " ".join(estimate(metric, inside).warnings)


def test_where_spiegelhalter_cannot_see_he_says_nothing() -> None:
    """At 0, ½ and 1 the variance is 0."""
    blind = CalibrationTable.from_counts({0.0: (5, 0), 0.5: (10, 9), 1.0: (10, 8)})

    assert estimate(spiegelhalter_z, blind).undefined == "all confidences are 0, ½ or 1, where this test cannot see"


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({0.9: (10, 10), 0.5: (10, 10)}, "needs both right and wrong answers"),
        ({0.9: (10, 7)}, "needs two different confidences"),
        ({0.999: (10, 7), 1.0: (10, 9)}, "needs two different confidences"),  # alike once clipped
        ({0.9: (10, 10), 0.5: (10, 0)}, "a threshold tells all right from all wrong answers"),
        ({0.9: (10, 10), 0.5: (10, 4), 0.3: (10, 0)}, "a threshold tells all right from all wrong answers"),
        ({0.9: (10, 0), 0.5: (10, 10)}, "a threshold tells all right from all wrong answers"),
    ],
)
def test_a_line_that_does_not_exist_has_a_reason(counts: dict[float, tuple[int, int]], reason: str) -> None:
    """One class, one value, and complete and quasi-complete separation in both directions."""
    found = estimate(calibration_slope, CalibrationTable.from_counts(counts))

    assert found.value is None
    assert (found.undefined or "").startswith(reason)


def test_the_line_depends_on_the_clip_and_says_so() -> None:
    """Wrong answers at 1 pull the slope down the more, the further out they lie."""
    slopes = [calibration_slope(FIRST, clip=clip) for clip in (0.01, 0.005, 1e-6)]

    assert slopes == sorted(slopes, reverse=True)
    assert estimate(calibration_slope, FIRST).warnings == (
        "90 of 500 confidences were clipped to [0.005, 0.995]; another clip gives another line",
        "the interval rests on 66 wrong answers; below 100 it tends to be too narrow",
    )
    with pytest.raises(InputError, match="`clip` is 0"):
        calibration_slope(FIRST, clip=0)


def test_p_values_are_never_nought_by_simulation_and_are_none_for_clusters() -> None:
    """A hundred answers at 0.9, all wrong, cannot be worse; repeats of a question would make it too small."""
    table = CalibrationTable.from_counts({0.9: (100, 0)})

    assert calibration_p(table) == ecce_p(table) == 1 / 10_000
    assert corp_mcb_p(table) == skce_p(table) == smooth_ece_p(table) == 1 / 1_000
    together = ClusterTable.from_rows([0.9] * 20, [1] * 20, [k // 2 for k in range(20)])
    assert "takes rows for independent" in (estimate(calibration_p, together).undefined or "")
    assert "independent rows" in estimate(ece_if_calibrated, together).warnings[-1]


@pytest.mark.parametrize("values", [6, 200])
def test_p_values_of_calibrated_answers_are_spread_evenly(values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 5 % (and noise) below 0.05, for few values, and for many, where the limit of a random walk is used."""
    monkeypatch.setattr(if_calibrated, "DRAWS", 499)
    monkeypatch.setattr(cumulative_differences, "DRAWS", 499)
    monkeypatch.setattr(isotonic_miscalibration, "DRAWS", 99)
    monkeypatch.setattr(kernel_error, "DRAWS", 99)
    monkeypatch.setattr(smooth_error, "DRAWS", 99)
    rng = np.random.default_rng(8)
    stated = np.linspace(0.4, 0.99, values)
    found = []
    for _ in range(200):
        right = rng.binomial(3 if values > 100 else 40, stated)
        n = 3 if values > 100 else 40
        table = CalibrationTable.from_counts({v: (n, s) for v, s in zip(stated.tolist(), right.tolist(), strict=True)})
        found.append([p(table) for p in (calibration_p, corp_mcb_p, skce_p, smooth_ece_p, ecce_p, binomial_p_distinct)])

    for p in np.array(found).T:
        assert np.mean(p < 0.05) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)
    for p in np.array(found).T[:4]:
        assert 0.3 < np.mean(p < 0.5) < 0.65


@pytest.mark.parametrize("width", [0, -1.0, math.inf, math.nan])
def test_a_kernel_has_a_width(width: float) -> None:
    """Nothing is alike at width 0, and at a negative one what lies far apart would be."""
    with pytest.raises(InputError, match="`width` is"):
        skce([0.5, 0.9], [1, 0], width=width)


def test_the_p_value_of_the_kernel_error_compares_that_very_error() -> None:
    """All copies at once give what the metric gives for each of them alone, and see errors that cancel in the gap."""
    table = CalibrationTable.from_counts({0.5: (9, 8), 0.8: (20, 13), 0.85: (6, 6), 1.0: (12, 11)})
    copies = calibrated_copies(table, kernel_error.DRAWS, seed=3)
    drawn = [skce(CalibrationTable(table.confidence, table.n, right)) for right in copies]

    assert skce_p(table, seed=3) == exceedance(skce(table), np.array(drawn))
    assert skce_p(CalibrationTable.from_counts({0.3: (50, 40), 0.9: (50, 20)})) == 1 / 1_000


def test_the_p_value_of_the_smooth_error_compares_that_very_error() -> None:
    """The root of every copy, found one by one, exceeds the one seen as often as one amount of blurring says."""
    table = CalibrationTable.from_counts({0.5: (9, 8), 0.8: (20, 13), 0.85: (6, 6), 1.0: (12, 11)})
    calibrated = CalibrationTable.from_counts({0.5: (90, 47), 0.8: (200, 163), 0.85: (60, 49), 0.9: (120, 107)})
    for each in (table, calibrated):
        copies = calibrated_copies(each, smooth_error.DRAWS, seed=3)
        drawn = [smooth_ece(CalibrationTable(each.confidence, each.n, right)) for right in copies]

        assert smooth_ece_p(each, seed=3) == pytest.approx(exceedance(smooth_ece(each), np.array(drawn)), abs=0.003)


def test_errors_smaller_than_the_narrowest_blur_are_tested_too() -> None:
    """A million rows at each value; 0.7 is kept to 1e-6 in one table, and missed by four deviations in the other."""
    exact, off = ({0.5: (10**6, 500_000), 0.7: (10**6, right)} for right in (700_001, 698_000))

    assert smooth_ece_p(CalibrationTable.from_counts(exact)) > 0.9
    assert smooth_ece_p(CalibrationTable.from_counts(off)) < 0.01


def test_smoothing_merges_neighbours_and_keeps_strangers_apart() -> None:
    """Errors +0.1 and −0.1 at 0.70 and 0.71 cancel nearly; at 0.1 and 0.9 hardly at all."""
    near = CalibrationTable.from_counts({0.7: (1000, 600), 0.71: (1000, 810)})
    apart = CalibrationTable.from_counts({0.1: (1000, 0), 0.9: (1000, 1000)})

    assert smooth_ece(near) < 0.03
    assert smooth_ece(apart) == pytest.approx(0.1, abs=1e-3)


def test_a_million_different_confidences_are_no_trouble() -> None:
    """Too confident by 0.05 throughout; what luck alone would show is the mean of ten normal errors."""
    rng = np.random.default_rng(2)
    stated = np.round(rng.beta(6, 2, 1_000_000), 9)
    correct = rng.random(1_000_000) < stated - 0.05

    table = CalibrationTable.from_rows(stated, correct)
    large = smooth_ece(table)

    assert large == pytest.approx(0.05, abs=0.002)
    # Ten bins with n_b rows of variance c(1 − c): √(2/π) Σ √(Σ c(1 − c)) / N, nearly.
    bins = np.ceil(stated * 10)
    spread = sum(math.sqrt(float((part * (1 - part)).sum())) for part in (stated[bins == k] for k in range(1, 11)))
    assert ece_if_calibrated(table) == pytest.approx(math.sqrt(2 / math.pi) * spread / 1e6, rel=1e-3)
