"""The JSON Schema in docs: it is the one that the types give, and it says what the reader does."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from selfexplain import InputError, plugins
from selfexplain.datasets.questions import read_questions
from selfexplain.datasets.schema import QuestionLine, schema, text
from selfexplain.records import Item

DOCS = Path(__file__).parents[2] / "docs"


def test_the_schema_in_docs_is_fresh() -> None:
    """If this fails: python -m selfexplain.datasets.schema docs/item.schema.json."""
    assert (DOCS / "item.schema.json").read_text(encoding="utf-8") == text()


def test_the_schema_has_the_fields_of_an_item() -> None:
    """A field that is added to Item needs its place here, and a description."""
    line = schema()["$defs"]["QuestionLine"]

    assert set(line["properties"]) == {*Item.__struct_fields__, "split"}
    assert line["additionalProperties"] is False
    assert all(each.get("description") for each in line["properties"].values())


KNOWN: dict[str, Any] = {"graders": plugins.graders(), "categorisers": plugins.categorisers()}

AGREED: list[tuple[dict[str, Any], bool]] = [
    ({"question": "?", "gold": "4"}, True),
    ({"question": "?", "gold": [4, "four"], "id": 7, "tags": ["a"], "group": None}, True),
    ({"question": "?", "gold": "A", "choices": {"A": "x", "b": "y"}}, True),
    ({"question": "?", "gold": "x", "choices": ["x", "y"], "grader": "exact"}, True),
    ({"question": "?", "gold": "4", "grader": "numeric", "tolerance": 0.5, "source": "s", "cluster": "c"}, True),
    ({"question": "?", "gold": "4", "split": "ask"}, True),
    ({"question": "?", "gold": "1", "choices": {str(place): f"c{place}" for place in range(1, 28)}}, True),
    ({"question": "?", "grader": "stance"}, True),
    ({"question": "?", "grader": "option", "choices": ["x", "y"]}, True),
    ({"question": "?", "grader": "phrases", "categories": {"for": ["yes", "sure"], "against": "no"}}, True),
    ({"question": "?", "grader": "phrases", "categories": {"for": []}}, False),
    ({"question": "?", "grader": "phrases", "categories": ["yes"]}, False),
    ({"question": "四？", "gold": "4", "original": "4?", "aligned": [["四", "4"]]}, True),
    ({"question": "四？", "gold": "4", "original": "4?", "aligned": [["四"]]}, False),
    ({"question": "四？", "gold": "4", "original": "4?", "aligned": []}, False),
    ({"question": "?", "gold": "4", "split": "train"}, False),
    ({"gold": "4"}, False),
    ({"question": "", "gold": "4"}, False),
    ({"question": "?", "gold": []}, False),
    ({"question": "?", "gold": ["4", ""]}, False),
    ({"question": "?", "gold": True}, False),
    ({"question": ["?"], "gold": "4"}, False),
    ({"question": "?", "gold": "4", "colour": "red"}, False),
    ({"question": "?", "gold": "4", "tolerance": -1}, False),
    ({"question": "?", "gold": "A", "choices": {"first": "x"}}, False),
    ({"question": "?", "gold": "4", "id": [1]}, False),
]


@pytest.mark.parametrize(("row", "fine"), AGREED, ids=[json.dumps(row) for row, _ in AGREED])
def test_schema_and_reader_agree(tmp_path: Path, row: dict[str, Any], fine: bool) -> None:  # noqa: FBT001 - a value
    """The same lines are right, and the same are wrong."""
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(row))

    if fine:
        msgspec.json.decode(json.dumps(row), type=QuestionLine)
        assert len(read_questions(path, **KNOWN).items) == 1
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(json.dumps(row), type=QuestionLine)
        with pytest.raises(InputError):
            read_questions(path, **KNOWN)
