"""docs/witness_power.md: its example prints what it shows, and its table has a row for every witness under control."""

import doctest
import re
from pathlib import Path

from simulation.witness_power import BLIND, HEAD, LOOKS, above_chance, measured

PAGE = Path(__file__).parents[1] / "docs" / "witness_power.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_example_prints_what_the_page_shows() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert failed == 0
    assert tried >= 12


def test_the_table_is_that_of_the_command() -> None:
    """A row for each witness, target and model, and for one of them the numbers, computed anew."""
    rows = re.findall(r"^\| (bag|tree) \| (.*?) \| (\d+) \| ([\d.]+), (\+[\d.]+) ", TEXT, re.MULTILINE)
    found = measured(LOOKS[-2], "bag-honest")

    assert HEAD in TEXT
    assert [row[:2] for row in rows] == [(thinking, look.label) for look in LOOKS for thinking in look.thinking]
    assert LOOKS[-2].label == "`integrated-gradients` margin"
    assert rows[-2][2:] == (f"{len(found)}", "1.00", f"{above_chance(found).value:+.2f}")


def test_what_is_blind_is_said_to_be() -> None:
    assert "saliency" in BLIND
    assert "`saliency` and the other attention witnesses" in TEXT
