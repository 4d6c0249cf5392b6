"""The calibration errors a second time: by enumeration, by all pairs, by dense sums and by other libraries."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binom, binomtest, foldnorm, norm

from selfexplain.calibration import (
    CalibrationTable,
    calibration_intercept,
    calibration_slope,
    ece,
    ece_if_calibrated,
    skce,
    smooth_ece,
    smooth_error,
)
from selfexplain.calibration.binning import Scheme
from selfexplain.calibration.binomial_test import binomial_p_values
from selfexplain.calibration.cumulative_differences import brownian_exceedance
from selfexplain.calibration.debiased_ece import folded_normal_mean
from selfexplain.calibration.if_calibrated import COINS, calibrated_errors, sum_of_coins
from selfexplain.calibration.smooth_error import Spectrum, blurred_error
from selfexplain.errors import InputError
from selfexplain.inference import Floats

Rows = list[tuple[float, int]]

SCHEMES: list[Scheme] = ["width", "distinct"]
ROWS = st.lists(st.tuples(st.integers(0, 100).map(lambda k: k / 100), st.integers(0, 1)), min_size=2, max_size=25)


def columns(rows: Rows) -> tuple[list[float], list[int]]:
    return [c for c, _ in rows], [y for _, y in rows]


@given(st.lists(st.integers(0, 20).map(lambda k: k / 20), min_size=1, max_size=6), st.sampled_from(SCHEMES))
def test_the_yardstick_is_the_mean_over_all_possible_answers(stated: list[float], scheme: Scheme) -> None:
    """Every one of the 2ⁿ sets of answers, weighed by its probability."""
    expected = 0.0
    for answers in product([0, 1], repeat=len(stated)):
        chance = math.prod(c if y else 1 - c for c, y in zip(stated, answers, strict=True))
        expected += chance * ece(stated, list(answers), scheme=scheme)

    assert ece_if_calibrated(stated, [0] * len(stated), scheme=scheme) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "chance"), [(1, 0.3), (10, 0.5), (500, 0.9), (500, 0.0), (1000, 0.001), (100_000, 0.37)])
def test_equal_coins_are_binomial(n: int, chance: float) -> None:
    """By the characteristic function, within ten standard deviations, to 1e-11."""
    error, found = sum_of_coins(np.array([chance]), np.array([float(n)]))

    assert found == pytest.approx(binom.pmf(np.rint(n * chance - error), n, chance), abs=1e-11)
    assert found.sum() == pytest.approx(1)


def test_many_unequal_coins_on_a_grid_are_as_good_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000 values in one bin: the error's mean, spread and mean size move by less than 1e-5 of themselves."""
    stated = np.sort(np.random.default_rng(4).uniform(0.9, 1.0, 3000))
    error, chance = sum_of_coins(stated, np.ones(3000))
    monkeypatch.setattr("selfexplain.calibration.if_calibrated.COINS", 10**6)
    error_exact, chance_exact = sum_of_coins(stated, np.ones(3000))

    assert COINS < 3000
    assert chance @ error == pytest.approx(0, abs=1e-6)
    assert chance @ error**2 == pytest.approx(float((stated * (1 - stated)).sum()), rel=1e-5)
    assert chance @ np.abs(error) == pytest.approx(float(chance_exact @ np.abs(error_exact)), rel=1e-5)


def test_errors_of_calibrated_answers_are_counted_per_bin() -> None:
    """Two fair coins in one bin and one of 0.9 in another: errors 1, 0, −1 and 0.9, −0.1."""
    table = CalibrationTable.from_counts({0.5: (2, 1), 0.9: (1, 1)})
    (first, first_chance), (second, second_chance) = calibrated_errors(table, np.array([4, 8]), 10)

    assert first.tolist() == pytest.approx([1, 0, -1])
    assert first_chance.tolist() == pytest.approx([0.25, 0.5, 0.25])
    assert second.tolist() == pytest.approx([0.9, -0.1])
    assert second_chance.tolist() == pytest.approx([0.1, 0.9])


@given(ROWS)
def test_the_kernel_error_is_the_mean_over_all_pairs(rows: Rows) -> None:
    """Each ordered pair of different rows, and the median of all distances that are not 0."""
    pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows)) if i != j]
    apart = sorted(d for i, j in pairs if (d := abs(Fraction(str(rows[i][0])) - Fraction(str(rows[j][0])))) > 0)
    gamma = float(apart[(len(apart) - 1) // 2]) if apart else 0.1
    residual = [c - y for c, y in rows]
    expected = sum(residual[i] * residual[j] * math.exp(-abs(rows[i][0] - rows[j][0]) / gamma) for i, j in pairs)

    assert skce(*columns(rows)) == pytest.approx(expected / len(pairs), abs=1e-10)


def blurred(rows: Rows, sigma: float) -> float:
    """Take the mean over 200,000 midpoints, the Gaussian mirrored at 0 and 1 image by image."""
    t = (np.arange(200_000) + 0.5) / 200_000
    smooth = sum(
        (c - y) * (norm.pdf(t, c + 2 * m, sigma) + norm.pdf(t, -c + 2 * m, sigma))
        for c, y in rows
        for m in range(-2, 3)
    )
    return float(np.abs(smooth).mean() / len(rows))


@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.5])
def test_blurring_by_cosines_is_blurring_by_mirrored_gaussians(sigma: float) -> None:
    """The heat equation's two solutions, values at both ends included."""
    rows = [(0.0, 1), (0.3, 0), (0.35, 1), (0.9, 0), (1.0, 1), (1.0, 0)]
    table = CalibrationTable.from_rows(*columns(rows))
    terms = Spectrum(table.confidence, table.excess / table.total).terms(sigma)

    assert blurred_error(terms, sigma) == pytest.approx(blurred(rows, sigma), rel=2e-5)


