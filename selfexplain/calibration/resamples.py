"""All resamples of a table at once, as counts: drawn once, measured by every metric.

A resample of a table is another way of filling its cells, so thousands of them are two arrays of counts, and a formula
with one more axis measures them all. The cost does not grow with the number of rows. One set of draws serves every
metric of an evaluation: it depends on the table and the seed, never on who asks.

A table with very many confidences, such as token probabilities, is resampled after neighbours are joined, see
:func:`coarsened`: memory is bounded whatever its size.
"""

import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from selfexplain.calibration.binning import equal_mass
from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.multinomial import multinomial, pays
from selfexplain.calibration.table import CalibrationTable, sums, total
from selfexplain.inference import REPLICATES, Floats, Ints, stream

MOST_VALUES = 1_000
"""Distinct confidences of a resample: 2,000 resamples of two counts each are then 32 MB."""

AT_ONCE = 2_000_000
"""Numbers that one step of drawing may hold: 16 MB."""


@dataclass(frozen=True, eq=False)
class Resamples:
    """Many tables over the same confidences.

    Parameters
    ----------
    confidence : array of float, shape (k,), in [0, 1]
        Distinct, ascending.
    n, n_correct : array of int, shape (r, k)
        The counts of each resample; 0 where it has no row with this confidence.
    """

    confidence: Floats
    n: Ints
    n_correct: Ints

    def __post_init__(self) -> None:
        for array in (self.confidence, self.n, self.n_correct):
            array.flags.writeable = False

    def tables(self) -> Iterator[CalibrationTable]:
        """Yield each resample as a table of its own."""
        for n, n_correct in zip(self.n, self.n_correct, strict=True):
            occurs = n > 0
            yield CalibrationTable(self.confidence[occurs], n[occurs], n_correct[occurs])


def resamples(counts: Counts, *, seed: int = 0, replicates: int = REPLICATES) -> Resamples:
    """Return resamples of as many rows, or as many whole clusters, drawn with replacement from these, coarsened.

    Parameters
    ----------
    counts : CalibrationTable or ClusterTable
    seed : int
        The same seed gives the same resamples.
    replicates : int
        How many; r.

    Examples
    --------
    >>> drawn = resamples(CalibrationTable.from_counts({0.5: (10, 5), 0.9: (30, 27)}), replicates=100)
    >>> drawn.n.shape, set(drawn.n.sum(axis=1).tolist())
    ((100, 2), {40})
    """
    for of, asked, drawn in _LATEST:
        if of() is counts and asked == (seed, replicates):
            return drawn
    drawn = _drawn(coarsened(counts), stream(seed), replicates)
    _LATEST[:] = [(weakref.ref(counts), (seed, replicates), drawn)]
    return drawn


_LATEST: list[tuple[weakref.ref[Counts], tuple[int, int], Resamples]] = []
"""The draws made last, for the next metric of the same table; never more than one, so that memory stays bounded."""


def coarsened(counts: Counts) -> Counts:
    """Return counts with at most `MOST_VALUES` confidences: neighbours are joined and state their mean.

    Blocks have about equally many rows, and a value is never split. A thousand blocks move a smooth metric by about a
    millionth, and how far it varies from resample to resample no more than that.
    """
    if len(counts.confidence) <= MOST_VALUES:
        return counts
    table = counts.pooled
    block = equal_mass(table.n, bins=MOST_VALUES)
    blocks = int(block[-1]) + 1
    mean = sums(block, table.n * table.confidence, blocks) / sums(block, table.n, blocks)
    return counts.restated(mean[block])


