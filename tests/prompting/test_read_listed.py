"""Guesses and their probabilities, by number, in the forms in which models write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.prompting.read_listed import read_answers, read_confidences

FORMS = {
    "as asked": "Guess 1: Lima\nProbability 1: 0.6\nGuess 2: New York\nProbability 2: 0.3",
    "Tian's": "G1: Lima\nP1: 0.6\nG2: New York\nP2: 0.3",
    "bold": "**Guess 1:** Lima\n**Probability 1:** 0.6\n**Guess 2:** New York\n**Probability 2:** 0.3",
    "bullets": "- Guess 1: Lima\n- Probability 1: 60%\n- Guess 2: New York\n- Probability 2: 30%",
    "one line each": "Guess 1: Lima, Probability 1: 0.6\nGuess 2: New York (Probability 2: 0.3)",
    "all guesses first": "Guess 1: Lima\nGuess 2: New York\n\nProbability 1: 0.6\nProbability 2: 0.3",
    "JSON": '{"guess_1": "Lima", "probability_1": 0.6, "guess_2": "New York", "probability_2": 0.3}',
    "Chinese": "猜测1：Lima\n概率1：0.6\n猜测2：New York\n概率2：0.3",
    "Chinese, spaced": "猜测 1：Lima\n概率 1：60％\n猜测 2：New York\n概率 2：３０％",
    "after thinking": "<think>Guess 1: Rome\nProbability 1: 0.9</think>Guess 1: Lima\nProbability 1: 0.6\n"
    "Guess 2: New York\nProbability 2: 0.3",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_two_guesses_are_read_in_any_form(text: str) -> None:
    answers = read_answers(text, n=2, kind="guess").value or ()
    chances = read_confidences(text, n=2, scale="probability").value or ()

    assert [reading.value for reading in answers] == ["Lima", "New York"]
    assert [reading.value for reading in chances] == [0.6, 0.3]


def test_numbers_are_not_mixed_up() -> None:
    """Guess 1 is not Guess 10, nor Guess 11."""
    text = "Guess 10: Rome\nGuess 11: Oslo\nGuess 1: Lima"

    assert [one.value for one in read_answers(text, n=2, kind="guess").value or ()] == ["Lima", None]


@pytest.mark.parametrize("text", ["猜测1：\n\n猜测2：\n\n概率2：\n", "`猜测1：`\n\n`猜测2：`", "Guess 1:\nGuess 2:\n"])
def test_the_next_label_is_no_answer(text: str) -> None:
    """A form that was copied and not filled in, as the embedded model does."""
    assert read_answers(text, n=2, kind="guess").value is None


def test_an_answer_may_look_like_a_label() -> None:
    """Without a colon it is one."""
    found = read_answers("Guess 1: G7\nGuess 2: P1", n=2, kind="guess").value or ()

    assert [reading.value for reading in found] == ["G7", "P1"]


def test_an_answer_may_hold_the_words() -> None:
    """A guess about probability is cut only before a label."""
    text = "Guess 1: the probability axioms\nProbability 1: 0.5"

    assert [one.value for one in read_answers(text, n=1, kind="guess").value or ()] == ["the probability axioms"]


@pytest.mark.parametrize("text", ["", "Lima, at 80%", "Guess: Lima\nProbability: 0.8"])
def test_without_numbers_there_is_no_list(text: str) -> None:
    assert read_answers(text, n=4, kind="guess").value is None
    assert read_confidences(text, n=4, scale="probability").value is None


@settings(deadline=None)
@given(st.text(alphabet='Gues12:P robablity\n0.5%{}"', max_size=120))
def test_any_text_gives_as_many_readings_as_were_asked_for(text: str) -> None:
    for found in (read_answers(text, n=3, kind="guess"), read_confidences(text, n=3, scale="probability")):
        assert found.value is None or len(found.value) == 3
