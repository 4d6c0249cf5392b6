"""Sufficiency: how much of the answer's probability goes when nothing but the named units is kept."""

from selfexplain.agreement.measure import agreement
from selfexplain.agreement.targets import normalised, probability


@agreement(
    title="Sufficiency",
    meaning="By how much the probability of the model's answer falls when only the units that it named are kept.",
    takes="targets",
    direction="lower",
    within=(-1.0, 1.0),
)
def sufficiency(full: float, only: float) -> float:
    """Fall of the answer's probability with the named units alone, in [−1, 1]; low is good, beside random units.

    **Definition.** p(a | x) − p(a | K only), with a the answer that the model gave to the whole question x. 0: the
    named units alone bring about as much.

    **Chance.** The mean of the same for at least 20 random sets of as many units, from the same candidates, which a
    model has to be asked about: :func:`selfexplain.agreement.null.null_of_values`. It has a standard error.

    **How it misleads.** Three words out of a sentence are no question; a model that answers the same whatever it reads
    has perfect sufficiency, for random words too. So only the difference from chance counts.

    **Edge cases.** Below 0 where the named units alone make the answer more likely than the whole question does.
    :func:`normalised_sufficiency` relates it to the most that could be gained over chance, where that is more than
    0.05.

    Parameters
    ----------
    full : float, in [0, 1]
        Probability of the answer to the whole question.
    only : float, in [0, 1]
        Probability of the same answer to the named units alone.

    Returns
    -------
    float, in [−1, 1]

    References
    ----------
    DeYoung et al. 2020 (ERASER, arXiv 1911.03429, equation 2).

    Examples
    --------
    >>> round(sufficiency(0.9, 0.8), 6)
    0.1
    """
    return probability("full", full) - probability("only", only)


def normalised_sufficiency(full: float, only: float, chance: float) -> float:
    """Return by how much less is lost than by random units, over what they lose.

    Parameters
    ----------
    full, only : float, in [0, 1]
        As in :func:`sufficiency`.
    chance : float, in [−1, 1]
        Mean sufficiency of random units.

    Raises
    ------
    Undefined
        When random units lose no more than 0.05.

    References
    ----------
    Carton, Rathore & Tan 2020 (arXiv 2010.04736) normalise by the empty question; here random units stand for it.

    Examples
    --------
    >>> round(normalised_sufficiency(0.9, 0.8, chance=0.5), 6)  # 0.1 is lost, by chance 0.5
    0.8
    """
    return normalised(chance - sufficiency(full, only), chance)
