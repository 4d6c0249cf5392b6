"""The gate is right as often as it says: the short form of the study whose full one is docs/gate_power.md."""

import re
from pathlib import Path

import pytest

from simulation.gate_power import CASES, NARROW, SIZES, WIDE, Case, error, inflated, row_of, simulate, with_harm

PAGE = (Path(__file__).parents[2] / "docs" / "gate_power.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.simulation

SETS = 400


@pytest.mark.parametrize("n", [100, 300, 1000])
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.harmless], ids=lambda case: f"{case.change}, {case.truth}"
)
def test_no_change_and_no_improvement_fails(case: Case, n: int) -> None:
    """Of 400 data sets each, none or one by chance: of the 80,000 gates of the page two failed."""
    for found in row_of(case, n, SETS):
        assert found.gate.counts["fail"] <= 1
        assert found.alone.counts["fail"] <= 1


@pytest.mark.parametrize("tolerance", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("rule", NARROW)
def test_a_harm_of_exactly_the_tolerance_passes_and_fails_in_one_of_forty(
    rule: str, tolerance: dict[str, float]
) -> None:
    population, sets = with_harm(rule, tolerance[rule]), 1000
    (found,) = simulate(population, 1000, [tolerance], sets=sets, seed=(rule, tolerance[rule], 1000))

    assert population.harm(rule) == pytest.approx(tolerance[rule], abs=1e-12)
    for verdict in ("pass", "fail"):
        assert found.rules[rule].share(verdict) <= 0.025 + 3 * error(0.025, sets)


def test_an_inflation_of_exactly_the_tolerance_hardly_passes() -> None:
    """Answers identical, so that only confidence moved: a gap of .02 grows to .07, and Brier stays within limits."""
    found = simulate(inflated("near", by=0.05), 300, [WIDE], sets=1000, seed="inflation")[0]

    assert found.gate.share("pass") <= 0.025 + 3 * error(0.025, 1000)


@pytest.mark.parametrize("truth", ["near", "over", "under"])
def test_a_loss_of_ten_points_is_found_with_a_thousand_items(truth: str) -> None:
    (case,) = (case for case in CASES if (case.change, case.truth) == ("accuracy −.10", truth))

    for found in row_of(case, 1000, SETS):
        assert found.gate.share("fail") >= 0.99


@pytest.mark.parametrize(("place", "field"), [(0, "narrow"), (1, "wide")])
def test_verdicts_are_those_of_the_reference(place: int, field: str) -> None:
    """Within three standard errors of both studies, and half a point of rounding; care with few errors is ours."""
    for case in CASES:
        for n, theirs in zip(SIZES, getattr(case, field), strict=False):
            ours = row_of(case, n, 200)[place].alone
            for verdict, shown in zip(("pass", "fail", "inconclusive"), theirs.split("/"), strict=True):
                share = int(shown) / 100
                allowed = 3 * (error(share, 200) ** 2 + error(share, 500) ** 2) ** 0.5 + 0.005
                assert ours.share(verdict) == pytest.approx(share, abs=allowed), (case.change, case.truth, n)


def test_the_page_shows_what_is_simulated() -> None:
    """Its verdicts at n = 300, against 200 fresh data sets of each change."""
    parts = PAGE.split("## Verdicts with")[1:3]
    for case in CASES:
        for part, simulated in zip(parts, row_of(case, 300, 200), strict=True):
            row = re.search(rf"^\| {re.escape(case.change)} \| {case.truth} \|(.*)\|$", part, re.M)
            assert row is not None, case.change
            shown = row[1].split("|")[SIZES.index(300)].split()[0]
            for verdict, percent in zip(("pass", "fail", "inconclusive"), shown.split("/"), strict=True):
                share = int(percent) / 100
                assert simulated.gate.share(verdict) == pytest.approx(share, abs=3.5 * error(share, 200) + 0.005)
