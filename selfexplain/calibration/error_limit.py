"""Upper limits of an error rate that hold for any sample size: exact for rows, distribution-free for clusters."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from selfexplain.inference import Floats, Ints, clopper_pearson


def binomial_p(errors: ArrayLike, n: ArrayLike, alpha: float) -> Floats:
    """Return how likely so few errors are if the error rate is `alpha`: P(Bin(n, alpha) ≤ errors).

    Small means that the rate is below `alpha`; the exact test of independent rows.

    Examples
    --------
    >>> binomial_p([3], [250], 0.05).round(4).tolist()
    [0.0013]
    """
    return np.asarray(bdtr(np.asarray(errors, dtype=np.float64), np.asarray(n, dtype=np.int64), alpha))


def binomial_limit(errors: Ints, n: Ints, delta: float) -> Floats:
    """Return the exact upper limits of error rates: each exceeds its truth with probability at least 1 − delta.

    The limit is at most α exactly when :func:`binomial_p` at α is at most delta.

    References
    ----------
    Clopper & Pearson 1934, Biometrika 26:404; one-sided.

    Examples
    --------
    59 answers without an error are the fewest that promise 5 %:

    >>> binomial_limit(np.array([0, 0]), np.array([58, 59]), 0.05).round(4).tolist()
    [0.0503, 0.0495]
    """
    return clopper_pearson(errors, n, level=1 - 2 * delta)[1]


def hoeffding_bentkus_p(mean: float, n: int, alpha: float) -> float:
    """Return a p-value for "the mean of losses in [0, 1] is above alpha", valid for any distribution of the losses.

    min(exp(−n·KL(mean, alpha)), e·P(Bin(n, alpha) ≤ ⌈n·mean⌉)): Hoeffding's inequality, and Bentkus's where that is
    sharper.

    Parameters
    ----------
    mean : float, in [0, 1]
        Of n independent losses.
    n : int
    alpha : float, in (0, 1)

    References
    ----------
    Bentkus 2004, Annals of Probability 32:1650; in this form Bates et al. 2021 (arXiv 2101.02703, §3.1.1) and
    Angelopoulos et al. 2021 (arXiv 2110.01052).

    Examples
    --------
    >>> round(hoeffding_bentkus_p(0.0, 100, 0.05), 6)  # 0.95**100
    0.005921
    """
    if mean >= alpha:
        return 1.0
    # 1e-9: a sum of shares such as ⅓ + ⅔ must not be one more than it is.
    bentkus = math.e * float(binomial_p([math.ceil(n * mean - 1e-9)], [n], alpha)[0])
    certain = (1 - mean) * math.log((1 - mean) / (1 - alpha))
    divergence = certain + (mean * math.log(mean / alpha) if mean > 0 else 0.0)
    return min(1.0, bentkus, math.exp(-n * divergence))


def hoeffding_bentkus_limit(mean: float, n: int, delta: float) -> float:
    """Return the upper limit of a mean of losses in [0, 1]: the largest alpha that is not refuted at `delta`.

    Examples
    --------
    >>> round(hoeffding_bentkus_limit(0.0, 100, 0.005921), 4)
    0.05
    """
    below, above = mean, 1.0
    while above - below > 1e-9:
        middle = (below + above) / 2
        # The p-value only falls as alpha rises above the mean.
        below, above = (middle, above) if hoeffding_bentkus_p(mean, n, middle) > delta else (below, middle)
    return above
