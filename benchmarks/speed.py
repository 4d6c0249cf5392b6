"""How fast, beside what else there is: `OMP_NUM_THREADS=1 python benchmarks/speed.py [SECTION …]`.

Prints the tables of `docs/speed.md`: every contender in one process, in turns, so that a busy machine slows all of them
alike. What is timed is processor time; only the ratios travel. A cell is the median of the turns with the least and the
greatest in brackets.

The others are not needed by selfexplain, and those that are not installed are named and passed over. An environment
with all of them::

    python3 -m venv .venv-speed
    .venv-speed/bin/pip install torch==2.13.0 torchmetrics netcal relplot -c constraints.txt -e '.[parquet]'
"""

import importlib
import json
import math
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from selfexplain import choosing
from selfexplain.calibration import (
    CalibrationTable,
    accuracy,
    auroc,
    brier,
    ece,
    estimate,
    gap,
    log_loss,
    mean_confidence,
    smooth_ece,
)
from selfexplain.calibration.resamples import resamples
from selfexplain.inference import Floats, Ints

VALUES = np.array([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0])
"""Eight confidences, as language models state them."""

SEVEN = (accuracy, mean_confidence, gap, brier, log_loss, ece, auroc)

REPLICATES = 10_000
ROUNDS = 50
"""Rounds of a row loop; the time of 10,000 is scaled from these."""

Work = Callable[[], object]


