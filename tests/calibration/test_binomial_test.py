"""The exact test per value, against scipy's and against the sum over all counts."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from selfexplain.calibration import CalibrationTable, binomial_p_distinct
from selfexplain.calibration.binomial_test import SAME_CHANCE, two_sided

CHANCES = st.one_of(
    st.sampled_from([0.5, 0.9, 1 / 3, 0.95, 0.999, 1e-3, 1e-13]), st.floats(1e-6, 1 - 1e-6, exclude_max=True)
)


def by_adding_up(right: int, n: int, chance: float) -> float:
    """Return the sum of all counts that are no more likely, each to full precision."""
    each = [math.comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in range(n + 1)]
    return min(1.0, math.fsum(p for p in each if p <= each[right] * SAME_CHANCE))


@given(n=st.integers(1, 60), share=st.floats(0, 1), chance=CHANCES)
@example(n=10, share=0.9, chance=0.5)
def test_both_tails_are_added_up(n: int, share: float, chance: float) -> None:
    """From the count seen outwards, and what is no more likely on the other side."""
    right = round(share * n)

    found = two_sided(np.array([right]), np.array([n]), np.array([chance]))
    assert found.tolist() == pytest.approx([by_adding_up(right, n, chance)], rel=1e-11, abs=1e-300)


@settings(max_examples=60)
@given(n=st.sampled_from([100, 10**4, 10**6]), away=st.floats(-6, 6), chance=CHANCES)
def test_large_counts_agree_with_scipy(n: int, away: float, chance: float) -> None:
    """Up to six standard deviations from the mean."""
    right = int(np.clip(round(n * chance + away * math.sqrt(n * chance * (1 - chance))), 0, n))

    found = two_sided(np.array([right]), np.array([n]), np.array([chance]))
    assert found.tolist() == pytest.approx([binomtest(right, n, chance).pvalue], rel=1e-10, abs=1e-12)


def test_a_trillion_rows_are_tested_like_ten() -> None:
    """A hundred standard deviations from the mean nothing is left; at the mean everything."""
    n = 10**12
    table = CalibrationTable.from_counts({0.5: (n, n // 2), 0.9: (n, 9 * n // 10)})

    assert binomial_p_distinct(table) == 1.0
    assert binomial_p_distinct(CalibrationTable.from_counts({0.5: (n, n // 2 + 50_000_000)})) < 1e-300


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("chance", [1e-300, 1e-307, 1e-310, 5e-324])
def test_the_least_chances_there_are_raise_no_warning(chance: float) -> None:
    """One of three: 3p to first order; the likeliest count, none, is no surprise."""
    found = two_sided(np.array([1, 0]), np.array([3, 3]), np.array([chance, chance]))

    assert found.tolist() == pytest.approx([3 * chance, 1.0], rel=1e-9, abs=5e-324)
