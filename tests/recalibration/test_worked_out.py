"""Values worked out by hand, and by other people's code."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from selfexplain.errors import Undefined
from selfexplain.inference import Floats
from selfexplain.recalibration import Beta, Isotonic, Platt, Temperature, ValueMap
from selfexplain.recalibration.dense_knots import dense_knots

VALUES = [0.5, 0.7, 0.8, 0.9, 0.95, 1.0]
N = [20, 30, 60, 140, 160, 90]
RIGHT = [13, 19, 51, 117, 150, 84]

C = np.repeat(VALUES, N)
Y = np.concatenate([[1] * s + [0] * (n - s) for n, s in zip(N, RIGHT, strict=True)])


def test_value_map_of_the_golden_table() -> None:
    """(13 + 5)/30, (19 + 7)/40, (51 + 8)/70, (117 + 9)/150, (150 + 9.5)/170, (84 + 10)/100."""
    predicted = ValueMap(m=10).fit(C, Y).predict(VALUES)

    assert predicted == pytest.approx([0.6, 0.65, 0.842857, 0.84, 0.938235, 0.94], abs=5e-7)


def test_value_map_without_prior_is_the_share_and_draws_lines_between_values() -> None:
    """0.6: 1 of 2, 0.8: 2 of 2; half way 0.75; below and above as at the ends."""
    plain = ValueMap(m=0).fit([0.6, 0.6, 0.8, 0.8], [1, 0, 1, 1])

    assert plain.predict([0.6, 0.7, 0.8, 0.1, 1.0]).tolist() == pytest.approx([0.5, 0.75, 1.0, 0.5, 1.0])


def test_a_weight_counts_in_every_number() -> None:
    """Right with weight 3, wrong with weight 1: ¾; smoothed, (3·4/5 + 1/3)/4."""
    rows = ([0.8, 0.8], [1, 0], [3.0, 1.0])

    assert ValueMap(m=0).fit(*rows).predict([0.8]).tolist() == [0.75]
    assert Isotonic().fit(*rows).predict([0.8]).tolist() == pytest.approx([4 / 6])
    assert Platt().fit(*rows).predict([0.8]).tolist() == pytest.approx([(3 * 4 / 5 + 1 / 3) / 4])


def test_isotonic_of_the_golden_table_is_shrunk_by_one_right_and_one_wrong() -> None:
    """Blocks 32/50, 168/200, 234/250 become 33/52, 169/202, 235/252."""
    predicted = Isotonic().fit(C, Y).predict(VALUES)

    assert predicted == pytest.approx(np.repeat([33 / 52, 169 / 202, 235 / 252], 2), abs=1e-12)


def test_shrinking_that_breaks_the_order_pools_again() -> None:
    """900 of 1000 → 901/1002; 1 of 1 → 2/3 lies below it: both become 903/1005."""
    stairs = Isotonic().fit([0.6] * 1000 + [0.9], [1] * 900 + [0] * 100 + [1])

    assert stairs.predict([0.6, 0.9]).tolist() == pytest.approx([903 / 1005] * 2, abs=1e-12)


def test_isotonic_stays_short_of_0_and_1() -> None:
    """Three right of three: 4/5. Without shrinking: 1."""
    assert Isotonic().fit([0.9] * 3, [1] * 3).predict([0.9]).tolist() == pytest.approx([0.8])
    assert Isotonic(shrink=0).fit([0.9] * 3, [1] * 3).predict([0.9]).tolist() == [1.0]


def test_two_values_make_platt_and_beta_give_the_smoothed_shares() -> None:
    """60 right, 40 wrong: a right answer counts 61/62, a wrong one 1/42; a line goes through any two points."""
    confidence, correct = [0.9] * 50 + [0.6] * 50, [1] * 40 + [0] * 10 + [1] * 20 + [0] * 30
    shares = [(40 * 61 / 62 + 10 / 42) / 50, (20 * 61 / 62 + 30 / 42) / 50]

    assert Platt().fit(confidence, correct).predict([0.9, 0.6]) == pytest.approx(shares, abs=1e-12)
    assert Beta().fit(confidence, correct).predict([0.9, 0.6]) == pytest.approx(shares, abs=1e-12)


def test_one_value_is_shifted_and_nothing_is_stretched() -> None:
    """0.8 four times, three right: the smoothed share (3·4/5 + 1/3)/4; log-odds elsewhere move by as much."""
    share = (3 * 4 / 5 + 1 / 3) / 4
    shift = math.log(share / (1 - share)) - math.log(4)
    for method in (Platt(), Beta()):
        moved = method.fit([0.8] * 4, [1, 1, 1, 0]).predict([0.8, 0.5])
        assert moved.tolist() == pytest.approx([share, expit(shift)], abs=1e-12)


def test_one_class_gives_platt_a_constant_short_of_certainty() -> None:
    """Ten right: 11/12 everywhere."""
    predicted = Platt().fit([0.6] * 5 + [0.9] * 5, [1] * 10).predict([0.1, 0.6, 0.9])

    assert predicted == pytest.approx([11 / 12] * 3, abs=1e-9)


def test_confidences_that_run_backwards_become_one_constant() -> None:
    """Right at 0.6, wrong at 0.9: no rising map beats the smoothed share of all, ½."""
    for method in (Platt(), Beta()):
        assert method.fit([0.6] * 5 + [0.9] * 5, [1] * 5 + [0] * 5).predict([0.6, 0.9]) == pytest.approx([0.5, 0.5])


def test_temperature_of_the_edge_cases() -> None:
    """Always 0.5: nothing is learned. Worse than a coin when sure: all becomes 0.5. Told apart: there is none."""
    assert Temperature().fit([0.5] * 4, [1, 0, 0, 0]).predict([0.9]) == pytest.approx([0.9])
    assert Temperature().fit([0.9] * 4, [1, 0, 0, 0]).predict([0.9]) == pytest.approx([0.5])
    with pytest.raises(Undefined, match="grows without end"):
        Temperature().fit([0.9, 0.9, 0.2], [1, 1, 0])


def test_0_and_1_are_mapped_like_the_ends_of_the_clip() -> None:
    """Everything outside [clip, 1 − clip] is one value."""
    for method in (Temperature(clip=0.01), Platt(clip=0.01), Beta(clip=0.01)):
        ends = method.fit(C, Y).predict([0.0, 0.01, 0.99, 1.0])
        assert ends[0] == ends[1]
        assert ends[2] == ends[3]


def test_temperature_is_the_maximum_of_the_plain_likelihood() -> None:
    """Found again by a bounded search over 1/T on the rows."""
    x = logit(np.clip(C, 0.005, 0.995))
    searched = minimize_scalar(
        lambda slope: float(np.where(Y == 1, np.logaddexp(0, -slope * x), np.logaddexp(0, slope * x)).sum()),
        bounds=(0, 10),
        method="bounded",
        options={"xatol": 1e-12},
    )

    assert Temperature().fit(C, Y).inverse_temperature_ == pytest.approx(searched.x, abs=1e-6)


def targets() -> Floats:
    """Platt's, for the golden table: 434 right, 66 wrong."""
    return np.where(Y == 1, 435 / 436, 1 / 68)


