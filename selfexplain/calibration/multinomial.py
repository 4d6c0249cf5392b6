"""Very many multinomial draws of the same cells, exact, for about half of what numpy's own take.

A binomial whose number of trials differs from draw to draw is dear, and a multinomial is a chain of them. A Poisson
variable of a fixed rate is cheap: one uniform number and a table. Independent Poisson counts of some cells, given their
sum, are multinomial. So the cells are halved; how many rows fall into each half is one binomial of fixed n; and each
half's share is taken from a pool of Poisson counts that sum to it, or to a little less, and then the rest is added row
by row. Which member of the pool is taken depends on the sums alone, and none is taken twice: what is drawn stays
multinomial, and the draws independent.
"""

import numpy as np

from selfexplain.inference import Ints

SPARE = 1.6
"""Members of a pool for each draw. Their sums spread √2 times as far as those that are looked for, so fewer would not
do near the middle."""

STEPS = 1 << 10
"""Equal parts of [0, 1), each with the place of a table where the search begins."""

AT_ONCE = 5_000
"""Draws whose numbers stay in the processor's cache."""


MANY = 5_000
"""Fewer draws gain a millisecond at most; those of an evaluation are numpy's, as they were when its figures were
printed."""


def pays(cells: Ints, draws: int) -> bool:
    """Tell whether this is faster than numpy: several cells in each half, and sums that lie close to each other."""
    return draws >= MANY and len(cells) > 4 and draws**2 >= 400 * int(cells.sum())


def multinomial(cells: Ints, rng: np.random.Generator, draws: int) -> Ints:
    """Return as many rows as there are, drawn with replacement, as counts of the cells.

    Parameters
    ----------
    cells : array of int, shape (k,)
        Rows in each cell, at least 1; k is at least 2.
    rng : numpy Generator
    draws : int

    Returns
    -------
    array of int, shape (draws, k)
    """
    rows = int(cells.sum())
    drawn = np.empty((draws, len(cells)), dtype=np.int64)
    parts = [(half, Part(cells[half])) for half in halves(cells)]
    for start in range(0, draws, AT_ONCE):
        here = drawn[start : start + AT_ONCE]
        in_one = rng.binomial(rows, parts[0][1].rows / rows, size=len(here))
        for (half, part), sums in zip(parts, (in_one, rows - in_one), strict=True):
            here[:, half] = part.of_sums(sums, rng)
    return drawn


def halves(cells: Ints) -> tuple[Ints, Ints]:
    """Divide cells into two parts of nearly as many rows: the largest first, each to where there are fewer."""
    parts: tuple[list[int], list[int]] = ([], [])
    held = [0, 0]
    for cell in np.argsort(-cells, kind="stable").tolist():
        side = int(held[1] < held[0])
        parts[side].append(cell)
        held[side] += int(cells[cell])
    return np.array(parts[0], dtype=np.int64), np.array(parts[1], dtype=np.int64)


class Part:
    """Some of the cells, of which counts with a given sum are drawn."""

    def __init__(self, cells: Ints) -> None:
        self._ends = np.cumsum(cells)
        self.rows = int(self._ends[-1])
        self._share = cells / self.rows
        self._counts = [Poisson(rate) for rate in cells.tolist()] if len(cells) > 1 else []

    def of_sums(self, sums: Ints, rng: np.random.Generator) -> Ints:
        """Return multinomial counts that add up to each of these sums, shape (draws, k)."""
        if not self._counts:
            return sums[:, None]
        pool = np.empty((len(self._counts), int(SPARE * len(sums))), dtype=np.int64)
        for counts, held in zip(self._counts, pool, strict=True):
            counts.draw(held, rng)
        held = pool.sum(axis=0)
        taken = matched(sums, held)
        drawn = pool.take(taken, axis=1, mode="clip").T
        lacks = sums - held[taken]
        without = np.flatnonzero(taken < 0)
        drawn[without], lacks[without] = rng.multinomial(sums[without], self._share), 0
        few = np.flatnonzero(lacks)
        drawn[few] += self.row_by_row(lacks[few], rng)
        return drawn

    def row_by_row(self, rows: Ints, rng: np.random.Generator) -> Ints:
        """Return so many rows each, drawn one by one, as counts of the cells, shape (draws, k)."""
        draw, k = np.repeat(np.arange(len(rows)), rows), len(self._ends)
        cell = np.searchsorted(self._ends, rng.integers(self.rows, size=len(draw)), side="right")
        return np.bincount(draw * k + cell, minlength=len(rows) * k).reshape(len(rows), k)


def matched(sums: Ints, held: Ints) -> Ints:
    """Return for each sum a place in a pool that holds as much or a little less, none twice; −1 where none is left.

    From the largest sum down, each takes the largest that is left and not too large.
    """
    order, pool = ascending(sums)[::-1], ascending(held)
    place = np.searchsorted(held[pool], sums[order], side="right") - 1
    rank = np.arange(len(sums))
    place = np.minimum.accumulate(place + rank) - rank
    taken = np.empty_like(sums)
    taken[order] = np.where(place < 0, -1, pool[np.maximum(place, 0)])
    return taken


def ascending(numbers: Ints) -> Ints:
    """Return the order of whole numbers; those close to each other are sorted ten times as fast."""
    above = numbers - numbers.min()
    return np.argsort(above.astype(np.uint16) if above.max() < 1 << 16 else above, kind="stable")


class Poisson:
    """Counts of a fixed rate, by inversion: one uniform number each, looked up in the distribution."""

    def __init__(self, rate: float) -> None:
        self._first = max(0, int(rate - 9 * rate**0.5))
        values = np.arange(self._first, int(rate + 9 * rate**0.5 + 40))  # beyond these lies less than 1e-17
        log = np.cumsum(np.log(rate / np.maximum(values, 1)))
        self._up_to = np.cumsum(np.exp(log - log.max()))
        self._up_to /= self._up_to[-1]
        self._begins = np.searchsorted(self._up_to, np.arange(STEPS) / STEPS, side="right")

    def draw(self, counts: Ints, rng: np.random.Generator) -> None:
        """Fill an array with counts."""
        uniform = rng.random(len(counts))
        self._begins.take((uniform * STEPS).astype(np.int64), out=counts, mode="clip")
        counts += self._up_to.take(counts) <= uniform
        further = np.flatnonzero(self._up_to.take(counts) <= uniform)
        counts[further] = np.searchsorted(self._up_to, uniform[further], side="right")
        counts += self._first
