"""The promise of `decide`, by simulation at the worst truths: error rates that lie exactly on the boundary."""

import numpy as np
import pytest
from scipy.stats import binom

from selfexplain.calibration.decision import decide

STUDIES = 1500
ALPHA, DELTA = 0.1, 0.05

SLACK = 3 * (DELTA * (1 - DELTA) / STUDIES) ** 0.5
"""Three standard errors of a simulated share."""


def broken(
    values: list[float], n: int, *, seed: int, repeats: int = 1, spread: float | None = None, known: bool = True
) -> float:
    """Return in how many studies a threshold was promised whose true error is ALPHA, which is not below ALPHA.

    Every threshold has that error. With `spread`, a cluster has a rate of its own, Beta-distributed with mean ALPHA;
    `known` says whether `decide` is told of clusters.
    """
    rng = np.random.default_rng(seed)
    count = 0
    for _ in range(STUDIES):
        clusters = np.arange(n) // repeats
        rate = np.full(n, ALPHA)
        if spread is not None:
            rate = rng.beta(ALPHA * spread, (1 - ALPHA) * spread, size=n // repeats)[clusters]
        confidence = rng.choice(values, size=n)
        correct = rng.random(n) >= rate
        decision = decide(confidence, correct, error=ALPHA - 1e-9, cluster=clusters if known else None)
        count += any(row.promised for row in decision.thresholds)
    return count / STUDIES


def test_one_threshold_errs_exactly_as_often_as_the_binomial_says() -> None:
    """200 answers: 12 errors or fewer promise 10 %, which happens in 3.2 % of the studies."""
    promised = max(k for k in range(200) if binom.cdf(k, 200, ALPHA) <= DELTA)
    expected = float(binom.cdf(promised, 200, ALPHA))
    found = broken([0.9], 200, seed=1)

    assert promised == 12
    assert found == pytest.approx(expected, abs=3 * (expected / STUDIES) ** 0.5)


@pytest.mark.parametrize("n", [60, 300])
def test_any_of_five_thresholds_errs_in_at_most_5_percent_of_studies(n: int) -> None:
    """Picked after looking: without sharing the level it would be more."""
    assert broken([0.5, 0.7, 0.8, 0.9, 1.0], n, seed=2) <= DELTA + SLACK


def test_correlated_repeats_keep_the_promise_and_break_the_binomial_one() -> None:
    """Sixty questions, five repeats each, nearly all right or all wrong."""
    told = broken([0.9, 1.0], 300, seed=3, repeats=5, spread=0.5)
    untold = broken([0.9, 1.0], 300, seed=3, repeats=5, spread=0.5, known=False)

    assert told <= DELTA + SLACK
    assert untold > 2 * DELTA
