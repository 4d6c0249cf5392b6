"""Keeping the surest answers: how many are wrong among the first k, where ties are broken by chance.

Order the answers from the most to the least confident. Answers with the same confidence have no order, and the order of
rows in a file must not lend them one: it would move the area under the curve by a factor of two. So the wrong answers
among the first k are their *expected* number when each tie is shuffled: E + e·j/m after j of the m rows of a tie that
holds e wrong ones, with E wrong before it.
"""

import numpy as np

from selfexplain.calibration.table import ratio
from selfexplain.inference import Floats, Ints

EULER = 0.5772156649015329
"""γ, the limit of Hₙ − ln n."""

SUMMED = 64
"""Harmonic numbers up to this one are added up; beyond it the series is exact to the last digit."""

KEPT = 5_000
"""Harmonic numbers up to this one are looked up, which is ten times as fast as the series."""


def from_the_top(n: Ints, n_correct: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what there is to keep, the surest first; arrays of shape (…, k), from the highest confidence down.

    Returns
    -------
    rows, wrong : array of float, shape (…, k)
        Rows and wrong answers at each confidence.
    rows_before, wrong_before : array of float, shape (…, k)
        The same at all higher confidences together.
    """
    rows = n[..., ::-1].astype(np.float64)
    wrong = (n - n_correct)[..., ::-1].astype(np.float64)
    return rows, wrong, np.cumsum(rows, axis=-1) - rows, np.cumsum(wrong, axis=-1) - wrong


def mean_risk(confidence: Floats, n: Ints, n_correct: Ints) -> Floats:  # noqa: ARG001 - their order is enough
    """Return the AURC of tables, confidences in the last axis: the mean over k of the error rate of the first k.

    Within a tie of m rows after C others, Σ_j (E + e·j/m)/(C + j) = e + (E − e·C/m)·(H(C + m) − H(C)), with harmonic
    numbers H: one term per confidence instead of one per row.
    """
    rows, wrong, rows_before, wrong_before = from_the_top(n, n_correct)
    share = np.divide(wrong, rows, out=np.zeros_like(wrong), where=rows > 0)
    # H at the end of each confidence; at its beginning it is that at the end of the one before.
    steps = np.diff(harmonic(rows_before + rows), axis=-1, prepend=0.0)
    return ratio((wrong + (wrong_before - share * rows_before) * steps).sum(axis=-1), n.sum(axis=-1))


def least_mean_risk(n: Ints, n_correct: Ints) -> Floats:
    """Return the AURC that is left when every right answer comes before every wrong one.

    With N rows and e of them wrong, Σ_{j=1}^{e} j/(N − e + j)/N = (e − (N − e)·(H(N) − H(N − e)))/N.
    """
    total = n.sum(axis=-1).astype(np.float64)
    right = n_correct.sum(axis=-1).astype(np.float64)
    return ratio(total - right - right * (harmonic(total) - harmonic(right)), total)


def harmonic(n: Floats) -> Floats:
    """Return Hₙ = 1 + 1/2 + … + 1/n; 0 for n = 0.

    Examples
    --------
    >>> harmonic(np.array([0.0, 1.0, 2.0, 3.0])).tolist()[:3]
    [0.0, 1.0, 1.5]
    """
    if n.max(initial=0.0) <= KEPT:
        looked_up: Floats = _TABLE[n.astype(np.int64)]
        return looked_up
    return np.where(n <= KEPT, _TABLE[np.minimum(n, KEPT).astype(np.int64)], _series(np.maximum(n, KEPT)))


def _series(n: Floats) -> Floats:
    square = n * n
    return np.log(n) + EULER + 1 / (2 * n) - (1 / 12 - (1 / 120 - 1 / (252 * square)) / square) / square


_TABLE = np.concatenate(
    [[0.0], np.cumsum(1 / np.arange(1, SUMMED + 1)), _series(np.arange(SUMMED + 1, KEPT + 1, dtype=np.float64))]
)
