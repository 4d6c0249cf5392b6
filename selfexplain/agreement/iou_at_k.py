"""Intersection over union at k: how far the named units and the witness's first k are the same set."""

import math

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.agreement.hypergeometric import hypergeometric
from selfexplain.agreement.measure import Bools, agreement, said_of
from selfexplain.agreement.ties import within_top
from selfexplain.inference import Floats, Ints


def union_share(hits: int, k: int) -> float:
    """Return intersection over union of two sets of k with so many units in common."""
    return hits / (2 * k - hits)


class Iou:
    """Intersection over union of many claims with the same k; no sum over units, since the union shrinks with hits."""

    def values(self, places: Ints, scores: Floats, stated: Floats | None, /) -> Floats:  # noqa: ARG002 - a set
        """Return the value of each claim."""
        k = places.shape[1]
        inside = within_top(scores, k)
        sure, open_ = inside == 1, (inside > 0) & (inside < 1)
        left = k - int(sure.sum())
        # A claim's value depends on two counts only, so it is worked out once for each pair of them.
        counts = sure[places].sum(axis=1) * (k + 1) + open_[places].sum(axis=1)
        seen, which = np.unique(counts, return_inverse=True)
        worth = [self.of_counts(int(pair) // (k + 1), int(pair) % (k + 1), int(open_.sum()), left, k) for pair in seen]
        return np.asarray(worth, dtype=np.float64)[which]

    @staticmethod
    def of_counts(sure: int, open_: int, all_open: int, left: int, k: int) -> float:
        """Return the mean value when `sure` named units are in the top k and `open_` of those tied at its border."""
        return math.fsum(p * union_share(sure + x, k) for x, p in hypergeometric(all_open, open_, left))

    @staticmethod
    def expected(k: int, scores: Floats, candidates: Bools, stated: Floats | None, /) -> float:  # noqa: ARG004 - a set
        """Return the mean value of k random candidates: hypergeometric twice, for the top's border and for them."""
        inside = within_top(scores, k)
        sure, open_ = inside == 1, (inside > 0) & (inside < 1)
        left, sure_candidates = k - int(sure.sum()), int((sure & candidates).sum())
        return math.fsum(
            p * q * union_share(hits, k)
            for tied, p in hypergeometric(int(open_.sum()), int((open_ & candidates).sum()), left)
            for hits, q in hypergeometric(int(candidates.sum()), sure_candidates + tied, k)
        )


FORM = Iou()


@agreement(
    title="IoU at k",
    meaning="Of all units that the model named or the witness puts first, the share that both do.",
    takes="set",
    direction="higher",
    within=(0.0, 1.0),
    form=FORM,
)
def iou_at_k(said: ArrayLike, scores: ArrayLike) -> float:
    """Intersection over union of the named units and the witness's top k, in [0, 1]; 1 is best.

    **Definition.** |K ∩ W| / |K ∪ W| with |W| = |K| = k, which is o / (2 − o) of the overlap at k, o. Where units tie
    at the border of W the value is the mean over all ways to fill it.

    **Chance.** Σₓ P(x) · x / (2k − x) with x hypergeometric: for k = 3 of n = 8 it is 0.259, somewhat more than the
    k / (2n − k) = 0.231 that is often used, since the mean of a convex function exceeds the function of the mean.

    **How it misleads.** As the overlap at k, of which it is another scale: it punishes the first misses harder. It
    adds no information to it, and its chance level is lower, so the two must not be compared with each other.

    **Edge cases.** Undefined when no unit or every unit is named, and when all scores are the same.

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the named units, from 0.
    scores : array of float, shape (n,)
        The witness's signed scores; the highest rank first.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Jaccard 1912; as a measure of rationales DeYoung et al. 2020 (ERASER, arXiv 1911.03429, §4.1).

    Examples
    --------
    The witness's first two are places 3 and 1; the model named 3 and 0: one of three.

    >>> round(iou_at_k([3, 0], [0.1, 0.6, 0.0, 0.9]), 6)
    0.333333
    """
    claim = said_of(said, scores, some_unsaid=True)
    return float(FORM.values(claim.places[None], claim.scores, None)[0])
