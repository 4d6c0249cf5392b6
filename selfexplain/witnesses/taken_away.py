"""What becomes of an answer without several units at once: by its probability inside, or by asking once more."""

from collections.abc import Collection, Sequence
from typing import cast, get_args

from selfexplain.errors import InputError
from selfexplain.evidence import UnitKind
from selfexplain.records import Ask
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.asked_occlusion import Baseline as Asked
from selfexplain.witnesses.asked_occlusion import texts_of
from selfexplain.witnesses.case import Case
from selfexplain.witnesses.inquiry import Inquiry, Interview, Seen
from selfexplain.witnesses.leave_one_out import FACTS
from selfexplain.witnesses.removal import BASELINES, Baseline, drawn_texts, without_units
from selfexplain.witnesses.subject import subject_of

ASKED: tuple[Asked, ...] = get_args(Asked)
"""What any model can be asked with."""


def probabilities_without(
    model: WhiteBox,
    case: Case,
    groups: Sequence[Collection[int]],
    baseline: str = "embed",
    *,
    pool: Sequence[str] = (),
    seed: int = 0,
) -> list[float]:
    """Return the probability of the answer without each of some groups of units, in [0, 1].

    One forward pass for each, all tokens of the answer in it; they are read in batches, and what all begin with once.

    Parameters
    ----------
    model : WhiteBox
    case : Case
        What was asked and answered.
    groups : sequence of collections of int
        Places in `case.units`; an empty group is the unchanged text.
    baseline : str
        What stands in a unit's place.
    pool : sequence of str
        For `replace`: other texts to take words from. Every group gets the same words for the same unit, so that two
        groups differ in nothing but what they hold.
    seed : int
        For `replace`.

    Raises
    ------
    InputError
        When the model cannot read a changed text, or reads the answer otherwise behind it.

    Examples
    --------
    >>> from selfexplain.witnesses.case import case_of, plain_layout
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> case = case_of(plain_layout("good plot"), "yes")
    >>> model = LinearModel({"good": 2.0, "plot": 0.5})
    >>> [round(each, 3) for each in probabilities_without(model, case, [(), (0,), (0, 1)], "delete")]
    [0.924, 0.622, 0.5]
    """
    chosen = cast("Baseline", require_baseline(baseline, BASELINES))
    subject = subject_of(model, case, "prob", FACTS)
    texts = [drawn_texts(case, pool, seed=seed)] * len(groups) if baseline == "replace" else None
    inputs = without_units(model, subject, chosen, groups, texts=texts)
    return [min(max(float(value), 0.0), 1.0) for value in model.values(inputs, subject.aim).values]


async def answers_without(
    ask: Ask,
    inquiry: Inquiry,
    groups: Sequence[tuple[Collection[int], int]],
    units: UnitKind = "word",
    baseline: str = "delete",
    *,
    pool: Sequence[str] = (),
    seed: int = 0,
) -> tuple[list[Seen], int]:
    """Put a question again without each of some groups of units; return what came back, and how many calls it took.

    Parameters
    ----------
    ask : callable
        Sends a Request, returns its Response; one that remembers asks nothing twice.
    inquiry : Inquiry
        Whose answer, and how it is asked.
    groups : sequence of (units, repeat)
        Places in `inquiry.units(units)`, and in which repeat it is asked; no units: the unchanged question.
    units : str
        How the text is cut.
    baseline : str
        What stands in a unit's place: `delete`, `mask` or `replace`.
    pool, seed
        As in :func:`probabilities_without`.

    Raises
    ------
    InputError
        When the baseline cannot be asked with.
    """
    chosen = cast("Asked", require_baseline(baseline, ASKED))
    interview, cut = Interview(ask, inquiry, "flip"), inquiry.units(units)
    texts = texts_of(cut, units, chosen, pool, seed)
    wanted = [(frozenset(gone), repeat) for gone, repeat in groups]
    changed = [each for each in wanted if each[0]]
    same = [repeat for gone, repeat in wanted if not gone]
    unchanged = dict(zip(same, await interview.unchanged(same), strict=True))
    without = dict(zip(changed, await interview.without(changed, cut, [texts] * len(changed)), strict=True))
    return [without[each] if each[0] else unchanged[each[1]] for each in wanted], interview.n_calls


def require_baseline(baseline: str, known: Sequence[str]) -> str:
    """Return a baseline; raises InputError when units cannot be taken away in that way."""
    if baseline not in known:
        raise InputError(f"words cannot be taken away by `{baseline}`", hint=f"take one of: {', '.join(known)}")
    return baseline
