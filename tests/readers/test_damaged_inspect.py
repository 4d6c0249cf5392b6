"""Logs of Inspect AI that are damaged or odd: a clear error that names the place, or the right status."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from readers.made_logs import (
    HEADER,
    STATED,
    answer,
    inspect_json,
    inspect_zip,
    refusal,
)
from selfexplain.answer_files import read_answers


def scored(value: Any, **more: Any) -> dict[str, Any]:
    return {"scores": {"match": {"value": value, **more}}}


def ended(reason: str, text: str = "ANSWER: A\nCONFIDENCE: 90") -> dict[str, Any]:
    return {"output": {"choices": [{"message": {"content": text}, "stop_reason": reason}]}}


@pytest.mark.parametrize(
    ("changed", "correct", "status"),
    [
        ({}, True, "ok"),
        (scored("I"), False, "ok"),
        (scored(1), True, "ok"),
        (scored(0.0), False, "ok"),
        (scored(value=True), True, "ok"),
        (scored("yes"), True, "ok"),
        (scored("P"), None, "undecided"),
        (scored(0.5), None, "undecided"),
        (scored(math.nan), None, "undecided"),
        (scored(["C"]), None, "undecided"),
        (scored("I", reason="grader_failed"), None, "undecided"),
        ({"scores": {}}, None, "undecided"),
        (scored("N"), None, "no_answer"),
        (scored("I", answer=""), False, "no_answer"),
        (scored("I", reason="invalid_response_format"), False, "no_answer"),
        (scored("I", reason="refusal"), False, "refused"),
        (ended("content_filter"), True, "refused"),
        (ended("max_tokens"), True, "truncated"),
        (ended("model_length"), True, "truncated"),
        ({"limit": {"type": "token", "limit": 5}}, True, "truncated"),
        (ended("stop", " "), True, "no_answer"),
        ({"output": {"choices": []}}, True, "no_answer"),
        ({"error": {"message": "timeout"}}, True, "failed"),
        ({"invalidation": {"author": "me"}}, True, "failed"),
        ({"error": {"message": "x"}, **ended("max_tokens")}, True, "failed"),
        (ended("stop", "ANSWER: A\nCONFIDENCE: 60-80"), True, "ambiguous"),
        (ended("stop", "ANSWER: A\nCONFIDENCE: n/a"), True, "declined"),
    ],
)
def test_an_inspect_sample_has_the_first_status_that_applies(
    tmp_path: Path, changed: dict[str, Any], *, correct: bool | None, status: str
) -> None:
    """Beside a sample that nothing is wrong with."""
    found = read_answers(inspect_json(tmp_path, answer(), answer("b", **changed)), **STATED)

    assert (found.rows[1].correct, found.rows[1].status) == (correct, status)
    assert found.rows[0].status == "ok"


def test_a_text_that_the_log_holds_once_is_looked_up(tmp_path: Path) -> None:
    """As an attachment; and content that comes in parts is joined, its reasoning left out."""
    output = {"choices": [{"message": {"content": "attachment://x"}, "stop_reason": "stop"}]}
    parts = [{"type": "reasoning", "reasoning": "CONFIDENCE: 10"}, {"type": "text", "text": "CONFIDENCE: 70"}]
    long = answer("a", output=output, attachments={"x": "CONFIDENCE: 80"})
    path = inspect_json(tmp_path, long, answer("b", output={"choices": [{"message": {"content": parts}}]}))

    assert [row.confidence for row in read_answers(path, **STATED).rows] == [0.8, 0.7]


def test_a_score_of_several_values_is_opened_by_name(tmp_path: Path) -> None:
    path = inspect_json(tmp_path, answer(**scored({"correct": 1, "confidence": 0.75})))

    assert "holds several values: 'correct', 'confidence'\nhint: name one: --scorer match.correct" in refusal(path)
    found = read_answers(path, scorer="match.correct", columns={"confidence": "scores.match.confidence"})
    assert [(row.confidence, row.correct) for row in found.rows] == [(0.75, True)]


def test_a_confidence_in_the_scores_metadata_needs_no_word_and_one_in_the_datasets_does(tmp_path: Path) -> None:
    """What a dataset calls confidence may be somebody else's."""
    left = inspect_json(tmp_path, answer(**scored("C", metadata={"confidence": 0.6})))
    assert [row.confidence for row in read_answers(left).rows] == [0.6]

    dataset = inspect_json(tmp_path, answer(metadata={"confidence": 0.6}))
    assert "does not say where the confidence stands" in refusal(dataset, format="inspect")


