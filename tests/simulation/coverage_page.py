"""The page on the coverage of intervals: a summary of each family of metrics, and every cell behind it."""

from collections.abc import Iterable

from simulation.interval_coverage import COARSE_DRAWS, COARSE_REPLICATES, GROUPS, SIZES, Cell
from simulation.truths import KINDS, TRUTHS

ENOUGH = 50
"""Intervals that a cell must have to be called the worst of its metric; one with fewer says that they are too few."""

HEAD = f"""# How often intervals cover the truth

Made by `cd tests && python -m simulation.interval_coverage --results RESULTS > ../docs/interval_coverage.md`; about
twenty minutes on one free core, and `--part 1/4` draws a quarter of the cells. A short form runs with the tests
(`pytest tests/simulation`).

Data sets are drawn from {len(TRUTHS)} made-up models whose true calibration is known (`tests/simulation/truths.py`), in
{len(SIZES)} sizes, with independent rows and with rows drawn together: n/5 questions, each asked one to nine times, two
rows of one question sharing their luck in 0.3 of all cases. On each data set every metric is estimated as
`selfexplain evaluate` does it, at 95 %, and the truth is looked for in its interval. Seeds are fixed. To save time one
honest interval simulates {COARSE_DRAWS:,} errors instead of 50,000 and a bootstrap has {COARSE_REPLICATES} resamples
instead of 2,000, each data set with its own seed. The headline ECE and the means have up to 1,000 data sets in a cell,
other metrics up to 300, and up to 100 where they are slow (3,000 rows, or a bootstrap of continuous confidences); the
number of intervals stands beside each coverage.

The truth is the population's value of the same functional: from the population's own shares where few values are
stated, from 20,000 of its quantiles where confidences are continuous. Where bins follow from the confidences that came
out (equal mass, one per value, or only bins with enough rows) it is the error in those bins.

**The rule.** The honest interval of the ECE covers at least 0.95 less three simulation errors in every cell. Any other
interval covers at least 0.92 less two, or at least 95 % of the Estimates say in their warnings that the interval tends
to be too narrow, or have a bound that holds by construction. Data sets on which the metric is undefined, or has no
interval and says why, are not counted. Below, a cell is short where less than 0.92 (less two simulation errors) is
covered, and what is least warned there is the share of its Estimates that say so.
"""

DETAIL = """
## Every cell

Coverage in per cent; in brackets how often the whole interval lay below and above the truth; then the number of
intervals, and whether they are too few, below 50, to say much. A star: covers less than the rule asks for and says so.
Two stars: does not say so.
"""


def page(cells: list[Cell]) -> str:
    """Return the page, in Markdown."""
    lines = [HEAD, _verdict(cells)]
    for group, names in GROUPS.items():
        lines += [f"\n## {group}\n", *_summary(cells, names)]
    lines.append(DETAIL)
    for name in (name for names in GROUPS.values() for name in names):
        lines += [f"### `{name}`\n", *_grid([cell for cell in cells if cell.metric == name]), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _verdict(cells: list[Cell]) -> str:
    broken = [cell for cell in cells if not cell.kept]
    short = sum(not cell.covers for cell in cells)
    worst = min((cell for cell in cells if cell.metric == "ece"), key=lambda cell: cell.coverage)
    told = (
        f"**Result.** The rule is {'broken in' if broken else 'kept in all'} {len(broken) or len(cells):,} cells. The "
        f"ECE's interval covers at least {_of(worst)}. In {short:,} cells an interval covers less than asked for, "
    )
    if not broken:
        return told + "and says so."
    return told + f"of which these do not say so: {'; '.join(f'{cell.metric}, {_where(cell)}' for cell in broken)}."


def _summary(cells: list[Cell], names: Iterable[str]) -> list[str]:
    sizes = " | ".join(f"{kind}, {n:,}" for kind in KINDS for n in SIZES)
    lines = [
        f"| metric | interval | worst cell | below / above there | {sizes} | short cells | least warned there |",
        "|---" * (6 + len(KINDS) * len(SIZES)) + "|",
    ]
    for name in names:
        mine = [cell for cell in cells if cell.metric == name and cell.intervals]
        worst = min((cell for cell in mine if cell.intervals >= ENOUGH), key=lambda cell: cell.coverage)
        short = [cell for cell in mine if not cell.covers]
        warned = f"{min(cell.warned / cell.intervals for cell in short):.0%}" if short else ""
        means = " | ".join(_mean([c for c in mine if (c.n, c.kind) == (n, kind)]) for kind in KINDS for n in SIZES)
        tails = f"{worst.below / worst.intervals:.3f} / {worst.above / worst.intervals:.3f}"
        methods = "; ".join(dict.fromkeys(part for cell in mine for part in cell.method.split(" or ")))
        lines.append(
            f"| `{name}` | {methods} | {_of(worst)} | {tails} | {means} | {len(short)} of {len(mine)} | {warned} |"
        )
    return lines


def _mean(cells: list[Cell]) -> str:
    return f"{sum(cell.coverage for cell in cells) / len(cells):.3f}" if cells else "–"


def _of(cell: Cell) -> str:
    return f"{cell.coverage:.3f} ± {cell.error(cell.coverage):.3f} of {cell.intervals:,} ({_where(cell)})"


def _where(cell: Cell) -> str:
    return f"{cell.truth}, {cell.kind}, {cell.n:,}"


def _grid(cells: list[Cell]) -> list[str]:
    found = {(cell.truth, cell.kind, cell.n): cell for cell in cells}
    lines = [
        f"| model | {' | '.join(f'{kind}, {n:,}' for kind in KINDS for n in SIZES)} |",
        "|---" * (1 + len(KINDS) * len(SIZES)) + "|",
    ]
    for truth in TRUTHS:
        row = " | ".join(entry(found.get((truth.name, kind, n))) for kind in KINDS for n in SIZES)
        lines.append(f"| {truth.name} | {row} |")
    return lines


def entry(cell: Cell | None) -> str:
    """Return what stands in a cell of the page."""
    if cell is None:
        return "not drawn"
    if not cell.intervals:
        return "no interval"
    star = "\\*" * ((not cell.covers) + (not cell.kept))
    few = ", too few" if cell.intervals < ENOUGH else ""
    below, above = (100 * part / cell.intervals for part in (cell.below, cell.above))
    return f"{100 * cell.coverage:.1f}{star} ({below:.1f} / {above:.1f}) {cell.intervals:,}{few}"