def each_left_out(counts: Counts) -> Iterator[tuple[Resamples, Ints]]:
    """Yield coarsened tables without one row, or without one cluster, and how many of them leave just this table.

    Rows that are alike leave the same table, so there is one for each kind of row; clusters have one each.
    """
    counts = coarsened(counts)
    confidence, values = counts.confidence, np.arange(len(counts.confidence))
    if not isinstance(counts, ClusterTable):
        right, wrong = counts.n_correct > 0, counts.n_wrong > 0
        one = np.eye(len(values), dtype=np.int64)
        n = counts.n - np.concatenate([one[right], one[wrong]])
        n_correct = counts.n_correct - np.concatenate([one[right], 0 * one[wrong]])
        yield Resamples(confidence, n, n_correct), np.concatenate([counts.n_correct[right], counts.n_wrong[wrong]])
        return
    pooled, size = counts.pooled, len(values)
    ends = np.searchsorted(counts.cluster, np.arange(len(counts.clusters) + 1))
    for part in _steps(len(counts.clusters), 4 * size):
        clusters = part.stop - part.start
        inside = slice(ends[part.start], ends[part.stop])
        place = (counts.cluster[inside] - part.start) * size + counts.value[inside]
        n = total(place, counts.n[inside], clusters * size).reshape(clusters, size)
        n_correct = total(place, counts.n_correct[inside], clusters * size).reshape(clusters, size)
        yield Resamples(confidence, pooled.n - n, pooled.n_correct - n_correct), np.ones(clusters, dtype=np.int64)


def _drawn(counts: Counts, rng: np.random.Generator, replicates: int) -> Resamples:
    if isinstance(counts, ClusterTable):
        return _of_clusters(counts, rng, replicates)
    cells = np.concatenate([counts.n_correct, counts.n_wrong])
    filled = np.flatnonzero(cells)
    drawn = some = _of_rows(cells[filled], rng, replicates)
    if len(filled) < len(cells):
        drawn = np.zeros((replicates, len(cells)), dtype=np.int64)
        drawn[:, filled] = some
    n_correct, n_wrong = drawn[:, : len(counts.n)], drawn[:, len(counts.n) :]
    return Resamples(counts.confidence, n_correct + n_wrong, n_correct)


def _of_rows(cells: Ints, rng: np.random.Generator, replicates: int) -> Ints:
    """Return how often each cell is drawn, shape (replicates, cells): multinomial."""
    rows = int(cells.sum())
    if rows > 8 * len(cells):
        if pays(cells, replicates):
            return multinomial(cells, rng, replicates)
        return rng.multinomial(rows, cells / rows, size=replicates)
    # The same distribution; with nearly as many cells as rows, drawing rows is ten times as fast.
    owner = np.repeat(np.arange(len(cells)), cells)
    drawn = np.empty((replicates, len(cells)), dtype=np.int64)
    for part in _steps(replicates, rows):
        drawn[part] = _counted(owner[rng.integers(rows, size=(part.stop - part.start, rows))], len(cells))
    return drawn


def _of_clusters(counts: ClusterTable, rng: np.random.Generator, replicates: int) -> Resamples:
    clusters, values = len(counts.clusters), len(counts.confidence)
    drawn = np.empty((replicates, 2 * values), dtype=np.int64)
    # How often each cluster is drawn, times what it holds. As a product of matrices where these are small enough;
    # with many values most of such a matrix would be zeros, and its entries are added up one by one instead.
    dense = 2 * values * clusters <= 2 * AT_ONCE
    if dense:
        holds = np.zeros((clusters, 2 * values))
        holds[counts.cluster, counts.value] = counts.n
        holds[counts.cluster, values + counts.value] = counts.n_correct
    for part in _steps(replicates, clusters):
        times = _counted(rng.integers(clusters, size=(part.stop - part.start, clusters)), clusters)
        if dense:
            drawn[part] = np.rint(times @ holds)
            continue
        for row, often in enumerate(times[:, counts.cluster], start=part.start):
            drawn[row, :values] = total(counts.value, often * counts.n, values)
            drawn[row, values:] = total(counts.value, often * counts.n_correct, values)
    return Resamples(counts.confidence, drawn[:, :values], drawn[:, values:])


def _counted(drawn: Ints, size: int) -> Ints:
    """Return how often each of `size` things occurs in each row of draws."""
    rows = len(drawn)
    drawn += np.arange(rows)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)


def _steps(replicates: int, width: int) -> Iterator[slice]:
    """Cut the replicates into parts of which each holds no more than `AT_ONCE` numbers."""
    step = max(1, AT_ONCE // max(width, 1))
    return (slice(start, min(start + step, replicates)) for start in range(0, replicates, step))
