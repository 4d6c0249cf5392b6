"""Logs of other tools that are made up, and what is said when they are refused."""

import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from selfexplain.answer_files import read_answers
from selfexplain.errors import InputError

LOGS = Path(__file__).with_name("logs")


STATED: dict[str, Any] = {"columns": {"confidence": "output"}, "scale": "percent"}


HEADER: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {"task": "t", "model": "m", "dataset": {"name": "d"}},
    "plan": {"steps": []},
}


def answer(name: Any = "a", **changed: Any) -> dict[str, Any]:
    """Return a sample of Inspect's: right, with a confidence of 90 in its text."""
    text = "ANSWER: A\nCONFIDENCE: 90"
    output = {"choices": [{"message": {"content": text}, "stop_reason": "stop"}], "completion": text}
    whole = {"id": name, "epoch": 1, "input": "?", "target": "A", "output": output, "scores": {"match": {"value": "C"}}}
    return whole | changed


def inspect_json(folder: Path, *samples: Any, header: Mapping[str, Any] = HEADER) -> Path:
    path = folder / "log.json"
    path.write_text(json.dumps({**header, "samples": list(samples)}))
    return path


def inspect_zip(folder: Path, members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "log.eval"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def options_line(**changed: Any) -> dict[str, Any]:
    """Return a line of lm-evaluation-harness: three to one for the first of two options, which is right."""
    whole = {
        "doc_id": 0,
        "doc": {"q": "?"},
        "target": "0",
        "arguments": {"gen_args_0": {"arg_0": "?", "arg_1": " yes"}, "gen_args_1": {"arg_0": "?", "arg_1": " no"}},
        "resps": [[["-1", "False"]], [["-2", "False"]]],
        "filtered_resps": [[str(math.log(0.6)), "False"], [str(math.log(0.2)), "False"]],
        "filter": "none",
        "metrics": ["acc"],
        "acc": 1.0,
    }
    return whole | changed


def lines(folder: Path, *rows: Any) -> Path:
    path = folder / "samples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def result(place: int = 0, **changed: Any) -> dict[str, Any]:
    """Return a result of promptfoo's: right, with a confidence of 90 in its text."""
    said = {"pass": True, "score": 1, "assertion": {"type": "contains", "value": "A"}}
    whole = {
        "promptIdx": 0,
        "testIdx": place,
        "success": True,
        "failureReason": 0,
        "provider": {"id": "p", "label": ""},
        "prompt": {"label": "q"},
        "vars": {"n": place},
        "testCase": {"assert": [said["assertion"]]},
        "gradingResult": {"pass": True, "componentResults": [said]},
        "response": {"output": "ANSWER: A\nCONFIDENCE: 90", "finishReason": "stop"},
    }
    return whole | changed


def promptfoo(folder: Path, *results: Any) -> Path:
    path = folder / "results.json"
    path.write_text(json.dumps({"results": {"results": list(results), "stats": {}}, "config": {}}))
    return path


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        read_answers(path, **(options or STATED))
    assert refused.value.hint
    return str(refused.value).replace(f"{path.parent}/", "")
