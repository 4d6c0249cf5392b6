"""How far two sets of words overlap, and how far two sets drawn at random would."""

import math
from collections.abc import Collection, Hashable

from selfexplain.errors import Undefined


def jaccard(a: Collection[Hashable], b: Collection[Hashable]) -> float:
    """Return the size of the intersection over the size of the union, in [0, 1]; 1 is the same set.

    Parameters
    ----------
    a, b : collection
        Places of words in one question, each counted once.

    Raises
    ------
    Undefined
        When both are empty: nothing is claimed, so nothing can agree.

    References
    ----------
    Jaccard 1912, New Phytologist 11:37.

    Examples
    --------
    >>> jaccard({3, 5}, {3, 4})  # one of three
    0.3333333333333333
    """
    one, other = set(a), set(b)
    if not one | other:
        raise Undefined("neither side claims a word of the question")
    return len(one & other) / len(one | other)


def expected_jaccard(a: int, b: int, n: int) -> float:
    """Return the mean Jaccard overlap of two sets drawn at random, without replacement, from the same words.

    With X words in common, hypergeometric, it is E[X / (a + b − X)]: exact, no draws are made.

    Parameters
    ----------
    a, b : int
        How many words each side claims, in [0, n].
    n : int
        How many words there are to claim.

    Raises
    ------
    Undefined
        When both sides claim nothing.

    Examples
    --------
    One of three words each: the same with probability 1/3, and then the overlap is 1.

    >>> round(expected_jaccard(1, 1, 3), 12)
    0.333333333333
    """
    if not a + b:
        raise Undefined("neither side claims a word of the question")
    log_all = log_choose(n, b)
    return math.fsum(
        math.exp(log_choose(a, x) + log_choose(n - a, b - x) - log_all) * x / (a + b - x)
        for x in range(max(0, a + b - n), min(a, b) + 1)
    )


def log_choose(n: int, k: int) -> float:
    """Return the natural logarithm of n over k, for 0 ≤ k ≤ n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
