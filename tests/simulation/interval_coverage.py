"""How often the interval of each metric covers the truth: the study behind `docs/interval_coverage.md`.

For ten made-up models, four sizes, and rows that are independent or drawn together, data sets are drawn, every metric
that prints an interval is estimated as the product does it, and the truth is looked for in the interval. Seeds are
fixed. Run from the folder `tests`; about twenty minutes on one core::

    python -m simulation.interval_coverage --results RESULTS > ../docs/interval_coverage.md

RESULTS is a file with one line of JSON for each cell; what stands there already is not drawn again.

*What is covered.* The population's value of the same functional: computed from the population's own shares where few
values are stated, from 20,000 quantiles of it where they are continuous. Where bins follow from the confidences that
came out (bins of equal mass, one per value, or only bins with enough rows) it is the error in those bins, each
confidence right as often as it truly is.

*What must hold.* The honest interval of the ECE covers at least 0.95 less three simulation errors, in every cell. Every
other metric covers at least 0.92 less two, or says in at least 95 % of these data sets that its interval tends to be
too narrow (where a bound that holds by construction stands instead, nothing need be said).
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

import selfexplain.calibration.metric
from selfexplain import plugins
from selfexplain.calibration import ece, honest_ece, rmsce
from selfexplain.calibration.binning import bin_of
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.maximum_calibration_error import FEWEST_ROWS
from selfexplain.calibration.metric import Metric, estimate
from selfexplain.calibration.resamples import resamples
from selfexplain.calibration.table import CalibrationTable, sums
from selfexplain.errors import Undefined
from selfexplain.inference import TOO_NARROW, Floats
from simulation.truths import KINDS, TRUTHS, Truth

LEVEL = 0.95
SIZES = (100, 300, 1000, 3000)
MOST_SETS = 1000
SOME_SETS = 300
"""For intervals that are resampled or simulated, other than the headline's."""
FEW_SETS = 100
"""The same for 3,000 rows, or where confidences are continuous, so that each of a thousand values is resampled."""
COARSE_DRAWS = 1000
"""Simulated errors within one honest interval; each data set has its own seed, so that this averages out."""
COARSE_REPLICATES = 500
"""Resamples of one bootstrap interval, a quarter of the product's, for the same reason."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Means of rows": ("accuracy", "mean_confidence", "gap", "brier", "log_loss", "corp_unc", "murphy_uncertainty"),
    "Calibration errors in fixed bins": (
        "ece",
        "over",
        "under",
        "ece_width_10_left_closed",
        "ece_width_15_right_closed",
        "ece_debiased_width_10_right_closed",
        "rmsce",
        "ece_sq_debiased_width_10_right_closed",
        "ece_sq_debiased_partial",
    ),
    "Calibration errors in bins that follow from the confidences": (
        "ece_mass_10",
        "ece_distinct",
        "ece_debiased_distinct",
        "ece_sq_debiased_distinct",
        "mce",
    ),
    "Line of log-odds": ("calibration_slope_clip_5e-3", "calibration_intercept_clip_5e-3"),
    "Telling right from wrong": (
        "auroc",
        "average_precision",
        "average_precision_wrong",
        "brier_skill",
        "aurc",
        "e_aurc",
        "augrc",
        "prr",
        "accuracy_at_coverage",
    ),
}
METRICS = tuple(name for names in GROUPS.values() for name in names)
QUICK = {*GROUPS["Means of rows"], "ece", "mce"} - {"log_loss"}
BY_CONSTRUCTION = ("exact interval", "Markov bound")
"""Methods that cannot cover too little, by which a few data sets of a cell are estimated."""
PER_VALUE = {"ece_distinct", "ece_debiased_distinct", "ece_sq_debiased_distinct"}


@dataclass
class Cell:
    """What became of the intervals of one metric for one model, size and kind of rows."""

    truth: str
    n: int
    kind: str
    metric: str
    sets: int = 0
    """Data sets drawn."""
    intervals: int = 0
    """Of these, with an interval."""
    above: int = 0
    """Intervals that lie above the truth."""
    below: int = 0
    warned: int = 0
    """Intervals beside which it is said that they tend to be too narrow, or that hold by construction."""
    width: float = 0.0
    """Mean width."""
    method: str = ""

    @property
    def coverage(self) -> float:
        """Share of the intervals that hold the truth."""
        return 1 - (self.above + self.below) / self.intervals

    def error(self, coverage: float) -> float:
        """Return the simulation error of a share of these intervals."""
        return math.sqrt(coverage * (1 - coverage) / self.intervals)

    @property
    def kept(self) -> bool:
        """Whether the rule of the study holds here; so it does where no interval is printed."""
        if not self.intervals:
            return True
        if self.metric == "ece":
            return self.coverage >= LEVEL - 3 * self.error(LEVEL)
        return self.covers or self.warned >= 0.95 * self.intervals

    @property
    def covers(self) -> bool:
        """Whether 0.92 is covered, but for two simulation errors."""
        return not self.intervals or self.coverage >= 0.92 - 2 * self.error(0.92)


def sets_of(metric: str, truth: Truth, n: int, kind: str) -> int:
    """Return how many data sets a metric is given in the full study."""
    if metric in QUICK:
        return MOST_SETS
    if metric in PER_VALUE and truth.continuous and kind == "clustered":
        return {100: FEW_SETS, 300: 50}.get(n, 10)  # the covariance of a thousand bins takes a second
    slow = truth.continuous and metric in {*GROUPS["Telling right from wrong"], *PER_VALUE}
    if n == SIZES[-1]:  # the size at which least goes wrong, and which costs most
        return FEW_SETS // 2 if slow else FEW_SETS
    return FEW_SETS if slow else SOME_SETS


def study(truth: Truth, n: int, kind: str, metrics: tuple[str, ...] = METRICS, *, scale: int = 1) -> list[Cell]:
    """Draw the data sets of one model, size and kind of rows, and estimate each metric on them.

    Parameters
    ----------
    truth : Truth
    n : int
        Rows; on average, where they are clustered.
    kind : {"independent", "clustered"}
    metrics : tuple of str
    scale : int
        Draw fewer sets, by this factor.
    """
    known = plugins.metrics()
    population = truth.population()
    cells = [Cell(truth.name, n, kind, name) for name in metrics]
    sets = {name: max(1, sets_of(name, truth, n, kind) // scale) for name in metrics}
    targets = {name: target(known[name], population, truth) for name in metrics}
    methods: dict[str, Counter[str]] = {name: Counter() for name in metrics}
    names = [*(each.name for each in TRUTHS), truth.name]  # a model of a test's own has a seed too
    rng = np.random.default_rng([names.index(truth.name), n, list(KINDS).index(kind)])
    with _coarser():
        for place in range(max(sets.values())):
            counts = KINDS[kind](truth, n, rng)
            for cell in cells:
                if place < sets[cell.metric]:
                    true = targets[cell.metric](counts.pooled)
                    methods[cell.metric][_add(cell, known[cell.metric], counts, true, place)] += 1
    for cell in cells:
        cell.width /= max(cell.intervals, 1)
        cell.method = " or ".join(name for name, _ in methods[cell.metric].most_common() if name)
    return cells


def _add(cell: Cell, metric: Metric[...], counts: Counts, true: float, seed: int) -> str:
    """Estimate a metric on one data set, and return the method's name without its numbers."""
    cell.sets += 1
    found = estimate(metric, counts, level=LEVEL, seed=seed)
    if found.low is None or found.high is None or math.isnan(true):
        return ""
    cell.intervals += 1
    cell.above += found.low > true + 1e-9
    cell.below += found.high < true - 1e-9
    cell.warned += any(TOO_NARROW in warning for warning in found.warnings) or found.method.startswith(BY_CONSTRUCTION)
    cell.width += found.high - found.low
    return " ".join(word for word in found.method.split() if not word[0].isdigit()).replace(", resamples", "")


