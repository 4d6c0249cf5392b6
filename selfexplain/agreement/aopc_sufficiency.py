"""Area over the perturbation curve: sufficiency, averaged over ever more of the named units."""

from numpy.typing import ArrayLike

from selfexplain.agreement.measure import agreement
from selfexplain.agreement.targets import probabilities, probability


@agreement(
    title="AOPC of sufficiency",
    meaning="The mean fall of the answer's probability when only the first of the named units is kept, then more.",
    takes="targets",
    direction="lower",
    within=(-1.0, 1.0),
)
def aopc_sufficiency(full: float, only: ArrayLike) -> float:
    """Mean fall of the answer's probability over bins of the claim's top alone, in [−1, 1]; low is good.

    **Definition.** Mean over bins b of p(a | x) − p(a | the first units of b only), in the bins of
    :func:`selfexplain.agreement.targets.bin_sizes`.

    **Chance.** The mean of the same for random orders of random units, in bins of the same sizes, which a model has to
    be asked about. It has a standard error.

    **How it misleads.** As sufficiency does, and more: in the small bins a model reads one or two words, which is no
    question. Claims that fill other bins do not compare.

    **Edge cases.** Undefined without a bin.

    Parameters
    ----------
    full : float, in [0, 1]
        Probability of the answer to the whole question.
    only : array of float, shape (b,), in [0, 1]
        Probability of the same answer to the units of each bin alone.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    Samek et al. 2017 (arXiv 1509.06321); bins: DeYoung et al. 2020 (ERASER, arXiv 1911.03429, §5).

    Examples
    --------
    >>> round(aopc_sufficiency(0.9, [0.3, 0.6]), 6)  # (0.6 + 0.3) / 2
    0.45
    """
    return float((probability("full", full) - probabilities("only", only)).mean())
