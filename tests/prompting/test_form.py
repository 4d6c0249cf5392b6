"""The JSON form of a structured reply: what is asked of a server, and whether it was kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import InputError
from selfexplain.prompting import probability_words
from selfexplain.prompting.form import NUMBERS, is_honoured, schema_of
from selfexplain.prompting.template import parse


@pytest.mark.parametrize("scale", sorted(NUMBERS))
def test_a_form_holds_the_fields_in_their_order_and_nothing_else(scale: str) -> None:
    schema = schema_of(("confidence", "answer"), scale=scale, language="en")

    assert list(schema["properties"]) == schema["required"] == ["confidence", "answer"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["confidence"]["minimum"] == 0


def test_words_are_a_closed_list_in_their_language() -> None:
    schema = schema_of(("confidence",), scale="words", language="zh")

    assert schema["properties"]["confidence"]["enum"] == list(probability_words.of("zh").phrases)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"answer": "a"}',
        '{"answer": "a", "confidence": 1, "more": 2}',
        '{"answer": "a", "confidence": 1',
        "[" * 9999,
    ],
)
def test_anything_else_is_not_the_form(text: str) -> None:
    assert not is_honoured(text, ("answer", "confidence"))


@given(st.text(), st.integers())
def test_what_is_written_in_the_form_is_honoured(answer: str, confidence: int) -> None:
    assert is_honoured(json.dumps({"answer": answer, "confidence": confidence}), ("answer", "confidence"))


@pytest.mark.parametrize(
    ("more", "told"),
    [("grammar: 'root ::= \"a\"'", "both hold the reply to a form"), ("elicits: [guesses]", "holds answer, rationale")],
)
def test_a_template_cannot_hold_to_two_forms_nor_to_what_no_form_holds(more: str, told: str) -> None:
    front = f"name: t\nversion: 1\nstructured: true\n{more}"
    front += "" if "elicits" in more else "\nelicits: [answer]"
    with pytest.raises(InputError, match=told):
        parse(f"---\n{front}\n---\n## user\n{{{{ question }}}}\n", where="t.md")
