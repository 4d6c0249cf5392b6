"""Several guesses, each with its probability; the answer is the likeliest."""

import math
from collections.abc import Sequence
from typing import Any

from selfexplain.elicitation.clusters import clusters
from selfexplain.elicitation.conversation import Said, converse
from selfexplain.elicitation.elicitation import SameAnswer, Sampling, elicitation
from selfexplain.errors import InputError
from selfexplain.prompting.template import Template
from selfexplain.prompting.turns import Field
from selfexplain.records import Ask, Candidate, Item, Reading, SelfReport, Why

MUCH = 1.05
"""From here on what the guesses have together is worth a note: probabilities of rivals add up to 1 at most."""

UNSTATED: Reading[float] = Reading(None, "absent")


@elicitation("top-k", compares=True)
async def top_k(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0, same: SameAnswer
) -> SelfReport:
    """Ask for k guesses and the probability of each, in one turn or in two, and report the likeliest.

    Guesses that say the same are one guess with the largest of their probabilities, never the sum. The answer is the
    guess with the highest stated probability, of equals the earlier one. Where the probability of the first guess could
    not be read (a range, say) it stays the answer, without a confidence: nobody knows that another one is likelier.
    Nor does another take the place of a guess that is there, may be the likeliest, and cannot be read as text.
    Probabilities are never renormalised: what they add up to stands in the notes when it is above 1.05. So does how
    many guesses were read with their probability (`k_eff`), when that is fewer than were asked for, which guess had
    none, and `one probability for all` (Tian et al. 2023, arXiv:2305.14975, "Verb. 1S/2S top-k").

    Parameters
    ----------
    item, template, ask, sampling, repeat
        As for `once`; the template elicits `guesses` and `confidences`, and says how many in `guesses`.
    same : SameAnswer
        Tells whether two answers say the same.

    Raises
    ------
    InputError
        When the template elicits something else.
    """
    asked = [field for turn in template.turns for field in turn.elicits]
    if not {"guesses", "confidences"} <= set(asked):
        raise InputError(
            f"the template {template.id} does not elicit what top-k asks for",
            hint="let it elicit [guesses, confidences], or [[guesses], [confidences]] in two turns",
        )
    said = await converse(item, template, ask, sampling=sampling, repeat=repeat)
    place, guesses = found_in(said, "guesses")
    later, chances = found_in(said, "confidences")
    merged = distinct(guesses.value or (), chances.value or (), item, same)
    stated = [chance.value for _, chance in merged if chance.value is not None]
    unread = unread_likeliest(guesses.value or (), chances.value or ())
    answer, confidence = unread or likeliest(merged, guesses, chances)
    notes = (
        *(() if len(stated) == template.front.guesses else (f"k_eff {len(stated)} of {template.front.guesses}",)),
        *(f"no probability for {(guess.value or '')[:40]}" for guess, chance in merged if chance.value is None),
        *((f"sum {math.fsum(stated):.3g}",) if math.fsum(stated) > MUCH else ()),
        *(("one probability for all",) if len(stated) > 1 and len(set(stated)) == 1 else ()),
        same.rule(item),
    )
    if confidence.value is not None:
        confidence = Reading(confidence.value, "read", notes=(*confidence.notes, *notes), span=confidence.span)
    return SelfReport(
        answer=answer,
        rationale=found_in(said, "rationale")[1],
        confidence={"stated": confidence},
        outcome=said[-1].response.outcome,
        replies=tuple(one.response.text for one in said),
        calls=tuple(one.request.key for one in said),
        read_in={name: number for name, number in (("answer", place), ("confidence", later)) if number},
        candidates=tuple(Candidate(guess.value or "", chance.value) for guess, chance in merged),
    )


def found_in(said: Sequence[Said], field: Field) -> tuple[int, Reading[Any]]:
    """Return in which reply a field was read, and what was read."""
    for number, one in enumerate(said):
        if field in one.readings:
            return number, one.readings[field]
    return 0, Reading(None, "absent")


def distinct(
    guesses: Sequence[Reading[str]], chances: Sequence[Reading[float]], item: Item, same: SameAnswer
) -> list[tuple[Reading[str], Reading[float]]]:
    """Return each different guess that was read, with the largest probability that was stated for it."""
    pairs = [
        (guess, chances[place] if place < len(chances) else UNSTATED)
        for place, guess in enumerate(guesses)
        if guess.value is not None
    ]
    groups = clusters([guess.value or "" for guess, _ in pairs], lambda one, other: same(one, other, item))
    return [(pairs[group[0]][0], max((pairs[each][1] for each in group), key=rank)) for group in groups]


def unread_likeliest(
    guesses: Sequence[Reading[str]], chances: Sequence[Reading[float]]
) -> tuple[Reading[str], Reading[float]] | None:
    """Return the guess that has the highest probability and no readable text, or the unreadable first without one."""
    stated = [(guess, chances[place] if place < len(chances) else UNSTATED) for place, guess in enumerate(guesses)]
    there = [(guess, chance) for guess, chance in stated if guess.why != "absent" or chance.value is not None]
    if not there:
        return None
    first = there[0]
    guess, chance = first if first[1].value is None else max(there, key=lambda pair: rank(pair[1]))
    return None if guess.value is not None else (guess, chance)


def rank(chance: Reading[float]) -> float:
    """Return a probability for comparison: one that was not read comes after all others."""
    return -1.0 if chance.value is None else chance.value


def likeliest(
    merged: Sequence[tuple[Reading[str], Reading[float]]], guesses: Reading[Any], chances: Reading[Any]
) -> tuple[Reading[str], Reading[float]]:
    """Return the guess with the highest probability, the earlier of equals, or why there is none."""
    if not merged:
        return Reading(None, guesses.why if guesses.value is None else "absent"), Reading(None, why_none(chances))
    if merged[0][1].value is None:
        guess, chance = merged[0]
        return guess, Reading(None, why_none(chances, chance.why), detail=chance.detail)
    guess, chance = max(merged, key=lambda pair: rank(pair[1]))  # `max` keeps the first of equals
    return guess, chance if chance.value is not None else Reading(None, why_none(chances, chance.why))


def why_none(chances: Reading[Any], otherwise: Why = "absent") -> Why:
    """Return why no probability belongs to an answer: none could be read at all, else the reason of its own."""
    return chances.why if chances.value is None else otherwise
