"""Gradient times input: what a unit's embedding contributes, to first order."""

from collections.abc import Sequence

from selfexplain.claims import Span
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import by_unit, evidence_of, slopes_of, subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

FACTS = WitnessFacts(
    name="gradient-input",
    family="gradients",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1, backward=1),
    question="how much of the wish for this answer goes, to first order, when the unit's embedding shrinks to zero?",
    source="Shrikumar et al. 2017, arXiv:1704.02685",
)


@witness(FACTS)
def gradient_input(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    others: Sequence[str] = (),
    target: Target = "margin",
) -> Evidence:
    """Take ∂f/∂e · e at each token, and the sum over each unit.

    Zero is not a neutral word, and far from every word there is: this is a first-order estimate of something that
    integrated gradients from the vocabulary's mean measure better, at a thirtieth of their cost.

    Parameters
    ----------
    model, text, answer, units, others, target
        As for `occlusion`.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = gradient_input(LinearModel({"good": 2.0}), "good plot", "yes")
    >>> [(unit.text, unit.score) for unit in found.units]
    [('good', 2.0), ('plot', 0.0), ('<template>', 0.0)]
    """
    subject = subject_of(model, as_case(text, answer, units, others), target, FACTS)
    found = model.gradients([subject.whole], subject.aim, range(len(subject.cut.ids)))
    products = (slopes_of(found) * model.embeddings(subject.cut.ids)).sum(axis=1)
    return evidence_of(
        FACTS,
        subject,
        found.aim,
        by_unit(subject, products).tolist(),
        baseline="none",
        cost=Cost(1, 1),
        model=model,
        value=float(found.values[0]),
    )
