"""P(True): the probability that the model gives to the word true when it is shown its own answer."""

import math

from msgspec.structs import replace

from selfexplain.elicitation.conversation import Said, converse, report_on
from selfexplain.elicitation.elicitation import Sampling, elicitation, require_turns
from selfexplain.errors import InputError
from selfexplain.prompting.option_labels import token_at
from selfexplain.prompting.template import Template
from selfexplain.prompting.turns import Field
from selfexplain.records import Ask, Item, Reading, Response, SelfReport, Token

LITTLE_MASS = 0.9
"""Where both verdicts together have less, the model was about to write something else."""


@elicitation("p-true")
async def p_true(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask for the answer; then, in a new conversation, whether it is (A) true or (B) false.

    The confidence, source `probe`, is p(A) / (p(A) + p(B)) at the token of the verdict, the probability of each summed
    over its variants (`A`, `(A`, `True`). What both have together stands in the notes as `label_mass`, with `low_mass`
    where it is below 0.9 (Kadavath et al. 2022, arXiv:2207.05221, section 3).

    A template may judge twice, the second time with the options swapped (`verdict_swapped`): then the log-odds are
    averaged, which takes out a liking for A. Where a provider gives no token probabilities, there is no confidence, and
    its reason says so: `p-true-draws` needs none.

    Parameters
    ----------
    item, template, ask, sampling, repeat
        As for `once`. The template elicits an answer, then a `verdict` and perhaps a `verdict_swapped`, each in a
        conversation of its own.

    Raises
    ------
    InputError
        When it does not, or asks for no alternatives to the tokens.
    """
    swapped = len(template.turns) == 3
    turns: list[tuple[Field, ...]] = [("answer",), ("verdict",), ("verdict_swapped",)]
    require_turns(template, *turns[: 3 if swapped else 2], by=p_true.name)
    if not template.front.top_logprobs:
        raise InputError(
            f"the template {template.id} asks for no alternatives to the tokens, which {p_true.name} needs",
            hint="put `top_logprobs: 20` into its front matter",
        )
    said = await converse(item, template, ask, sampling=sampling, repeat=repeat)
    report = report_on(said, template)
    judged = [share_of_true(said, "verdict", 1), *([share_of_true(said, "verdict_swapped", 2)] if swapped else [])]
    return replace(report, confidence={"probe": averaged(judged), **report.confidence})


def share_of_true(said: tuple[Said, ...], field: Field, turn: int) -> Reading[float]:
    """Return p(true) / (p(true) + p(false)) of one judgement."""
    if len(said) <= turn:
        return Reading(None, "absent", detail="not asked")
    verdict = said[turn].readings.get(field, Reading(None, "absent"))
    return of_tokens(said[turn].response, verdict, first_is_true=field == "verdict")


def of_tokens(response: Response, verdict: Reading[bool], *, first_is_true: bool) -> Reading[float]:
    """Return the share of true at the token where the verdict was written.

    Parameters
    ----------
    response : Response
        A reply with alternatives to its tokens.
    verdict : Reading of bool
        The verdict as it was read from the text, for its place; one that contradicts itself has a place too, the first.
    first_is_true : bool
        Whether A is the option that says true.

    Examples
    --------
    >>> from selfexplain.records import Alternative
    >>> top = tuple(Alternative(text, math.log(p)) for text, p in (("A", 0.6), ("B", 0.2), (" (A", 0.15), ("I", 0.05)))
    >>> response = Response("completed", "A", (Token("A", math.log(0.6), top),))
    >>> of_tokens(response, Reading(True, "read", span=(0, 1)), first_is_true=True)
    Reading(value=0.789473684211, why='read', notes=('label_mass 0.95',))
    """
    if verdict.span is None:
        return Reading(None, "absent" if verdict.value is not None else verdict.why, detail="no verdict was written")
    if not any(token.top for token in response.tokens):
        return Reading(None, "absent", detail="no token probabilities")
    token = token_at(response.tokens, verdict.span[0])
    if not token.top or said_by(token.text, first_is_true=first_is_true) is None:
        return Reading(None, "absent", detail="the verdict is no token of its own")
    masses = masses_of(token, first_is_true=first_is_true)
    total = float(f"{math.fsum(masses.values()):.12g}")
    notes = (f"label_mass {min(1.0, total):.3g}", *(("low_mass",) if total < LITTLE_MASS else ()))
    return Reading(min(1.0, float(f"{masses[True] / total:.12g}")), "read", notes=notes)


def masses_of(token: Token, *, first_is_true: bool) -> dict[bool, float]:
    """Return the probability of true and of false in a token's place, each summed over its variants."""
    there = {other.text: other.logprob for other in token.top}
    there.setdefault(token.text, token.logprob)  # what was written may be outside the most probable ones
    masses = {True: 0.0, False: 0.0}
    for text, logprob in there.items():
        verdict = said_by(text, first_is_true=first_is_true)
        if verdict is not None:
            masses[verdict] += math.exp(logprob)
    return masses


def said_by(token: str, *, first_is_true: bool) -> bool | None:
    """Return the verdict that a token writes; None for one that writes none."""
    from selfexplain.prompting.read_verdict import meant  # noqa: PLC0415 - no first request waits for it

    return meant(bare(token), first_is_true=first_is_true)


def bare(text: str) -> str:
    """Return a token without spaces and brackets.

    >>> bare(" (A"), bare("True.")
    ('A', 'True')
    """
    return text.strip(" \t\n().:：,，。\"'*`")


def averaged(judged: list[Reading[float]]) -> Reading[float]:
    """Return the mean of the log-odds as a probability; what one judgement does not say, the other cannot make up for.

    >>> averaged([Reading(0.9, "read"), Reading(0.5, "read")]).value  # log-odds 2.197 and 0: half of it is 1.0986
    0.75
    """
    lost = next((reading for reading in judged if reading.value is None), None)
    if lost is not None or len(judged) == 1:
        return lost or judged[0]
    values = [reading.value for reading in judged if reading.value is not None]
    notes = tuple(dict.fromkeys(note for reading in judged for note in reading.notes))
    notes = (*notes, *(f"{name} {value:.3g}" for name, value in zip(("A first", "B first"), values, strict=True)))
    if {0.0, 1.0} & set(values):  # a verdict outside the most probable tokens has no log-odds
        return Reading(
            float(f"{math.fsum(values) / len(values):.12g}"), "read", notes=(*notes, "mean of probabilities")
        )
    odds = math.fsum(math.log(value) - math.log1p(-value) for value in values) / len(values)
    return Reading(float(f"{1 / (1 + math.exp(-odds)):.12g}"), "read", notes=notes)
