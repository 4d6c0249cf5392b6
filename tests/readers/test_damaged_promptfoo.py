"""Logs of promptfoo that are damaged or odd: a clear error that names the place, or the right status."""

from pathlib import Path
from typing import Any

import pytest

from readers.made_logs import STATED, promptfoo, refusal, result
from selfexplain.answer_files import read_answers


def response(output: Any, **more: Any) -> dict[str, Any]:
    return {"response": {"output": output, **more}}


@pytest.mark.parametrize(
    ("changed", "correct", "status"),
    [
        ({}, True, "ok"),
        ({"failureReason": 2, "success": False, "gradingResult": None, "response": None}, None, "failed"),
        ({"failureReason": None, "error": "timeout", "response": None, "success": False}, None, "failed"),
        (response("I will not. CONFIDENCE: 90", isRefusal=True), True, "refused"),
        (response("", finishReason="content_filter"), True, "refused"),
        (response("CONFIDENCE: 90", finishReason="length"), True, "truncated"),
        (response(""), True, "no_answer"),
        (response(None), True, "no_answer"),
        ({"gradingResult": {"componentResults": []}}, None, "undecided"),
        ({"gradingResult": None}, None, "undecided"),
    ],
)
def test_a_promptfoo_result_has_the_first_status_that_applies(
    tmp_path: Path, changed: dict[str, Any], *, correct: bool | None, status: str
) -> None:
    """A test without assertions passes in promptfoo: here nobody said that it is right."""
    found = read_answers(promptfoo(tmp_path, result(), result(1, **changed)), **STATED)

    assert (found.rows[1].correct, found.rows[1].status) == (correct, status)


def test_a_test_without_assertions_is_not_right_even_when_all_of_them_are_asked_for(tmp_path: Path) -> None:
    path = promptfoo(tmp_path, result(), result(1, gradingResult={"componentResults": []}))

    assert [row.correct for row in read_answers(path, scorer="pass", **STATED).rows] == [True, None]


def test_a_reply_that_is_an_object_is_opened_by_name(tmp_path: Path) -> None:
    path = promptfoo(tmp_path, result(**response({"answer": "A", "confidence": 90})))
    found = read_answers(path, columns={"confidence": "output.confidence"}, scale="percent")

    assert (found.rows[0].confidence, found.source) == (0.9, "stated")
    assert "testIdx 0: output is {" in refusal(path)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "results.json holds no samples"),
        ([result(gradingResult=None)], "no test has an assertion, so nothing says right or wrong"),
        ([{}], "results.results[0]: Object missing required field"),
        ([result(success="yes")], "results.results[0]: Expected `bool`, got `str` - at `$.success`"),
        ([result(vars=[])], "results.results[0]: Expected `object`, got `array` - at `$.vars`"),
        (
            [result(gradingResult={"componentResults": [{"pass": True, "assertion": {"type": "contains"}}] * 2})],
            "testIdx 0: 2 assertions are called 'contains'",
        ),
    ],
)
def test_damaged_results_name_the_result_and_the_field(tmp_path: Path, results: list[Any], said: str) -> None:
    assert said in refusal(promptfoo(tmp_path, *results))
