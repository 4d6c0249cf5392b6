"""Jobs on GitHub, played: the `run:` lines of YAML in bash, with variables and files as a runner gives them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
BASH = shutil.which("bash") or ""
EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")


@dataclass
class Job:
    """What a job has become: its files, what each step said, and the codes they ended with."""

    home: Path
    said: str = ""
    codes: list[int] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def code(self) -> int:
        return next((code for code in self.codes if code), 0)

    @property
    def summary(self) -> str:
        path = self.home / "summary"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def commands(self) -> list[str]:
        """Return the lines that GitHub obeys, those between stop and resume left out."""
        obeyed, word = [], ""
        for line in self.said.splitlines():
            if word:
                word = "" if line.strip() == f"::{word}::" else word
            elif line.startswith("::stop-commands::"):
                word = line.removeprefix("::stop-commands::")
            elif line.lstrip().startswith("::") or "##[" in line:
                obeyed.append(line)
        return obeyed


def on_path(home: Path, name: str, script: str) -> None:
    """Make a command that the job finds before any other of its name."""
    (home / "bin").mkdir(exist_ok=True)
    (home / "bin" / name).write_text(f"#!{BASH}\n{script}\n")
    (home / "bin" / name).chmod(0o755)


def with_selfexplain(home: Path) -> None:
    """Make `selfexplain` the checkout's, and `python` this one."""
    on_path(home, "python", f'exec {sys.executable} "$@"')
    on_path(home, "selfexplain", f'exec {sys.executable} -m selfexplain "$@"')


def run_steps(
    steps: Sequence[Mapping[str, Any]], job: Job, expressions: Mapping[str, str], env: Mapping[str, str] | None = None
) -> Job:
    """Run the steps that have a script, up to the first that fails; an action of others is left out."""
    for step in steps:
        if "run" not in step or (job.code and not goes_on(step)):
            continue
        known = {
            **expressions,
            **{f"steps.{name}.outputs.{key}": value for name, out in job.outputs.items() for key, value in out.items()},
        }
        given = {key: filled(str(value), known) for key, value in step.get("env", {}).items()}
        output = job.home / "output"
        output.write_text("")
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], known)],
            cwd=job.home,
            env={**environment(job.home), **(env or {}), **given},
            text=True,
            encoding="utf-8",
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        job.said += done.stdout
        job.codes.append(done.returncode)
        read = output.read_text(encoding="utf-8")
        job.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in read.splitlines())
    return job


def goes_on(step: Mapping[str, Any]) -> bool:
    """Tell whether a step runs also where one before it has failed."""
    return any(status in str(step.get("if", "")) for status in ("always()", "!cancelled()"))


def environment(home: Path) -> dict[str, str]:
    """Return the variables that a runner sets."""
    return {
        **os.environ,
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(home),
        "GITHUB_OUTPUT": str(home / "output"),
        "GITHUB_STEP_SUMMARY": str(home / "summary"),
        "GITHUB_ACTION_PATH": str(ROOT),
    }


def filled(text: str, known: Mapping[str, str]) -> str:
    """Put values in the place of expressions; one that is not known is empty, as on GitHub."""
    return EXPRESSION.sub(lambda found: known.get(found[1], ""), text)


def run_action(job: Job, action: Mapping[str, Any], given: Mapping[str, str]) -> Job:
    """Run a composite action with inputs."""
    unknown = given.keys() - action["inputs"].keys()
    assert not unknown, f"the action has no input {unknown}"
    inputs = {f"inputs.{name}": given.get(name, each.get("default", "")) for name, each in action["inputs"].items()}
    return run_steps(action["runs"]["steps"], job, inputs)


def action() -> dict[str, Any]:
    """Return the action at the root of the repository."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return found
