"""The short form of the study of the gate's rule on agreement; the table of the full one is in `docs/gate_power.md`."""

import pytest

from simulation.agreement_gate import TOLERANCE, WORLDS, World, shares

RUNS = 300
ERROR = (0.025 * 0.975 / RUNS) ** 0.5


@pytest.mark.simulation
@pytest.mark.parametrize("world", [world for world in WORLDS if world.harm == TOLERANCE], ids=lambda world: world.name)
def test_a_fall_of_exactly_the_tolerance_seldom_passes_and_seldom_fails(world: World) -> None:
    """In 2.5 % of cases each, and three standard errors more."""
    found = shares(world, 100, RUNS)

    assert max(found["pass"], found["fail"]) <= 0.025 + 3 * ERROR


@pytest.mark.simulation
def test_what_did_not_fall_never_fails_and_what_fell_much_never_passes() -> None:
    assert shares(WORLDS[0], 100, RUNS)["fail"] == 0
    assert shares(WORLDS[-1], 100, RUNS)["pass"] == 0
