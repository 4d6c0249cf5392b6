"""True or false: letters, words, and what is neither."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.prompting.read_verdict import read_verdict


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A", True),
        ("(B)", False),
        ("A) True", True),
        ("The proposed answer is (B) False.", False),
        ("**True**", True),
        ("A) Yes", True),
        ("No.", False),
        ("Ａ", True),
        ("A) 正确", True),
        ("错误", False),
        ("B) 否", False),
        ("<think>A or B? False?</think>A", True),
        ("correct", True),
        ("Incorrect", False),
        ("A. The answer is right.", True),
    ],
)
def test_a_verdict_is_read(text: str, value: bool) -> None:  # noqa: FBT001 - the expected value
    assert read_verdict(text).value is value


@pytest.mark.parametrize(
    ("text", "why", "detail"),
    [
        ("A) False", "ambiguous", "conflict"),
        ("A or B", "ambiguous", "conflict"),
        ("not true", "ambiguous", "denied"),
        ("It isn't correct", "ambiguous", "denied"),
        ("不正确", "ambiguous", "denied"),
        ("Maybe", "absent", ""),
        ("A dog barks", "absent", ""),
        ("BA", "absent", ""),
        ("I don't know", "declined", ""),
        ("<think>A", "truncated", ""),
        ("", "absent", ""),
    ],
)
def test_what_is_no_clear_verdict_has_its_reason(text: str, why: str, detail: str) -> None:
    reading = read_verdict(text)

    assert (reading.value, reading.why, reading.detail) == (None, why, detail)


def test_where_the_options_are_swapped_letters_mean_the_other_thing_and_words_do_not() -> None:
    said = {text: read_verdict(text, first_is_true=False).value for text in ("A", "B", "True", "A) False", "A) True")}

    assert said == {"A": False, "B": True, "True": True, "A) False": False, "A) True": None}


@pytest.mark.parametrize("text", ["", " "])
def test_a_reply_that_was_cut_before_it_said_anything_is_truncated(text: str) -> None:
    assert read_verdict(text, finish="truncated").why == "truncated"


def test_a_verdict_before_the_cut_has_been_said() -> None:
    assert read_verdict("A) True, since the", finish="truncated").value is True


@settings(deadline=None)
@given(st.text(alphabet="AB ()TrueFalsnot.不正确错误", max_size=60))
def test_any_text_gives_a_value_or_a_reason(text: str) -> None:
    """And never both; the span lies in the text."""
    reading = read_verdict(text)

    assert (reading.value is None) == (reading.why != "read")
    assert reading.span is None or 0 <= reading.span[0] < reading.span[1] <= len(text)
