"""CONTRIBUTING shows how to add a template, a metric, a provider, each in one file: its examples run as they stand."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def example(kind: str) -> str:
    """Return the text of the fenced block that CONTRIBUTING marks as `kind`."""
    (block,) = re.findall(rf"^```\w+ {kind}\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text(), re.M | re.S)
    return str(block)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of somebody's own, with the examples and two questions."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "my-way.md").write_text(example("template"))
    (tmp_path / "prompts" / "second-look.md").write_text(example("turns"))
    (tmp_path / "my_metric.py").write_text(example("metric"))
    (tmp_path / "my_provider.py").write_text(example("provider"))
    (tmp_path / "q.csv").write_text("question,gold\nCapital of Peru?,Lima\nCapital of Chile?,Santiago\n")
    return tmp_path


def call(home: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "selfexplain", *arguments], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_three_examples_work_together(home: Path) -> None:
    """The parrot says Lima at 90 % twice, in the template's words: right once; never completely sure."""
    metrics = call(
        home,
        "run",
        "q.csv",
        "-m",
        "my_provider.py:Parrot",
        "-t",
        "my-way",
        "--metrics",
        "headline,my_metric.py:certain",
        "--json",
    )
    stated = metrics["sources"]["stated"]["metrics"]

    assert metrics["template"] == "my-way@1"
    assert stated["accuracy"]["value"] == 0.5
    assert stated["gap"]["value"] == pytest.approx(0.4)
    assert stated["certain"]["value"] == 0.0


def test_the_example_of_turns_asks_them(home: Path) -> None:
    """Each turn has its own reply; the second is the confidence: 0.9 twice, right once."""
    replies = [
        {"item": "*", "reply": "Because: I think so.\nAnswer: Lima"},
        {"item": "*", "turn": 1, "reply": "Confidence: 0.9"},
    ]
    (home / "replies.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    metrics = call(home, "run", "q.csv", "-m", "scripted/replies.jsonl", "-t", "second-look", "--json")

    assert metrics["sources"]["stated"]["metrics"]["gap"]["value"] == pytest.approx(0.4)


def test_the_template_example_is_listed_beside_the_packaged_ones(home: Path) -> None:
    names = call(home, "list", "template", "--json")["template"]

    assert {"my-way", "few-shot", "answer-confidence", "answer-why-confidence"} <= set(names)
