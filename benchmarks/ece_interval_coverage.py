"""How often the honest interval of the ECE covers the truth, over truths and sizes, beside a percentile bootstrap.

Run it as a script; it prints a table and takes a few minutes::

    python benchmarks/ece_interval_coverage.py [sets per row, default 200]

The acceptance rule: every row covers at least 0.95 − 3·sqrt(0.95 · 0.05 / sets). The truth is the
population's value of the same functional, that is, with the same ten bins.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from selfexplain.calibration import CalibrationTable, ClusterTable, ece, estimate
from selfexplain.calibration.resamples import resamples
from selfexplain.inference import Floats

LEVEL = 0.95
VALUES = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
SHARES = np.array([0.04, 0.06, 0.12, 0.28, 0.32, 0.18])


@dataclass(frozen=True)
class Truth:
    """A model: how it states confidences, and how often it is then right."""

    name: str
    state: Callable[[np.random.Generator, int], Floats]
    right: Callable[[Floats], Floats]

    def ece(self) -> float:
        """Return the population's ECE in ten bins, from four million stated confidences and no answers."""
        confidence = self.state(np.random.default_rng(99), 4_000_000)
        residual = confidence - self.right(confidence)
        index = np.maximum(np.ceil(np.round(confidence * 10, 9)) - 1, 0).astype(int)
        return float(np.abs(np.bincount(index, weights=residual)).sum() / len(confidence))


def states(rng: np.random.Generator, n: int) -> Floats:
    """Draw from the few values that models state."""
    return rng.choice(VALUES, size=n, p=SHARES)


def shifted(by: Floats | float) -> Callable[[Floats], Floats]:
    """Return an accuracy that is the confidence less a shift, one for all values or one for each of `VALUES`."""
    shift = np.broadcast_to(np.asarray(by, dtype=np.float64), VALUES.shape)

    def right(confidence: Floats) -> Floats:
        return np.clip(confidence - shift[np.searchsorted(VALUES, confidence)], 0, 1)

    return right


def beta(a: float, b: float) -> Callable[[np.random.Generator, int], Floats]:
    """Return a continuous way of stating, such as token probabilities."""
    return lambda rng, n: np.round(rng.beta(a, b, size=n), 9)


TRUTHS = [
    Truth("calibrated", states, shifted(0.0)),
    Truth("small, same sign", states, shifted(0.02)),
    Truth("small, mixed signs", states, shifted(np.array([-0.03, 0.03, -0.03, 0.03, -0.03, 0.02]))),
    Truth("one bad cell", states, shifted(np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.2]))),
    Truth("strongly over", states, shifted(0.2)),
    Truth("under", states, shifted(-0.1)),
    Truth("Beta(12, 1), calibrated", beta(12, 1), lambda c: c),
    Truth("Beta(40, 1), shifted", beta(40, 1), lambda c: np.clip(c - 0.03, 0, 1)),
]


def independent(truth: Truth, n: int, rng: np.random.Generator) -> CalibrationTable:
    """Draw n independent answers."""
    confidence = truth.state(rng, n)
    return CalibrationTable.from_rows(confidence, rng.random(n) < truth.right(confidence))


def repeated(truth: Truth, clusters: int, rng: np.random.Generator) -> ClusterTable:
    """Draw 1 to 9 answers per question; two of one question share their luck in 3 of 10 cases."""
    size = rng.integers(1, 10, size=clusters)
    owner = np.repeat(np.arange(clusters), size)
    confidence = truth.state(rng, int(size.sum()))
    # A row uses the luck of its question with probability √0.3, else luck of its own.
    shared = rng.random(len(owner)) < math.sqrt(0.3)
    luck = np.where(shared, rng.random(clusters)[owner], rng.random(len(owner)))
    return ClusterTable.from_rows(confidence, luck < truth.right(confidence), owner)


def percentile_covers(table: CalibrationTable, true: float, seed: int) -> bool:
    """Say whether a percentile bootstrap of the plug-in ECE would have covered the truth."""
    drawn = resamples(table, seed=seed, replicates=200)
    low, high = np.quantile([ece(each) for each in drawn.tables()], [0.025, 0.975])
    return bool(low <= true <= high)


def row(truth: Truth, n: int, sets: int, *, clustered: bool) -> tuple[str, float]:
    """Simulate one row of the printed table."""
    rng, true = np.random.default_rng([n, clustered]), truth.ece()
    too_high, too_low, width, percentile = 0, 0, 0.0, 0
    for repetition in range(sets):
        counts = repeated(truth, n, rng) if clustered else independent(truth, n, rng)
        interval = estimate(ece, counts, level=LEVEL)
        if interval.low is None or interval.high is None:
            raise RuntimeError(f"no interval: {interval}")
        too_high += interval.low > true + 1e-9
        too_low += interval.high < true - 1e-9
        width += (interval.high - interval.low) / sets
        if repetition < 50:
            percentile += percentile_covers(counts.pooled, true, repetition)
    covered = 1 - (too_high + too_low) / sets
    size = f"{n} clusters" if clustered else f"{n}"
    text = f"{truth.name:<24} {size:>13} {true:>7.4f} {covered:>9.3f} {too_high / sets:>8.3f} {too_low / sets:>8.3f}"
    return f"{text} {width:>7.3f} {percentile / 50:>11.2f}", covered


def main(sets: int = 200) -> int:
    """Print the table; return 1 if a row covers less than the rule allows."""
    least = LEVEL - 3 * math.sqrt(LEVEL * (1 - LEVEL) / sets)
    print(f"{sets} sets per row; every row must cover at least {least:.3f}\n")
    head = f"{'truth':<24} {'N':>13} {'ECE':>7} {'coverage':>9} {'too high':>8} {'too low':>8} {'width':>7}"
    print(f"{head} {'percentile':>11}")
    worst = 1.0
    for clustered, sizes in ((False, (100, 300, 1000, 3000)), (True, (40, 200))):
        for truth in TRUTHS:
            for n in sizes:
                text, covered = row(truth, n, sets, clustered=clustered)
                print(text, flush=True)
                worst = min(worst, covered)
    print(f"\nworst coverage {worst:.3f}")
    return int(worst < least)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
