"""Differences of two runs: values worked out by hand, and limits that cover where a resample would not."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.calibration import ece, evaluate
from selfexplain.calibration.paired_difference import (
    accuracy_difference,
    auroc_difference,
    brier_difference,
    ece_difference,
    gap_difference,
    smallest_sample,
)
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Estimate, Floats, Ints, clopper_pearson, t_quantile

VALUES = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
WEIGHTS = np.array([0.04, 0.06, 0.12, 0.28, 0.32, 0.18])


def test_a_difference_of_gaps_is_a_mean_of_pairs_with_its_t_interval() -> None:
    # Differences of residuals: six times +0.2 (0.7 to 0.9, always right) and two times 0.
    pairs = PairedTable.from_rows([0.7] * 6 + [0.9] * 2, [1] * 8, [0.9] * 8, [1] * 8)
    found = gap_difference(pairs)

    # Mean 0.15; Σ(δ − 0.15)² = 6·0.05² + 2·0.15² = 0.06, so s² = 0.06/7 and SE = √(0.06/7/8).
    half = t_quantile(0.95, 7) * math.sqrt(0.06 / 7 / 8)
    assert found.value == pytest.approx(0.15)
    assert [found.low, found.high] == pytest.approx([0.15 - half, 0.15 + half])


def test_the_sign_is_b_minus_a() -> None:
    pairs = PairedTable.from_rows([0.5] * 20, [0] * 20, [0.9] * 20, [1] * 14 + [0] * 6)

    assert accuracy_difference(pairs).value == pytest.approx(0.7)
    assert gap_difference(pairs).value == pytest.approx((0.9 - 0.7) - 0.5)
    assert brier_difference(pairs).value == pytest.approx(0.7 * 0.01 + 0.3 * 0.81 - 0.25)


def test_identical_runs_differ_by_nothing_and_say_so() -> None:
    pairs = PairedTable.from_rows([0.9, 0.8] * 60, [1, 0] * 60, [0.9, 0.8] * 60, [1, 0] * 60)

    for difference in (accuracy_difference, gap_difference, brier_difference, auroc_difference, ece_difference):
        found = difference(pairs)
        assert (found.value, found.low, found.high, found.method) == (0.0, 0.0, 0.0, "no pair differs")


def test_few_changes_are_bounded_exactly_and_not_by_a_t_interval() -> None:
    # One of 1,000 answers turned wrong. Clopper–Pearson for 1 of 1,000: at most 0.0056 of all pairs differ, each by
    # at most 1.
    pairs = PairedTable.from_rows([0.9] * 1000, [1] * 1000, [0.9] * 1000, [1] * 999 + [0])
    found = accuracy_difference(pairs)

    assert found.value == pytest.approx(-0.001)
    assert [found.low, found.high] == pytest.approx([-0.005559, 0.005559], abs=1e-6)
    assert found.method == "exact bound: 1 of 1000 pairs differ"


def test_last_digits_of_a_few_answers_leave_little_room() -> None:
    """Four of 358 moved by .01: at most q = .0312 move, at most r = 1 − .0125^(1/358) by more than .01."""
    before = [0.5] * 358
    found = gap_difference(PairedTable.from_rows(before, [1, 0] * 179, [0.51] * 4 + before[4:], [1, 0] * 179))
    (q,), r = clopper_pearson([4], [358], level=0.975)[1], 1 - 0.0125 ** (1 / 358)

    assert [q, r] == pytest.approx([0.0312, 0.0122], abs=1e-4)
    assert found.high == pytest.approx(q * 0.01 + r * 1.99)
    assert found.low == pytest.approx(-(found.high or 0))


def test_a_few_changes_are_bounded_where_larger_ones_have_not_been_seen_yet() -> None:
    """One pair in 200 turns wrong, one in 100 moves by .01: half of the sets of 150 pairs show none that turned."""
    rng, covered, sets, few = np.random.default_rng(1), 0, 400, 0
    for _ in range(sets):
        moved, turned = rng.random(150) < 0.01, rng.random(150) < 0.005
        pairs = PairedTable.from_rows([0.8] * 150, [1] * 150, 0.8 + 0.01 * moved, 1 - turned)
        found = gap_difference(pairs)
        few += found.method.startswith("exact bound")
        covered += (found.low or 0) <= 0.01 * 0.01 + 0.005 <= (found.high or 0) or pairs.identical

    assert few > 0.8 * sets
    assert covered >= 0.95 * sets


def test_repeats_of_one_question_are_one_unit() -> None:
    # Thirty questions asked ten times each; half of them change, in all of their repeats alike.
    clusters = [f"q{place}" for place in range(30) for _ in range(10)]
    before, after = [0.8] * 300, [0.9 if place < 150 else 0.8 for place in range(300)]
    right = [1] * 300
    by_row = gap_difference(PairedTable.from_rows(before, right, after, right))
    by_cluster = gap_difference(PairedTable.from_rows(before, right, after, right, clusters))

    assert by_cluster.value == pytest.approx(by_row.value) == pytest.approx(0.05)
    # The deviations of a cluster are ten times those of a row, and there are ten times fewer: √10 times as wide.
    ratio = width(by_cluster) / width(by_row)
    assert ratio == pytest.approx(math.sqrt(10) * t_quantile(0.95, 29) / t_quantile(0.95, 299) * math.sqrt(29.9 / 29))


def test_an_auroc_that_one_run_does_not_have_is_undefined() -> None:
    found = auroc_difference(PairedTable.from_rows([0.9, 0.8], [1, 1], [0.9, 0.8], [1, 0]))

    assert found.value is None
    assert found.undefined


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_pairs_of_similar_answers_tell_more_than_two_runs_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stated, right, again, right_again = two_runs(rng, 300, drop=0.0)
    paired = gap_difference(PairedTable.from_rows(stated, right, again, right_again))
    order = rng.permutation(300)
    shuffled = gap_difference(PairedTable.from_rows(stated, right, again[order], right_again[order]))

    assert paired.value == pytest.approx(shuffled.value)
    assert width(paired) < width(shuffled)


@pytest.mark.parametrize("drop", [0.0, 0.03, 0.10])
def test_the_limits_of_a_difference_of_calibration_errors_cover_from_a_calibrated_start(drop: float) -> None:
    # The truth: each value's accuracy is the value, then less by `drop`. A percentile bootstrap covers 0.60 here.
    truth = float(WEIGHTS @ np.minimum(VALUES, drop))
    rng, covered, sets = np.random.default_rng(5), 0, 100
    for _ in range(sets):
        found = ece_difference(PairedTable.from_rows(*two_runs(rng, 1000, drop=drop)))
        covered += found.low <= truth <= found.high  # type: ignore[operator]

    assert covered / sets >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / sets)


DIFFERENCES = (accuracy_difference, gap_difference, brier_difference, auroc_difference, ece_difference)


@pytest.mark.parametrize("right", [1, 0])
@pytest.mark.parametrize("n", [2, 5, 30, 400])
def test_errors_that_no_answer_shows_leave_room_for_those_to_come(n: int, right: int) -> None:
    """All right, stated with .8, then .9: each error lies in its honest interval, the difference between them."""
    pairs = PairedTable.from_rows([0.8] * n, [right] * n, [0.9] * n, [right] * n)
    found = ece_difference(pairs)
    a, b = (evaluate([stated] * n, [right] * n, metrics=[ece], level=0.975).metrics["ece"] for stated in (0.8, 0.9))

    assert found.value == pytest.approx(-0.1 if right else 0.1)
    assert (found.low or 0) == pytest.approx(max(-1, (b.low or 0) - (a.high or 0)), abs=1e-3)
    assert (found.high or 0) == pytest.approx(min(1, (b.high or 0) - (a.low or 0)), abs=1e-3)
    assert "honest intervals of both" in found.method


def test_a_bin_in_which_nothing_went_wrong_yet_is_no_certainty() -> None:
    """Half are certain and right on both sides; the other half went from calibrated to overconfident by 0.2."""
    half = [1] * 30 + [0] * 30
    pairs = PairedTable.from_rows([1.0] * 60 + [0.5] * 60, [1] * 60 + half, [1.0] * 60 + [0.7] * 60, [1] * 60 + half)

    assert "honest intervals of both" in ece_difference(pairs).method


@pytest.mark.parametrize("clusters", [1, 4])
def test_so_few_clusters_have_no_interval_of_the_calibration_error_and_say_so(clusters: int) -> None:
    """One Item asked twenty times is one cluster: there was a division by its 0 degrees of freedom."""
    names = [place % clusters for place in range(20)]
    found = ece_difference(PairedTable.from_rows([0.8] * 20, [1] * 20, [0.9] * 20, [1, 0] * 10, names))

    assert found.value is not None
    assert found.low is found.high is None
    assert found.no_interval == f"{clusters} cluster{'s' * (clusters > 1)}; an interval needs at least 5"


def test_answers_of_which_none_flipped_do_not_fix_the_accuracy_of_those_to_come() -> None:
    """None of 400 flipped: at most 1 − 0.025^(1/400) of all may."""
    found = accuracy_difference(PairedTable.from_rows([0.8] * 400, [1, 0] * 200, [0.9] * 400, [1, 0] * 200))

    assert found.value == 0
    assert [found.low, found.high] == pytest.approx([0.025 ** (1 / 400) - 1, 1 - 0.025 ** (1 / 400)])


def test_confidences_raised_by_as_much_have_no_interval_of_the_auroc_and_say_why() -> None:
    rng = np.random.default_rng(0)
    stated, right = rng.choice([0.3, 0.5, 0.7], 200), (rng.random(200) < 0.5).astype(int)
    found = auroc_difference(PairedTable.from_rows(stated, right, stated + 0.1, right))

    assert (found.value, found.low) == (0.0, None)
    assert found.no_interval == "every resample has the same value, so there is no interval"


def test_an_auroc_over_few_wrong_answers_says_that_it_is_too_sure() -> None:
    stated, right, again, right_again = two_runs(np.random.default_rng(3), 300, drop=0.0)
    found = auroc_difference(PairedTable.from_rows(stated, right, again, right_again))
    fewest = min(300 - right.sum(), 300 - right_again.sum())

    assert found.warnings == (f"the interval rests on {fewest} wrong answers; below 100 it tends to be too narrow",)


def small_runs() -> st.SearchStrategy[list[tuple[float, int, float, int, int]]]:
    """Return pairs of answers with their clusters: few, alike, of one kind."""
    confidence = st.sampled_from([0.0, 0.3, 0.8, 0.9, 1.0])
    right = st.integers(0, 1)
    row = st.tuples(confidence, right, confidence, right, st.integers(0, 6))
    alike = st.tuples(row, st.integers(1, 30)).map(lambda many: [many[0]] * many[1])
    return st.one_of(st.lists(row, min_size=1, max_size=30), alike)


@settings(max_examples=60, deadline=None)
@given(small_runs(), st.booleans())
def test_no_difference_is_certain_and_none_lacks_a_reason(
    rows: list[tuple[float, int, float, int, int]],
    clustered: bool,  # noqa: FBT001 - drawn
) -> None:
    stated, right, again, right_again, clusters = zip(*rows, strict=True)
    pairs = PairedTable.from_rows(stated, right, again, right_again, clusters if clustered else None)
    for difference in DIFFERENCES:
        found = difference(pairs)
        if found.value is None:
            assert found.undefined
        elif found.low is None or found.high is None:
            assert found.no_interval
        else:
            assert found.low <= found.value <= found.high
            assert found.low < found.high or pairs.identical


def test_the_value_of_a_difference_of_calibration_errors_is_that_of_the_two_errors() -> None:
    stated, right, again, right_again = two_runs(np.random.default_rng(3), 200, drop=0.1)
    found = ece_difference(PairedTable.from_rows(stated, right, again, right_again))

    assert found.value == pytest.approx(ece(again, right_again) - ece(stated, right))


def test_the_order_of_rows_does_not_matter() -> None:
    rows = list(zip(*two_runs(np.random.default_rng(1), 80, drop=0.05), strict=True))
    shuffled = random.Random(2).sample(rows, len(rows))
    one, other = (PairedTable.from_rows(*zip(*each, strict=True)) for each in (rows, shuffled))

    assert one == other
    assert ece_difference(one) == ece_difference(other)


def test_the_sample_that_a_tolerance_needs() -> None:
    # (1.959964 + 0.841621)² = 7.8489; times 0.24² / 0.03² = 64.
    assert smallest_sample(0.24, 0.03) == math.ceil(7.848880 * 64)


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


def two_runs(rng: np.random.Generator, n: int, *, drop: float) -> tuple[Floats, Ints, Floats, Ints]:
    """Return confidences and correctness of a calibrated run and of one whose accuracy is less by `drop`."""
    first = rng.choice(len(VALUES), n, p=WEIGHTS)
    second = np.where(rng.random(n) < 0.7, first, rng.choice(len(VALUES), n, p=WEIGHTS))
    luck = rng.random(n)
    luck_again = np.where(rng.random(n) < 0.8, luck, rng.random(n))
    right = (luck < VALUES[first]).astype(int)
    right_again = (luck_again < np.maximum(VALUES[second] - drop, 0)).astype(int)
    return VALUES[first], right, VALUES[second], right_again
