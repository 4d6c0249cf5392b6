"""The AUROC of a single wrong answer: what Markov's inequality leaves of it."""

import numpy as np
import pytest

from selfexplain.calibration import CalibrationTable, auroc, estimate


def test_one_wrong_answer_gives_a_wide_interval_and_not_none() -> None:
    """Ahead of 1 of 4 right answers: AUROC 3/4, and [0.05 * 3/4, 1 - 0.05 * 1/4] at 95 %."""
    table = CalibrationTable.from_rows([0.9, 0.8, 0.7, 0.5, 0.6], [1, 1, 1, 1, 0])

    found = estimate(auroc, table)

    assert found.value == 0.75
    assert (found.low, found.high) == pytest.approx((0.0375, 0.9875))


def test_the_bound_covers_at_least_as_often_as_it_says() -> None:
    """2000 sets of 20 right answers and 1 wrong one, Beta confidences with AUROC .5, .9 and .98."""
    rng = np.random.default_rng(7)
    for a in (1.0, 9.0, 49.0):
        truth = a / (a + 1)  # P(Beta(a, 1) > uniform)
        covered = 0
        for _ in range(2000):
            right, wrong = rng.beta(a, 1, 20), rng.random()
            value = float(np.mean(right > wrong))
            covered += 0.05 * value <= truth <= 1 - 0.05 * (1 - value)
        assert covered >= 0.95 * 2000 - 3 * np.sqrt(0.95 * 0.05 * 2000)
