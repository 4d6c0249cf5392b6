"""Whether two answers say the same, without the gold answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.grading.same_answer import SameAnswer
from selfexplain.records import Item

SAME = SameAnswer(plugins.graders(), plugins.categorisers())
TOWN = Item("town", "Capital of Peru?", ("Quito",))
NUMBER = Item("number", "How far?", ("7 km",), grader="numeric", tolerance=100.0)
CHOICE = Item("choice", "Which?", ("Paris",), choices=("Lyon", "Paris"))
YES = Item("yes", "Is it?", ("no",), grader="yes_no")
TEA = Item("tea", "Tea or coffee?", choices=("tea", "coffee"), grader="option")


@pytest.mark.parametrize(
    ("one", "other", "item", "same"),
    [
        ("the Lima.", "lima", TOWN, True),
        ("São Paulo", "Sao Paulo", TOWN, True),
        ("Lima", "Cusco", TOWN, False),
        ("Lima", "Lima, Peru", TOWN, False),  # a superset may be another place: the matcher does not guess
        ("5 km", "5000 m", NUMBER, True),
        ("1,200", "1200.0", NUMBER, True),
        ("5 km", "6 km", NUMBER, False),  # though the tolerance is 100: 1, 50 and 99 would all be one answer
        ("600", "600 + 600 = 1200", NUMBER, False),  # it stands there, and is not what is answered
        ("1200", "600 + 600 = 1200", NUMBER, True),
        ("5", "5 km", NUMBER, True),
        ("many", "Many!", NUMBER, True),
        ("many", "several", NUMBER, False),
        ("B", "Paris", CHOICE, True),
        ("(b)", "B) Paris", CHOICE, True),
        ("A", "Paris", CHOICE, False),
        ("B) Lyon", "B) Lyon", CHOICE, True),
        ("Rome", "Oslo", CHOICE, False),
        ("true", "Yes, it is.", YES, True),
        ("yes", "no", YES, False),
        ("it depends", "who knows", YES, False),
        ("B", "coffee", TEA, True),
        ("both", "water", TEA, False),  # neither is a category: what they have in common is that nobody can tell
        ("", "", TOWN, True),
        ("?", "!", TOWN, False),
    ],
)
def test_two_answers_say_the_same_or_not(one: str, other: str, item: Item, same: bool) -> None:  # noqa: FBT001 - the expected value
    assert SAME(one, other, item) is same
    assert SAME(other, one, item) is same


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=12), st.sampled_from([TOWN, NUMBER, CHOICE, YES, TEA]))
def test_it_is_symmetric_reflexive_and_blind_to_the_gold_answer(one: str, other: str, item: Item) -> None:
    """With another gold answer the same two answers are compared alike."""
    from msgspec.structs import replace

    elsewhere = item if item.is_survey else replace(item, gold=("something else",) if not item.choices else ("Lyon",))

    assert SAME(one, other, item) == SAME(other, one, item) == SAME(one, other, elsewhere)
    assert SAME(one, one, item)


def test_the_rule_has_a_version_of_its_own_and_that_of_the_grader() -> None:
    assert [SAME.rule(item) for item in (TOWN, CHOICE, TEA)] == [
        "same-answer@1 by exact@1",
        "same-answer@1 by choice@2",
        "same-answer@1 by option@1",
    ]
