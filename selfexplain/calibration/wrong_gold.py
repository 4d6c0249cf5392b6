"""What would become of the numbers if some of the gold labels were wrong."""

import numpy as np

from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.metric import Confidences, Outcomes, tabulate
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats, Ints


def if_gold_is_wrong(
    confidence: Confidences, correct: Outcomes = None, *, rate: float
) -> dict[str, tuple[float, float]]:
    """Return the least and the largest value of metrics when up to a share of the gold labels is wrong.

    A wrong label makes a right answer wrong or a wrong one right. The range is over every choice of at most
    ⌊rate · n⌋ answers: a worst case, not an expectation, since labels are not wrong at random (they are wrong where
    questions are hard). Benchmarks have had 3 % and more of wrong labels (Northcutt, Athalye & Mueller 2021,
    arXiv:2103.14749).

    Parameters
    ----------
    confidence : array of float, shape (n,), or CalibrationTable
        Stated probability that the answer is correct, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether the gold labels call it so; left out with a table.
    rate : float, in [0, 1]
        The largest share of wrong labels.

    Returns
    -------
    dict of str to (float, float)
        `accuracy`, `gap` and `brier` exactly; `ece` as bounds, since one row moves it by at most 1/n.

    Raises
    ------
    InputError
        When the rate is no share.
    Undefined
        Without rows.

    Examples
    --------
    One of four labels may be wrong. Accuracy is between 2/4 and 4/4; the Brier score (.01 + .01 + .01 + .81)/4 loses
    .8/4 where the miss at .9 was none, and gains as much where a hit at .9 was one:

    >>> found = if_gold_is_wrong([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0], rate=0.25)
    >>> found["accuracy"], [round(end, 12) for end in found["brier"]]
    ((0.5, 1.0), [0.01, 0.41])
    """
    if not 0 <= rate <= 1:
        raise InputError(f"rate is {rate}", hint="expected the share of wrong gold labels, between 0 and 1")
    table = tabulate(confidence, correct)
    if not table.total:
        raise Undefined("no graded answer with a confidence")
    n, right = table.total, int(table.n_correct.sum())
    flips = int(np.floor(rate * n + 1e-9))
    wrong = n - right
    accuracy = ((right - min(flips, right)) / n, (right + min(flips, wrong)) / n)
    mean = float(table.confidence @ table.n) / n
    missed = table.n - table.n_correct
    # A right answer called wrong changes its squared error by c² − (1 − c)² = 2c − 1, a wrong one called right by
    # 1 − 2c.
    change = 2 * table.confidence - 1
    brier = float((1 - table.confidence) ** 2 @ table.n_correct + table.confidence**2 @ missed) / n
    changes = np.concatenate([change, -change])
    times = np.concatenate([table.n_correct, missed])
    measured = ece(table)
    return {
        "accuracy": accuracy,
        "gap": (mean - accuracy[1], mean - accuracy[0]),
        "brier": (brier - largest(-changes, times, flips) / n, brier + largest(changes, times, flips) / n),
        "ece": (max(0.0, measured - flips / n), min(1.0, measured + flips / n)),
    }


def largest(changes: Floats, times: Ints, most: int) -> float:
    """Return the largest sum of at most so many changes, each of which can be taken so many times; at least 0."""
    order = np.argsort(-changes, kind="stable")
    before = np.concatenate([[0], np.cumsum(times[order])[:-1]])
    taken = np.clip(most - before, 0, times[order])
    return float(np.maximum(changes[order], 0) @ taken)