def test_the_smooth_error_is_the_width_that_equals_its_error() -> None:
    """f(σ*) = σ* with f summed densely."""
    rows = [(0.6, 1), (0.7, 0), (0.8, 1), (0.9, 0), (0.95, 1), (1.0, 1), (0.2, 0), (0.3, 0)]
    sigma = smooth_ece(*columns(rows))

    assert blurred(rows, sigma) == pytest.approx(sigma, abs=5e-6)


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.2])
def test_a_grid_changes_the_smooth_error_by_less_than_stated(shift: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 different confidences, on the grid and one by one: h²/(8σ)."""
    rng = np.random.default_rng(6)
    stated = rng.beta(6, 2, 5000)
    table = CalibrationTable.from_rows(stated, rng.random(5000) < stated - shift)
    on_grid = smooth_ece(table)
    monkeypatch.setattr(smooth_error, "EXACT_VALUES", 10**9)

    assert on_grid == pytest.approx(smooth_ece(table), abs=1 / (8 * smooth_error.GRID**2 * on_grid) + 1e-8)


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.2])
@pytest.mark.parametrize("kind", ["apart", "some alike", "near the ends", "as token probabilities"])
def test_rows_with_many_values_have_the_smooth_error_of_their_table(kind: str, shift: float) -> None:
    """Straight onto the grid or counted first: 1e-8, to which the root is found."""
    rng = np.random.default_rng(7)
    stated = {
        "apart": rng.random(70_000),
        "some alike": np.round(rng.random(70_000), 4),
        "near the ends": np.concatenate([[0.0, 1.0, 1.0], rng.beta(0.3, 0.3, 5_000)]),
        "as token probabilities": np.exp(-rng.exponential(0.1, 5_000)),
    }[kind]
    correct = rng.random(len(stated)) < stated - shift

    assert smooth_error.excess_of_rows(stated, correct) is not None
    assert smooth_ece(stated, correct) == pytest.approx(
        smooth_ece(CalibrationTable.from_rows(stated, correct)), abs=1e-8, rel=0
    )


@pytest.mark.parametrize(("value", "outcome"), [(float("nan"), 1), (1.5, 0), (-0.1, 1), (0.5, 2), (0.5, -1)])
def test_a_row_that_cannot_be_used_is_named_among_many_values(value: float, outcome: int) -> None:
    """The short way hands such rows to the one that can say which."""
    stated, correct = np.linspace(0, 1, 10_000), np.ones(10_000, dtype=np.int64)
    stated[7_000], correct[7_000] = value, outcome

    with pytest.raises(InputError, match=r"\[7000\]"):
        smooth_ece(stated, correct)


def test_values_that_meet_at_the_door_are_few() -> None:
    """Ten thousand doubles, all within 1e-13 of two decimals: two values, smoothed exactly."""
    stated = np.concatenate([np.linspace(0.3, 0.3 + 1e-13, 5_000), np.linspace(0.8, 0.8 + 1e-13, 5_000)])
    rng = np.random.default_rng(8)
    rng.shuffle(stated)

    assert smooth_error.excess_of_rows(stated, rng.random(10_000) < 0.5) is None


@given(ROWS)
def test_each_value_has_the_p_value_of_scipys_binomial_test(rows: Rows) -> None:
    """Two-sided by likelihood, values inside (0, 1)."""
    table = CalibrationTable.from_rows(*columns(rows))
    expected = [binomtest(s, n, v).pvalue for v, n, s in table.rows() if 0 < v < 1]
    refuted = sum(1 for v, n, s in table.rows() if v in {0, 1} and s != n * v)

    assert sorted(binomial_p_values(table).tolist()) == pytest.approx(sorted([0.0] * refuted + expected), abs=1e-9)


def test_the_largest_value_of_a_brownian_motion_has_known_quantiles() -> None:
    """P(max abs(B) ≥ 2.2414) = 0.05 and ≥ 1.9600 = 0.1, as 2 P(abs(Z) ≥ x) there; the two series meet at 1."""
    assert brownian_exceedance(norm.isf(0.0125)) == pytest.approx(0.05, abs=1e-8)
    assert brownian_exceedance(norm.isf(0.025)) == pytest.approx(0.1, abs=1e-7)
    assert brownian_exceedance(1 - 1e-12) == pytest.approx(brownian_exceedance(1 + 1e-12), abs=1e-10)
    assert [brownian_exceedance(0), brownian_exceedance(1e-3)] == pytest.approx([1, 1])


@given(st.floats(0, 2), st.floats(0.01, 1))
def test_the_mean_of_a_folded_normal_is_scipys(mean: float, spread: float) -> None:
    """The closed form."""
    expected = foldnorm.mean(mean / spread, scale=spread)

    assert folded_normal_mean(np.array([mean]), np.array([spread]))[0] == pytest.approx(expected, abs=1e-10)


def test_the_line_is_the_one_with_the_largest_likelihood() -> None:
    """Found row by row with a general minimiser."""
    rng = np.random.default_rng(9)
    stated = rng.choice([0.0, 0.3, 0.5, 0.8, 0.95, 1.0], size=300)
    correct = rng.random(300) < 0.3 + 0.5 * stated
    clipped = np.clip(stated, 0.005, 0.995)
    x = np.log(clipped / (1 - clipped))

    def loss(line: Floats) -> float:
        return float(np.logaddexp(0, np.where(correct, -1, 1) * (line[0] + line[1] * x)).sum())

    best = minimize(loss, [0.0, 0.0], tol=1e-12)

    assert calibration_intercept(stated, correct) == pytest.approx(best.x[0], abs=1e-5)
    assert calibration_slope(stated, correct) == pytest.approx(best.x[1], abs=1e-5)
