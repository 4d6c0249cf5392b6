"""Models whose true calibration is known, because they are made up: what they state, and how often it is then right."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from selfexplain.calibration import CalibrationTable, ClusterTable
from selfexplain.calibration.cluster_table import Counts
from selfexplain.inference import Floats, Ints

ROWS_PER_CLUSTER = 5
"""On average: a question is asked one to nine times, each as likely."""

SHARED = math.sqrt(0.3)
"""A row takes the luck of its question with this probability, so two rows share theirs in 0.3 of all cases."""

QUANTILES = 20_000
"""Points that stand for a continuous population."""


@dataclass(frozen=True)
class Truth:
    """A model and how often it is right.

    Parameters
    ----------
    name : str
    stated : array of float, shape (k,)
        Confidences of the population.
    share : array of float, shape (k,)
        How often each is stated.
    right : array of float, shape (k,)
        The probability that an answer with this confidence is correct.
    draw : callable
        From numbers between 0 and 1, evenly spread, to confidences.
    correctness : callable
        From confidences to the probability that the answer is correct.
    """

    name: str
    stated: Floats
    share: Floats
    right: Floats
    draw: Callable[[Floats], Floats]
    correctness: Callable[[Floats], Floats]
    continuous: bool = False

    def population(self) -> CalibrationTable:
        """Return ten million answers or more in exactly the population's shares, up to rounding."""
        n = np.rint(self.share * (2 * 10**7 if self.continuous else 10**7))
        return CalibrationTable(self.stated, n.astype(np.int64), np.rint(n * self.right).astype(np.int64))


def few_values(name: str, stated: list[float], share: list[float], right: list[float]) -> Truth:
    """Return a model that states few values, as models do when they are asked for a number."""
    values, chance = np.array(stated), np.array(right)
    ends = np.cumsum(share)[:-1]
    return Truth(
        name,
        values,
        np.array(share),
        chance,
        draw=lambda luck: values[np.searchsorted(ends, luck, side="right")],
        correctness=lambda confidence: chance[np.searchsorted(values, confidence)],
    )


def beta(name: str, a: int, *, too_high_by: float = 0.0) -> Truth:
    """Return a model whose confidences are Beta(a, 1), such as the probabilities of tokens."""

    def draw(luck: Floats) -> Floats:
        return np.round(luck ** (1 / a), 12)

    def correctness(confidence: Floats) -> Floats:
        return np.clip(confidence - too_high_by, 0.0, 1.0)

    stated = draw((np.arange(QUANTILES) + 0.5) / QUANTILES)
    even = np.full(QUANTILES, 1 / QUANTILES)
    return Truth(name, stated, even, correctness(stated), draw, correctness, continuous=True)


VALUES = [0.5, 0.7, 0.8, 0.9, 0.95, 1.0]
SHARES = [0.04, 0.06, 0.12, 0.28, 0.32, 0.18]

TRUTHS = (
    few_values("calibrated", VALUES, SHARES, VALUES),
    few_values("small errors, same sign", VALUES, SHARES, [0.48, 0.68, 0.78, 0.88, 0.93, 0.98]),
    few_values("small errors, mixed signs", VALUES, SHARES, [0.53, 0.67, 0.83, 0.87, 0.98, 0.98]),
    few_values("one bad value", VALUES, SHARES, [0.5, 0.7, 0.8, 0.9, 0.95, 0.8]),
    few_values("strongly overconfident", VALUES, SHARES, [0.3, 0.5, 0.6, 0.7, 0.75, 0.8]),
    few_values("underconfident", VALUES, SHARES, [0.6, 0.8, 0.9, 0.98, 1.0, 1.0]),
    beta("Beta(12, 1), calibrated", 12),
    beta("Beta(40, 1), 0.03 too high", 40, too_high_by=0.03),
    few_values("one wrong in 200", [0.9, 0.95, 0.99, 1.0], [0.05, 0.15, 0.3, 0.5], [0.97, 0.99, 0.995, 0.999]),
    few_values("always certain, one wrong in 100", [1.0], [1.0], [0.99]),
)


def independent(truth: Truth, n: int, rng: np.random.Generator) -> CalibrationTable:
    """Draw n independent answers."""
    confidence = truth.draw(rng.random(n))
    return CalibrationTable.from_rows(confidence, rng.random(n) < truth.correctness(confidence))


def clustered(truth: Truth, n: int, rng: np.random.Generator) -> ClusterTable:
    """Draw the answers to n/5 questions, each asked one to nine times; rows of a question resemble each other.

    What is stated and whether it is right depend on two lucks, both shared within a question in 0.3 of all pairs.
    """
    clusters = n // ROWS_PER_CLUSTER
    owner = np.repeat(np.arange(clusters), rng.integers(1, 2 * ROWS_PER_CLUSTER, size=clusters))
    confidence = truth.draw(_luck(owner, clusters, rng))
    return ClusterTable.from_rows(confidence, _luck(owner, clusters, rng) < truth.correctness(confidence), owner)


def _luck(owner: Ints, clusters: int, rng: np.random.Generator) -> Floats:
    shared = rng.random(len(owner)) < SHARED
    return np.where(shared, rng.random(clusters)[owner], rng.random(len(owner)))


KINDS: dict[str, Callable[[Truth, int, np.random.Generator], Counts]] = {
    "independent": independent,
    "clustered": clustered,
}
