"""How often the gate is right about agreement: made-up pairs of Runs in which the true fall is known.

``python -m simulation.agreement_gate`` in `tests` prints the table. An answer's agreement above chance is drawn for the
first run; in the second each claim falls or rises with some chance, by a share of what it can.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from selfexplain.calibration.harm import Judged
from selfexplain.pipeline.agreement_compared import judge_agreement
from selfexplain.pipeline.join import Joined
from selfexplain.records import Answered
from selfexplain.runs.agreed import Agreed, Looking

TOLERANCE = 0.05
SIZES = (100, 300)


class World(NamedTuple):
    """How claims change from one run to the next."""

    name: str
    changed: float
    """The share of claims that are others."""
    fall: float
    """The mean fall of one that is another."""
    spread: float
    """The standard deviation of that."""

    @property
    def harm(self) -> float:
        """The true fall over all."""
        return self.changed * self.fall


WORLDS = (
    World("every claim anew, no fall", 1.0, 0.0, 0.3),
    World("a few claims anew, no fall", 0.1, 0.0, 0.3),
    World("every claim a little less", 1.0, TOLERANCE, 0.3),
    World("one in ten, by a half", 0.1, 0.5, 0.1),
    World("one in twenty, by all", 0.05, 1.0, 0.0),
    World("every claim much less", 1.0, 0.2, 0.3),
)


def one(world: World, n: int, rng: np.random.Generator) -> Judged:
    """Draw two runs and judge the second."""
    before = rng.uniform(-0.2, 0.5, n)
    moved = rng.random(n) < world.changed
    after = before - moved * rng.normal(world.fall, world.spread, n)
    rows = [Answered(str(i), str(i), None, 0.8, True, "ok") for i in range(n)]  # noqa: FBT003 - a value
    joined = Joined(tuple(zip(rows, rows, strict=True)))
    return judge_agreement(joined, agreed(before), agreed(after), TOLERANCE, 0.95)


def agreed(values: Sequence[float] | np.ndarray) -> Agreed:
    """Return values by one witness."""
    looked = {"occlusion": Looking("perturbation", {})}
    return Agreed("words", "named_auroc", looked, {(str(i), 0): {"occlusion": float(v)} for i, v in enumerate(values)})


def shares(world: World, n: int, runs: int) -> dict[str, float]:
    """Return how often each verdict comes out; the seed of a row is its label."""
    rng = np.random.default_rng([*world.name.encode(), n])
    words = [one(world, n, rng).verdict for _ in range(runs)]
    return {word: words.count(word) / runs for word in ("pass", "inconclusive", "fail")}


def main(runs: int = 1000) -> None:
    """Print the table of `docs/gate_power.md`."""
    print("| claims | true fall | answers | pass | inconclusive | fail |\n|---|---|---|---|---|---|")
    for world in WORLDS:
        for n in SIZES:
            found = " | ".join(f"{100 * share:.1f} %" for share in shares(world, n, runs).values())
            print(f"| {world.name} | {world.harm:g} | {n} | {found} |")


if __name__ == "__main__":
    main()
