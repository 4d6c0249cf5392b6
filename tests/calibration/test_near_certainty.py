"""Coverage where one value is stated and next to no answer is wrong, as exact binomial sums and not by simulation.

As a script, `python tests/calibration/test_near_certainty.py`, it prints the least coverage for each metric, value and
size.
"""

import numpy as np
import pytest
from scipy.stats import binom

from selfexplain.calibration import CalibrationTable, brier, ece, estimate, gap, over, rmsce
from selfexplain.calibration.metric import Metric

WRONG = (0.3, 1.0, 1.39, 2.0, 4.0, 8.0, 13.0, 18.0)
"""How many of the n answers are wrong on average; at 1.39 in n nothing wrong is seen in a quarter of all data sets."""

TRUE = {
    ece: lambda c, p: abs(c - p),
    rmsce: lambda c, p: abs(c - p),
    over: lambda c, p: max(c - p, 0.0),
    gap: lambda c, p: c - p,
    brier: lambda c, p: p * (1 - c) ** 2 + (1 - p) * c**2,
}


def least_coverage(metric: Metric[...], stated: float, n: int) -> float:
    """Return the least probability, over these truths, that the 95 % interval holds the true value."""
    limits = {}
    least = 1.0
    for wrong in WRONG:
        p = 1 - wrong / n
        first, last = int(binom.ppf(1e-9, n, p)), int(binom.ppf(1 - 1e-9, n, p))
        covered = 0.0
        for right in range(first, last + 1):
            if right not in limits:
                found = estimate(metric, CalibrationTable.from_counts({stated: (n, right)}))
                limits[right] = (found.low, found.high)
            low, high = limits[right]
            if low is not None and high is not None and low <= TRUE[metric](stated, p) + 1e-9 <= high + 2e-9:
                covered += float(binom.pmf(right, n, p))
        least = min(least, covered)
    return least


@pytest.mark.parametrize("n", [50, 100, 300])
@pytest.mark.parametrize("stated", [0.5, 0.99, 1.0])
@pytest.mark.parametrize("metric", TRUE, ids=lambda metric: metric.facts.name)
def test_limits_hold_where_next_to_nothing_is_wrong(metric: Metric[...], stated: float, n: int) -> None:
    """A normal limit with one pseudo-row covers 0.75 at 1.0 and 1.39 wrong in n; none of these falls below 0.93."""
    assert least_coverage(metric, stated, n) > 0.93


def main() -> None:
    """Print the least coverage of each metric, value and size."""
    for metric in TRUE:
        for stated in (0.5, 0.99, 1.0):
            for n in (50, 100, 300, 1000):
                print(f"{metric.facts.name:<8} {stated:<5} {n:>5} {least_coverage(metric, stated, n):.3f}")  # noqa: T201


if __name__ == "__main__":
    np.seterr(all="raise")
    main()
