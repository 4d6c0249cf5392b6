"""Draws from pools are multinomial: against exact probabilities, binomial sums across both halves, and numpy's."""

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2

from selfexplain.calibration import CalibrationTable
from selfexplain.calibration import multinomial as module
from selfexplain.calibration.multinomial import Part, Poisson, halves, matched, multinomial, pays
from selfexplain.calibration.resamples import resamples
from selfexplain.inference import REPLICATES, Floats, Ints, stream

LARGE = np.array([688, 769, 850, 901, 925, 1000, 1050, 1238, 560, 480, 400, 349, 322, 248, 200, 20])
"""Ten thousand rows."""

SURELY = 1e-4
"""With these seeds a right p-value is larger; a wrong one is 0 to many places."""


def fit(observed: Ints, expected: Floats) -> float:
    """Return the p-value of counts, those of which fewer than ten are expected taken together."""
    rare = expected < 10
    seen = np.append(observed[~rare], observed[rare].sum())
    due = np.append(expected[~rare], max(float(expected[rare].sum()), 1e-9))
    return float(chi2.sf(((seen - due) ** 2 / due).sum(), len(due) - 1))


@pytest.mark.parametrize("cells", [(1, 2, 3), (1, 1, 1, 2), (5, 1), (2, 2, 1, 1)])
def test_every_outcome_of_a_few_rows_is_as_frequent_as_it_must_be(cells: tuple[int, ...]) -> None:
    """The chance of each way of filling the cells: n! Π p^x / x!."""
    rows, draws = sum(cells), 60_000
    outcomes = [x for x in product(range(rows + 1), repeat=len(cells)) if sum(x) == rows]
    chance = [
        math.factorial(rows) * math.prod((c / rows) ** k / math.factorial(k) for c, k in zip(cells, x, strict=True))
        for x in outcomes
    ]
    assert sum(chance) == pytest.approx(1)

    drawn = multinomial(np.array(cells), stream(1), draws)
    found, times = np.unique(drawn, axis=0, return_counts=True)
    seen = dict(zip(map(tuple, found.tolist()), times.tolist(), strict=True))

    assert set(seen) <= set(outcomes)
    assert fit(np.array([seen.get(x, 0) for x in outcomes]), draws * np.array(chance)) > SURELY


@pytest.mark.parametrize("chosen", [[0], [15], [7, 0], [7, 6], [3, 15], list(range(8)), list(range(0, 16, 2))])
def test_cells_together_are_binomial(chosen: list[int]) -> None:
    """One cell, cells of one half, of both, and a half itself: the sum of any is binomial of all rows."""
    drawn = multinomial(LARGE, stream(2), 40_000)[:, chosen].sum(axis=1)
    rows = int(LARGE.sum())
    values = np.arange(drawn.min(), drawn.max() + 1)
    chance = binom.pmf(values, rows, LARGE[chosen].sum() / rows)

    assert fit(np.bincount(drawn - values[0]), 40_000 * chance) > SURELY


def test_all_cells_vary_together_as_numpys_do() -> None:
    """Means and covariances: n p and n (p δ − p p'), with 40,000 draws to 3 % of the product of two deviations."""
    rows, share = int(LARGE.sum()), LARGE / LARGE.sum()
    ours = multinomial(LARGE, stream(3), 40_000)
    numpys = stream(4).multinomial(rows, share, size=40_000)
    deviation = np.sqrt(rows * share * (1 - share))
    exact = rows * (np.diag(share) - np.outer(share, share))

    for drawn in (ours, numpys):
        assert (drawn.sum(axis=1) == rows).all()
        assert np.abs(drawn.mean(axis=0) - LARGE).max() < 0.03 * deviation.max()
        assert (np.abs(np.cov(drawn.T) - exact) / np.outer(deviation, deviation)).max() < 0.03


