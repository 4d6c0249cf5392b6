"""Support joined with calibration: parts of equal support are never parted, slopes are those of least squares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.agreement.support import parts_of, slope, terciles
from selfexplain.errors import InputError, Undefined

SUPPORT = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5, 0.9, 1.0]), min_size=1, max_size=40)


@given(support=SUPPORT)
def test_equal_support_stands_together_and_more_support_never_stands_lower(support: list[float]) -> None:
    """No Record's third depends on where it stands among its equals."""
    rows = np.array(support)
    part = parts_of(rows)

    assert all(part[i] <= part[j] for i in range(len(rows)) for j in range(len(rows)) if rows[i] <= rows[j])


def test_terciles_hold_accuracy_confidence_and_gap_of_their_own_records() -> None:
    """The least supported: sure of 0.9 and right in one of two, so 40 points too sure."""
    support, confidence = [0.1, 0.2, 0.5, 0.6, 0.8, 0.9], [0.9, 0.9, 0.8, 0.6, 0.7, 0.5]
    least, middle, most = terciles(support, confidence, [1, 0, 0, 0, 1, 1], list("abcdef"))

    assert (least.n, least.least, least.most, least.accuracy.value) == (2, 0.1, 0.2, 0.5)
    assert least.gap.value == pytest.approx(0.4)
    assert middle.confidence.value == pytest.approx(0.7)
    assert middle.gap.value == pytest.approx(0.7)
    assert most.accuracy.value == 1.0
    assert most.gap.value == pytest.approx(-0.4)


def test_with_one_support_for_all_there_is_one_part_and_no_slope() -> None:
    parts = terciles([0.5] * 4, [0.9] * 4, [1, 0, 1, 0], list("abcd"))

    assert [part.n for part in parts] == [4]
    with pytest.raises(Undefined, match="same support"):
        slope([0.1, 0.2, 0.3, 0.4], [0.5] * 4, list("abcd"))


def test_a_slope_is_that_of_least_squares_and_its_error_that_of_leaving_clusters_out() -> None:
    """By numpy's own fit, once with every cluster left out."""
    rng = np.random.default_rng(7)
    x, cluster = rng.random(60), np.repeat(np.arange(20), 3)
    y = 0.5 - 0.8 * x + rng.normal(size=60) * 0.2 + rng.normal(size=20)[cluster] * 0.3
    found = slope(y, x, cluster)
    without = np.array([np.polyfit(x[cluster != g], y[cluster != g], 1)[0] for g in range(20)])
    error = np.sqrt(19 / 20 * ((without - np.polyfit(x, y, 1)[0]) ** 2).sum())

    assert found.value == pytest.approx(np.polyfit(x, y, 1)[0])
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 == pytest.approx(2.10092204 * error, rel=1e-6)  # t of 18 degrees of freedom
    assert found.method == "jackknife over 20 clusters"


def test_intervals_of_a_slope_cover_it_where_clusters_share_their_luck() -> None:
    """95 % of 400 made Runs with 30 clusters of three; by chance 92.8 to 97.2 (two standard errors)."""
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(30), 3)
    hits = 0
    for _ in range(400):
        x = rng.random(30)[cluster] * 0.7 + rng.random(90) * 0.3
        y = 0.3 * x + rng.normal(size=30)[cluster] + rng.normal(size=90)
        found = slope(y, x, cluster)
        hits += found.low is not None and found.high is not None and found.low <= 0.3 <= found.high

    assert 0.928 <= hits / 400 <= 0.972


def test_two_clusters_give_a_slope_without_an_interval() -> None:
    found = slope([0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.5, 0.7], ["a", "a", "b", "b"])

    assert found.low is None
    assert "no interval" in found.no_interval


def test_rows_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="different lengths"):
        terciles([0.5], [0.5, 0.5], [1], ["a"])
    with pytest.raises(InputError, match="as many of each"):
        slope([0.5], [0.5, 0.5], ["a"])
