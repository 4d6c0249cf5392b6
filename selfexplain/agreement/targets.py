"""What a model's probability of its own answer became when units were taken away: checked, for all measures of it."""

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats

BINS = (1, 5, 10, 20, 50)
"""Per cent of a question's units that are taken away, or kept, one after the other (DeYoung et al. 2020)."""

SMALLEST_DENOMINATOR = 0.05
"""A normalised value is only given where the best possible effect exceeds chance by more than this."""


def probability(name: str, value: float) -> float:
    """Return a probability; raises InputError when it is none."""
    if not 0 <= value <= 1:
        raise InputError(f"`{name}` is {value}; expected a probability in [0, 1]", hint="log-probabilities: take exp()")
    return float(value)


def probabilities(name: str, values: ArrayLike) -> Floats:
    """Return probabilities in one row; raises InputError when they are none, Undefined when there are none."""
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1:
        raise InputError(f"`{name}` has shape {given.shape}; expected one row of probabilities")
    for place, value in enumerate(given):
        probability(f"{name}[{place}]", value)
    if not len(given):
        raise Undefined(f"`{name}` is empty: nothing was measured")
    return given


def bin_sizes(n: int, k: int) -> list[int]:
    """Return how many of the named units, the most important first, are taken away in each bin.

    A bin is a share q of the question's n units, ⌈q n⌉ of them. A claim that names k units cannot fill a bin of more,
    so those are left out; in a short question several bins have one unit, and count as often. What was left out must be
    the same for the random claims: give them the same sizes.

    Parameters
    ----------
    n, k : int
        Units of the question, and how many are named; at least one.

    Raises
    ------
    Undefined
        When no unit is named.

    Examples
    --------
    >>> bin_sizes(30, 10), bin_sizes(12, 3)
    ([1, 2, 3, 6], [1, 1, 2, 3])
    """
    if k < 1:
        raise Undefined("no unit of the question is named")
    sizes = [(share * n + 99) // 100 for share in BINS]
    return [size for size in sizes if size <= k]


def normalised(above_chance: float, most_above_chance: float) -> float:
    """Return how much of what could be gained over chance was gained; 1 is all, 0 none, below 0 worse than chance.

    Raises
    ------
    Undefined
        When no more than 0.05 could be gained: the quotient would be noise.

    Examples
    --------
    >>> round(normalised(0.2, 0.5), 6)
    0.4
    """
    if not most_above_chance > SMALLEST_DENOMINATOR:
        raise Undefined(
            f"at most {most_above_chance:.3g} could be gained over chance; expected more than {SMALLEST_DENOMINATOR}"
        )
    return above_chance / most_above_chance