def turns(contenders: Mapping[str, Work], *, times: int = 7) -> dict[str, list[float]]:
    """Return the processor seconds of each contender in each turn; a first turn is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(times + 1):
        for name, work in contenders.items():
            started = time.process_time()
            work()
            if turn:
                taken[name].append(time.process_time() - started)
    return taken


def three_digits(number: float) -> str:
    """Write a number with three digits that count, without an exponent."""
    return f"{float(f'{number:.3g}'):,.0f}" if number >= 1000 else f"{number:.3g}"


def cell(seconds: list[float], *, scale: float = 1.0) -> str:
    """Write the median in milliseconds, and the least and greatest."""
    middle, least, most = (
        three_digits(1000 * scale * each) for each in (statistics.median(seconds), min(seconds), max(seconds))
    )
    return f"{middle} ({least} to {most})"


def print_beside(title: str, taken: Mapping[str, list[float]], *, unit: str, ours: str) -> None:
    """Print one line per contender: its time, and its ratio to the unit and to ours."""
    print(f"\n{title}\n\n| | ms | × {unit} | × ours |\n|---|---|---|---|")
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name, seconds in taken.items():
        print(f"| {name} | {cell(seconds)} | {middle[name] / middle[unit]:.2f} | {middle[name] / middle[ours]:.1f} |")


def peer(module: str, attribute: str) -> Any:
    """Return what another library offers, or None after saying that it is not there."""
    try:
        return getattr(importlib.import_module(module), attribute)
    except ImportError:
        print(f"skipped: {module} is not installed", file=sys.stderr)
        return None


def rows(n: int, kind: str = "few") -> tuple[Floats, Ints]:
    """Return confidences, few values or all different, and outcomes of a model that is 0.05 too sure."""
    rng = np.random.default_rng(n)
    confidence = rng.choice(VALUES, size=n) if kind == "few" else rng.random(n)
    return confidence, (rng.random(n) < confidence - 0.05).astype(np.int64)


def plain_ece(confidence: Floats, correct: Ints) -> float:
    """Return the ECE in fifteen bins as one writes it in numpy: three counts over one index."""
    index = np.ceil(confidence * 15).astype(np.int64)
    n = np.bincount(index, minlength=16)
    promised = np.bincount(index, weights=confidence, minlength=16)
    kept = np.bincount(index, weights=correct, minlength=16)
    filled = n > 0
    return float((np.abs(promised - kept)[filled] / n[filled] @ n[filled]) / len(index))


def tabulation() -> None:
    """Time counting a million rows and measuring them."""
    for kind in ("few", "continuous"):
        confidence, correct = rows(10**6, kind)

        def seven(confidence: Floats = confidence, correct: Ints = correct) -> list[float]:
            table = CalibrationTable.from_rows(confidence, correct)
            return [metric(table) for metric in SEVEN]

        contenders: dict[str, Work] = {
            "bincount": partial(plain_ece, confidence, correct),
            "selfexplain, table": partial(CalibrationTable.from_rows, confidence, correct),
            "selfexplain, table and seven metrics": seven,
        }
        if curve := peer("sklearn.calibration", "calibration_curve"):
            contenders["scikit-learn calibration_curve"] = partial(curve, correct, confidence, n_bins=15)
        if error := peer("torchmetrics.functional.classification", "binary_calibration_error"):
            torch = importlib.import_module("torch")
            torch.set_num_threads(1)
            tensors = torch.from_numpy(confidence), torch.from_numpy(correct)
            contenders["torchmetrics ECE"] = partial(error, *tensors, n_bins=15)
        if binned := peer("netcal.metrics", "ECE"):
            contenders["netcal ECE"] = partial(binned(15).measure, confidence, correct)
        title = f"**A million rows, {kind if kind == 'continuous' else 'eight values'}**"
        print_beside(title, turns(contenders), unit="bincount", ours="selfexplain, table and seven metrics")


def from_table() -> None:
    """Time every metric with its interval on tables of one shape, of ten thousand and of ten million rows."""
    metrics = choosing.chosen_metrics("all")
    small, large = (
        CalibrationTable.from_counts({v: (n // 8, round(n // 8 * (v - 0.05))) for v in VALUES.tolist()})
        for n in (10**4, 10**7)
    )
    taken = {
        each.facts.name: turns(
            {"small": partial(estimate, each, small), "large": partial(estimate, each, large)}, times=5
        )
        for each in metrics
    }
    ratio = {name: statistics.median(each["large"]) / statistics.median(each["small"]) for name, each in taken.items()}
    print(f"\n**All {len(metrics)} metrics with intervals from a table of eight values**\n")
    print("| | ms at 10⁴ rows | ms at 10⁷ rows | ratio |\n|---|---|---|---|")
    sums = [sum(statistics.median(each[size]) for each in taken.values()) for size in ("small", "large")]
    print(f"| all, one after the other | {1000 * sums[0]:.0f} | {1000 * sums[1]:.0f} | {sums[1] / sums[0]:.2f} |")
    for name in sorted(ratio, key=lambda name: -ratio[name])[:3]:
        print(f"| {name} | {cell(taken[name]['small'])} | {cell(taken[name]['large'])} | {ratio[name]:.2f} |")


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


BY_ROWS = {gap: row_gap, brier: row_brier, ece: row_ece, auroc: row_auroc}


def replicate_rows(of_rows: Sequence[Callable[[Floats, Ints], float]], confidence: Floats, correct: Ints) -> None:
    """Draw rows with replacement and measure them, a few rounds of it."""
    rng = np.random.default_rng(0)
    for _ in range(ROUNDS):
        index = rng.integers(len(confidence), size=len(confidence))
        for measure in of_rows:
            measure(confidence[index], correct[index])


def replicate_table(metrics: list[Any], table: CalibrationTable) -> None:
    """Draw ten thousand resamples of a table and measure them."""
    # A new table each time, so that no draws are handed out a second time.
    drawn = resamples(table + CalibrationTable.from_counts({}), replicates=REPLICATES)
    for metric in metrics:
        metric.facts.over_resamples(drawn.confidence, drawn.n, drawn.n_correct)


def replicates() -> None:
    """Time ten thousand bootstrap replicates from a table and from rows."""
    print("\n**10,000 bootstrap replicates**\n")
    print("| rows | metric | ms from the table | ms from rows | ratio |\n|---|---|---|---|---|")
    every = list(BY_ROWS)
    for n in (10**3, 10**4, 10**5):
        confidence, correct = rows(n)
        table = CalibrationTable.from_rows(confidence, correct)
        for metrics in (*([each] for each in every), every):
            of_rows = [BY_ROWS[each] for each in metrics]
            taken = turns(
                {
                    "table": partial(replicate_table, metrics, table),
                    "rows": partial(replicate_rows, of_rows, confidence, correct),
                },
                times=5,
            )
            scaled = [seconds * REPLICATES / ROUNDS for seconds in taken["rows"]]
            ratio = statistics.median(scaled) / statistics.median(taken["table"])
            name = metrics[0].facts.name if len(metrics) == 1 else "all four"
            print(f"| {n:,} | {name} | {cell(taken['table'])} | {cell(scaled)} | {ratio:,.0f} |")
    for n in (10**6, 10**9):
        table = CalibrationTable.from_counts({v: (n // 8, int(n // 8 * (v - 0.05))) for v in VALUES.tolist()})
        taken = turns({"table": partial(replicate_table, every, table)}, times=5)
        print(f"| {n:,} | all four | {cell(taken['table'])} | | |")


def smooth() -> None:
    """Time the smooth calibration error."""
    error = peer("relplot", "smECE")
    print("\n**Smooth calibration error**\n")
    print("| rows | | ms from the table | ms from rows | relplot, ms | ratios |\n|---|---|---|---|---|---|")
    for n in (10**4, 10**6):
        for kind in ("few", "continuous"):
            confidence, correct = rows(n, kind)
            table = CalibrationTable.from_rows(confidence, correct)
            contenders: dict[str, Work] = {
                "table": partial(smooth_ece, table),
                "ours": partial(smooth_ece, confidence, correct),
            }
            if error:
                contenders["theirs"] = partial(error, confidence, correct)
            taken = turns(contenders, times=3)
            theirs = taken.get("theirs", [math.nan])
            ratio = {name: statistics.median(theirs) / statistics.median(taken[name]) for name in ("table", "ours")}
            ours = f"{cell(taken['table'])} | {cell(taken['ours'])}"
            print(f"| {n:,} | {kind} | {ours} | {cell(theirs)} | {ratio['table']:,.0f}; {ratio['ours']:,.0f} |")


CHILD = """
import json, resource, sys, time
from pathlib import Path
started = time.process_time()
if sys.argv[2] == "read":
    from pyarrow import parquet
    with open(sys.argv[1], "rb") as file:
        for batch in parquet.ParquetFile(file).iter_batches(1 << 17, columns=["confidence", "correct"]):
            pass
