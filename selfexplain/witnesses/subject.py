"""A Case as one model reads it: its tokens, which unit each belongs to, and the scalar that is explained."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from selfexplain.errors import InputError
from selfexplain.evidence import TEMPLATE, Evidence, ScoredUnit, Target
from selfexplain.white_box import Aim, Cut, Floats, Input, Valued, WhiteBox
from selfexplain.witnesses.case import REMAINDER, Case
from selfexplain.witnesses.witness import Cost, WitnessFacts, require_target


class Subject(NamedTuple):
    """What a witness looks at."""

    case: Case
    cut: Cut
    aim: Aim
    tokens: tuple[tuple[int, ...], ...]
    """Positions of each unit's tokens; of those of no unit last."""
    since: float
    """When the looking began, by `time.perf_counter`."""

    @property
    def whole(self) -> Input:
        """The Input in which nothing is changed."""
        return Input(self.cut.ids)

    @property
    def attributed(self) -> tuple[int, ...]:
        """Positions of all tokens that belong to units, in order."""
        return tuple(sorted(position for own in self.tokens[:-1] for position in own))


def subject_of(model: WhiteBox, case: Case, target: Target, facts: WitnessFacts) -> Subject:
    """Return a Case as a model reads it.

    Raises
    ------
    InputError
        When the witness does not explain this target, or the model cannot read the Case.
    """
    since = time.perf_counter()
    require_target(facts, target)
    if target not in {"logprob", "margin", "prob"}:
        raise InputError(f"{facts.name} cannot explain `{target}` from inside a model")
    cut = model.cut(case.messages, case.said, case.answer)
    others = (model.cut(case.messages, case.said, other).answer for other in case.others) if target == "margin" else ()
    rivals = tuple(dict.fromkeys(other for other in others if other != cut.answer))
    return Subject(case, cut, Aim(target, cut.answer, rivals), tokens_of(case, cut), since)


def tokens_of(case: Case, cut: Cut) -> tuple[tuple[int, ...], ...]:
    """Return the positions of each unit's tokens, and last of those that belong to none.

    A token goes to the unit that most of its characters stand in, the earlier one of two alike.
    """
    owner = {
        (place.message, character): number
        for number, unit in enumerate(case.units)
        for place in unit.places
        for character in range(place.start, place.stop)
    }
    own: list[list[int]] = [[] for _ in range(len(case.units) + 1)]
    for position, places in enumerate(cut.places):
        counted = Counter(owner[place] for place in places if place in owner)
        ((number, _),) = counted.most_common(1) or [(len(case.units), 0)]
        own[number].append(position)
    return tuple(tuple(each) for each in own)


def by_unit(subject: Subject, token_scores: Floats) -> Floats:
    """Return the sums of token scores over units, the template's last.

    Parameters
    ----------
    subject : Subject
    token_scores : array of shape (T,)
    """
    return np.array([token_scores[list(own)].sum() if own else 0.0 for own in subject.tokens], dtype=float)


def evidence_of(
    facts: WitnessFacts,
    subject: Subject,
    aim: Aim,
    scores: Sequence[float | None],
    *,
    baseline: str,
    cost: Cost,
    model: WhiteBox,
    value: float | None,
    errors: Sequence[float | None] | None = None,
    also: Mapping[str, Sequence[float | None]] | None = None,
    checks: Mapping[str, float | str | bool] | None = None,
    seed: int | None = None,
    mode: str = "",
    status: str = "ok",
    why: str = "",
) -> Evidence:
    """Return what was found as Evidence.

    Parameters
    ----------
    facts, subject, aim, model
        Who looked, at what, at which scalar, inside which model.
    scores, errors : sequence, one for each unit and one for the template
    also : mapping of variant to scores
    value : float, optional
        The target where nothing is changed, if it was computed.
    baseline, cost, checks, seed, mode, status, why
        As Evidence has them.
    """
    case = subject.case
    shown = [(unit.text, unit.part, unit.spans) for unit in case.units] + [(REMAINDER, TEMPLATE, ())]
    variants = {name: list(numbers) for name, numbers in (also or {}).items()}
    units = tuple(
        ScoredUnit(
            text=text,
            part=part,
            spans=spans,
            score=None if (score := scores[number]) is None else float(score),
            error=None if errors is None or (error := errors[number]) is None else float(error),
            n_tokens=len(subject.tokens[number]),
            also={name: float(each) for name, row in variants.items() if (each := row[number]) is not None},
        )
        for number, (text, part, spans) in enumerate(shown)
    )
    named = {"rivals": " | ".join(model.text(each).strip() for each in aim.others)} if aim.others else {}
    known = {} if value is None else {"value": float(value)}
    kinds = {"first_token": aim.first_token, "n_answer_tokens": float(len(aim.answer))}
    return Evidence(
        witness=facts.name,
        item=case.item,
        repeat=case.repeat,
        target=aim.kind,
        unit=case.kind,
        baseline=baseline,
        units=units,
        n_forward=cost.forward,
        n_backward=cost.backward,
        seconds=time.perf_counter() - subject.since,
        checks={**known, **kinds, **named, **(checks or {})},
        seed=seed,
        mode=mode,
        status=status,
        why=why,
    )


def slopes_of(found: Valued, axis: int | None = None) -> Floats:
    """Return the gradients of the only Input, or their mean over all, of shape (positions, d)."""
    if found.gradients is None:  # a white box that breaks its word
        raise InputError("the model gave no gradients", hint="`gradients` has to return them beside the values")
    chosen: Floats = found.gradients[0] if axis is None else found.gradients.mean(axis=axis)
    return chosen
