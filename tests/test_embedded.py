"""The quickstart and its neighbours on the real embedded model: structure and statuses, never exact numbers."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from selfexplain.providers.local import start_server


def selfexplain(cwd: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "selfexplain", *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def quickstart(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The first nine Items of the quickstart: three of each group."""
    home = tmp_path_factory.mktemp("quickstart")
    done = selfexplain(home, "run", "--limit", "9", "--json", SELFEXPLAIN_MODEL=str(embedded_model))
    assert done.returncode == 0, done.stderr
    return home, json.loads(done.stdout)


def test_one_call_gives_a_stated_confidence_and_a_token_probability(quickstart: Any) -> None:
    """Nine Items, nine calls, both sources from the same reply."""
    home, metrics = quickstart
    (calls,) = home.glob("results/*/calls/*.jsonl")
    (records,) = home.glob("results/*/records.jsonl")

    assert len(calls.read_text().splitlines()) == 9
    assert list(metrics["sources"]) == ["stated", "token"]
    assert metrics["sources"]["token"]["n"] == 9
    for line in records.read_text().splitlines():
        record = json.loads(line)
        assert record["report"]["replies"][0].startswith("Answer: ")
        assert 0 < record["report"]["confidence"]["token"]["value"] <= 1


def test_the_three_groups_are_shown_apart(quickstart: Any) -> None:
    _, metrics = quickstart

    assert set(metrics["sources"]["token"]["groups"]) == {"capitals", "opposites", "sums"}


def test_an_incomplete_run_says_so(quickstart: Any) -> None:
    _, metrics = quickstart

    assert "9 of 90 Items have been asked: the Run is not complete" in metrics["warnings"]


def test_the_page_and_the_summary_warn_of_a_very_small_model(quickstart: Any) -> None:
    """Nobody may take the embedded model for the product."""
    home, _ = quickstart
    (page,) = home.glob("results/*/report.html")
    done = selfexplain(home, "evaluate", str(page.parent), COLUMNS="200")

    assert "very small model" in page.read_text()
    assert "very small model" in done.stdout


def test_the_same_server_answers_through_the_openai_provider(embedded_model: Path, tmp_path: Path) -> None:
    """`-m openai/NAME --base-url` is the same job: real SDK, real server, another template."""
    key = secrets.token_hex()
    server = start_server(embedded_model, key)
    (tmp_path / "q.csv").write_text("id,question,gold\na,What is the capital of France?,Paris\nb,What is 2 + 2?,4\n")
    arguments = ("run", "q.csv", "-m", "openai/any", "--base-url", f"{server.listening_address}/v1", "-t", "few-shot")
    done = selfexplain(tmp_path, *arguments, "--json", OPENAI_API_KEY=key)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sources"]["token"]["n"] == 2
    assert not any(key in path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())


def test_a_wrong_key_stops_at_once_and_says_what_to_check(embedded_model: Path, tmp_path: Path) -> None:
    """401 is fatal: one request, exit code 2, a hint; the Run stays."""
    server = start_server(embedded_model, secrets.token_hex())
    (tmp_path / "q.csv").write_text("id,question,gold\na,What is the capital of France?,Paris\nb,What is 2 + 2?,4\n")
    arguments = ("run", "q.csv", "-m", "openai/any", "--base-url", f"{server.listening_address}/v1")
    done = selfexplain(tmp_path, *arguments, OPENAI_API_KEY="sk-wrong-and-secret")

    assert done.returncode == 2
    assert "hint: check OPENAI_API_KEY" in done.stderr
    assert "wrong-and-secret" not in done.stderr
    assert "Traceback" not in done.stderr
