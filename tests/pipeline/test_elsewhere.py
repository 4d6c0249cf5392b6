"""Claims beside claims about other Items: strangers only, and a habit of place is then worth nothing."""

import numpy as np
import pytest

from selfexplain.agreement.beside_chance import BesideChance
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.rbo_at_k import rbo_at_k
from selfexplain.agreement.sign_agreement import sign_agreement
from selfexplain.pipeline.claimed_places import Claimed
from selfexplain.pipeline.elsewhere import MOST_OTHERS, Here, beside_other_items

WORDS = 6
ALL = (True,) * WORDS


def row(place: int, owner: str, scores: list[float] | None = None) -> Here:
    return Here(Claimed((place,), candidates=ALL), scores or [float(n) for n in range(WORDS, 0, -1)], owner)


def test_who_always_names_the_first_word_is_no_better_than_on_other_questions() -> None:
    """The first word scores highest everywhere, so the habit beats random words, and never its own kind."""
    found = beside_other_items(named_auroc, [row(0, str(n)) for n in range(10)], seed=0)

    assert all(isinstance(each, BesideChance) for each in found)
    assert [(each.value, each.chance, each.above_chance) for each in found if isinstance(each, BesideChance)] == [
        (1.0, 1.0, 0.0)
    ] * 10


def test_who_knows_the_question_is_better_than_claims_about_others() -> None:
    """The best word stands elsewhere in each of six; the claims of the five others name five other words, mean 0.4."""
    rows = [row(n, str(n), [float(place == n) + 0.1 * (place - n) % 1 for place in range(WORDS)]) for n in range(WORDS)]
    for each in beside_other_items(named_auroc, rows, seed=0):
        assert isinstance(each, BesideChance)
        assert each.value == 1.0
        assert each.chance == pytest.approx(0.4)


def test_what_was_drawn_with_an_item_is_no_stranger() -> None:
    """Two clusters of two: each is measured beside the two of the other one, and a single cluster beside none."""
    two = beside_other_items(named_auroc, [row(0, "a"), row(0, "a"), row(5, "b"), row(5, "b")], seed=0)
    one = beside_other_items(named_auroc, [row(0, "a"), row(1, "a")], seed=0)

    assert [each.method for each in two if isinstance(each, BesideChance)] == ["claims of 2 of 2 other Items"] * 4
    assert [each.above_chance for each in two if isinstance(each, BesideChance)] == [1.0, 1.0, -1.0, -1.0]
    assert all(isinstance(each, str) and "none of 0 other Items" in each for each in one)


def test_of_many_others_some_are_drawn_and_the_same_again() -> None:
    rng = np.random.default_rng(0)
    rows = [row(int(rng.integers(WORDS)), str(n)) for n in range(MOST_OTHERS + 20)]
    found, again = (beside_other_items(named_auroc, rows, seed=3)[:5] for _ in range(2))

    assert found == again
    assert all(isinstance(each, BesideChance) and f"of {MOST_OTHERS} other" in each.method for each in found)


def test_what_cannot_be_carried_over_says_why() -> None:
    """No claim was read; signs belong to their own question; a set has no order."""
    unread = Here(Claimed((), candidates=ALL, why="absent"), [1.0, 0.0], "a")
    others = [row(0, str(n)) for n in range(3)]

    assert beside_other_items(named_auroc, [unread, *others], seed=0)[0] == "absent"
    assert "not carried over" in str(beside_other_items(sign_agreement, others, seed=0)[0])
    assert beside_other_items(rbo_at_k, others, seed=0)[0] == "the claim has no order"
