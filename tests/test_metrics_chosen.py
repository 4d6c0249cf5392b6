"""Which metrics are measured: the headline ones, all, or those that are named, by every verb in the same words."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import selfexplain as sx
from selfexplain import plugins
from selfexplain.calibration import gap
from selfexplain.errors import InputError
from selfexplain.report.families import HEADLINE

CONFIDENCE, CORRECT = [0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    rows = [f"q{k},{c},{y}" for k, (c, y) in enumerate(zip(CONFIDENCE, CORRECT, strict=True))]
    path.write_text("\n".join(["item,confidence,correct", *rows]))
    return path


def test_without_a_choice_the_headline_ones_are_measured_in_their_order() -> None:
    """Seven, and beside the ECE what luck alone would show."""
    assert list(sx.evaluate(CONFIDENCE, CORRECT).metrics) == list(HEADLINE)
    assert HEADLINE[5:8] == ("ece", "ece_if_calibrated", "calibration_p")


def test_all_are_the_headline_ones_and_then_every_other_by_name() -> None:
    """Each once, and none is missing."""
    names = list(sx.evaluate(CONFIDENCE, CORRECT, metrics="all").metrics)

    assert names[: len(HEADLINE)] == list(HEADLINE)
    assert names[len(HEADLINE) :] == sorted(set(plugins.metrics()) - set(HEADLINE))
    assert "calibration_slope_clip_5e-3" in names  # a key that no function can have as its name


@pytest.mark.parametrize("chosen", ["smooth_ece", ["smooth_ece"], ("smooth_ece", "smooth_ece"), iter(["smooth_ece"])])
def test_a_name_chooses_just_that_metric(chosen: Any) -> None:
    """Alone or in any iterable, and once however often it is named."""
    assert list(sx.evaluate(CONFIDENCE, CORRECT, metrics=chosen).metrics) == ["smooth_ece"]


def test_sets_names_and_functions_go_together(table: Path) -> None:
    """In the order in which they are asked for."""
    measured = sx.evaluate_file(table, metrics=[gap, "over", "headline"]).to_dict()["sources"]["given"]["metrics"]

    assert list(measured) == ["gap", "over", *(name for name in HEADLINE if name != "gap")]
    assert list(sx.evaluate(CONFIDENCE, CORRECT, metrics=gap).metrics) == ["gap"]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("eec", "no metric is called 'eec'"),
        ([], "no metric is asked for"),
        ([len], "<built-in function len> is no metric"),
        ("nowhere.py:certain", "no Python file at nowhere.py"),
    ],
)
def test_what_is_no_metric_is_refused(chosen: Any, message: str) -> None:
    """Before anything is measured, or anybody asked."""
    with pytest.raises(InputError, match=message):
        sx.evaluate(CONFIDENCE, CORRECT, metrics=chosen)
    with pytest.raises(InputError, match=message):
        sx.run(metrics=chosen, model="scripted/nowhere.jsonl")


def test_the_full_name_of_the_ece_is_an_alias_of_it() -> None:
    """Asked for by both names it is measured once, under the one that the JSON has."""
    measured = sx.evaluate(CONFIDENCE, CORRECT, metrics=["ece_width_10_right_closed", "ece"]).metrics

    assert list(measured) == ["ece"]


def test_an_unknown_metric_is_answered_with_those_near_it() -> None:
    """Not with all of them; where none is near, with where they are listed."""
    with pytest.raises(InputError) as near:
        sx.evaluate(CONFIDENCE, CORRECT, metrics="eec")
    with pytest.raises(InputError) as far:
        sx.evaluate(CONFIDENCE, CORRECT, metrics="xxxxxxxxxxxx")

    assert (near.value.hint or "").startswith("did you mean ece")
    for refused in (near, far):
        assert "murphy" not in (refused.value.hint or "")
        assert "see `selfexplain list metrics`" in (refused.value.hint or "")


def test_the_command_takes_commas_and_repetition(table: Path) -> None:
    """`--metrics over,under --metrics headline`."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "selfexplain",
            "evaluate",
            str(table),
            "--metrics",
            "over, under",
            "--metrics",
            "gap",
            "--json",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert list(json.loads(done.stdout)["sources"]["given"]["metrics"]) == ["over", "under", "gap"]


def test_a_run_and_its_page_can_have_all_of_them_or_just_one(tmp_path: Path) -> None:
    """A Run is measured again with all, and again with one; each time the page holds what was asked for."""
    questions, replies = tmp_path / "questions.csv", tmp_path / "replies.jsonl"
    questions.write_text("question,gold\nCapital of Peru?,Lima\nOf Chile?,Santiago\n")
    replies.write_text(json.dumps({"item": "*", "reply": "Answer: Lima\nConfidence: 90"}))
    result = sx.run(
        str(questions), model=f"scripted/{replies}", template="answer-confidence", results=tmp_path, metrics="all"
    )
    assert result.folder is not None
    assert result.page is not None
    assert "Smooth calibration error" in result.page.read_text()

    again = sx.evaluate_run(result.folder, metrics="brier")
    assert list(again.metrics["sources"]["stated"]["metrics"]) == ["brier"]
    assert "Smooth calibration error" not in result.page.read_text()
