"""Differences of two runs: values worked out by hand, and limits that cover where a resample would not."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.calibration import ece
from selfexplain.calibration.paired_difference import (
    accuracy_difference,
    auroc_difference,
    brier_difference,
    ece_difference,
    gap_difference,
    smallest_sample,
)
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Estimate, Floats, Ints, t_quantile

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
