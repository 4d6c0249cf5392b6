"""Ten thousand resamples of a table against the same from rows: `python benchmarks/replicates.py`.

The row loop is what one writes in numpy without a table: draw n indices, take the rows, compute the metric, again. The
table draws all its resamples as counts and measures them together, so its time does not grow with n. Both are timed
here one after the other, since only their ratio travels between machines; the row loop runs fewer rounds and is scaled.
"""

import time
from collections.abc import Callable

import numpy as np

from selfexplain.calibration import CalibrationTable, auroc, brier, ece, gap
from selfexplain.calibration.binning import equal_width
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.resamples import resamples
from selfexplain.inference import Floats, Ints

REPLICATES = 10_000
ROUNDS = 30
"""Rounds of the row loop; the time of 10,000 is scaled from these."""

VALUES = np.array([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0])
"""Eight confidences, as language models state them."""


def row_gap(confidence: Floats, correct: Ints) -> float:
    """Return the gap of rows."""
    return float(confidence.mean() - correct.mean())


def row_brier(confidence: Floats, correct: Ints) -> float:
    """Return the Brier score of rows."""
    return float(((confidence - correct) ** 2).mean())


def row_ece(confidence: Floats, correct: Ints) -> float:
    """Return the ECE of rows in ten bins of equal width."""
    index = np.maximum(np.ceil(confidence * 10).astype(np.int64) - 1, 0)
    return float(np.abs(np.bincount(index, weights=confidence - correct)).sum() / len(index))


def row_auroc(confidence: Floats, correct: Ints) -> float:
    """Return the AUROC of rows by ranks, ties at their mean rank."""
    _, index, times = np.unique(confidence, return_inverse=True, return_counts=True)
    rank = (np.cumsum(times) - (times - 1) / 2)[index]
    right = int(correct.sum())
    won = rank[correct == 1].sum() - right * (right + 1) / 2
    return float(won / (right * (len(correct) - right)))


def binned_error(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:
    """Return the ECE of many tables in ten bins of equal width."""
    joins = (equal_width(confidence, bins=10)[:, None] == np.arange(10)).astype(np.float64)
    return np.asarray(np.abs((n * confidence - n_correct) @ joins).sum(axis=-1) / n.sum(axis=-1))


Measure = Callable[[Floats, Ints, Ints], Floats]


def formula(metric: Metric[...]) -> Measure:
    """Return the formula of a metric over many tables."""
    if metric.facts.over_resamples is None:
        raise RuntimeError(f"{metric.facts.name} is measured table by table")
    return metric.facts.over_resamples


METRICS: dict[str, tuple[Measure, Metric[...], Callable[[Floats, Ints], float]]] = {
    "gap": (formula(gap), gap, row_gap),
    "brier": (formula(brier), brier, row_brier),
    "auroc": (formula(auroc), auroc, row_auroc),
    "ece": (binned_error, ece, row_ece),
}


def seconds(work: Callable[[], object]) -> float:
    """Return the least of three timings."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def over_fresh_draws(measures: list[Measure], table: CalibrationTable) -> Callable[[], None]:
    """Return what draws the resamples of a table and applies each formula to them."""

    def work() -> None:
        # A new table each time, so that no draws are handed out a second time.
        drawn = resamples(table + CalibrationTable.from_counts({}), replicates=REPLICATES)
        for measure in measures:
            measure(drawn.confidence, drawn.n, drawn.n_correct)

    return work


def check(name: str, measure: Measure, metric: Metric[...], table: CalibrationTable) -> None:
    """Stop when a formula differs from the metric."""
    few = resamples(table, replicates=5)
    if not np.allclose(measure(few.confidence, few.n, few.n_correct), [metric(each) for each in few.tables()]):
        raise RuntimeError(f"{name}: many tables at once differ from one by one")


def main() -> None:
    """Print a line per metric and size."""
    everything = [measure for measure, _, _ in METRICS.values()]
    print(f"{'n':>13} {'metric':<9} {'table, s':>9} {'rows, s':>9} {'ratio':>7}")
    for n in (10**3, 10**4, 10**5):
        rng = np.random.default_rng(n)
        confidence = rng.choice(VALUES, size=n)
        correct = (rng.random(n) < confidence - 0.05).astype(np.int64)
        table = CalibrationTable.from_rows(confidence, correct)
        for name, (measure, metric, of_rows) in METRICS.items():
            check(name, measure, metric, table)
            started = time.perf_counter()
            for _ in range(ROUNDS):
                index = rng.integers(n, size=n)
                of_rows(confidence[index], correct[index])
            slow = (time.perf_counter() - started) * REPLICATES / ROUNDS
            fast = seconds(over_fresh_draws([measure], table))
            print(f"{n:>13,} {name:<9} {fast:>9.4f} {slow:>9.2f} {slow / fast:>7.0f}")
        print(f"{n:>13,} {'all four':<9} {seconds(over_fresh_draws(everything, table)):>9.4f}")
    for n in (10**6, 10**9):
        big = CalibrationTable.from_counts({v: (n // 8, int(n // 8 * (v - 0.05))) for v in VALUES.tolist()})
        print(f"{n:>13,} {'all four':<9} {seconds(over_fresh_draws(everything, big)):>9.4f}")


if __name__ == "__main__":
    main()