else:
    import selfexplain
    from selfexplain import choosing
    from selfexplain.report.terminal import summary
    summary(selfexplain.evaluate_file(sys.argv[1], metrics=sys.argv[2]).metrics, choosing.metric_facts(), "")
peak, status = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Path("/proc/self/status")
if status.exists():  # Linux counts the parent's memory in the first
    peak = int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
print(json.dumps([time.process_time() - started, peak / 1024]))
"""


def write_parquet(path: Path, n: int, kind: str) -> None:
    """Write rows; `named` gives each an item, `clusters` every five of them one."""
    pa, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    confidence, correct = rows(n, "continuous" if kind == "continuous" else "few")
    columns = {"confidence": confidence, "correct": correct.astype(bool)}
    if kind in {"named", "clusters"}:
        columns["item"] = pa.array(np.arange(n) // (5 if kind == "clusters" else 1)).cast(pa.string())
    if kind == "groups":
        columns["group"] = pa.array(np.arange(n) % 20).cast(pa.string())
    parquet.write_table(pa.table(columns), path)


def files() -> None:
    """Measure processor time and peak memory from a Parquet file to the summary, each in a process of its own."""
    print("\n**From a Parquet file to the summary**\n")
    print("| rows | | metrics | processor seconds | peak MiB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for n, kind, metrics in (
            (10**6, "few", "read"),
            (10**7, "few", "read"),
            (10**4, "few", "headline"),
            (10**6, "few", "headline"),
            (10**7, "few", "headline"),
            (10**7, "few", "all"),
            (10**7, "groups", "headline"),
            (10**6, "continuous", "headline"),
            (10**6, "continuous", "all"),
            (10**6, "clusters", "headline"),
            (10**6, "named", "headline"),
            (10**7, "named", "headline"),
        ):
            path = Path(folder) / f"{kind}{n}.parquet"
            if not path.exists():
                write_parquet(path, n, kind)
            command = [sys.executable, "-c", CHILD, str(path), metrics]
            seen = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
            seconds, peak = zip(*seen, strict=True)
            spread = f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"
            print(f"| {n:,} | {kind} | {metrics} | {spread} | {max(peak):,.0f} |", flush=True)


SECTIONS: dict[str, Callable[[], None]] = {
    "tabulation": tabulation,
    "from_table": from_table,
    "replicates": replicates,
    "smooth": smooth,
    "files": files,
}


def main() -> None:
    """Run the sections named, or all."""
    packages = ("numpy", "scipy", "pyarrow", "scikit-learn", "torch", "torchmetrics", "netcal", "relplot")
    found = []
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except importlib.metadata.PackageNotFoundError:
            print(f"skipped: {name} is not installed", file=sys.stderr)
    print(f"Python {platform.python_version()}, {', '.join(found)}")
    for name in sys.argv[1:] or SECTIONS:
        SECTIONS[name]()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
