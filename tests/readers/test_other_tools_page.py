"""docs/other_tools.md: its commands run, in order, in the folder of the real logs."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from selfexplain.cli import cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "other_tools.md").read_text()


def test_the_commands_and_the_script_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ends with 0, or with the code that the page names."""
    shutil.copytree(Path(__file__).with_name("logs"), tmp_path, dirs_exist_ok=True)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```shell(?: exits (\d))?\n(.*?)^```", PAGE, re.M | re.S)
    ran = [(line, int(code or 0)) for code, block in blocks for line in block.splitlines()]
    assert len(ran) >= 7
    for line, expected in ran:
        command, *arguments = shlex.split(line)
        assert command == "selfexplain"
        done = CliRunner().invoke(cli, arguments, standalone_mode=False)
        assert done.exception is None, (line, done.exception)
        assert (done.return_value or 0) == expected, (line, done.output)
    (script,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    printed = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert "'no_confidence': 2" in printed.stdout


def test_the_page_names_every_file_that_made_the_logs() -> None:
    """Nothing of what it takes is missing, and every log it shows is there."""
    made = {path.name for path in (ROOT / "docs" / "other_tools").iterdir() if path.is_file()}

    assert made == {
        "answering_server.py",
        "inspect_task.py",
        "lm_eval_options.yaml",
        "lm_eval_replies.yaml",
        "make_logs.sh",
        "promptfoo_tests.js",
        "promptfooconfig.yaml",
        "questions.jsonl",
        "tiny_model.py",
    }
    for shown in re.findall(r"[\w/-]+\.(?:eval|json)\b", PAGE):
        name = shown.split("/")[-1]
        assert name in {"LOG.eval", "FILE.json", "metrics.json"} or list((ROOT / "tests").rglob(name)), shown
