"""Intervals: sums done by hand, the ends of each range, and that no NaN leaves."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import InputError, Undefined
from selfexplain.inference import (
    Estimate,
    Ints,
    clopper_pearson,
    cluster_bootstrap,
    equal_rows,
    mean_by_cluster_t,
    mean_by_t,
    percentile_bootstrap,
    stream,
    times_drawn,
    wilson,
)


def limits(estimate: Estimate) -> tuple[float, float]:
    """Return both limits of an interval that must exist."""
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def test_an_estimate_is_strict_json_with_the_eight_agreed_keys() -> None:
    """Everything a reader of `metrics.json` may rely on, in this order."""
    estimate = Estimate(np.float64(0.5), 0.25, 0.75, 0.95, "t interval", 4, warnings=("few",))

    assert json.loads(json.dumps(estimate.to_dict(), allow_nan=False)) == {
        "value": 0.5,
        "low": 0.25,
        "high": 0.75,
        "level": 0.95,
        "method": "t interval",
        "n": 4,
        "undefined": None,
        "warnings": ["few"],
    }


def test_an_infinite_value_is_undefined_and_says_infinite() -> None:
    """JSON has no infinity, so the value is absent and the reason is its name."""
    estimate = Estimate(math.inf, 1.0, math.inf, 0.95, "", 3)

    assert (estimate.value, estimate.high, estimate.undefined) == (None, None, "infinite")


@pytest.mark.parametrize("field", ["value", "low", "high"])
def test_no_estimate_can_hold_nan(field: str) -> None:
    """NaN is a bug of the caller, found where it is made."""
    numbers: dict[str, Any] = {"value": 0.5, "low": 0.0, "high": 1.0} | {field: math.nan}

    with pytest.raises(ValueError, match=f"{field} is NaN"):
        Estimate(**numbers, level=0.95, method="", n=1)


def test_an_estimate_without_a_value_must_say_why() -> None:
    """`None` alone would leave a page nothing to print."""
    with pytest.raises(ValueError, match="must say why"):
        Estimate(None, None, None, 0.95, "", 0)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (434, 500, 0.835505, 0.894883),  # the golden table of reference/calibration.md
        (0, 10, 0.0, 0.277533),  # z²/(n + z²), z² = 3.841459
        (10, 10, 0.722467, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_agrees_with_sums_done_elsewhere(successes: int, n: int, low: float, high: float) -> None:
    """At 0 of n the score interval is [0, z²/(n + z²)], and by symmetry at n of n."""
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-7)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_contains_the_share_and_is_mirrored(counts: tuple[int, int], level: float) -> None:
    """Swapping successes and failures swaps the limits about one half."""
    successes, n = counts
    low, high = wilson(successes, n, level=level)

    assert 0 <= low <= successes / n <= high <= 1
    assert wilson(n - successes, n, level=level) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_clopper_pearson_limits_are_those_with_tails_of_a_fortieth() -> None:
    """The defining equations: P(X ≥ 7 | low) = P(X ≤ 7 | high) = 0.025 for 7 of 10, summed over the binomial."""
    low, high = clopper_pearson([7], [10])

    def tail(p: float, counts: range) -> float:
        return sum(math.comb(10, k) * p**k * (1 - p) ** (10 - k) for k in counts)

    assert tail(float(low[0]), range(7, 11)) == pytest.approx(0.025, abs=1e-9)
    assert tail(float(high[0]), range(8)) == pytest.approx(0.025, abs=1e-9)


def test_the_t_interval_of_three_rows_is_the_textbook_one() -> None:
    """0, 1, 2: mean 1, s = 1, SE = 1/√3, t(2) = 4.302653, half width 2.484138."""
    estimate = mean_by_t([0.0, 1.0, 2.0], within=(-9.0, 9.0))

    assert (estimate.value, *limits(estimate)) == pytest.approx((1.0, -1.484138, 3.484138), abs=1e-6)


def test_counted_rows_give_the_same_interval_as_rows() -> None:
    """Three zeros and one one, told as counts; a value that never occurs changes nothing."""
    told = mean_by_t([0.0, 1.0, 0.5], times=[3, 1, 0], within=(0.0, 1.0))

    assert told == mean_by_t([0.0, 0.0, 0.0, 1.0], within=(0.0, 1.0))


def test_an_interval_never_leaves_the_range_of_the_rows() -> None:
    """Two rows at 0 and 1 have t limits far outside [0, 1]."""
    assert limits(mean_by_t([0.0, 1.0], within=(0.0, 1.0))) == (0.0, 1.0)


def test_the_cluster_interval_adds_up_residuals_within_clusters() -> None:
    """Clusters (0, 0), (1, 1), (0, 1): mean 1/2, sums of deviations −1, 1, 0; SE = √(3/2 · 2)/6 = √3/6.

    With t(2) = 4.302653 the half width is 1.242069.
    """
    estimate = mean_by_cluster_t([0, 0, 1, 1, 0, 1], list("aabbcc"), within=(-5.0, 5.0))

    assert (estimate.value, *limits(estimate)) == pytest.approx((0.5, -0.742069, 1.742069), abs=1e-6)
    assert estimate.warnings == ("the interval rests on 3 clusters; below 30 it tends to be too narrow",)


def test_repeating_every_row_within_its_cluster_adds_no_certainty() -> None:
    """Ten copies of each row, in its cluster, leave the interval of the rows; as independent rows they shrink it."""
    x = np.arange(40) % 7 / 7
    once = mean_by_t(x, within=(0.0, 1.0))
    copied = mean_by_cluster_t(np.repeat(x, 10), np.repeat(np.arange(40), 10), within=(0.0, 1.0))

    assert limits(copied) == pytest.approx(limits(once), abs=1e-12)


def test_clusters_of_one_row_each_are_independent_rows() -> None:
    """The method, the degrees of freedom and the limits are those of the t interval."""
    x = [0.1, 0.4, 0.4, 0.9]

    assert mean_by_cluster_t(x, [3, 1, 2, 0], within=(0.0, 1.0)) == mean_by_t(x, within=(0.0, 1.0))


def test_equal_rows_get_the_exact_interval_and_not_one_of_no_width() -> None:
    """A hundred rows at 1 in [0, 1]: the least p with p¹⁰⁰ ≥ 0.05 is 0.970487."""
    estimate = mean_by_t(np.ones(100), within=(0.0, 1.0))

    assert limits(estimate) == pytest.approx((0.970487, 1.0), abs=1e-6)
    assert estimate.method == "exact interval for 100 equal rows"


def test_the_exact_interval_reaches_towards_both_ends_of_the_range() -> None:
    """−0.2 twenty times in [−1, 1]: q = 1 − 0.05^(1/20) = 0.139108; −0.2 − 0.8q and −0.2 + 1.2q."""
    estimate = equal_rows(-0.2, 20, within=(-1.0, 1.0), units=20)

    assert limits(estimate) == pytest.approx((-0.311287, -0.033070), abs=1e-6)


def test_equal_clusters_count_once_each() -> None:
    """Forty rows in four equal clusters are four units: q = 1 − 0.05^(1/4) = 0.527129."""
    estimate = mean_by_cluster_t(np.ones(40), np.arange(40) % 4, within=(0.0, 1.0))

    assert limits(estimate) == pytest.approx((0.472871, 1.0), abs=1e-6)
    assert estimate.method == "exact interval for 4 equal clusters"


def test_clusters_with_equal_means_are_equal_even_if_their_rows_are_not() -> None:
    """Each cluster holds a 0 and a 1, so the cluster standard error is 0 and would lie."""
    estimate = mean_by_cluster_t([0, 1] * 50, np.arange(100) // 2, within=(0.0, 1.0))

    low, high = limits(estimate)
    assert low < 0.5 < high


@pytest.mark.parametrize("cluster", [None, ["a"], ["a", "a", "a"]])
def test_one_unit_has_a_value_and_no_interval(cluster: list[str] | None) -> None:
    """One row, or one cluster, shows no variation; the Estimate says so instead of showing a width."""
    x = [0.5] if cluster is None else [0.5, 0.25, 0.75][: len(cluster)]
    within = (0.0, 1.0)
    estimate = mean_by_t(x, within=within) if cluster is None else mean_by_cluster_t(x, cluster, within=within)

    assert (estimate.value, estimate.low, estimate.high) == (0.5, None, None)
    assert "there is no interval" in estimate.warnings[0]


def test_no_rows_are_undefined() -> None:
    """A mean of nothing is no number."""
    assert mean_by_t([], within=(0.0, 1.0)).undefined == "no rows"


def test_a_row_that_is_no_number_is_named() -> None:
    """The position is that in the caller's array."""
    with pytest.raises(InputError, match=r"`x\[1\]` is nan; expected a finite number"):
        mean_by_t([0.0, math.nan], within=(0.0, 1.0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_that_is_no_probability_is_refused(level: float) -> None:
    """95 instead of 0.95 is the likely slip, so the hint says it."""
    with pytest.raises(InputError, match=r"95 % is level=0\.95"):
        wilson(1, 2, level=level)


def test_the_cluster_bootstrap_agrees_with_theory_for_a_mean() -> None:
    """For 200 clusters the percentile interval is the t interval up to a few per cent."""
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(200), 3)
    x = np.repeat(rng.random(200), 3) * 0.8 + rng.random(600) * 0.2
    theory = mean_by_cluster_t(x, cluster, within=(0.0, 1.0))
    drawn = cluster_bootstrap(lambda times: float(times @ x / times.sum()), cluster)

    assert limits(drawn) == pytest.approx(limits(theory), abs=0.004)
    assert drawn.value == pytest.approx(theory.value, abs=1e-12)


def test_the_cluster_bootstrap_draws_whole_clusters() -> None:
    """Rows of one cluster always count equally often."""
    seen: list[Ints] = []

    def statistic(times: Ints) -> float:
        seen.append(times)
        return float(times[0])

    cluster_bootstrap(statistic, ["a", "b", "a", "b", "c"], replicates=20)

    assert all(times[0] == times[2] and times[1] == times[3] for times in seen)
    assert any(times[0] != times[1] for times in seen)


def test_a_bootstrap_is_decided_by_its_seed() -> None:
    """The same seed gives the same interval, another seed another one."""
    x = np.arange(20.0)

    def interval(seed: int) -> Estimate:
        return cluster_bootstrap(lambda times: float(times @ x / times.sum()), np.arange(20), seed=seed, replicates=200)

    assert interval(1) == interval(1)
    assert interval(1) != interval(2)


@pytest.mark.parametrize(("share", "has_interval"), [(0.02, True), (0.2, False)])
def test_resamples_without_a_value_are_dropped_up_to_a_twentieth(share: float, has_interval: bool) -> None:  # noqa: FBT001
    """Two in a hundred are left out and said; one in five leaves no interval."""

    def replicate(rng: np.random.Generator) -> float:
        if rng.random() < share:
            raise Undefined("one class")
        return float(rng.random())

    estimate = percentile_bootstrap(0.5, replicate, n=10)

    assert (estimate.low is not None) is has_interval
    assert "undefined on" in estimate.warnings[0]
    assert estimate.value == 0.5


def test_a_bootstrap_that_never_moves_shows_no_interval_of_no_width() -> None:
    """Every resample at 1 says that resampling cannot tell, not that 1 is certain."""
    estimate = percentile_bootstrap(1.0, lambda _: 1.0, n=50)

    assert (estimate.low, estimate.high) == (None, None)
    assert "every resample has the same value" in estimate.warnings[0]


def test_units_are_drawn_as_often_as_there_are_units() -> None:
    """Each of 50 units is drawn once on average, 50 times in all, with variance 1 − 1/50."""
    drawn = np.array([times_drawn(stream(seed), 50) for seed in range(400)])

    assert (drawn.sum(axis=1) == 50).all()
    assert drawn.var() == pytest.approx(0.98, abs=0.03)
