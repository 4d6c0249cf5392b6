"""docs/explanations.md: its commands print what it shows, and its tables name what there is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from selfexplain.claims import CLAIM_KINDS, Place
from selfexplain.prompting import template
from selfexplain.report.claimed import NOTES

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "explanations.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page and those that it links to."""
    folder = tmp_path_factory.mktemp("page")
    for name, content in re.findall(r"^```(?:csv|jsonl) (\S+)\n(.*?)^```", PAGE, re.M | re.S):
        (folder / name).write_text(content, encoding="utf-8")
    for name in sorted(set(re.findall(r"\]\(asked/([\w.-]+)\)", PAGE))):
        shutil.copy(DOCS / "asked" / name, folder / name)
    return folder


def test_the_commands_on_the_page_print_what_it_shows(home: Path) -> None:
    """In its order, since a comparison needs the Runs before it; each block is a part of what is printed."""
    blocks = re.findall(r"^```console\n\$ selfexplain (.*?)\n(.*?)^```", PAGE, re.M | re.S)
    assert len(blocks) == 7

    for command, shown in blocks:
        parts = [
            str(found.relative_to(home))
            for each in command.split()
            for found in (home.glob(each) if "*" in each else [home / each])
        ]
        done = subprocess.run(
            [sys.executable, "-m", "selfexplain", *parts], cwd=home, capture_output=True, text=True, check=True
        )
        assert " ".join(shown.split()) in " ".join(done.stdout.split())


def test_the_page_names_every_place_and_every_note() -> None:
    for place in get_args(Place):
        assert f"| `{place}` |" in PAGE
    for note in NOTES:
        assert f"`{note}`" in PAGE


def test_every_template_that_elicits_a_claim_is_on_the_page() -> None:
    """And nothing on it is the name of none."""
    for name, path in template.available().items():
        fields = {field for turn in template.load(path).turns for field in turn.elicits}
        if fields & set(CLAIM_KINDS):
            assert f"`{name}`" in PAGE
    table, of_the_embedded_model = re.findall(r"^\| template \|.*?\n\n", PAGE, re.M | re.S)
    assert "`top-words`" in of_the_embedded_model
    rows = [line.split("|")[1] for line in table.splitlines()[2:] if line]
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} <= template.available().keys()
