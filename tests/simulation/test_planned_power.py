"""What a plan promises is what happens: predicted power against simulated data sets."""

import numpy as np
import pytest

from selfexplain.calibration.paired_power import Mean, power
from selfexplain.pipeline.plan import basis_of_two, plan
from selfexplain.settings import Policy
from sides import near, side
from simulation.gate_power import NARROW, WIDE, Population, asked_again, error, inflated, simulate

pytestmark = pytest.mark.simulation

SETS = 1000

SETTINGS = {
    "ten points lost, 300 Items": (asked_again("near", drop=0.10), 300, WIDE),
    "five points lost by an overconfident model, 1000 Items": (asked_again("over", drop=0.05), 1000, NARROW),
    "inflation: the gap itself decides, 300 Items": (inflated("near", by=0.05), 300, NARROW),
}


def predicted(population: Population, n: int, tolerance: dict[str, float]) -> dict[str, float]:
    """Return the chances by the formula, from the population's own moments."""
    rise, after, score = population.difference("gap"), population.residual[:, 1], population.difference("brier")

    def mean(x: np.ndarray, least: float) -> Mean:
        return Mean(population.mean(x) - least, population.covariance(x, x))

    least = tolerance["overconfidence"]
    return {
        "overconfidence": power(
            mean(rise, least), n, other=mean(after, least), covariance=population.covariance(rise, after)
        ),
        "brier": power(mean(score, tolerance["brier"]), n),
        "gap rose": power(mean(rise, 0.0), n),
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_predicted_power_is_the_simulated_one(name: str) -> None:
    """Within three standard errors of 1000 data sets, and a point for means that are not quite normal."""
    population, n, tolerance = SETTINGS[name]
    (found,) = simulate(population, n, [tolerance], sets=SETS, seed=name)
    ours = {rule: found.rules[rule].share("fail") for rule in ("overconfidence", "brier")} | {
        "gap rose": found.rose["gap"]
    }

    for rule, chance in predicted(population, n, tolerance).items():
        assert ours[rule] == pytest.approx(chance, abs=3 * error(chance, SETS) + 0.01), rule


def test_a_plan_from_two_runs_that_did_not_change_promises_a_little_less_than_happens() -> None:
    """It counts every answer that turns wrong in full, so for a loss of .05 it promises up to ten points too little."""
    rng = np.random.default_rng(11)
    a, b = near(rng, 4000)
    outlook = plan(
        basis_of_two(side(a), side(b, name="y")),
        Policy(tolerance=WIDE),
        delta=0.05,
        wanted=0.8,
        level=0.95,
        repeats=1,
        items=300,
    )
    (found,) = simulate(asked_again("near", drop=0.05), 300, [WIDE], sets=SETS, seed="planned")
    (gap, *_) = outlook.with_items

    assert found.rose["gap"] - 0.13 <= gap.power_to_see <= found.rose["gap"] + 0.02


def test_as_many_items_as_a_plan_asks_for_show_the_change_in_four_of_five_cases() -> None:
    population = asked_again("near", drop=0.05)
    rise = population.difference("gap")
    n = next(n for n in range(50, 1000) if power(Mean(0.05, population.covariance(rise, rise)), n) >= 0.8)
    (found,) = simulate(population, n, [WIDE], sets=SETS, seed="four of five")

    assert found.rose["gap"] == pytest.approx(0.8, abs=3 * error(0.8, SETS) + 0.01)
