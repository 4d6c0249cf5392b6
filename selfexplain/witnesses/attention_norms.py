"""Attention by the size of what is passed: a token that is attended to and says nothing scores nothing."""

from collections.abc import Sequence

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.attention_maps import attended
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

FACTS = WitnessFacts(
    name="attention-norm",
    family="attention",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1),
    question="how large is what the position that answers gets from the unit, over all layers and heads?",
    signed=False,
    source="Kobayashi et al. 2020, arXiv:2004.10102",
)


@witness(FACTS)
def attention_norm(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    target: Target = "logprob",
) -> Evidence:
    """Take ‖α W_O W_V h‖ of what each token passes to the position that answers: summed over heads, mean over layers.

    Parameters
    ----------
    model, text, answer, units, target
        As for `attention`.

    Returns
    -------
    Evidence
        `also["of_sum"]` is the norm of what all heads pass together, ‖Σ_h α W_O W_V h‖: heads that cancel out are
        small there.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = attention_norm(LinearModel({"good": 0.0, "plot": 0.0}), "good plot", "yes")
    >>> [unit.score for unit in found.units]
    [0.25, 0.25, 0.0]
    """
    subject = subject_of(model, as_case(text, answer, units), target, FACTS)
    seen = model.attention(subject.whole, norms=True)
    if seen.norms is None:  # a white box that breaks its word
        raise InputError("the model gave no norms", hint="`attention` has to return them when they are asked for")
    received = seen.norms[:, :-1].sum(axis=1).mean(axis=0)
    return attended(FACTS, subject, model, seen, received, variants={"of_sum": seen.norms[:, -1].mean(axis=0)})
