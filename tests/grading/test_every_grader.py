"""What every grader promises, also those not yet written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.grading.grader import Grader
from selfexplain.records import Grade, Item

GRADERS = {name: found for name, found in plugins.graders().items() if name != "judge"}
"""Those that decide by themselves; `test_judge.py` has the other."""
EVERY = pytest.mark.parametrize("grader", GRADERS.values(), ids=GRADERS.keys())

CHOICES = ("red", "blue", "green", "7")

SUITED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "choice": ("D", [("red", "A"), ("B", "blue"), ("C) green", "C")]),
    "yes_no": ("no", [("yes", "true"), ("是", "1"), ("True", "correct")]),
}
"""Grader → an answer that is wrong, and pairs of right answers that are aliases; the others take what follows."""

OTHERS = ("78", [("1200", "77"), ("-5", "77"), ("0.5", "77"), ("1,234", "77")])
"""Texts that are right answers under every rule of comparison: words and numbers are each one of them."""

CASES = [
    pytest.param(found, SUITED.get(name, OTHERS)[0], *pair, id=f"{name} {pair[0]}")
    for name, found in GRADERS.items()
    for pair in SUITED.get(name, OTHERS)[1]
]


def item(*gold: str) -> Item:
    return Item("q", "?", gold, choices=CHOICES)


def test_the_graders_that_ship_are_found() -> None:
    """By the names that Items use."""
    assert GRADERS.keys() >= {"choice", "exact", "numeric", "yes_no"}


@EVERY
def test_a_grader_is_found_by_its_own_name_and_documented(grader: Grader) -> None:
    """A docstring with a runnable example, a version that counts from 1."""
    assert GRADERS[grader.facts.name] is grader
    assert grader.facts.version >= 1
    assert ">>>" in (grader.__doc__ or "")


@pytest.mark.parametrize(("grader", "wrong", "gold", "alias"), CASES)
def test_the_gold_answer_is_right(grader: Grader, wrong: str, gold: str, alias: str) -> None:
    """As it stands, with space around, and as an alias; another is wrong, in every order of the aliases."""
    assert grader(gold, item(gold)).verdict == "correct"
    assert grader(f" {gold}\n", item(gold)).verdict == "correct"
    assert grader(gold, item(alias, gold)).verdict == "correct"
    assert grader(wrong, item(gold)).verdict == "wrong"
    assert grader(wrong, item(alias, gold)).verdict == "wrong"


@pytest.mark.parametrize(("grader", "wrong", "gold", "alias"), CASES)
def test_no_answer_is_undecided(grader: Grader, wrong: str, gold: str, alias: str) -> None:
    """Two different states: a model that says nothing is not wrong."""
    for nothing in ("", " ", "?!"):
        assert {grader(nothing, item(each)).verdict for each in (wrong, gold, alias)} == {"undecided"}


@EVERY
@given(answer=st.text(st.characters(exclude_categories=[])), gold=st.lists(st.text(), min_size=1, max_size=3))
def test_any_text_gets_the_same_signed_grade_twice(grader: Grader, answer: str, gold: list[str]) -> None:
    """Total and pure: half characters included, and graded again it is graded alike."""
    grade = grader(answer, item(*gold))

    assert isinstance(grade, Grade)
    assert grade == grader(answer, item(*gold))
    assert grade.verdict in {"correct", "wrong", "undecided"}
    assert grade.grader == f"{grader.facts.name}@{grader.facts.version}"
    assert grade.rule


@EVERY
@given(answer=st.text(max_size=10), golds=st.permutations(["12", "Paris", "-5", "x"]))
def test_the_order_of_aliases_decides_nothing(grader: Grader, answer: str, golds: list[str]) -> None:
    """They are all right answers."""
    for said in (answer, golds[0], golds[-1]):
        assert grader(said, item(*golds)).verdict == grader(said, item(*reversed(golds))).verdict