def target(metric: Metric[...], population: CalibrationTable, truth: Truth) -> Callable[[CalibrationTable], float]:
    """Return from a table that came out to the truth that its interval should cover."""
    name = metric.facts.name
    if name in PER_VALUE | {"ece_mass_10", "mce"}:
        return partial(error_in_these_bins, name, truth)
    # What the debiased errors estimate has no bias; measured on ten million answers they would differ from it by 1e-7.
    exact: dict[str, Callable[[CalibrationTable], float]] = {
        "ece_debiased_width_10_right_closed": ece,
        "ece_sq_debiased_width_10_right_closed": squared_error,
        "ece_sq_debiased_partial": squared_error,
    }
    try:
        value = exact[name](population) if name in exact else metric(population)
    except Undefined:  # of one stated value: there is no truth to cover
        value = math.nan
    return lambda _: value


def squared_error(population: CalibrationTable) -> float:
    """Return the mean squared calibration error in the headline's bins."""
    return rmsce(population) ** 2


def error_in_these_bins(name: str, truth: Truth, table: CalibrationTable) -> float:
    """Return the error in the bins of this very table, each confidence right as often as it truly is."""
    excess: Floats = table.n * (table.confidence - truth.correctness(table.confidence)) / table.total
    if name in PER_VALUE:
        if name == "ece_sq_debiased_distinct":
            return float((excess**2 / table.n).sum() * table.total)
        return float(np.abs(excess).sum())
    index, bins = bin_of(table, scheme="mass" if name == "ece_mass_10" else "width")
    error, rows = sums(index, excess, bins), sums(index, table.n, bins)
    if name == "ece_mass_10":
        return float(np.abs(error).sum())
    heavy = rows >= FEWEST_ROWS
    return float((np.abs(error[heavy]) / rows[heavy]).max(initial=0.0) * table.total)


