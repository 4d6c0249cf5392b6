"""Measures that are sums over the named units, or over pairs of them: fast for many claims, exact in the mean."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from selfexplain.agreement.measure import Bools
from selfexplain.inference import Floats, Ints

LARGEST_BLOCK = 2**21
"""Numbers held at once when pairs are looked up: 16 MiB."""


@dataclass(frozen=True)
class Additive:
    """A sum over the named units of what each adds, wherever it is named.

    Parameters
    ----------
    adds : callable
        From k, the scores and what is stated to an array of shape (n, k): what unit i adds when it is named j-th.
    """

    adds: Callable[[int, Floats, Floats | None], Floats]

    def values(self, places: Ints, scores: Floats, stated: Floats | None, /) -> Floats:
        """Return the sum of each claim."""
        k = places.shape[1]
        return np.asarray(self.adds(k, scores, stated)[places, np.arange(k)].sum(axis=1), dtype=np.float64)

    def expected(self, k: int, scores: Floats, candidates: Bools, stated: Floats | None, /) -> float:
        """Return the mean sum: in a random claim each candidate is equally likely to be named j-th."""
        return float(self.adds(k, scores, stated)[candidates].mean(axis=0).sum())


class Pairs(NamedTuple):
    """Σ_p weight[p] · alone[i_p] + Σ_{p≠q} weights[p, q] · both[i_p, i_q], for a claim i_1, …, i_k."""

    alone: Floats
    """Shape (n,)."""
    weight: Floats
    """Shape (k,)."""
    both: Floats
    """Shape (n, n); its diagonal is not used."""
    weights: Floats
    """Shape (k, k); its diagonal is not used."""


@dataclass(frozen=True)
class Pairwise:
    """A sum over the named units and over all pairs of them."""

    pairs: Callable[[int, Floats, Floats | None], Pairs]

    def values(self, places: Ints, scores: Floats, stated: Floats | None, /) -> Floats:
        """Return the sum of each claim."""
        k = places.shape[1]
        alone, weight, both, weights = self.pairs(k, scores, stated)
        off_diagonal = weights * ~np.eye(k, dtype=np.bool_)
        rows = max(1, LARGEST_BLOCK // (k * k))
        together = [
            np.einsum("rpq,pq->r", both[block[:, :, None], block[:, None, :]], off_diagonal)
            for block in (places[start : start + rows] for start in range(0, len(places), rows))
        ]
        return np.asarray(alone[places] @ weight + np.concatenate(together), dtype=np.float64)

    def expected(self, k: int, scores: Floats, candidates: Bools, stated: Floats | None, /) -> float:
        """Return the mean sum: each pair of candidates is equally likely to be named p-th and q-th."""
        alone, weight, both, weights = self.pairs(k, scores, stated)
        single = float(alone[candidates].mean() * weight.sum())
        c = int(candidates.sum())
        if k == 1:
            return single
        among = both[np.ix_(candidates, candidates)]
        mean_pair = (among.sum() - np.trace(among)) / (c * (c - 1))
        return float(single + mean_pair * (weights.sum() - np.trace(weights)))
