"""docs/recalibration.md shows what its commands print, and the ten lines on it do what the map does."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import selfexplain as sx

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "recalibration.md").read_text(encoding="utf-8")

CONFIDENCES = [0.0, 0.003, 0.2, 0.5, 0.55, 0.6, 0.875, 0.9, 0.95, 0.999, 1.0]


def ten_lines(language: str) -> str:
    (block,) = re.findall(rf"^```{language} ten-lines\n(.*?)^```", PAGE, re.M | re.S)
    return str(block)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the answers of the page."""
    folder = tmp_path_factory.mktemp("page")
    subprocess.run([sys.executable, str(ROOT / "docs" / "made_answers.py"), str(folder / "answers.csv")], check=True)
    return folder


@pytest.fixture(scope="module", params=["value-map", "platt", "isotonic"])
def file(request: pytest.FixtureRequest, home: Path) -> Path:
    return sx.recalibrate(home / "answers.csv", method=request.param).write(home / f"{request.param}.json")


def test_the_page_shows_what_its_commands_print(home: Path) -> None:
    blocks = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```", PAGE, re.M | re.S)
    shown = [(command.split(), printed) for command, printed in blocks if command.startswith("selfexplain")]
    assert len(shown) == 2

    for (_, *arguments), printed in shown:
        done = subprocess.run(
            [sys.executable, "-m", "selfexplain", *arguments],
            cwd=home,
            env=os.environ | {"COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert [line.rstrip() for line in done.stdout.splitlines()] == printed.splitlines()


def test_the_ten_lines_of_python_are_the_map(file: Path) -> None:
    names: dict[str, Any] = {}
    exec(ten_lines("python"), names)
    theirs: Callable[[float], float] = names["load"](file)

    ours = sx.load_map(file)
    assert [theirs(c) for c in CONFIDENCES] == pytest.approx([ours(c) for c in CONFIDENCES], abs=1e-12)


def test_the_ten_lines_of_javascript_are_the_map(file: Path, home: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on the path: the JavaScript lines are not run")
    script = home / "lines.cjs"
    script.write_text(
        ten_lines("javascript")
        + f"\nconst c = load(require('fs').readFileSync({json.dumps(str(file))}, 'utf8'));"
        + f"\nconsole.log(JSON.stringify({json.dumps(CONFIDENCES)}.map(c)));"
    )
    done = subprocess.run([node, str(script)], capture_output=True, text=True, check=True)

    ours = sx.load_map(file)
    assert json.loads(done.stdout) == pytest.approx([ours(c) for c in CONFIDENCES], abs=1e-12)


def test_every_method_is_on_the_page() -> None:
    from selfexplain import plugins

    assert set(re.findall(r"^\| `([a-z][a-z-]+)`", PAGE, re.M)) == set(plugins.recalibrators())
