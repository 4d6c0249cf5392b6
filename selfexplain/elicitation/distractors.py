"""How sure the model is of its answer, measured against how sure it is of rivals that it made up itself."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from selfexplain.elicitation.conversation import ask_apart, converse, report_on
from selfexplain.elicitation.draws import enough, share
from selfexplain.elicitation.elicitation import SameAnswer, Sampling, elicitation, require_turns
from selfexplain.errors import InputError
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Candidate, Item, Reading, SelfReport

NOT_READ: Reading[float] = Reading(None, "absent")


@elicitation("distractors", compares=True)
async def distractors(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0, same: SameAnswer
) -> SelfReport:
    """Ask for the answer, for rivals to it, and, each in a conversation of its own, for the confidence in each.

    The confidence, source `probe`, is conf(answer) / Σ conf, over the answer and its rivals: a model that finds
    everything likely that is put to it is sure of nothing (distractor-normalised verbalised confidence: Wang &
    Stengel-Eskin 2025, arXiv:2509.25532). The paper's weights by an entailment model, and its mixture with
    self-consistency, are left out.

    Rivals that say what the answer or an earlier rival says are not asked about. A rival whose confidence cannot be
    read counts neither way; where that leaves fewer than half of those asked for, or the answer's own was not read, or
    all are 0, there is no confidence. The notes hold `raw`, conf(answer), and `sum`, Σ conf.

    Parameters
    ----------
    item, template, ask, sampling, repeat
        As for `once`. The template elicits an answer, then `alternatives`, then a confidence in `{{ reply.answer }}`,
        each in a conversation of its own, and says how many alternatives in `guesses`.
    same : SameAnswer
        Tells whether two answers say the same.

    Raises
    ------
    InputError
        When it does not.
    """
    require_turns(template, ("answer",), ("alternatives",), ("confidence",), by=distractors.name)
    if not all(turn.fresh for turn in template.turns):
        raise InputError(
            f"the template {template.id} does not judge each answer in a conversation of its own",
            hint="put `## new conversation` before its second and third `## user` block",
        )
    first = replace(template, turns=template.turns[:2])
    said = list(await converse(item, first, ask, sampling=sampling, repeat=repeat))
    report = report_on(tuple(said), first)
    answer = report.answer.value
    if answer is None or len(said) < 2:
        unasked: Reading[float] = Reading(None, "absent", detail="not asked")
        return replace(report, confidence={"probe": unasked, **report.confidence})
    rivals = rivals_of(answer, said[1].readings.get("alternatives"), item, same)
    judged: list[Reading[float]] = []
    for draw, candidate in enumerate((answer, *rivals)):
        one = await ask_apart(
            item, template, ask, turn=2, about={"answer": candidate}, sampling=sampling, repeat=repeat, draw=draw
        )
        said.append(one)
        judged.append(one.readings.get("confidence", NOT_READ))
    return replace(
        report,
        confidence={"probe": normalised(judged, template.front.guesses, (same.rule(item),)), **report.confidence},
        outcome=said[2].response.outcome,
        replies=tuple(one.response.text for one in said),
        calls=tuple(one.request.key for one in said),
        candidates=tuple(
            Candidate(each, reading.value) for each, reading in zip((answer, *rivals), judged, strict=True)
        ),
    )


def rivals_of(answer: str, listed: Reading[tuple[Reading[str], ...]] | None, item: Item, same: SameAnswer) -> list[str]:
    """Return the alternatives that say neither what the answer says nor what an earlier one says."""
    rivals: list[str] = []
    for reading in (listed.value or ()) if listed is not None else ():
        if reading.value is not None and not any(same(each, reading.value, item) for each in (answer, *rivals)):
            rivals.append(reading.value)
    return rivals


def normalised(judged: Sequence[Reading[float]], wanted: int, notes: tuple[str, ...] = ()) -> Reading[float]:
    """Return conf(answer) / Σ conf; the answer's comes first.

    >>> found = normalised([Reading(0.9, "read"), Reading(0.6, "read"), Reading(None, "declined")], wanted=2)
    >>> found.value, found.notes  # 0.9 / 1.5
    (0.6, ('raw 0.9', 'sum 1.5', 'rivals 1 of 2'))
    """
    own, *others = judged
    read = [reading.value for reading in others if reading.value is not None]
    if own.value is None:
        return replace(own, span=None)
    if not enough(len(read), wanted):
        return Reading(None, "absent", detail=f"{len(read)} of {wanted} rivals were judged")
    total = math.fsum((own.value, *read))
    said = (
        f"raw {own.value:g}",
        f"sum {total:.4g}",
        *((f"rivals {len(read)} of {wanted}",) if len(read) < wanted else ()),
    )
    if not total:
        return Reading(None, "absent", detail="every confidence is 0", notes=said)
    return Reading(share(own.value, total), "read", notes=(*said, *notes))
