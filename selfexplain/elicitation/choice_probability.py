"""The answer is one option's label; its confidence is the probability that the model gives to the labels."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.elicitation import Sampling, elicitation
from selfexplain.errors import InputError
from selfexplain.prompting.option_labels import label_masses, label_places, plain, token_at, unable
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, Option, Reading, Response, SelfReport


@elicitation("choice-probability")
async def choice_probability(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0
) -> SelfReport:
    """Ask for the label of an option, and read the confidence off the tokens in the label's place.

    The probability of each label is what the model gives to its variants (case, spaces, brackets), divided by what it
    gives to all offered labels (multiple choice by log-probabilities: Kadavath et al.
    2022, arXiv:2207.05221, section 2).

    Graded is the most probable label, since that is what the confidence is about. At temperature 0 it is nearly always
    the one that was written, and then the answer stands as written, with the option's text if there is one. Where it
    is not, the answer is the most probable label and its notes hold `written B`. Where there is no token probability,
    the written answer is graded and the confidence says why it is missing.

    Parameters
    ----------
    item : Item
        What to ask; one with choices.
    template : Template
        Elicits an answer, and states how many alternatives to each token it wants (`top_logprobs`).
    ask : callable
        Sends a Request, returns its Response.
    sampling : Sampling
        Temperature and seed.
    repeat : int
        Which repetition this is, from 0.

    Raises
    ------
    InputError
        When the template does not ask for alternatives.
    """
    if not template.front.top_logprobs:
        raise InputError(
            f"the template {template.id} asks for no alternatives to the tokens, which {choice_probability.name} needs",
            hint="put `top_logprobs: 20` into its front matter",
        )
    said = await converse(item, template, ask, sampling=sampling, repeat=repeat)
    report = report_on(said, template)
    response = said[report.read_in.get("answer", 0)].response
    answer, confidence = most_probable(response, report.answer, item.options)
    return replace(report, answer=answer, confidence={**report.confidence, "token": confidence})


def most_probable(
    response: Response, written: Reading[str], options: Sequence[Option]
) -> tuple[Reading[str], Reading[float]]:
    """Return the most probable label and its share of all labels' probability, in [0, 1].

    The confidence's notes hold `label_mass`, what all labels have together: where it is low, the model was about to
    write something else. A label that is not among the alternatives counts as 0.

    Parameters
    ----------
    response : Response
        A reply with alternatives to its tokens.
    written : Reading of str
        The answer read from that reply, with its span.
    options : sequence of Option
        What was offered.

    Examples
    --------
    >>> from selfexplain.records import Alternative, Token
    >>> top = tuple(Alternative(text, math.log(p)) for text, p in (("B", 0.6), ("A", 0.15), (" b", 0.05), ("I", 0.1)))
    >>> response = Response("completed", "B", (Token("B", math.log(0.6), top),))
    >>> most_probable(response, Reading("B", "read", span=(0, 1)), [Option("A", "Lyon"), Option("B", "Paris")])[1]
    Reading(value=0.8125, why='read', notes=('label_mass 0.8',))
    """
    labels = [option.label for option in options]
    why = unable(response, written, labels)
    places = {} if why else label_places(response.text, written, labels)
    if len(places) > 1:
        return written, Reading(None, "ambiguous", detail="several labels")
    if not places:
        return written, Reading(None, "absent", detail=why or "the answer holds no label")
    ((label, position),) = places.items()
    token = token_at(response.tokens, position)
    if plain(token.text) != plain(label):
        return written, Reading(None, "absent", detail="the label is no token of its own")
    masses = label_masses(token, labels)
    best, total = max(masses, key=lambda each: (masses[each], each == label)), math.fsum(masses.values())
    share = min(1.0, float(f"{masses[best] / total:.12g}"))
    confidence = Reading(share, "read", notes=(f"label_mass {min(1.0, total):.3g}",))
    if best == label:
        return written, confidence  # as written: the grader sees when label and text disagree
    return replace(written, value=best, notes=(*written.notes, f"written {label}")), confidence