def test_half_characters_in_the_tools_own_names_are_made_whole(tmp_path: Path) -> None:
    """No file that is written of them could hold the half ones."""
    half = json.loads(json.dumps(HEADER).replace('"m"', '"\\ud800"').replace('"t"', '"\\ud800"'))
    sample = answer(scores={"\ud800": {"value": "C"}})
    found = read_answers(inspect_json(tmp_path, sample, header=half | {"status": "\udfff"}), **STATED)

    assert msgspec.json.encode((found.provenance, found.how, found.remarks, found.note))


def test_an_evaluation_that_did_not_end_well_says_so(tmp_path: Path) -> None:
    broken = read_answers(inspect_json(tmp_path, answer(), header=HEADER | {"status": "error"}), **STATED)
    short = read_answers(inspect_json(tmp_path, answer(), header=HEADER | {"results": {"total_samples": 3}}), **STATED)

    assert broken.remarks == ["Inspect says that this evaluation ended with the status 'error': 1 samples are there"]
    assert short.remarks == ["1 of 3 samples stand in the log"]


def test_an_archive_of_an_interrupted_evaluation_is_read_from_its_journal(tmp_path: Path) -> None:
    """No header was written; an older Inspect packed with deflate."""
    members = {"_journal/start.json": json.dumps(HEADER | {"status": "started"})}
    members["samples/a_epoch_1.json"] = json.dumps(answer())
    found = read_answers(inspect_zip(tmp_path, members), **STATED)

    assert [row.status for row in found.rows] == ["ok"]
    assert "status 'started'" in found.remarks[0]


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "log.json holds no samples"),
        ([answer(scores=None)], "no sample has a score"),
        ([answer(), answer()], "log.json, sample 'a', epoch 1: a second answer to 'a', repeat 0"),
        ([answer(1), answer("1")], "a second answer to '1', repeat 0"),
        ([answer(epoch=0)], "log.json, sample 'a', epoch 0: `epoch` is 0; expected a whole number from 1"),
        ([answer(epoch="x")], "log.json, sample 'a', epoch x: Expected `int`, got `str` - at `$.epoch`"),
        ([answer(scores=[])], "log.json, sample 'a', epoch 1: Expected `object | null`, got `array` - at `$.scores`"),
        ([{}], "log.json, samples[0]: Object missing required field `id`"),
        ([7], "log.json, samples[0]: Expected `object`, got `int`"),
        ([answer("\ud800")], "a name holds half a character"),
        ([answer() | {"\ud800": 1}], "sample 'a', epoch 1: 'utf-8' codec can't encode"),
        (
            [answer(), answer(epoch=2, target="B")],
            "two questions are called 'a', the second at log.json, sample 'a', epoch 2",
        ),
    ],
)
def test_a_damaged_inspect_log_names_the_sample_and_the_field(tmp_path: Path, samples: list[Any], said: str) -> None:
    assert said in refusal(inspect_json(tmp_path, *samples))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1e999", "sample 'a', epoch 1: scores.sure is Infinity; expected a number or a text"),
        ("true", "scores.sure is true; expected a number or a text"),
        ("[1]", "scores.sure is [1]; expected a number or a text"),
        ("1" + "0" * 400, "1 of 1 confidences are out of range on the scale probability"),
        ("1" + "0" * 5000, "log.json: not JSON (Exceeds the limit"),
        ("NaN", None),
        ("null", None),
    ],
)
def test_a_confidence_that_is_no_probability_is_no_number(tmp_path: Path, number: str, said: str | None) -> None:
    """Inspect writes NaN for what could not be scored: no confidence."""
    path = inspect_json(tmp_path, answer(scores={"match": {"value": "C"}, "sure": {"value": "NUMBER"}}))
    path.write_text(path.read_text().replace('"NUMBER"', number))
    options: dict[str, Any] = {"scorer": "match", "columns": {"confidence": "scores.sure"}}
    if said is None:
        (row,) = read_answers(path, **options).rows
        assert (row.confidence, row.status) == (None, "no_confidence")
    else:
        assert said in refusal(path, **options)