def test_platt_is_the_maximum_of_the_likelihood_of_smoothed_targets() -> None:
    """Found again by a general optimiser on the rows."""
    x, t = logit(np.clip(C, 0.005, 0.995)), targets()

    def loss(ab: Floats) -> float:
        eta = ab[0] + ab[1] * x
        return float((t * np.logaddexp(0, -eta) + (1 - t) * np.logaddexp(0, eta)).sum())

    found = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    line = Platt().fit(C, Y)

    assert [line.intercept_, line.slope_] == pytest.approx(found.x.tolist(), abs=1e-6)


def test_beta_is_logistic_regression_on_two_columns() -> None:
    """scikit-learn's, where no bound is touched: each row once as right and once as wrong, by its target."""
    c, t = np.clip(C, 0.005, 0.995), targets()
    # Invented so that both slopes are free: with the golden table b is at its bound.
    rng = np.random.default_rng(1)
    c = np.round(rng.uniform(0.02, 0.98, 2000), 3)
    y = (rng.random(2000) < expit(0.7 * np.log(c) - 1.4 * np.log1p(-c) - 0.5)).astype(int)
    t = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))
    columns = np.stack([np.log(c), -np.log1p(-c)], axis=1)
    theirs = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(
        np.concatenate([columns] * 2), np.repeat([1, 0], 2000), sample_weight=np.concatenate([t, 1 - t])
    )
    ours = Beta().fit(c, y)

    assert [ours.a_, ours.b_, ours.d_] == pytest.approx([*theirs.coef_[0], *theirs.intercept_], abs=1e-4)
    assert [ours.a_, ours.b_] == pytest.approx([0.7, 1.4], abs=0.3)  # and near the truth


