"""Keeping the surest answers: sums done by hand, every tie by all its orders, and what other libraries say."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score

from selfexplain.calibration import (
    CalibrationTable,
    ClusterTable,
    accuracy,
    accuracy_at_coverage,
    augrc,
    aurc,
    auroc,
    average_precision,
    average_precision_wrong,
    coverage_at_accuracy,
    e_aurc,
    estimate,
    prr,
)
from selfexplain.calibration.bias_corrected import corrected_tails
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.resamples import each_left_out
from selfexplain.calibration.risk_coverage import harmonic, least_mean_risk
from selfexplain.calibration.selective_accuracy import cut_tie
from selfexplain.errors import InputError, Undefined

Rows = list[tuple[float, int]]

VALUES = st.sampled_from([0.3, 0.5, 0.55, 0.8, 0.9])
FEW = st.lists(st.tuples(VALUES, st.integers(0, 1)), min_size=1, max_size=5)
ROWS = st.lists(st.tuples(st.integers(0, 20).map(lambda k: k / 20), st.integers(0, 1)), min_size=1, max_size=30)

FOUR = CalibrationTable.from_counts({0.9: (2, 2), 0.5: (2, 1)})
"""Expected wrong answers among the first 1, 2, 3, 4: 0, 0, ½, 1."""


def columns(rows: Rows) -> tuple[list[float], list[int]]:
    return [c for c, _ in rows], [y for _, y in rows]


def by_all_orders(rows: Rows, score: Callable[[list[int]], Fraction]) -> Fraction:
    """Return the mean score of the outcomes, surest first, over all orders of the rows that a sort could leave."""
    orders = [[y for _, y in sorted(order, key=lambda row: -row[0])] for order in permutations(rows)]
    return sum((score(order) for order in orders), Fraction(0)) / len(orders)


def wrong_in_first(order: list[int], k: int) -> int:
    return k - sum(order[:k])


def risk_area(order: list[int]) -> Fraction:
    n = len(order)
    return sum((Fraction(wrong_in_first(order, k), k) for k in range(1, n + 1)), Fraction(0)) / n


def generalized_risk_area(order: list[int]) -> Fraction:
    n = len(order)
    return Fraction(sum(wrong_in_first(order, k) for k in range(1, n + 1)), n * n)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (aurc, Fraction(5, 48)),  # (0/1 + 0/2 + ½/3 + 1/4)/4
        (e_aurc, Fraction(1, 24)),  # the best order errs only in the last place: (1/4)/4 = 3/48; 5/48 − 3/48
        (prr, Fraction(7, 9)),  # 1 − (1/24)/(1/4 − 1/16)
        (augrc, Fraction(3, 32)),  # (0 + 0 + ½ + 1)/4²
        (average_precision, Fraction(11, 12)),  # 2/3 of the right ones at precision 1, then 1/3 at precision 3/4
        (average_precision_wrong, Fraction(1, 2)),  # the wrong one is one of two
        (accuracy_at_coverage, Fraction(13, 16)),  # 3.2 kept: 2 right, 1.2 half right: 1 − 0.6/3.2
        (coverage_at_accuracy, Fraction(1, 2)),  # 2 of 2, but 3 of 4 is less than nine in ten
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_four_answers_by_hand(metric: Metric[...], value: Fraction) -> None:
    """0.9 twice and right twice, 0.5 twice and right once."""
    assert metric(FOUR) == pytest.approx(float(value), abs=1e-15)


@pytest.mark.parametrize(
    ("metric", "all_right", "all_wrong", "one_value"),
    [
        (aurc, 0.0, 1.0, 0.3),
        (e_aurc, 0.0, 0.0, None),
        (augrc, 0.0, 0.55, None),  # (1 + 2 + … + 10)/100
        (prr, "needs both right and wrong answers", "needs both right and wrong answers", 0.0),
        (average_precision, 1.0, "needs a right answer", 0.7),
        (average_precision_wrong, "needs a wrong answer", 1.0, 0.3),
        (accuracy_at_coverage, 1.0, 0.0, 0.7),
        (coverage_at_accuracy, 1.0, 0.0, 0.0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_one_class_and_one_value(
    metric: Metric[...], all_right: float | str, all_wrong: float | str, one_value: float | None
) -> None:
    """Ten answers: all right, all wrong, or seven right of ten with nothing to tell them apart."""
    for right, expected in ((10, all_right), (0, all_wrong), (7, one_value)):
        table = CalibrationTable.from_counts({0.8: (10, right)})
        if isinstance(expected, str):
            with pytest.raises(Undefined, match=expected):
                metric(table)
        elif expected is not None:
            assert metric(table) == pytest.approx(expected, abs=1e-15)


@settings(max_examples=40)
@given(FEW)
def test_the_areas_are_their_mean_over_all_orders_of_ties(rows: Rows) -> None:
    """Up to 120 orders, in exact fractions, straight from the definition."""
    assert aurc(*columns(rows)) == pytest.approx(float(by_all_orders(rows, risk_area)), abs=1e-14)
    assert augrc(*columns(rows)) == pytest.approx(float(by_all_orders(rows, generalized_risk_area)), abs=1e-14)


@settings(max_examples=40)
@given(FEW)
def test_excess_and_ratio_are_those_of_the_best_order_and_of_chance(rows: Rows) -> None:
    """The best order by sorting outcomes; chance by the mean over orders of a model that states one value."""
    area = by_all_orders(rows, risk_area)
    best = risk_area(sorted((y for _, y in rows), reverse=True))
    chance = by_all_orders([(0.5, y) for _, y in rows], risk_area)

    assert e_aurc(*columns(rows)) == pytest.approx(float(area - best), abs=1e-14)
    if chance == best:
        with pytest.raises(Undefined):
            prr(*columns(rows))
    else:
        assert prr(*columns(rows)) == pytest.approx(float(1 - (area - best) / (chance - best)), abs=1e-12)


@settings(max_examples=40)
@given(FEW, st.integers(1, 40).map(lambda k: Fraction(k, 40)))
def test_accuracy_at_coverage_is_its_mean_over_all_orders_of_ties(rows: Rows, coverage: Fraction) -> None:
    """With part of an answer kept, the expected errors on either side are interpolated."""
    kept = coverage * len(rows)
    whole = math.floor(kept)

    def errors(k: int) -> Fraction:
        return by_all_orders(rows, lambda order: Fraction(wrong_in_first(order, k)))

    expected = errors(whole) + (kept - whole) * (errors(whole + 1) - errors(whole) if kept > whole else 0)
    value = accuracy_at_coverage(*columns(rows), coverage=float(coverage))
    assert value == pytest.approx(float(1 - expected / kept), abs=1e-12)


@given(ROWS, st.integers(1, 20).map(lambda k: k / 20))
def test_coverage_at_accuracy_tries_every_threshold(rows: Rows, wanted: float) -> None:
    """In exact fractions; 0.55 wanted and 11 of 20 right is enough."""
    shares = [Fraction(0)]
    for threshold in {c for c, _ in rows}:
        kept = [y for c, y in rows if c >= threshold]
        if Fraction(sum(kept), len(kept)) >= Fraction(str(wanted)):
            shares.append(Fraction(len(kept), len(rows)))

    assert coverage_at_accuracy(*columns(rows), accuracy=wanted) == float(max(shares))


@given(ROWS)
def test_scikit_learn_has_the_same_average_precision(rows: Rows) -> None:
    """Of right answers by confidence, of wrong ones by its negative."""
    confidence, correct = np.array([c for c, _ in rows]), np.array([y for _, y in rows])
    if correct.any():
        expected = average_precision_score(correct, confidence)
        assert average_precision(confidence, correct) == pytest.approx(expected, abs=1e-12)
    if not correct.all():
        expected = average_precision_score(1 - correct, -confidence)
        assert average_precision_wrong(confidence, correct) == pytest.approx(expected, abs=1e-12)


@given(ROWS.filter(lambda rows: len({y for _, y in rows}) == 2))
def test_the_generalized_area_is_made_of_auroc_and_accuracy(rows: Rows) -> None:
    """(1 − AUROC)·acc·err + err²/2 + err/(2N), exact for finite N with ties."""
    right = accuracy(*columns(rows))
    wrong = 1 - right
    made_of = (1 - auroc(*columns(rows))) * right * wrong + wrong**2 / 2 + wrong / (2 * len(rows))

    assert augrc(*columns(rows)) == pytest.approx(made_of, abs=1e-12)


@given(ROWS)
def test_only_the_order_of_confidences_counts(rows: Rows) -> None:
    """Squares keep it."""
    confidence, correct = columns(rows)
    for metric in (aurc, e_aurc, augrc, accuracy_at_coverage, coverage_at_accuracy):
        assert metric([c * c for c in confidence], correct) == metric(confidence, correct)


@given(ROWS)
def test_keeping_everything_is_the_accuracy(rows: Rows) -> None:
    """Coverage 1, and the coverage at an accuracy that all answers have."""
    right = accuracy(*columns(rows))

    assert accuracy_at_coverage(*columns(rows), coverage=1.0) == pytest.approx(right, abs=1e-15)
    if right:
        assert coverage_at_accuracy(*columns(rows), accuracy=right) == 1.0


def test_ties_by_row_order_would_move_the_area_by_a_factor_of_two() -> None:
    """Six values, 500 rows: the tie-free extremes lie far on both sides of the value here."""
    table = CalibrationTable.from_counts({0.5: (100, 40), 0.7: (200, 160), 0.9: (200, 190)})
    blocks = [(int(n), int(s)) for _, n, s in reversed(list(table.rows()))]
    right_first = [y for n, s in blocks for y in [1] * s + [0] * (n - s)]
    wrong_first = [y for n, s in blocks for y in [0] * (n - s) + [1] * s]

    assert float(risk_area(right_first)) < aurc(table) < float(risk_area(wrong_first))
    assert float(risk_area(wrong_first)) > 1.8 * float(risk_area(right_first))


def test_harmonic_numbers_are_exact_on_both_sides_of_the_series() -> None:
    """Sums of fractions; and for a billion, ln n + γ + 1/(2n), as the next term is below 1e-19."""
    for n in (0, 1, 2, 63, 64, 65, 66, 500, 5000, 5001):
        exact = sum((Fraction(1, k) for k in range(1, n + 1)), Fraction(0))
        assert float(harmonic(np.array(float(n)))) == pytest.approx(float(exact), abs=2e-15, rel=1e-15)
    billion = math.log(10**9) + 0.57721566490153286061 + 0.5e-9
    assert float(harmonic(np.array(1e9))) == pytest.approx(billion, rel=1e-15)


@given(st.integers(1, 40), st.integers(0, 40))
def test_the_best_order_has_all_errors_last(n: int, right: int) -> None:
    """The closed form against the sum over the places of the errors."""
    right = min(right, n)
    best = float(least_mean_risk(np.array([n]), np.array([right])))

    assert best == pytest.approx(float(risk_area([1] * right + [0] * (n - right))), abs=1e-14)


def test_a_coverage_that_cuts_a_tie_is_said() -> None:
    """0.8 of a thousand is 800; 400 come before 0.5 and all with it. So many that no interval is called too narrow."""
    cut = estimate(accuracy_at_coverage, CalibrationTable.from_counts({0.9: (400, 400), 0.5: (600, 300)}))
    whole = estimate(
        accuracy_at_coverage, CalibrationTable.from_counts({0.9: (400, 400), 0.5: (400, 200), 0.2: (200, 0)})
    )
    single = estimate(accuracy_at_coverage, CalibrationTable.from_counts({0.5: (600, 300)}))

    (said,) = cut.warnings
    assert said.startswith("keeping 80% cuts through the answers with confidence 0.5; this is the mean over all ways")
    assert said.endswith("the largest share below it is 40.0%")
    assert whole.warnings == ()
    assert [words.endswith("no smaller share can be kept") for words in single.warnings] == [True]


def test_three_tenths_of_ten_is_a_whole_number_of_answers() -> None:
    """0.1 + 0.2 rows of ten end at 0.30000000000000004: rounding is no cut."""
    table = CalibrationTable.from_counts({0.9: (3, 3), 0.5: (7, 3)})

    assert cut_tie(table, coverage=0.1 + 0.2) == (None, 0.3)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, math.nan])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    """By the name of the parameter."""
    with pytest.raises(InputError, match="`coverage` is"):
        accuracy_at_coverage(FOUR, coverage=share)
    with pytest.raises(InputError, match="`accuracy` is"):
        coverage_at_accuracy(FOUR, accuracy=share)


@pytest.mark.parametrize("clustered", [False, True])
def test_leaving_one_out_leaves_what_remains(clustered: bool) -> None:  # noqa: FBT001
    """Against tables of the rows without row, or without cluster, one after the other."""
    rng = np.random.default_rng(3)
    confidence, correct = rng.choice([0.5, 0.7, 0.9], 24), rng.integers(0, 2, 24)
    cluster = np.arange(24) // 3
    rows = CalibrationTable.from_rows(confidence, correct)
    counts = ClusterTable.from_rows(confidence, correct, [f"{k:02}" for k in cluster]) if clustered else rows
    units = [cluster != k for k in range(8)] if clustered else [np.arange(24) != k for k in range(24)]
    expected = sorted(repr(CalibrationTable.from_rows(confidence[kept], correct[kept])) for kept in units)
    found = [
        text
        for each, times in each_left_out(counts)
        for table, often in zip(each.tables(), times.tolist(), strict=True)
        for text in [repr(table)] * often
    ]

    assert sorted(found) == expected


def test_the_bias_corrected_interval_agrees_with_scipys() -> None:
    """150 rows: the same correction of other resamples, so within an eighth of the width."""
    rng = np.random.default_rng(12)
    confidence = rng.choice([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0], 150)
    correct = (rng.random(150) < confidence - 0.1).astype(int)
    ours = estimate(average_precision_wrong, CalibrationTable.from_rows(confidence, correct))
    theirs = stats.bootstrap(
        (confidence, correct),
        average_precision_wrong,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="BCa",
        rng=np.random.default_rng(13),
    ).confidence_interval

    assert ours.method == "bias-corrected and accelerated row bootstrap, 2000 resamples"
    assert ours.low is not None
    assert ours.high is not None
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=width / 8)


def test_an_interval_over_few_errors_says_so() -> None:
    """12 wrong of 200, or 12 right; 100 of 200 are enough."""
    warned = [
        estimate(augrc, CalibrationTable.from_counts({0.9: (100, right // 2), 0.5: (100, right - right // 2)})).warnings
        for right in (188, 12, 100)
    ]

    assert warned == [
        ("the interval rests on 12 wrong answers; below 100 it tends to be too narrow",),
        ("the interval rests on 12 right answers; below 100 it tends to be too narrow",),
        (),
    ]


def test_the_correction_moves_both_limits_by_twice_the_bias() -> None:
    """Without skewness the tails are Φ(2z₀ ± z): six in ten resamples below the value, so z₀ = Φ⁻¹(0.6)."""
    resampled = np.concatenate([np.full(60, -1.0), np.full(40, 1.0)])
    low, high = corrected_tails(0.0, resampled, np.array([-1.0, 1.0]), np.array([1, 1]), level=0.9)
    normal = stats.norm

    assert low == pytest.approx(normal.cdf(2 * normal.ppf(0.6) - normal.ppf(0.95)), abs=1e-12)
    assert high == pytest.approx(normal.cdf(2 * normal.ppf(0.6) + normal.ppf(0.95)), abs=1e-12)


def test_the_correction_moves_limits_the_way_the_skewness_points() -> None:
    """Pulls −1 (three times) and 3: Σ pull³/(6 (Σ pull²)^1.5) = 24/(6 · 12^1.5) = 0.096225; z ↦ z/(1 − a z)."""
    half = np.array([-1.0, 1.0])
    low, high = corrected_tails(0.0, half, np.array([1.0, -3.0]), np.array([3, 1]), level=0.9)
    z, skew = stats.norm.ppf(0.95), 24 / (6 * 12**1.5)

    assert low == pytest.approx(stats.norm.cdf(-z / (1 + skew * z)), abs=1e-12)
    assert high == pytest.approx(stats.norm.cdf(z / (1 - skew * z)), abs=1e-12)
