"""Which units are taken away: sets of the claim's size among content words, a witness's first ones, and bins."""

from collections import Counter
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.agreement.removal_sets import first_of, null_of_sets, random_sets, sets_needed
from selfexplain.errors import Undefined

MASKS = st.lists(st.booleans(), min_size=3, max_size=12).filter(lambda mask: sum(mask) >= 2)


@given(mask=MASKS, data=st.data(), seed=st.integers(0, 99))
def test_a_random_set_names_as_many_candidates_and_nothing_else(
    mask: list[bool], data: st.DataObject, seed: int
) -> None:
    """All sets there are, each once, where they are no more than the draws; as many as the draws else."""
    k = data.draw(st.integers(1, sum(mask) - 1))
    sets, every = random_sets(k, mask, 20, seed=seed)

    assert all(len(set(each)) == len(each) == k for each in sets)
    assert all(mask[place] for each in sets for place in each)
    assert every == (comb(sum(mask), k) <= 20)
    assert len(sets) == min(20, comb(sum(mask), k))
    if every:
        assert len({frozenset(each) for each in sets}) == len(sets)


def test_every_candidate_comes_first_as_often_as_any_other() -> None:
    """Random orders, for the bins: of 600 sets of two among six, each of six is first 100 times, ± 4 errors of 9."""
    sets, _ = random_sets(2, [True] * 6 + [False], 10, seed=0)
    firsts = Counter(order[0] for seed in range(60) for order in random_sets(2, [True] * 6 + [False], 10, seed=seed)[0])

    assert len(sets) == 10
    assert set(firsts) == set(range(6))
    assert all(abs(n - 100) < 37 for n in firsts.values())


def test_also_where_all_sets_are_listed_their_orders_are_random() -> None:
    orders = {order for seed in range(30) for order in random_sets(2, [True] * 3, 20, seed=seed)[0]}

    assert orders == {(a, b) for a in range(3) for b in range(3) if a != b}


@pytest.mark.parametrize(("k", "why"), [(0, "no unit"), (3, "only one claim"), (4, "no random claim")])
def test_where_there_is_one_set_or_none_there_is_no_chance_level(k: int, why: str) -> None:
    with pytest.raises(Undefined, match=why):
        random_sets(k, [True, True, True, False], 20, seed=0)


def test_units_that_score_alike_stand_in_no_order_of_the_text() -> None:
    """Two of three share the second place; each has it for some seed, and the best is always first."""
    first = {first_of([0.0, 0.9, 0.0, -1.0, None], 2, seed=seed) for seed in range(20)}

    assert first == {(1, 0), (1, 2)}


@pytest.mark.parametrize(("scores", "why"), [([0.5, 0.5, 0.5], "prefers none"), ([0.5, None, None], "scores 1 units")])
def test_a_witness_that_prefers_none_has_no_first_units(scores: list[float | None], why: str) -> None:
    with pytest.raises(Undefined, match=why):
        first_of(scores, 2, seed=0)


def test_the_whole_claim_and_each_bin_are_taken_away_once() -> None:
    assert sets_needed((5, 0, 3), (1, 1, 2)) == [(0, 3, 5), (5,), (0, 5)]
    assert sets_needed((2,), ()) == [(2,)]


def test_a_null_of_all_sets_is_exact_and_one_of_draws_is_not() -> None:
    """The standard deviation of 0.1 and 0.3 is 0.1 √2, so the error of their mean is 0.1."""
    exact, drawn = null_of_sets([0.1, 0.3], every=True), null_of_sets([0.1, 0.3], every=False)

    assert exact.standard_error == 0.0
    assert drawn.standard_error == pytest.approx(0.1)
    assert exact.mean == drawn.mean == pytest.approx(0.2)
