"""An exact test against perfect calibration for the few values that models state."""

import math

import numpy as np

from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.without_interval import p_value
from selfexplain.inference import Floats, Ints

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
    The correction for the number of values: Šidák 1967, JASA 62:626, exact for independent tests. Probabilities of
    large counts: Loader 2000, Fast and accurate computation of binomial probabilities.

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
    value, n, right = table.confidence, table.n, table.n_correct
    certain = (value == 0) | (value == 1)
    refuted = int((certain & (table.excess != 0)).sum())
    # A single answer, as with token probabilities: the outcome seen, and the other one too if that is no more likely.
    seen = np.where(right > 0, value, 1 - value)
    single = np.where(seen > 0.5 * SAME_CHANCE, 1.0, np.where(seen * SAME_CHANCE >= 1 - seen, 1.0, seen))
    several = ~certain & (n > 1)
    found = two_sided(right[several], n[several], value[several])
    return np.concatenate([single[~certain & (n == 1)], np.zeros(refuted), found])


def two_sided(right: Ints, n: Ints, chance: Floats) -> Floats:
    """Return the probability of all counts that are no more likely than the one seen.

    These are two tails: from the count seen outwards, and on the other side of the mean from the first count that is no
    more likely. Counts become less likely from the mean outwards, so that one is found by bisection, and the time
    hardly grows with the rows.

    Parameters
    ----------
    right, n : array of int, shape (m,)
        Counts with 0 ≤ right ≤ n, n at least 1.
    chance : array of float, shape (m,), in (0, 1)

    Returns
    -------
    array of float, shape (m,), in [0, 1]

    Examples
    --------
    Nine or ten heads of ten fair coins, or as few: 2 · 11/1024.

    >>> two_sided(np.array([9]), np.array([10]), np.array([0.5]))
    array([0.02148438])
    """
    below = right <= n * chance

    def across(steps: Ints) -> Ints:
        """Return the count so many steps from the end that lies behind the mean, seen from the count seen."""
        return np.where(below, n - steps, steps)

    # So many counts make the other tail: at least none, at most all behind the mean.
    least = np.zeros_like(n)
    most = np.where(below, n - np.ceil(n * chance).astype(np.int64), np.floor(n * chance).astype(np.int64)) + 1
    limit = log_chance(right, n, chance) + math.log(SAME_CHANCE)
    while (least < most).any():
        middle = (least + most) // 2
        unlikely = (log_chance(across(np.minimum(middle, n)), n, chance) <= limit) & (least < most)
        least, most = np.where(unlikely, middle + 1, least), np.where(unlikely, most, middle)
    lower, upper = np.where(below, right, least - 1), np.where(below, n - least + 1, right)
    return np.minimum(at_most(lower, n, chance) + at_least(upper, n, chance), 1.0)


def log_chance(count: Ints, n: Ints, chance: Floats) -> Floats:
    """Return the logarithm of the probability of each count, but for a term that all counts share.

    Written with distances from the mean, so that nothing large cancels (Loader 2000): at 10¹² rows, a difference of
    factorials would no longer tell neighbouring counts apart.
    """
    beyond = count - n * chance
    apart = deviance(beyond, n * chance) + deviance(-beyond, n * (1 - chance))
    return -apart - after_stirling(count) - after_stirling(n - count)


def deviance(beyond: Floats, mean: Floats) -> Floats:
    """Return x log(x/m) − x + m for x = m + beyond."""
    from scipy.special import xlog1py, xlogy  # noqa: PLC0415 - scipy is paid for by whoever needs it

    # Beyond 1e300 means x itself is taken for the difference: below a mean of 1e-308 their ratio is no double.
    far = np.abs(beyond) * 1e-300 > mean
    share = np.maximum(np.divide(beyond, mean, out=np.zeros_like(beyond), where=~far), -1.0)
    near = mean * (xlog1py(1 + share, share) - share)
    return np.where(far, xlogy(beyond, beyond) - xlogy(beyond, mean) - beyond, near)


def after_stirling(count: Ints) -> Floats:
    """Return log n! − n log n + n."""
    from scipy.special import gammaln, xlogy  # noqa: PLC0415 - scipy is paid for by whoever needs it

    few, many = np.minimum(count, 10_000), np.maximum(count, 10_000)
    return np.where(
        count < 10_000, gammaln(few + 1.0) - xlogy(few, few) + few, np.log(2 * math.pi * many) / 2 + 1 / (12 * many)
    )


def at_most(count: Ints, n: Ints, chance: Floats) -> Floats:
    """Return the probability of no more than so many successes; 0 for a count of −1."""
    from scipy.special import betaincc  # noqa: PLC0415 - scipy is paid for by whoever needs it

    tail = betaincc(np.maximum(count, 0) + 1.0, np.maximum(n - count, 1), chance)
    return np.where(count < 0, 0.0, np.where(count >= n, 1.0, tail))


def at_least(count: Ints, n: Ints, chance: Floats) -> Floats:
    """Return the probability of no fewer than so many successes; 0 for a count of n + 1."""
    from scipy.special import betainc  # noqa: PLC0415 - scipy is paid for by whoever needs it

    tail = betainc(np.maximum(count, 1), np.maximum(n - count, 0) + 1.0, chance)
    return np.where(count > n, 0.0, np.where(count <= 0, 1.0, tail))
