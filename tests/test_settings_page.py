"""docs/settings.md: its settings can be read, and its commands print what it shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from selfexplain.records import Transparency
from selfexplain.settings import read_settings

PAGE = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """Return the fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with what the page says to write."""
    (tmp_path / "pyproject.toml").write_text("\n".join(blocks("toml")), encoding="utf-8")
    (questions,) = blocks("csv")
    (tmp_path / "questions.csv").write_text(questions, encoding="utf-8")
    return tmp_path


def words(text: str) -> list[str]:
    """Return a text's lines without what may change with a template: names of Runs, numbers; and without rules."""
    lines = [re.sub(r"[\d.,]*\d", "N", line) for line in text.splitlines() if not line.startswith(("Run:", "──"))]
    return [" ".join(line.split()) for line in lines]


def test_the_settings_on_the_page_can_be_read(home: Path) -> None:
    settings = read_settings(home)

    assert settings.prices["openai/my-model"].input == 2.5
    assert settings.transparency["openai/my-model"]["licence"].detail == "Apache-2.0"


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0])
def test_the_commands_on_the_page_print_what_it_shows(block: str, home: Path) -> None:
    """The words; the numbers belong to a template's version."""
    command, shown = block.removeprefix("$ selfexplain ").split("\n", 1)
    done = subprocess.run(
        [sys.executable, "-m", "selfexplain", *command.split()], cwd=home, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert words(done.stdout) == words(shown)
    assert {path.name for path in home.iterdir()} == {"pyproject.toml", "questions.csv"}, "nothing is written"


def test_the_page_names_every_side_of_a_card_in_order() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == Transparency.__struct_fields__
