"""How many marked units are among units drawn without replacement."""

import math
from collections.abc import Iterator

from selfexplain.agreement.jaccard import log_choose


def hypergeometric(total: int, marked: int, drawn: int) -> Iterator[tuple[int, float]]:
    """Yield each number of marked units that can be among those drawn, with its probability.

    Parameters
    ----------
    total, marked, drawn : int
        Units there are, those of them that are marked, and how many are drawn.

    Examples
    --------
    Two of four drawn, two marked: none, one or both with 1/6, 4/6 and 1/6.

    >>> [(x, round(p, 3)) for x, p in hypergeometric(4, 2, 2)]
    [(0, 0.167), (1, 0.667), (2, 0.167)]
    """
    log_all = log_choose(total, drawn)
    for x in range(max(0, marked + drawn - total), min(marked, drawn) + 1):
        yield x, math.exp(log_choose(marked, x) + log_choose(total - marked, drawn - x) - log_all)
