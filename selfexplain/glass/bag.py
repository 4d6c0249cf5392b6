"""A linear bag of words: each word adds its weight to the logit of `positive`, wherever it stands."""

import math
from collections.abc import Mapping, Sequence

from selfexplain.glass.thinking import NEGATIVE, OPPOSITES, POSITIVE, Judged

WEIGHTS: Mapping[str, float] = {
    "superb": 2.4,
    "delightful": 2.0,
    "great": 1.7,
    "charming": 1.5,
    "clever": 1.2,
    "good": 1.0,
    "warm": 0.8,
    "funny": 0.7,
    "fine": 0.5,
    "loud": -0.5,
    "slow": -0.7,
    "cold": -0.8,
    "bad": -1.0,
    "clumsy": -1.3,
    "boring": -1.5,
    "dull": -1.7,
    "tedious": -2.0,
    "awful": -2.4,
}
"""Of words in lower case; all others weigh nothing. It knows nothing of `not`, and is then sure and wrong."""

BIAS = 0.2
"""With no word that it knows it leans to `positive`, by very little."""


class Bag:
    """s = bias + Σ weight of each word, as often as it stands there; p(positive) = 1 / (1 + exp(−s)).

    Examples
    --------
    >>> judged = Bag().judged(["a", "dull", "plot", "but", "superb", "actors"])
    >>> judged.answer, round(judged.confidence, 3), judged.counts
    ('positive', 0.711, (0.0, -0.7083333333333334, 0.0, 0.0, 1.0, 0.0))
    """

    name = "bag"
    contents = (tuple(WEIGHTS.items()), BIAS)
    opposites = OPPOSITES

    def judged(self, words: Sequence[str]) -> Judged:
        """Return the answer to a sentence; a word counts by its weight over the largest there is."""
        weights = [WEIGHTS.get(word, 0.0) for word in words]
        s = BIAS + math.fsum(weights)
        sign = 1.0 if s > 0 else -1.0
        most = max(map(abs, WEIGHTS.values()))
        return Judged(
            answer=POSITIVE if s > 0 else NEGATIVE,
            confidence=1 / (1 + math.exp(-abs(s))),
            counts=tuple(sign * weight / most + 0.0 for weight in weights),
            knows=any(weights),
        )
