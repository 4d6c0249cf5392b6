"""Real models against themselves and each other; without the recorded answers these tests are skipped and say so."""

import re
from itertools import permutations
from pathlib import Path

import pytest

from selfexplain.records import Answered
from simulation.recorded_pairs import against_each_other, against_themselves, recorded

PAGE = (Path(__file__).parents[2] / "docs" / "gate_power.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.simulation


@pytest.fixture(scope="module")
def models(shared: Path) -> dict[str, list[Answered]]:
    return recorded(shared / "data")


def test_no_real_model_fails_against_itself(models: dict[str, list[Answered]]) -> None:
    found = against_themselves(models, splits=1)

    assert len(models) == 33
    assert found["identical"] == {"pass": 33}
    assert [found[kind]["fail"] for kind in ("halves", "drawn anew")] == [0, 0]
    assert [found[kind].total() for kind in ("halves", "drawn anew")] == [33, 33]


def test_a_real_model_whose_gap_is_much_larger_fails_and_never_passes(models: dict[str, list[Answered]]) -> None:
    """Nine of the 33 are pairs enough; the page has them all."""
    some = list(models)[::4]
    judged = [against_each_other(models[a], models[b]) for a, b in permutations(some, 2)]
    larger, above = ([verdict.verdict for gap, verdict in judged if gap >= least] for least in (0.05, 0.03))

    assert len(larger) >= 10
    assert set(larger) == {"fail"}
    assert "pass" not in above


def test_the_page_counts_every_pair_of_models_once() -> None:
    rows = re.findall(r"^\| (?:less than|0\.).*? \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|", PAGE, re.M)
    gates = [[int(cell.replace(",", "")) for cell in row] for row in rows]

    assert sum(row[0] for row in gates) == 33 * 32
    assert all(row[0] == sum(row[1:]) for row in gates)