def test_beta_at_its_bounds_is_what_a_bounded_optimiser_finds() -> None:
    """The golden table, in which 1.0 is less right than 0.95."""
    c, t = np.clip(C, 0.005, 0.995), targets()

    def loss(abd: Floats) -> float:
        eta = abd[0] * np.log(c) - abd[1] * np.log1p(-c) + abd[2]
        return float((t * np.logaddexp(0, -eta) + (1 - t) * np.logaddexp(0, eta)).sum())

    bounds = [(0, None), (0, None), (None, None)]
    found = minimize(loss, np.array([1.0, 1.0, 0.0]), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15})
    ours = Beta().fit(C, Y)

    assert loss(np.array([ours.a_, ours.b_, ours.d_])) <= found.fun + 1e-9
    assert ours.predict(VALUES) == pytest.approx(
        expit(found.x[0] * np.log(c) - found.x[1] * np.log1p(-c) + found.x[2])[np.cumsum(N) - 1], abs=1e-3
    )


def highest_of_lowest(y: Floats, weight: Floats) -> list[float]:
    """Isotonic regression by its formula: the highest, over where a block begins, of the lowest mean it can have."""
    places = range(len(y))

    def mean(first: int, last: int) -> float:
        return float(np.average(y[first : last + 1], weights=weight[first : last + 1]))

    return [max(min(mean(j, k) for k in places if k >= i) for j in places if j <= i) for i in places]


@given(cells=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=7))
def test_isotonic_is_the_formula_applied_twice(cells: list[tuple[int, int]]) -> None:
    """Once to the shares, once to the shrunk blocks."""
    n = np.array([n for n, _ in cells], dtype=float)
    right = np.minimum(n, [s for _, s in cells])
    value = np.linspace(0.1, 0.9, len(n))
    blocks = highest_of_lowest(right / n, n)
    starts = [0, *(at + 1 for at, (one, two) in enumerate(pairwise(blocks)) if two - one > 1e-12)]
    weight = np.add.reduceat(n, starts) + 2
    shrunk = highest_of_lowest((np.add.reduceat(right, starts) + 1) / weight, weight)
    expected = np.repeat(shrunk, np.diff([*starts, len(n)]))

    rows = [(v, y) for v, k, s in zip(value, n, right, strict=True) for y in [1] * int(s) + [0] * int(k - s)]
    ours = Isotonic().fit([c for c, _ in rows], [y for _, y in rows]).predict(value)
    assert ours == pytest.approx(expected, abs=1e-9)


def test_isotonic_without_shrinking_is_scikit_learns() -> None:
    theirs = IsotonicRegression(out_of_bounds="clip").fit(C, Y)
    grid = np.linspace(0, 1, 101)

    assert Isotonic(shrink=0).fit(C, Y).predict(grid) == pytest.approx(theirs.predict(grid), abs=1e-12)


def test_a_curve_is_cut_where_it_bends_and_not_where_it_is_straight() -> None:
    """Straight on the left of ½, a square on the right."""

    def curve(x: Floats) -> Floats:
        return np.where(x < 0.5, x, x + (x - 0.5) ** 2)

    points = dense_knots(curve, 0.0, 1.0)

    assert sum(x < 0.5 for x, _ in points) == 1
    assert 20 < len(points) < 70
