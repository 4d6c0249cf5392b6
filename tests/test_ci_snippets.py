"""The jobs that docs/gate.md shows, as a runner reads and runs them, from the first question to the comment."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from selfexplain import run, set_baseline
from workflow import (
    BASH,
    ROOT,
    Job,
    action,
    environment,
    filled,
    goes_on,
    on_path,
    run_action,
    run_steps,
    with_selfexplain,
)

PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8").partition("## In CI\n")[2]
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)[:2])
(ANYWHERE,) = re.findall(r"^```shell\n(code=.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose baseline says 80 % and is right four times out of five."""
    monkeypatch.chdir(tmp_path)
    with_selfexplain(tmp_path)
    on_path(tmp_path, "pip", f'echo "$@" >> {tmp_path}/installed')
    on_path(tmp_path, "gh", f'echo "$@" >> {tmp_path}/said; [ "$4" != --edit-last ]')
    rows = [f"q{i},Capital {i}?,{'Lima' if i < 160 else 'Quito'}" for i in range(200)]
    (tmp_path / "questions.csv").write_text("\n".join(["id,question,gold", *rows]) + "\n")
    says(tmp_path, 80)
    trusted = run("questions.csv", model="scripted/s.jsonl", template="answer-confidence").folder
    assert trusted is not None
    set_baseline(trusted, "main")
    return tmp_path


def says(home: Path, confidence: int) -> None:
    (home / "s.jsonl").write_text(json.dumps({"item": "*", "reply": f"Answer: Lima\nConfidence: {confidence}"}))


def played(steps: list[dict[str, Any]], home: Path) -> Job:
    """Run a job's steps one by one; the action of this repository as it stands here."""
    job = Job(home)
    for step in steps:
        scripted = {**step, "run": step["run"].replace("openai/NAME", "scripted/s.jsonl")} if "run" in step else step
        if step.get("uses", "").startswith("OWNER/selfexplain@") and (not job.code or goes_on(step)):
            known = {f"steps.ask.outputs.{key}": value for key, value in job.outputs["ask"].items()}
            given = {key: filled(value, known) for key, value in step["with"].items()}
            judged = run_action(Job(home), action(), given)  # what failed before it is not its own
            job.said, job.codes = job.said + judged.said, job.codes + judged.codes
            job.outputs |= judged.outputs
        else:
            run_steps([scripted], job, {"github.event.number": "7"}, {"SELFEXPLAIN": "the-wheel"})
    return job


@pytest.mark.parametrize(("confidence", "verdict", "code"), [(80, "pass", 0), (95, "fail", 1)])
def test_the_job_on_github_asks_judges_and_comments(home: Path, confidence: int, verdict: str, code: int) -> None:
    """The comment is written also where the gate failed."""
    says(home, confidence)
    job = played(GITHUB["jobs"]["gate"]["steps"], home)

    assert (job.code, job.outputs["gate"]["verdict"]) == (code, verdict), job.said
    markdown = job.outputs["gate"]["markdown"]
    assert (home / "said").read_text().splitlines() == [
        f"pr comment 7 --edit-last --body-file {markdown}",
        f"pr comment 7 --body-file {markdown}",
    ]
    assert (home / "installed").read_text() == "install the-wheel\n"


def test_a_model_that_states_nothing_fails_the_gate_and_does_not_skip_it(home: Path) -> None:
    """`run` ends with 2, since there is nothing to measure; the comment says what the matter is."""
    (home / "s.jsonl").write_text(json.dumps({"item": "*", "reply": "Answer: Lima"}))
    job = played(GITHUB["jobs"]["gate"]["steps"], home)
    gitlab = GITLAB["confidence"]

    assert (job.code, job.outputs["gate"]["verdict"], job.codes[-1]) == (2, "fail", 0), job.said
    assert "pr comment 7" in (home / "said").read_text()
    assert bash(home, "\n".join(gitlab["script"]), **gitlab["variables"]) == 1


def test_the_job_on_github_may_do_no_more_than_it_must_and_keeps_no_baseline() -> None:
    """A cached baseline would lie over the committed one."""
    steps = GITHUB["jobs"]["gate"]["steps"]

    assert GITHUB["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert {step["with"]["path"] for step in steps if "cache" in step.get("uses", "")} == {"results/*__*"}
    assert GITLAB["confidence"]["cache"]["paths"] == ["results/*__*"]
    assert not any("${{" in step.get("run", "") for step in steps)
    others = [step["uses"] for step in steps if "uses" in step and "OWNER" not in step["uses"]]
    assert all(len(each.partition("@")[2]) == 40 for each in others), "an action of others is pinned by its hash"
    assert {step["with"]["run"] for step in steps if "OWNER" in step.get("uses", "")} == {
        "${{ steps.ask.outputs.run }}"
    }


def bash(home: Path, script: str, **env: str) -> int:
    """Run a script as a runner does, up to the first line that fails; return how it ended."""
    done = subprocess.run(
        [BASH, "-eo", "pipefail", "-c", script.replace("openai/NAME", "scripted/s.jsonl")],
        cwd=home,
        env={**environment(home), **env},
        check=False,
        capture_output=True,
    )
    return done.returncode


@pytest.mark.parametrize(("confidence", "code"), [(80, 0), (95, 1), (83, 3)])
def test_the_job_on_gitlab_ends_with_the_gates_own_code_and_only_3_is_allowed(
    home: Path, confidence: int, code: int
) -> None:
    """Three points more, of 200 answers, are not decided at a tolerance of 0.02."""
    says(home, confidence)
    (home / "pyproject.toml").write_text("[tool.selfexplain.gate]\noverconfidence = 0.02\n")
    job = GITLAB["confidence"]

    assert bash(home, "\n".join(job["script"]), **job["variables"]) == code
    assert job["allow_failure"] == {"exit_codes": [3]}
    assert all((home / name).exists() for name in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]))


@pytest.mark.parametrize(("confidence", "code"), [(0.8, 0), (0.95, 1), (None, 0)])
def test_the_lines_for_any_other_service_let_inconclusive_pass(home: Path, confidence: float | None, code: int) -> None:
    rows = [f"q{i},{confidence or 0.8},{int(i < 160)}" for i in range(200 if confidence else 50)]
    for name, stated in (("before", "0.8"), ("after", str(confidence or 0.8))):
        lines = [row.replace(f",{confidence},", f",{stated},") for row in rows]
        (home / f"{name}.csv").write_text("\n".join(["item,confidence,correct", *lines]) + "\n")
    set_baseline(home / "before.csv", "main", replace=True)

    assert bash(home, ANYWHERE, RUN="after.csv") == code


def test_the_test_that_the_page_shows_runs(home: Path) -> None:
    """A fifth is wrong. Where no answer is so sure, no sure answer is wrong: passed. Of 95 % said, failed."""
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    (home / "test_it.py").write_text(example.replace("openai/NAME", "scripted/s.jsonl"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "selfexplain.pytest_plugin", "-p", "no:cacheprovider"]
    said = []
    for confidence in (80, 95):
        says(home, confidence)
        done = subprocess.run(command, cwd=home, env=environment(home), capture_output=True, text=True, check=False)
        said.append(done.stdout)

    assert "1 passed" in said[0], said[0]
    assert "1 failed" in said[1], said[1]
    assert "A limit is exceeded: Wrong though sure." in said[1]
