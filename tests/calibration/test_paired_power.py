"""The chance to see a change: against another way to compute it, and at the ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from selfexplain.calibration.paired_power import Mean, both, fewest, power, smallest_change

CORRELATIONS = st.floats(-0.95, 0.95)
PLACES = st.floats(-4, 4)


@given(PLACES, PLACES, CORRELATIONS)
def test_two_normals_are_those_of_scipy(x: float, y: float, correlation: float) -> None:
    theirs = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf([x, y])

    assert both(x, y, correlation) == pytest.approx(theirs, abs=2e-6)


def test_the_power_of_one_mean_is_that_of_the_normal_shift() -> None:
    """√400 · .04 / .4 = 2, less t with 399 degrees of freedom, 1.9659."""
    assert power(Mean(0.04, 0.16), 400) == pytest.approx(norm.cdf(2 - 1.9659), abs=1e-4)


def test_a_second_mean_that_is_far_above_changes_nothing_and_one_at_the_threshold_leaves_a_fortieth() -> None:
    one = Mean(0.04, 0.16)

    assert power(one, 400, other=Mean(0.9, 0.1)) == pytest.approx(power(one, 400), abs=1e-9)
    assert power(Mean(0.9, 0.1), 400, other=Mean(0.0, 0.1)) == pytest.approx(0.025, abs=5e-4)


@given(st.floats(0.005, 0.5), st.floats(0.001, 1.0), st.floats(0.05, 0.95))
def test_the_fewest_pairs_are_enough_and_one_less_is_not(delta: float, variance: float, wanted: float) -> None:
    found = fewest(lambda n: power(Mean(delta, variance), n), wanted)

    assert found is not None
    assert power(Mean(delta, variance), found) >= wanted
    assert found == 2 or power(Mean(delta, variance), found - 1) < wanted


def test_without_variance_any_distance_is_seen_and_none_is_not() -> None:
    assert power(Mean(0.01, 0.0), 50) == pytest.approx(1.0)
    assert power(Mean(-0.01, 0.0), 50) == pytest.approx(0.0)


def test_the_smallest_change_is_the_one_whose_chance_is_wanted() -> None:
    """(1.9623 + 0.8416) · .3 / √1000 = .0266."""
    found = smallest_change(lambda delta: power(Mean(delta, 0.09), 1000), 0.8)

    assert found == pytest.approx((1.9623 + 0.8416) * 0.3 / math.sqrt(1000), abs=1e-4)
    assert smallest_change(lambda _: 0.1, 0.8) is None
