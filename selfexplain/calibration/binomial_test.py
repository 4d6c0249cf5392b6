"""An exact test against perfect calibration for the few values that models state."""

import math

import numpy as np

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import p_value
from selfexplain.inference import Floats

SAME_CHANCE = 1 + 1e-7
"""Two outcomes whose probabilities differ by less are equally likely; they took two routes through floating point."""


@metric(
    title="p-value per stated value",
    meaning=(
        "How often a model whose every confidence is exactly right would show, at any stated value, a share of right "
        "answers as unlikely as the worst one here."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def binomial_p_distinct(confidence: Confidences, correct: Outcomes = None) -> float:
    """p-value against perfect calibration from an exact binomial test at every distinct confidence, in [0, 1].

    **Definition.** At each value v, p_v is the probability, among n_v coins of chance v, of all counts no more likely
    than the one seen. With m values inside (0, 1) the result is 1 − (1 − min p_v)^m.

    **How it misleads.** One bad value decides; a small error at all values escapes. With many values stated a few times
    each it has no power. A large p-value is absence of evidence.

    **Edge cases.** Undefined without rows. A wrong answer at 1, or a right one at 0, is impossible under perfect
    calibration: exactly 0, the one case in which a p-value may be. Only certain answers, all as stated: 1.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    The correction for the number of values: Šidák 1967, JASA 62:626, exact for independent tests.

    Examples
    --------
    Four heads of four fair coins: 2/16; alone, and with a second value that says nothing: 1 − (1 − 1/8)².

    >>> binomial_p_distinct([0.5] * 4, [1] * 4)
    0.125
    >>> binomial_p_distinct([0.5] * 4 + [0.9], [1] * 5)
    0.234375
    """
    each = binomial_p_values(tabulate(confidence, correct))
    least = float(each.min(initial=1.0))
    if least in {0.0, 1.0}:
        return least
    tests = len(each) - int(np.isnan(each).sum())
    return -math.expm1(tests * math.log1p(-least))


def binomial_p_values(table: CalibrationTable) -> Floats:
    """Return the exact two-sided p-value of each distinct confidence inside (0, 1), and 0 for each refuted 0 or 1."""
    from scipy.special import gammaln  # noqa: PLC0415 - scipy is paid for by whoever needs it

    value, n, right = table.confidence, table.n, table.n_correct
    certain = (value == 0) | (value == 1)
    refuted = int((certain & (table.excess != 0)).sum())
    # A single answer: the outcome seen, and the other one too if that is no more likely.
    seen = np.where(right > 0, value, 1 - value)
    single = np.where(seen > 0.5 * SAME_CHANCE, 1.0, np.where(seen * SAME_CHANCE >= 1 - seen, 1.0, seen))
    found = [single[~certain & (n == 1)], np.zeros(refuted)]
    for place in np.flatnonzero(~certain & (n > 1)):
        counts = np.arange(n[place] + 1)
        log = (
            gammaln(n[place] + 1)
            - gammaln(counts + 1)
            - gammaln(n[place] - counts + 1)
            + counts * math.log(value[place])
            + (n[place] - counts) * math.log1p(-value[place])
        )
        unlikely = log <= log[right[place]] + math.log(SAME_CHANCE)
        found.append(np.minimum(np.exp(log[unlikely]).sum(keepdims=True), 1.0))
    return np.concatenate(found)
