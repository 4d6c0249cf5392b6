"""Value by value: dots, exact intervals, the rising curve, and a band about the diagonal that is a test."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import binom
from sklearn.isotonic import IsotonicRegression

from selfexplain.calibration.consistency_band import band_of_curve, band_of_values
from selfexplain.calibration.evaluation import Evaluation
from selfexplain.calibration.table import CalibrationTable
from selfexplain.display.corp import FEW, CorpDisplay

TABLE = CalibrationTable.from_counts({0.6: (10, 6), 0.7: (10, 4), 0.9: (10, 9)})


def of(table: CalibrationTable) -> CorpDisplay:
    return CorpDisplay.from_evaluation(Evaluation(table, {}))


def test_neighbours_in_the_wrong_order_share_a_level_and_dots_stay_where_they_are() -> None:
    """0.7 is right 4 times in 10 and 0.6 six: together ten in 20."""
    shown = of(TABLE)

    assert shown.accuracy == (0.6, 0.4, 0.9)
    assert shown.curve == (0.5, 0.5, 0.9)


def test_the_curve_is_the_isotonic_regression_that_others_compute() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.integers(0, 41, size=400) / 40
    correct = rng.random(400) < 0.3 + 0.5 * confidence
    table = CalibrationTable.from_rows(confidence, correct)
    fit = IsotonicRegression().fit(table.confidence, table.n_correct / table.n, sample_weight=table.n)

    np.testing.assert_allclose(of(table).curve, fit.predict(table.confidence), atol=1e-12)


def test_the_band_of_ten_answers_at_one_half_by_hand() -> None:
    """Pascal's triangle: at most 1 right has 11/1024 = 1.1 %, at most 2 has 56/1024 = 5.5 %. So from 2 to 8 of 10."""
    low, high = band_of_values(CalibrationTable.from_counts({0.5: (10, 0)}))

    assert (low[0], high[0]) == (0.2, 0.8)


@pytest.mark.parametrize("p", [0.0, 0.03, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("n", [1, 7, 400])
def test_a_calibrated_dot_lies_in_its_band_nine_times_in_ten_at_least(p: float, n: int) -> None:
    """Summed over every count; and no smaller limit would do."""
    low, high = (n * end[0] for end in band_of_values(CalibrationTable.from_counts({p: (n, 0)})))
    chance = binom.pmf(np.arange(n + 1), n, p)
    counts = np.arange(n + 1)

    assert chance[(counts >= low - 1e-9) & (counts <= high + 1e-9)].sum() >= 0.9
    assert chance[counts < low - 1e-9].sum() <= 0.05
    assert chance[counts > high + 1e-9].sum() <= 0.05 + 1e-12


def test_the_band_lies_about_the_diagonal_whatever_was_right() -> None:
    """A test band takes the confidences for true; an interval would follow the answers."""
    other = CalibrationTable.from_counts({0.6: (10, 0), 0.7: (10, 10), 0.9: (10, 0)})

    for band in (band_of_values, band_of_curve):
        np.testing.assert_array_equal(band(TABLE), band(other))


def test_values_far_apart_have_the_same_band_as_dots_and_as_a_curve() -> None:
    """Nothing is pooled there, so the resampled quantile is the exact one, up to one answer of 1,000."""
    table = CalibrationTable.from_counts({0.2: (1000, 0), 0.8: (1000, 0)})

    np.testing.assert_allclose(band_of_values(table), band_of_curve(table), atol=2.5e-3)


def test_single_answers_have_a_curve_with_a_band_of_use_and_no_dots() -> None:
    """200 different confidences: the band of a dot would be all of [0, 1]."""
    rng = np.random.default_rng(2)
    confidence = np.sort(rng.random(200))
    shown = of(CalibrationTable.from_rows(confidence, rng.random(200) < confidence))
    width = np.subtract(shown.band_high, shown.band_low)

    assert not shown.has_dots
    assert np.median(width) < 0.4
    inside = [low <= y <= high for y, low, high in zip(shown.curve, shown.band_low, shown.band_high, strict=True)]
    assert np.mean(inside) > 0.8
    assert len(shown.plot(Figure().add_subplot()).collections) == 3  # two halves and the band


def test_as_many_values_as_fit_have_dots() -> None:
    few, many = (of(CalibrationTable.from_counts({i / 40: (2, 1) for i in range(k)})) for k in (FEW, FEW + 1))

    assert (few.has_dots, many.has_dots) == (True, False)


def test_a_million_values_are_joined_to_a_thousand() -> None:
    """Memory and time stay bounded."""
    confidence = np.arange(1, 20_001) / 20_001
    shown = of(CalibrationTable.from_rows(confidence, np.ones(20_000)))

    assert len(shown.n) == 1_000
    assert sum(shown.n) == 20_000
