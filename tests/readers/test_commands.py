"""The options of logs at the commands that take a FILE, and where they are out of place."""

import json
import unittest
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.testing import assert_calibrated, assert_not_worse

LOGS = Path(__file__).with_name("logs")
(REPLIES,) = (LOGS / "lm_eval" / "small").glob("samples_*.jsonl")
CHOSEN = ("--only", "filter=letter", "--map", "confidence=output", "--scale", "percent")


def printed(*arguments: str) -> Any:
    done = CliRunner().invoke(cli, [*arguments, "--json"], standalone_mode=False)
    assert done.exception is None, done.exception
    return json.loads(done.stdout)


def test_decide_and_evaluate_take_the_same_words_for_a_log() -> None:
    """Of fifteen answers nine can be used; that few promise nothing."""
    evaluated = printed("evaluate", str(REPLIES), *CHOSEN, "--format", "lm-eval", "--scorer", "exact_match")
    decided = printed("decide", str(REPLIES), *CHOSEN)

    assert evaluated["sources"]["stated"]["n"] == 9
    assert decided["threshold"] is None
    assert any("6 of 15 answers cannot be used" in warning for warning in decided["warnings"])


def test_plan_history_and_assertions_take_the_same_words_for_a_log() -> None:
    """As `evaluate` and the gate do; without them the log has two filters, and which is meant is asked."""
    words = ("--format", "lm-eval", "--scorer", "exact_match")
    planned = printed("plan", str(REPLIES), *CHOSEN, *words)
    looked_back = printed("history", str(REPLIES), *CHOSEN, *words)
    meant: Any = {
        "format": "lm-eval",
        "scorer": "exact_match",
        "only": {"filter": "letter"},
        "columns": {"confidence": "output"},
        "scale": "percent",
    }

    assert (planned["basis"]["kind"], planned["basis"]["n_items"]) == ("one", 15)
    assert looked_back["series"][0]["points"][0]["n"] == 9
    with pytest.raises(AssertionError, match="Answers that cannot be used"):  # 6 of 15
        assert_calibrated(REPLIES, gap=0.9, **meant)
    with pytest.raises((pytest.skip.Exception, unittest.SkipTest), match="too few: 9 pairs of usable answers"):
        assert_not_worse(REPLIES, REPLIES, **meant)
    with pytest.raises(sx.InputError, match="filter"):
        assert_calibrated(REPLIES)


def test_recalibrate_writes_the_logs_source_and_model_into_the_map(tmp_path: Path) -> None:
    """Forty copies of a log's questions under other names, so that there are enough."""
    samples = [json.loads(line) for line in REPLIES.read_text().splitlines()]
    rows = [row | {"doc_id": 100 * copy + row["doc_id"]} for copy in range(40) for row in samples]
    path = tmp_path / "samples_replies_2026-01-01T00-00-00.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "results_2026-01-01T00-00-00.json").write_text('{"model_name": "small"}')
    found = printed("recalibrate", str(path), *CHOSEN)["map"]["provenance"]

    assert (found["source"], found["model"], found["dataset"], found["scale"]) == (
        "stated",
        "small",
        "replies",
        "percent",
    )


@pytest.mark.parametrize("option", [("--scorer", "choice"), ("--only", "filter=none"), ("--format", "inspect")])
def test_a_run_needs_no_words_for_logs(tmp_path: Path, option: tuple[str, str]) -> None:
    done = CliRunner().invoke(cli, ["evaluate", str(tmp_path), *option], standalone_mode=False)

    assert isinstance(done.exception, sx.InputError)
    assert "describe a FILE, and this is a Run" in str(done.exception)
