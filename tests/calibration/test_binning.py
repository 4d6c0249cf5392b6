"""Bins of exactly the values that people state: on edges, where floating point goes wrong."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import CalibrationTable, ece
from selfexplain.calibration.binning import Closed, bin_of, equal_mass, equal_width
from selfexplain.errors import InputError


@pytest.mark.parametrize("bins", [1, 2, 3, 5, 6, 7, 9, 10, 12, 14, 15, 20, 25, 50, 100])
@pytest.mark.parametrize("closed", ["right", "left"])
def test_every_hundredth_falls_where_exact_fractions_put_it(bins: int, closed: Closed) -> None:
    """0, 0.01, …, 1 in each number of bins, against rational arithmetic."""
    hundredths = [Fraction(k, 100) for k in range(101)]
    if closed == "right":
        expected = [max(-(-h * bins // 1) - 1, 0) for h in hundredths]
    else:
        expected = [min(h * bins // 1, bins - 1) for h in hundredths]

    assert equal_width(np.array([k / 100 for k in range(101)]), bins=bins, closed=closed).tolist() == expected


def test_three_six_and_seven_tenths_are_edges_like_all_others() -> None:
    """`linspace(0, 1, 11)` misses these three by an ulp, so a float rule would treat them unlike 0.5, 0.8 and 0.9."""
    tenths = np.array([0.3, 0.5, 0.6, 0.7, 0.8, 0.9])

    assert equal_width(tenths, bins=10).tolist() == [2, 4, 5, 6, 7, 8]
    assert equal_width(tenths, bins=10, closed="left").tolist() == [3, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("closed", ["right", "left"])
def test_nought_and_one_have_bins_like_everybody_else(closed: Closed) -> None:
    """Known implementations drop 0, or give 1 an eleventh bin."""
    assert equal_width(np.array([0.0, 1.0]), bins=10, closed=closed).tolist() == [0, 9]


def test_the_side_on_which_bins_are_closed_decides_the_value() -> None:
    """Trap 2 of reference/calibration.md: distinct .0867, right-closed .0867, five bins .0467."""
    table = CalibrationTable.from_counts(
        {0.5: (10, 3), 0.6: (10, 7), 0.7: (20, 12), 0.8: (30, 26), 0.9: (50, 40), 1.0: (30, 29)}
    )

    assert ece(table, scheme="distinct") == pytest.approx(13 / 150, abs=1e-12)
    assert ece(table) == pytest.approx(13 / 150, abs=1e-12)
    # Left-closed joins only 0.9 and 1: (2 + 1 + 2 + 2 + abs(5 + 1)) / 150.
    assert ece(table, closed="left") == pytest.approx(13 / 150, abs=1e-12)
    # Five bins join 0.5 with 0.6, 0.7 with 0.8, 0.9 with 1: (abs(2 − 1) + abs(2 − 2) + abs(5 + 1)) / 150.
    assert ece(table, bins=5) == pytest.approx(7 / 150, abs=1e-12)


def test_bins_of_equal_mass_never_split_a_value() -> None:
    """20, 30, 60 | 140 | 160 | 90: the heavy 160 passes two targets of 100, so four of five bins remain."""
    assert equal_mass(np.array([20, 30, 60, 140, 160, 90]), bins=5).tolist() == [0, 0, 0, 1, 2, 3]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(1, 12))
def test_bins_of_equal_mass_are_contiguous_and_no_more_than_asked_for(n: list[int], bins: int) -> None:
    """Indices rise by at most one from 0, and stay below the number asked for."""
    index = equal_mass(np.array(n), bins=bins)

    assert index[0] == 0
    assert set(np.diff(index).tolist()) <= {0, 1}
    assert index[-1] < bins


def test_an_unknown_option_is_refused_by_name() -> None:
    """A typo must not fall through to a default."""
    table = CalibrationTable.from_counts({0.5: (2, 1)})

    wrong: list[tuple[dict[str, Any], str]] = [
        ({"bins": 0}, "`bins` is 0"),
        ({"bins": 2.5}, "`bins` is 2.5"),
        ({"scheme": "quantile"}, "`scheme` is 'quantile'"),
        ({"closed": "both"}, "`closed` is 'both'"),
    ]
    for options, message in wrong:
        with pytest.raises(InputError, match=message):
            bin_of(table, **options)
