"""Area over the perturbation curve: comprehensiveness, averaged over ever more of the named units."""

from numpy.typing import ArrayLike

from selfexplain.agreement.measure import agreement
from selfexplain.agreement.targets import probabilities, probability


@agreement(
    title="AOPC of comprehensiveness",
    meaning="The mean fall of the answer's probability as the named units are taken away, first the first, then more.",
    takes="targets",
    direction="higher",
    within=(-1.0, 1.0),
)
def aopc_comprehensiveness(full: float, without: ArrayLike) -> float:
    """Mean fall of the answer's probability over bins of the claim's top, in [−1, 1]; high is good.

    **Definition.** Mean over bins b of p(a | x) − p(a | x without the first units of b). The bins are 1, 5, 10, 20 and
    50 % of the question's units, rounded up, as far as the claim fills them:
    :func:`selfexplain.agreement.targets.bin_sizes`.

    **Chance.** The mean of the same for random orders of random units, in bins of the same sizes, which a model has to
    be asked about. It has a standard error.

    **How it misleads.** In a question of twelve words three bins of five have one or two units, so the first named unit
    decides. Claims that fill other bins do not compare; nor do questions of other lengths.

    **Edge cases.** Undefined without a bin.

    Parameters
    ----------
    full : float, in [0, 1]
        Probability of the answer to the whole question.
    without : array of float, shape (b,), in [0, 1]
        Probability of the same answer without the units of each bin.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    Samek et al. 2017 (arXiv 1509.06321); bins: DeYoung et al. 2020 (ERASER, arXiv 1911.03429, §5).

    Examples
    --------
    >>> round(aopc_comprehensiveness(0.9, [0.8, 0.6, 0.4]), 6)  # (0.1 + 0.3 + 0.5) / 3
    0.3
    """
    return float((probability("full", full) - probabilities("without", without)).mean())
