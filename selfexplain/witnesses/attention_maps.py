"""Attention as it is: how much the position that answers attends to each unit.

What this shows is disputed. Jain & Wallace (2019, arXiv:1902.10186) found attention poorly correlated with gradients
and leave-one-out, and very different maps behind the same output; Wiegreffe & Pinter (2019, arXiv:1908.04626) answered
that another explanation does not refute the first; Serrano & Smith (2019, arXiv:1906.03731) found that gradients flip
decisions sooner. So attention is never alone behind an agreement. And the first token takes much of it for nothing
(Xiao et al. 2023, arXiv:2309.17453): every score stands with and without that and the template.
"""

from collections.abc import Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import Attention, Floats, WhiteBox
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import Subject, by_unit, evidence_of, subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

DISPUTED = "attention is evidence only where occlusion or gradients agree: arXiv:1902.10186, 1908.04626, 1906.03731"
"""Stands beside every score that attention gives."""

FACTS = WitnessFacts(
    name="attention",
    family="attention",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1),
    question="how much does the position that answers attend to the unit, over all layers and heads?",
    signed=False,
    source="mean over layers and heads; disputed: Jain & Wallace 2019, arXiv:1902.10186",
)

FACTS_LAST = WitnessFacts(
    name="attention-last-layer",
    family="attention",
    needs="white_box",
    cost=lambda _, __: Cost(forward=1),
    question="how much does the position that answers attend to the unit in the last layer?",
    signed=False,
    source="mean over the heads of the last layer; disputed: Jain & Wallace 2019, arXiv:1902.10186",
)


@witness(FACTS)
def attention(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    target: Target = "logprob",
) -> Evidence:
    """Take the attention of the position that predicts the answer, the mean over all layers and heads.

    Parameters
    ----------
    model, text, answer, units
        As for `occlusion`.
    target : str
        Attention is paid before there is a target; it only says which value stands beside it.

    Returns
    -------
    Evidence
        Without signs; the scores of all units and the template sum to 1. `also["without_sink"]` are the shares of the
        units alone, the first token left out.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = attention(LinearModel({"good": 2.0}), "good plot", "yes")
    >>> [(unit.text, unit.score, unit.also["without_sink"]) for unit in found.units[:2]]
    [('good', 0.25, 0.5), ('plot', 0.25, 0.5)]
    """
    subject = subject_of(model, as_case(text, answer, units), target, FACTS)
    seen = model.attention(subject.whole)
    received = seen.weights[:, :, -1].mean(axis=(0, 1))
    return attended(FACTS, subject, model, seen, received)


@witness(FACTS_LAST)
def attention_last_layer(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    target: Target = "logprob",
) -> Evidence:
    """Take the attention of the position that predicts the answer in the last layer, the mean over its heads.

    Parameters
    ----------
    model, text, answer, units, target
        As for `attention`.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> [unit.score for unit in attention_last_layer(LinearModel({"good": 2.0}), "good plot", "yes").units]
    [0.25, 0.25, 0.5]
    """
    subject = subject_of(model, as_case(text, answer, units), target, FACTS_LAST)
    seen = model.attention(subject.whole)
    return attended(FACTS_LAST, subject, model, seen, seen.weights[-1, :, -1].mean(axis=0))


def attended(
    facts: WitnessFacts,
    subject: Subject,
    model: WhiteBox,
    seen: Attention,
    received: Floats,
    *,
    variants: dict[str, Floats] | None = None,
    n_backward: int = 0,
) -> Evidence:
    """Return Evidence from what each token gives, of shape (T,), all of it 0 or more.

    Parameters
    ----------
    facts, subject, model
        Who looked, at what, inside which model.
    seen : Attention
    received : array of shape (T,)
        What the position that answers gets from each token.
    variants : dict of name to array of shape (T,)
    n_backward : int
    """
    scores = by_unit(subject, received)
    whole = float(scores.sum())
    checks: dict[str, float | str | bool] = {
        "first_position": float(received[0]) / whole if whole else 0.0,
        "template": float(scores[-1]) / whole if whole else 0.0,
        "caution": DISPUTED,
    }
    also: dict[str, list[float | None]] = {"without_sink": without_sink(subject, received)}
    for name, each in (variants or {}).items():
        also[name] = list(by_unit(subject, each).tolist())
    return evidence_of(
        facts,
        subject,
        seen.aim or subject.aim,
        scores.tolist(),
        also=also,
        baseline="none",
        cost=Cost(forward=1, backward=n_backward),
        model=model,
        value=seen.value,
        checks=checks,
        mode="received by the position that answers",
    )


def without_sink(subject: Subject, received: Floats) -> list[float | None]:
    """Return the shares of the units among themselves, the first token left out; None where nothing is left."""
    left = np.array(received, dtype=float)
    left[0] = 0.0
    scores = by_unit(subject, left)[:-1]
    total = scores.sum()
    return [*(scores / total).tolist(), None] if total > 0 else [None] * len(subject.tokens)
