"""The two real cases of docs/gate.md: their commands print what the page shows, from the rows that are committed."""

import csv
import os
import re
import shutil
from pathlib import Path

import pytest

from selfexplain.cli import cli
from selfexplain.datasets.selfgate import selfgate
from selfexplain.prompting import template as templates
from selfexplain.records import Item

ROOT = Path(__file__).parents[1]
CASES = ROOT / "docs" / "cases"
SECTION = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8").partition("\n## Two real cases\n")[2]
BLOCKS = re.findall(r"^```console\n\$ selfexplain (.*?)\n(.*?)^```", SECTION, re.M | re.S)
EXIT_CODES = {"docs/cases/sure-examples.csv": 1, "docs/cases/other-words.csv": 3}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the page's commands name, and 80 columns."""
    shutil.copytree(CASES, tmp_path / "docs" / "cases")
    shutil.copytree(ROOT / "results" / "baselines", tmp_path / "results" / "baselines")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "COLUMNS", "80")
    return tmp_path


def test_both_cases_are_on_the_page() -> None:
    assert [command.split()[1] for command, _ in BLOCKS if command.startswith("gate ")] == list(EXIT_CODES)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command.split()[1] for command, _ in BLOCKS])
def test_the_page_shows_what_the_commands_print(command: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word, but for spaces at the ends of lines."""
    code = cli.main(command.split(), standalone_mode=False)
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    assert printed == [line.rstrip() for line in shown.splitlines()]
    assert code == EXIT_CODES[command.split()[1]]


@pytest.mark.parametrize("table", EXIT_CODES)
def test_each_case_was_asked_every_question(table: str) -> None:
    with (ROOT / table).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["item"] for row in rows] == sorted(item.id for item in selfgate().items)


def turns(path: Path) -> list[tuple[str, str]]:
    messages = templates.load(path).render(Item("q", "{}", ("!",)))
    return [(message.role, message.content) for message in messages]


def test_the_failing_case_changes_nothing_but_the_numbers_of_the_examples() -> None:
    before, after = turns(ROOT / "prompts" / "few-shot.md"), turns(CASES / "sure-examples.md")
    stated = [re.sub(r"[\d.]+$", "0.99", text) if role == "assistant" else text for role, text in before]

    assert [text for _, text in after] == stated
    assert stated != [text for _, text in before]


def test_the_inconclusive_case_changes_nothing_but_the_system_message() -> None:
    before, after = turns(ROOT / "prompts" / "few-shot.md"), turns(CASES / "other-words.md")

    assert after[0] != before[0]
    assert after[1:] == before[1:]
