"""Integrated gradients: the gradient on the whole way from a neutral text to the text, shared among its units."""

from collections.abc import Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import Input, WhiteBox
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.subject import by_unit, evidence_of, slopes_of, subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

STEPS, MOST_STEPS = 32, 128
WARN, REJECT = 0.05, 0.20
"""Share of the whole effect that the sum of the scores may miss."""
SMALLEST_EFFECT = 0.1
"""Of the target: where the neutral text does as well, there is nothing to share."""

FACTS = WitnessFacts(
    name="integrated-gradients",
    family="gradients",
    needs="white_box",
    cost=lambda _, __: Cost(forward=STEPS + 2, backward=STEPS),
    question="how much of the difference to a text without content does the unit account for?",
    source="Sundararajan et al. 2017, arXiv:1703.01365",
)


@witness(FACTS)
def integrated_gradients(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    others: Sequence[str] = (),
    target: Target = "margin",
    steps: int = STEPS,
    most_steps: int = MOST_STEPS,
) -> Evidence:
    """Integrate the gradient from the vocabulary's mean embedding to the text's own, by the midpoint rule.

    Only the units move; the template stays what it is, and has no score. The scores sum to f(x) − f(baseline), up to
    the error of the rule, `checks["completeness"]`, as a share of that difference: above 5 % the steps are doubled, as
    often as `most_steps` allows; above 20 % the scores are not to be relied on (`incomplete`). Where the difference is
    below 0.1 there is nothing to share (`no_effect`).

    Parameters
    ----------
    model, text, answer, units, others, target
        As for `occlusion`.
    steps, most_steps : int
        Points on the way at first, and at most.

    Raises
    ------
    InputError
        When there are no steps.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = integrated_gradients(LinearModel({"good": 2.0, "bad": -1.0}), "good plot", "yes")
    >>> [(unit.text, unit.score) for unit in found.units], found.checks["completeness"]
    ([('good', 1.5), ('plot', -0.5), ('<template>', None)], 0.0)
    """
    if not 1 <= steps <= most_steps:
        raise InputError(f"{steps} steps of at most {most_steps}", hint="take 1 ≤ steps ≤ most_steps")
    subject = subject_of(model, as_case(text, answer, units, others), target, FACTS)
    places = subject.attributed
    start = model.mean_embedding()
    way = model.embeddings([subject.cut.ids[place] for place in places]) - start

    def at(share: float) -> Input:
        return Input(subject.cut.ids, dict(zip(places, start + share * way, strict=True)))

    ends = model.values([subject.whole, at(0.0)], subject.aim)
    whole, empty = ends.values.tolist()
    effect = whole - empty
    cost = Cost(forward=2)
    while True:
        found = model.gradients([at((step + 0.5) / steps) for step in range(steps)], ends.aim, places)
        cost += Cost(forward=steps, backward=steps)
        products = (slopes_of(found, axis=0) * way).sum(axis=1)
        missing = abs(float(products.sum()) - effect) / max(abs(effect), SMALLEST_EFFECT)
        if missing <= WARN or steps * 2 > most_steps or abs(effect) < SMALLEST_EFFECT:
            break
        steps *= 2
    scores = np.zeros(len(subject.cut.ids))
    scores[list(places)] = products
    status, why = judged(effect, missing, steps)
    return evidence_of(
        FACTS,
        subject,
        ends.aim,
        [*by_unit(subject, scores).tolist()[:-1], None],
        baseline="vocabulary_mean",
        cost=cost,
        model=model,
        value=whole,
        checks={"baseline_value": empty, "completeness": missing, "warning": missing > WARN, "steps": float(steps)},
        mode=f"midpoint {steps}",
        status=status,
        why=why,
    )


def judged(effect: float, missing: float, steps: int) -> tuple[str, str]:
    """Return whether the scores can be relied on, and why not.

    >>> judged(2.0, 0.3, 128)
    ('incomplete', 'the scores miss 30 % of the effect of 2.00 at 128 steps')
    """
    if abs(effect) < SMALLEST_EFFECT:
        return "no_effect", f"without its content the text does as well ({effect:+.3f}): there is nothing to distribute"
    if missing > REJECT:
        return "incomplete", f"the scores miss {missing:.0%} of the effect of {effect:.2f} at {steps} steps".replace(
            "%", " %"
        )
    return "ok", ""
