"""docs/agreement.md: its examples print what it shows, its tables name what there is and hold for three of eight."""

import doctest
import re
from pathlib import Path
from typing import get_args

import pytest

from selfexplain import plugins
from selfexplain.agreement.measure import OF_A_CLAIM
from selfexplain.agreement.null import null_of
from selfexplain.agreement.verdict import Word

PAGE = Path(__file__).parents[1] / "docs" / "agreement.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| .*? \| (.*?) \|", TEXT[: TEXT.index("## Chance")], re.MULTILINE)


def test_the_examples_print_what_the_page_shows() -> None:
    """Each block goes on where the one before it stopped."""
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert failed == 0
    assert tried >= 8


def test_every_measure_is_on_the_page() -> None:
    """And nothing on it is the name of none."""
    named = {name for names, _ in ROWS for name in re.findall(r"\w+", names)}

    assert named == plugins.agreements().keys()


@pytest.mark.parametrize(("names", "chance"), ROWS)
def test_chance_for_three_of_eight_is_what_the_page_says(names: str, chance: str) -> None:
    """A number for measures of a claim that need no more than it; the others say why they have none."""
    measures = [plugins.agreements()[name] for name in re.findall(r"\w+", names)]
    for measure in measures:
        if measure.facts.takes not in OF_A_CLAIM - {"signs"}:
            assert chance in {"measured", "depends on the signs"}
            continue
        null = null_of(measure, [0, 1, 2], [8, 7, 6, 5, 4, 3, 2, 1])
        assert float(chance) == pytest.approx(null.mean, abs=5e-4)


def test_every_verdict_is_on_the_page() -> None:
    for word in get_args(Word):
        assert f"| *{word}* |" in TEXT
