"""The choice grader: what names a choice, and what only mentions one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.grading.choice import choice
from selfexplain.records import LETTERS, Item

CITIES = ("Lyon", "Paris", "Rome", "E. coli")


def item(*gold: str, choices: tuple[str, ...] = CITIES) -> Item:
    return Item("q", "?", gold, choices=choices)


NAMED = [
    ("B", "letter"),
    ("b", "letter"),
    ("(b)", "letter"),
    ("[B]", "letter"),
    ("B.", "letter"),
    ("**B**", "letter"),
    ("Ｂ", "letter"),
    ("option B", "letter"),
    ("Option (B)", "letter"),
    ("The answer is B.", "letter"),
    ("I choose (b)", "letter"),
    ("It's B", "letter"),
    ("答案是B", "letter"),
    ("选B", "letter"),
    ("B选项", "letter"),
    ("Paris", "text"),
    ("  paris. ", "text"),
    ("the answer is Paris", "text"),
    ("B) Paris", "letter and text"),
    ("(B) paris", "letter and text"),
    ("B: Paris.", "letter and text"),
    ("B - Paris", "letter and text"),
    ("Paris (B)", "letter and text"),
]


@pytest.mark.parametrize("gold", ["B", "b", "Paris", "B) Paris"])
@pytest.mark.parametrize(("answer", "rule"), NAMED)
def test_a_choice_is_named_by_letter_text_or_both(answer: str, rule: str, gold: str) -> None:
    """Whichever way the gold is written."""
    grade = choice(answer, item(gold))

    assert (grade.verdict, grade.rule, grade.grader) == ("correct", rule, "choice@2")


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("A", "letter"),
        ("Rome", "text"),
        ("C) Rome", "letter and text"),
        ("E. coli", "text"),
        ("E", "no choice has this letter"),
        ("Z.", "no choice has this letter"),
        ("Berlin", "no choice has this text"),
        ("A cat", "no choice has this text"),
    ],
)
def test_another_choice_or_none_is_wrong(answer: str, rule: str) -> None:
    """A letter that no choice has names nothing, and so does the article in "A cat"."""
    grade = choice(answer, item("B"))

    assert (grade.verdict, grade.rule) == ("wrong", rule)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("B) Lyon", "letter and text disagree"),
        ("A) Paris", "letter and text disagree"),
        ("Z) Paris", "letter and text disagree"),
        ("B) London", "what follows the letter is no choice's text"),
        ("A, B", "what follows the letter is no choice's text"),
        ("A or B", "a choice is mentioned, none is named alone"),
        ("AB", "a choice is mentioned, none is named alone"),
        ("Paris or Rome", "a choice is mentioned, none is named alone"),
        ("not Paris", "a choice is mentioned, none is named alone"),
        ("Option 2", "a choice is mentioned, none is named alone"),
        ("", "no letter or digit in the answer"),
    ],
)
def test_what_cannot_be_told_is_undecided(answer: str, rule: str) -> None:
    """It is neither right nor wrong: what was meant would be a guess. "A) Paris" is not the article and Paris."""
    grade = choice(answer, item("B"))

    assert (grade.verdict, grade.rule) == ("undecided", rule)


def test_a_text_that_is_another_choices_letter_needs_both() -> None:
    """Blood groups: A) O, B) A, C) B. The answer "A" may mean the letter or the group."""
    groups = ("O", "A", "B")

    assert choice("O", item("A) O", choices=groups)).verdict == "correct"
    assert choice("A", item("A) O", choices=groups)).rule == "letter and text disagree"
    assert choice("B) A", item("B) A", choices=groups)).verdict == "correct"
    assert choice("O", item("A", choices=groups)).rule == "a gold text names no choice, or several"


def test_two_choices_with_one_text_are_told_apart_by_their_letters_only() -> None:
    """Texts that differ in case are compared as written first."""
    assert choice("same", item("A", choices=("same", "same"))).rule == "several choices have this text"
    assert choice("same", item("A", choices=("same", "Same"))).verdict == "correct"
    assert choice("SAME", item("A", choices=("same", "Same"))).verdict == "undecided"


def test_several_golds_are_all_right_and_a_gold_that_is_no_choice_decides_nothing() -> None:
    """A misprinted gold must not make every answer wrong."""
    assert choice("C", item("B", "Rome")).verdict == "correct"
    assert choice("C", item("Pariss")).verdict == "undecided"
    assert choice("E", item("E")).verdict == "undecided"
    assert choice("C", Item("q", "?", ("C",))).rule == "the Item has no choices"


WORDS = st.sampled_from(["A", "b", "(C)", "Paris", "Rome", "option", "and", ")", ":", "the", "not", "E", "是", "."])


@given(words=st.lists(WORDS, max_size=6), gap=st.sampled_from(["", " "]))
def test_any_mixture_of_letters_and_texts_gets_a_grade(words: list[str], gap: str) -> None:
    """Where random texts seldom get."""
    assert choice(gap.join(words), item("B")).verdict in {"correct", "wrong", "undecided"}


@given(choices=st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=26), data=st.data())
def test_letter_with_text_names_its_own_choice_or_nothing(choices: list[str], data: st.DataObject) -> None:
    """Whatever the texts are: never another choice."""
    place = data.draw(st.integers(0, len(choices) - 1))
    said = f"{LETTERS[place]}) {choices[place]}"

    assert choice(said, item(said, choices=tuple(choices))).verdict in {"correct", "undecided"}


MANY = (*(f"town {place}" for place in range(1, 28)), "30", "7", "1.5")
"""Thirty choices, labelled 1 to 30; three of their texts are numbers, and two of these are labels as well."""


@pytest.mark.parametrize(
    ("answer", "verdict", "rule"),
    [
        ("12", "correct", "number"),
        ("(12)", "correct", "number"),
        ("12.", "correct", "number"),
        ("１２", "correct", "number"),
        ("012", "correct", "number"),
        ("Option 12", "correct", "number"),
        ("The answer is 12", "correct", "number"),
        ("Town 12", "correct", "text"),
        ("12) town 12", "correct", "number and text"),
        ("town 12 (12)", "correct", "number and text"),
        ("13", "wrong", "number"),
        ("31", "wrong", "no choice has this number"),
        ("A", "wrong", "no choice has this text"),
        ("1.5", "wrong", "text"),
        ("12) town 13", "undecided", "number and text disagree"),
        ("12 or 13", "undecided", "a choice is mentioned, none is named alone"),
        ("not 12", "undecided", "a choice is mentioned, none is named alone"),
        ("30", "undecided", "number and text disagree"),
        ("7", "undecided", "number and text disagree"),
    ],
)
@pytest.mark.parametrize("gold", ["12", "town 12", "12) town 12"])
def test_beyond_26_choices_labels_are_numbers(answer: str, verdict: str, rule: str, gold: str) -> None:
    """30 is the label of the last choice and the text of the 28th: which is meant cannot be told."""
    grade = choice(answer, item(gold, choices=MANY))

    assert (grade.verdict, grade.rule) == (verdict, rule)


def test_with_26_choices_labels_are_still_letters() -> None:
    """The border of the alphabet."""
    assert choice("Z", item("Z", choices=MANY[:26])).rule == "letter"
