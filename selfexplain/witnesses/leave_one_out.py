"""Occlusion: how much of the target goes when one unit is taken away, and nothing else is."""

import statistics
from collections import Counter
from collections.abc import Sequence

import numpy as np

from selfexplain.claims import Span
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.case import Case, as_case
from selfexplain.witnesses.removal import INSIDE, Baseline, drawn_texts, without_units
from selfexplain.witnesses.subject import Subject, evidence_of, subject_of
from selfexplain.witnesses.witness import Cost, WitnessFacts, witness

DRAWS = 5
"""Other texts that are tried in the place of each unit."""

FACTS = WitnessFacts(
    name="occlusion",
    family="perturbation",
    needs="white_box",
    cost=lambda n, _: Cost(forward=1 + n),
    question="how much less does the model want this answer when the unit is not there?",
    source="Zeiler & Fergus 2013, arXiv:1311.2901; Li et al. 2016, arXiv:1612.08220; "
    "Covert et al. 2020, arXiv:2011.14878",
)


@witness(FACTS)
def occlusion(
    model: WhiteBox,
    text: str | Case,
    answer: str = "",
    units: UnitKind | Sequence[Span] = "word",
    *,
    others: Sequence[str] = (),
    target: Target = "margin",
    baseline: Baseline = "embed",
    pool: Sequence[str] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> Evidence:
    """Leave one unit out: f(x) − f(x without the unit), for every unit; positive where it supported the answer.

    Parameters
    ----------
    model : WhiteBox
    text : str or Case
        What was asked.
    answer : str
        What the model answered; its tokens stay as they are in every pass.
    units : str or sequence of (start, stop)
        How the text is cut, or where its units stand.
    others : sequence of str
        Competing answers of a margin; none: whatever is the next most probable.
    target : str
        The scalar f.
    baseline : str
        What stands in a unit's place. `embed` keeps every token where it is; `delete` is what any model can be asked.
    pool : sequence of str
        For `replace`: other texts to take words from.
    draws : int
        For `replace`: how many are tried for each unit.
    seed : int
        For `replace`.

    Returns
    -------
    Evidence
        Of two units each of which would do alone, both score about 0: see `shapley`. By `embed` and `attention_block`
        the template has a score too; where letters are taken away it is held fixed, and has none. Of examples,
        `also["label_share_change"]` says what else changes with one of them: the share of its label.

    Raises
    ------
    InputError
        When the model cannot read the text.

    Examples
    --------
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> found = occlusion(LinearModel({"good": 2.0, "plot": 0.5}), "good plot", "yes", baseline="delete")
    >>> [(unit.text, unit.score) for unit in found.units]
    [('good', 2.0), ('plot', 0.5), ('<template>', None)]
    """
    subject = subject_of(model, as_case(text, answer, units, others), target, FACTS)
    n = len(subject.case.units)
    if baseline == "replace":
        return replaced(model, subject, pool, draws, seed)
    found = model.values(
        [subject.whole, *without_units(model, subject, baseline, [(unit,) for unit in range(n)])], subject.aim
    )
    base, *rest = found.values.tolist()
    scores: list[float | None] = [base - value for value in rest]
    cost = Cost(forward=1 + n)
    if baseline in INSIDE and subject.tokens[n]:  # apart: it shares no beginning with the others
        (alone,) = model.values(without_units(model, subject, baseline, [(n,)]), found.aim).values.tolist()
        scores.append(base - alone)
        cost += Cost(forward=1)
    else:
        scores.append(None)
    return evidence_of(
        FACTS,
        subject,
        found.aim,
        scores,
        also=label_changes(subject.case),
        baseline=baseline,
        cost=cost,
        model=model,
        value=base,
    )


def label_changes(case: Case) -> dict[str, list[float | None]]:
    """Return by how much the share of each example's label among the examples changes without it, if there are any.

    Without one of two examples of `yes` among three, `yes` falls from 2/3 to 1/2: the model may only follow that.
    """
    labels = [unit.label for unit in case.units if unit.label]
    if not labels:
        return {}
    n = len(labels)
    changes = {label: (k - 1) / max(1, n - 1) - k / n for label, k in Counter(labels).items()}
    return {"label_share_change": [*(changes.get(unit.label) for unit in case.units), None]}


def replaced(model: WhiteBox, subject: Subject, pool: Sequence[str], draws: int, seed: int) -> Evidence:
    """Return the mean over several texts in each unit's place, with its standard error."""
    case, n = subject.case, len(subject.case.units)
    texts = [drawn_texts(case, pool, seed=seed + draw) for draw in range(draws)]
    groups = [(unit,) for unit in range(n) for _ in range(draws)]
    instead = [texts[draw] for _ in range(n) for draw in range(draws)]
    inputs = without_units(model, subject, "replace", groups, texts=instead)
    found = model.values([subject.whole, *inputs], subject.aim)
    base, *rest = found.values.tolist()
    dropped = base - np.array(rest).reshape(n, draws)
    errors = [statistics.stdev(row) / draws**0.5 if draws > 1 else None for row in dropped.tolist()]
    return evidence_of(
        FACTS,
        subject,
        found.aim,
        [*dropped.mean(axis=1).tolist(), None],
        errors=[*errors, None],
        baseline="replace",
        cost=Cost(forward=1 + n * draws),
        model=model,
        value=base,
        checks={"draws": float(draws)},
        seed=seed,
    )
