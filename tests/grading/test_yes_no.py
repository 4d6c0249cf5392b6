"""The yes-or-no grader: which words say it, and which texts only begin like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.grading.yes_no import NO, YES, yes_no
from selfexplain.records import Item


def item(*gold: str) -> Item:
    return Item("q", "?", gold, grader="yes_no")


YES_SAID = [
    "Yes",
    "**yes.**",
    "TRUE",
    "Correct!",
    "1",
    "y",
    "是的。",
    "对",
    "The answer is yes",
    "It's true",
    "Yes it is",
]
NO_SAID = ["No", "nope", "False", "0", "不是", "错", "否。", "Answer: no", "The statement is false", "That's not true"]


@pytest.mark.parametrize("answer", YES_SAID)
def test_yes_is_said_in_many_words(answer: str) -> None:
    assert yes_no(answer, item("Yes")).verdict == "correct"
    assert yes_no(answer, item("false")).verdict == "wrong"


@pytest.mark.parametrize("answer", NO_SAID)
def test_no_is_said_in_many_words(answer: str) -> None:
    assert yes_no(answer, item("No")).verdict == "correct"
    assert yes_no(answer, item("true")).verdict == "wrong"


@pytest.mark.parametrize("word", sorted(YES | NO))
def test_every_word_means_one_thing(word: str) -> None:
    assert yes_no(word, item("yes")).verdict == ("correct" if word in YES else "wrong")
    assert not YES & NO


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("Yes, because it has teeth.", "correct"),
        ("Yes, there is no doubt.", "correct"),
        ("Yes, F. Scott Fitzgerald wrote it.", "correct"),
        ("是的，因为它有牙齿", "correct"),
        ("No, it is not true.", "wrong"),
        ("No. Snails have none.", "wrong"),
    ],
)
def test_a_word_may_begin_a_sentence(answer: str, verdict: str) -> None:
    """A "no" inside the reason is no second answer."""
    grade = yes_no(answer, item("yes"))

    assert (grade.verdict, grade.rule) == (verdict, "first word")


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("It depends", "it depends"),
        ("Yes, it depends on the year", "it depends"),
        ("not sure", "it depends"),
        ("Maybe", "it depends"),
        ("不一定", "it depends"),
        ("Yes and no", "both yes and no"),
        ("True or false", "both yes and no"),
        ("Yes, that's wrong", "both yes and no"),
        ("No one knows", "neither yes nor no"),
        ("No doubt", "neither yes nor no"),
        ("right now", "neither yes nor no"),
        ("是否", "neither yes nor no"),
        ("不知道", "neither yes nor no"),
        ("0.5", "neither yes nor no"),
        ("-1", "neither yes nor no"),
        ("F. Scott Fitzgerald", "neither yes nor no"),
        ("Lima", "neither yes nor no"),
        ("", "neither yes nor no"),
    ],
)
def test_what_says_both_or_neither_is_undecided(answer: str, rule: str) -> None:
    """Also what only begins like a yes or a no."""
    grade = yes_no(answer, item("no"))

    assert (grade.verdict, grade.rule, grade.grader) == ("undecided", rule, "yes_no@1")


def test_gold_texts_that_say_neither_or_both_decide_nothing() -> None:
    for gold in (("Lima",), ("yes", "no"), ("yes", "Lima")):
        assert yes_no("yes", item(*gold)).rule == "the gold texts do not say yes or no"


WORDS = st.sampled_from(
    ["yes", "no", "true", ",", ".", "it", "is", "not", "that's", "and", "是", "depends", "answer", ":"]
)


@given(words=st.lists(WORDS, max_size=7))
def test_yes_and_no_are_never_both_right(words: list[str]) -> None:
    """An answer that is right where the gold is yes is wrong where it is no."""
    verdicts = [yes_no(" ".join(words), item(gold)).verdict for gold in ("yes", "no")]

    assert verdicts in (["correct", "wrong"], ["wrong", "correct"], ["undecided", "undecided"])