def _coarser() -> ExitStack:
    """Make single intervals a little rougher, which hundreds of them average out."""
    stack = ExitStack()
    stack.enter_context(patch.object(honest_ece, "DRAWS", COARSE_DRAWS))
    fewer = partial(resamples, replicates=COARSE_REPLICATES)
    stack.enter_context(patch.object(selfexplain.calibration.metric, "resamples", fewer))
    return stack


def everything(results: Path, *, scale: int = 1, part: str = "1/1") -> list[Cell]:
    """Return all cells, those that the file lacks drawn now and added to it."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    cells = [Cell(**json.loads(line)) for line in lines]
    done = {(cell.truth, cell.n, cell.kind) for cell in cells}
    mine, parts = (int(number) for number in part.split("/"))
    todo = [(truth, n, kind) for n in SIZES for kind in KINDS for truth in TRUTHS]
    for truth, n, kind in todo[mine - 1 :: parts]:
        if (truth.name, n, kind) not in done:
            found = study(truth, n, kind, scale=scale)
            with results.open("a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(asdict(cell))}\n" for cell in found)
            cells += found
            print(truth.name, n, kind, file=sys.stderr, flush=True)
    return cells


def main() -> int:
    """Print the page; return 1 if the rule of the study is broken anywhere."""
    from simulation.coverage_page import page

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--results", type=Path, required=True, help="a file for the numbers of each cell")
    options.add_argument("--scale", type=int, default=1, help="draw fewer data sets, by this factor")
    options.add_argument("--part", default="1/1", help="only the i-th of k parts of the cells, for several cores")
    chosen = options.parse_args()
    cells = everything(chosen.results, scale=chosen.scale, part=chosen.part)
    if chosen.part == "1/1":
        print(page(cells), end="")
    return int(not all(cell.kept for cell in cells))


if __name__ == "__main__":
    raise SystemExit(main())
