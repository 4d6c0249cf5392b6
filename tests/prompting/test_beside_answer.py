"""A short answer and its confidence beside it, without a label."""

import pytest

from selfexplain.prompting.beside_answer import beside_answer
from selfexplain.prompting.read_confidence import read_confidence


@pytest.mark.parametrize(
    "text",
    ["Paris, 95%", "the Nile, 95%", "blue whale - 95%", "Paris|95%", "Paris\n95", "1969, 95%", "Paris: 95% sure"],
)
def test_a_number_beside_a_short_answer_is_its_confidence(text: str) -> None:
    found = beside_answer(text, scale="percent")

    assert found is not None
    assert found[0].low == 95
    assert text[found[1] :].startswith("95")


@pytest.mark.parametrize(
    "text", ["Nitrogen, 78%", "China (18%)", "Paris, 95", "3 - 4%", "it works with 80% certainty", "Yes, about 95%"]
)
def test_a_share_a_list_or_a_sentence_states_no_confidence(text: str) -> None:
    assert beside_answer(text, scale="percent") is None


def test_the_span_is_that_of_the_number_in_the_raw_reply() -> None:
    assert read_confidence(" **Paris**, 95%", scale="percent").span == (12, 15)


def test_a_packed_object_is_read_where_it_stands() -> None:
    raw = r'"{\"answer\": \"Lima\", \"confidence\": 90}"'
    reading = read_confidence(raw, scale="percent")

    assert reading.span is not None
    assert raw[slice(*reading.span)] == "90"


def test_values_below_a_line_of_names_are_fields_and_two_rows_a_conflict() -> None:
    assert read_confidence("answer,confidence\nLima,80", scale="percent").value == 0.8
    assert read_confidence("answer,confidence\nLima,80\nCusco,20", scale="percent").detail == "conflict"
    assert read_confidence("answer,confidence\nLima, Peru,80", scale="percent").value is None
