"""Where units stand in a witness's ranking when some of them have the same score: every order is equally likely."""

from typing import NamedTuple

import numpy as np

from selfexplain.inference import Floats, Ints


class Standing(NamedTuple):
    """Of each unit: how many have a higher score, how many have its score (itself included). Shape (n,) each."""

    above: Ints
    level: Ints


def standing(scores: Floats) -> Standing:
    """Return where each unit stands.

    >>> standing(np.array([0.2, 0.9, 0.2]))
    Standing(above=array([1, 0, 1]), level=array([2, 1, 2]))
    """
    ascending = np.sort(scores)
    left, right = (np.searchsorted(ascending, scores, side) for side in ("left", "right"))
    return Standing(len(scores) - right, right - left)


def within_top(scores: Floats, depth: int) -> Floats:
    """Return how likely each unit is to be among the `depth` highest, ties being broken at random.

    >>> within_top(np.array([0.2, 0.9, 0.2]), 2)
    array([0.5, 1. , 0.5])
    """
    above, level = standing(scores)
    return np.clip((depth - above) / level, 0.0, 1.0)


def mid_ranks(numbers: Floats) -> Floats:
    """Return ranks from 1 for the lowest; equal numbers share the mean of theirs.

    >>> mid_ranks(np.array([0.2, 0.9, 0.2]))
    array([1.5, 3. , 1.5])
    """
    above, level = standing(numbers)
    return len(numbers) - above - (level - 1) / 2