def test_one_draw_says_nothing_of_the_next() -> None:
    """Two cells of seven rows, each draw beside the one after it: independent."""
    drawn = multinomial(np.array([1, 2, 2, 1, 1]), stream(5), 80_000)[:, 1]
    pairs = np.zeros((8, 8), dtype=np.int64)
    for one, other in pairwise(drawn.tolist()):
        pairs[one, other] += 1
    chance = binom.pmf(np.arange(8), 7, 2 / 7)

    assert fit(pairs.ravel(), len(drawn) * np.outer(chance, chance).ravel()) > SURELY


def test_a_pool_that_runs_dry_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any members: most draws are made afresh, or row by row from a smaller sum, and are binomial still."""
    monkeypatch.setattr(module, "SPARE", 0.2)
    drawn = multinomial(LARGE, stream(6), 40_000)
    values = np.arange(drawn[:, 3].min(), drawn[:, 3].max() + 1)

    assert fit(np.bincount(drawn[:, 3] - values[0]), 40_000 * binom.pmf(values, 10_000, 901 / 10_000)) > SURELY


def test_rows_that_are_added_fall_into_cells_by_their_size() -> None:
    """Twenty rows each, into cells of 1, 6 and 3 of ten; none where none lacks."""
    added = Part(np.array([1, 6, 3])).row_by_row(np.array([0, *[20] * 20_000]), stream(9))

    assert added[0].tolist() == [0, 0, 0]
    assert set(added[1:].sum(axis=1).tolist()) == {20}
    for cell, share in enumerate((0.1, 0.6, 0.3)):
        assert fit(np.bincount(added[1:, cell], minlength=21), 20_000 * binom.pmf(np.arange(21), 20, share)) > SURELY


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_a_sum_is_matched_by_the_largest_that_is_left(sums: list[int], held: list[int]) -> None:
    """The largest sum first; equal ones in any order."""
    taken = matched(np.array(sums), np.array(held)).tolist()
    left, expected = sorted(held), []
    for each in sorted(sums, reverse=True):
        fitting = [other for other in left if other <= each]
        expected.append((each, fitting[-1] if fitting else -1))
        if fitting:
            left.remove(fitting[-1])

    places = [place for place in taken if place >= 0]
    assert len(set(places)) == len(places)
    assert sorted((each, held[at] if at >= 0 else -1) for each, at in zip(sums, taken, strict=True)) == sorted(expected)


@pytest.mark.parametrize("rate", [0.01, 1.0, 30.0, 2_000.0])
def test_counts_of_a_rate_are_poisson(rate: float) -> None:
    """e^−λ λ^k / k!."""
    counts = np.empty(50_000, dtype=np.int64)
    Poisson(rate).draw(counts, stream(7))
    values = np.arange(counts.max() + 1)
    chance = np.exp([k * math.log(rate) - rate - math.lgamma(k + 1) for k in values.tolist()])

    assert fit(np.bincount(counts), 50_000 * chance) > SURELY


def test_cells_are_halved_by_their_rows() -> None:
    """9 and 2 against 6, 3 and 1; every cell is in one half."""
    one, other = halves(np.array([2, 9, 6, 1, 3]))

    assert sorted([*one.tolist(), *other.tolist()]) == [0, 1, 2, 3, 4]
    assert {int(np.array([2, 9, 6, 1, 3])[half].sum()) for half in (one, other)} == {11, 10}


def test_the_resamples_of_an_evaluation_are_still_numpys() -> None:
    """Every figure that was printed rests on these; many more are drawn from pools, the same for the same seed."""
    table = CalibrationTable.from_counts({0.5: (3000, 1500), 0.7: (3000, 2000), 0.9: (4000, 3500)})
    cells = np.concatenate([table.n_correct, table.n_wrong])
    usual, many = resamples(table, seed=8), resamples(table, seed=8, replicates=10_000)

    assert np.array_equal(usual.n_correct, stream(8).multinomial(10_000, cells / 10_000, size=REPLICATES)[:, :3])
    assert pays(cells, 10_000)
    assert np.array_equal(many.n_correct, multinomial(cells, stream(8), 10_000)[:, :3])
    assert not pays(cells, REPLICATES)
    assert not pays(100 * cells, 10_000)
