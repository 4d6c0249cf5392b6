"""Attention rollout: attention followed through the layers, the residual stream counted as half of each step."""

from collections.abc import Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import Floats, WhiteBox
from selfexplain.witnesses.attention_maps import attended
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

FACTS = WitnessFacts(
    name="attention-rollout",
    family="attention",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1),
    question="how much of the unit would reach the position that answers if layers only mixed what they attend to?",
    signed=False,
    source="Abnar & Zuidema 2020, arXiv:2005.00928",
)


@witness(FACTS)
def attention_rollout(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    target: Target = "logprob",
) -> Evidence:
    """Multiply ½(mean attention + I) of all layers, and take the row of the position that answers.

    It assumes that values pass unchanged; in models that read from left to right it pushes mass to the first tokens.

    Parameters
    ----------
    model, text, answer, units, target
        As for `attention`.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> [unit.score for unit in attention_rollout(LinearModel({"good": 2.0}), "good plot", "yes").units]
    [0.125, 0.125, 0.75]
    """
    subject = subject_of(model, as_case(text, answer, units), target, FACTS)
    seen = model.attention(subject.whole)
    return attended(FACTS, subject, model, seen, rolled_out(seen.weights))


def rolled_out(weights: Floats) -> Floats:
    """Return what reaches the last position, of shape (T,); it sums to 1.

    Parameters
    ----------
    weights : array of shape (layers, heads, T, T)
    """
    reached = np.zeros(weights.shape[-1])
    reached[-1] = 1.0
    for layer in weights.mean(axis=1)[::-1]:
        step = (layer + np.eye(len(layer))) / 2
        reached = reached @ (step / step.sum(axis=1, keepdims=True))
    return reached
