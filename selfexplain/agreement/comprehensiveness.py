"""Comprehensiveness: how much of the answer's probability goes when the named units are taken away."""

from selfexplain.agreement.measure import agreement
from selfexplain.agreement.targets import normalised, probability


@agreement(
    title="Comprehensiveness",
    meaning="By how much the probability of the model's answer falls when the units that it named are taken away.",
    takes="targets",
    direction="higher",
    within=(-1.0, 1.0),
)
def comprehensiveness(full: float, without: float) -> float:
    """Fall of the answer's probability without the named units, in [−1, 1]; high is good, beside random units.

    **Definition.** p(a | x) − p(a | x without K), with a the answer that the model gave to the whole question x.

    **Chance.** The mean of the same for at least 20 random sets of as many units, from the same candidates, which a
    model has to be asked about: :func:`selfexplain.agreement.null.null_of_values`. It has a standard error.

    **How it misleads.** A question with holes is unlike any that the model has seen, so its probability falls whatever
    is taken: alone the number says nothing. Two sufficient words hide each other. A probability near 0 or 1 hardly
    moves.

    **Edge cases.** Below 0 where the answer becomes more likely. :func:`normalised_comprehensiveness` relates it to
    what taking everything away does, where that is more than 0.05 above chance.

    Parameters
    ----------
    full : float, in [0, 1]
        Probability of the answer to the whole question.
    without : float, in [0, 1]
        Probability of the same answer without the named units.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    DeYoung et al. 2020 (ERASER, arXiv 1911.03429, equation 1).

    Examples
    --------
    >>> round(comprehensiveness(0.9, 0.3), 6)
    0.6
    """
    return probability("full", full) - probability("without", without)


def normalised_comprehensiveness(full: float, without: float, nothing: float, chance: float) -> float:
    """Return the comprehensiveness above chance over the most there can be: that of taking everything away.

    Parameters
    ----------
    full, without : float, in [0, 1]
        As in :func:`comprehensiveness`.
    nothing : float, in [0, 1]
        Probability of the answer to the question without any unit.
    chance : float, in [−1, 1]
        Mean comprehensiveness of random units.

    Raises
    ------
    Undefined
        When taking everything away is not more than 0.05 above chance.

    References
    ----------
    Carton, Rathore & Tan 2020 (arXiv 2010.04736) normalise by the empty question, here with chance taken off.

    Examples
    --------
    >>> round(normalised_comprehensiveness(0.9, 0.3, nothing=0.2, chance=0.2), 6)  # 0.4 of 0.5
    0.8
    """
    most = comprehensiveness(full, nothing)
    return normalised(comprehensiveness(full, without) - chance, most - chance)
