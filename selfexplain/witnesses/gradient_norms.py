"""Saliency: how long the gradient is at a unit."""

from collections.abc import Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import evidence_of, slopes_of, subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

FACTS = WitnessFacts(
    name="saliency",
    family="gradients",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1, backward=1),
    question="how much would the wish for this answer change with a small step of the unit's embedding?",
    signed=False,
    source="Simonyan et al. 2013, arXiv:1312.6034",
)


@witness(FACTS)
def saliency(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    others: Sequence[str] = (),
    target: Target = "margin",
) -> Evidence:
    """Take ‖∂f/∂e‖₂ at each unit: of a unit of several tokens the norm of all its numbers together.

    Parameters
    ----------
    model, text, answer, units, others, target
        As for `occlusion`.

    Returns
    -------
    Evidence
        Without signs. `also["summed"]` is the sum of the tokens' own norms, which favours long units.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = saliency(LinearModel({"good": 2.0}), "good plot", "yes")
    >>> [(unit.text, unit.score) for unit in found.units]
    [('good', 1.0), ('plot', 1.0), ('<template>', 1.4142135623730951)]
    """
    subject = subject_of(model, as_case(text, answer, units, others), target, FACTS)
    found = model.gradients([subject.whole], subject.aim, range(len(subject.cut.ids)))
    norms = np.linalg.norm(slopes_of(found), axis=1)
    scores = [float(np.linalg.norm(norms[list(own)])) for own in subject.tokens]
    return evidence_of(
        FACTS,
        subject,
        found.aim,
        scores,
        also={"summed": [float(norms[list(own)].sum()) for own in subject.tokens]},
        baseline="none",
        cost=Cost(1, 1),
        model=model,
        value=float(found.values[0]),
    )
