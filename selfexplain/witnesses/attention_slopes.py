"""Attention weighted by its gradient: what the answer would lose, to first order, without each edge."""

from collections.abc import Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.attention_maps import attended
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

FACTS = WitnessFacts(
    name="attention-saliency",
    family="attention",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1, backward=1),
    question="how much would the wish for this answer change, to first order, if the unit were not attended to?",
    signed=False,
    source="the head-importance term of Michel et al. 2019, arXiv:1905.10650, for single edges, "
    "as in Wang et al. 2023, arXiv:2305.14160",
)


@witness(FACTS)
def attention_saliency(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    others: Sequence[str] = (),
    target: Target = "margin",
) -> Evidence:
    """Take Σ over layers of |Σ over heads of A ∂f/∂A| in the row of the position that answers.

    Parameters
    ----------
    model, text, answer, units, others, target
        As for `occlusion`.

    Returns
    -------
    Evidence
        Without signs. `also["of_heads"]` takes the absolute value of each head, before they are summed.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> [unit.score for unit in attention_saliency(LinearModel({"good": 2.0}), "good plot", "yes").units]
    [0.25, 0.25, 0.5]
    """
    subject = subject_of(model, as_case(text, answer, units, others), target, FACTS)
    seen = model.attention(subject.whole, subject.aim)
    if seen.gradients is None:  # a white box that breaks its word
        raise InputError("the model gave no gradients", hint="`attention` has to return them when there is an Aim")
    products = seen.weights[:, :, -1] * seen.gradients[:, :, -1]
    received = np.abs(products.sum(axis=1)).sum(axis=0)
    of_heads = np.abs(products).sum(axis=(0, 1))
    return attended(FACTS, subject, model, seen, received, variants={"of_heads": of_heads}, n_backward=1)
