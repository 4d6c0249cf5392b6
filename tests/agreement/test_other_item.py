"""Claims of other Items as a null: where they fall in a question of another length."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.agreement.comprehensiveness import comprehensiveness
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.other_item import By, carried_over, other_item_null
from selfexplain.agreement.overlap_at_k import overlap_at_k
from selfexplain.agreement.sign_agreement import sign_agreement
from selfexplain.errors import InputError, Undefined


def test_by_share_a_place_goes_to_where_its_middle_falls() -> None:
    """Of three onto nine the middles 1/6, 3/6, 5/6 fall in 1, 4, 7; of nine onto three, three go to each."""
    assert carried_over([0, 1, 2], 3, 9, by="share") == [1, 4, 7]
    assert carried_over([8, 4, 3, 0], 9, 3, by="share") == [2, 1, 0]


def test_from_an_end_a_place_keeps_its_count_or_falls_outside() -> None:
    assert carried_over([0, 2], 3, 9) == [0, 2]
    assert carried_over([0, 2], 3, 9, by="end") == [6, 8]
    assert carried_over([8, 1], 9, 3) == [1]
    assert carried_over([8, 1], 9, 3, by="end") == [2]


@pytest.mark.parametrize("by", get_args(By))
def test_between_questions_of_one_length_nothing_moves(by: By) -> None:
    assert carried_over([3, 0, 2], 4, 4, by=by) == [3, 0, 2]


LENGTHS = st.integers(1, 40)


@settings(deadline=None)  # a loaded machine is no bug
@given(LENGTHS, LENGTHS)
def test_the_order_is_kept_and_nothing_falls_outside(units: int, onto: int) -> None:
    """By share stretching keeps every place apart, and squeezing fills every place."""
    carried = [carried_over([place], units, onto, by="share")[0] for place in range(units)]

    assert carried == sorted(carried)
    assert set(carried) <= set(range(onto))
    assert len(set(carried)) == min(units, onto)


def test_a_habit_of_position_is_no_agreement() -> None:
    """All name the first word, whose score is high in every question: value and null are both 1."""
    null = other_item_null(overlap_at_k, [0], [0.9, 0.2, 0.1, 0.0], [([0], 5), ([0], 3), ([0], 9)])

    assert null.mean == 1.0
    assert null.percentile(1.0) == 0.5


def test_a_longer_claim_is_cut_and_a_shorter_one_not_used() -> None:
    """Two are named here: of [3, 0, 1] the first two count; one unit is too few; two may fall outside."""
    scores = [0.9, 0.2, 0.1, 0.0]
    null = other_item_null(overlap_at_k, [0, 1], scores, [([3, 0, 1], 4), ([0], 4), ([5, 6], 8)])

    assert null.method == "claims of 1 of 3 other Items"
    assert null.values.tolist() == [0.5]
    with pytest.raises(Undefined, match="none of 2 other Items' claims names 2 units here"):
        other_item_null(overlap_at_k, [0, 1], scores, [([0], 4), ([0, 1], 8)], by="share")


def test_among_candidates_places_are_counted_among_them() -> None:
    """Content words are 1 and 3; the other's second content word of two goes to 3."""
    content = [False, True, False, True]
    null = other_item_null(named_auroc, [1], [0.1, 0.2, 0.3, 0.9], [([1], 2)], candidates=content)

    assert null.values.tolist() == [1.0]


def test_what_cannot_be_carried_over_is_refused() -> None:
    for measure in (sign_agreement, comprehensiveness):
        with pytest.raises(InputError, match="cannot be measured of another Item's claim"):
            other_item_null(measure, [0], [0.1, 0.2], [([0], 2)])
    with pytest.raises(InputError, match=r"`said\[0\]` is 7"):
        other_item_null(overlap_at_k, [0], [0.1, 0.2], [([7], 2)])
