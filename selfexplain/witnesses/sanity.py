"""Does a witness look at the model at all? Its scores ought to change when the model's last layers are noise.

A method whose scores stay explains the text, not the model (Adebayo et al. 2018, arXiv:1810.03292).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from selfexplain.errors import Undefined
from selfexplain.evidence import TEMPLATE, Evidence
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.case import Case
from selfexplain.witnesses.witness import Witness


def likeness_when_shuffled(
    witness: Witness, model: WhiteBox, case: Case, found: Evidence, *, layers: int, seed: int = 0, **settings: Any
) -> float:
    """Return the rank correlation of a witness's scores with those it gives when the last layers are shuffled.

    Parameters
    ----------
    witness : Witness
    model : WhiteBox
    case : Case
    found : Evidence
        What the witness found in the model as it is.
    layers : int
        How many of the last layers are shuffled, each weight within itself.
    seed : int
        Of the shuffling.
    **settings
        For the witness.

    Returns
    -------
    float
        Spearman's rho over the units, in [−1, 1]; near 1 the witness does not depend on the model.

    Raises
    ------
    Undefined
        When there are fewer than three units, or all scores are alike.

    Examples
    --------
    >>> from selfexplain.witnesses.case import case_of, plain_layout
    >>> from selfexplain.witnesses.gradient_products import gradient_input
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> model, case = LinearModel({"a": 1.0, "b": 2.0, "c": 3.0}), case_of(plain_layout("a b c"), "yes")
    >>> round(likeness_when_shuffled(gradient_input, model, case, gradient_input(model, case), layers=1), 3)
    -1.0
    """
    with model.shuffled(layers, seed=seed):
        other = witness(model, case, **settings)
    return likeness(found, other)


def likeness(found: Evidence, other: Evidence) -> float:
    """Return the rank correlation of the scores in two lots of Evidence about the same units, the template left out.

    Raises
    ------
    Undefined
        When there are fewer than three units, or all scores are alike.
    """
    return rank_correlation(scores_of(found), scores_of(other))


def scores_of(evidence: Evidence) -> list[float]:
    """Return the scores of the units, without the template's."""
    return [unit.score for unit in evidence.units if unit.part != TEMPLATE and unit.score is not None]


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's rho on mid-ranks.

    >>> round(rank_correlation([1.0, 2.0, 2.0, 5.0], [0.0, 1.0, 3.0, 4.0]), 6)
    0.948683
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - as late as possible

    if len(one) != len(other) or len(one) < 3:
        raise Undefined(f"a rank correlation of {len(one)} and {len(other)} units")
    ranks = [rankdata(each) for each in (one, other)]
    if any(np.ptp(each) == 0 for each in ranks):
        raise Undefined("all units score alike: there is no order to compare")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
