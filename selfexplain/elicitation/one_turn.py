"""One question, one reply that holds everything."""

from typing import Literal

from selfexplain.elicitation.elicitation import Sampling, elicitation
from selfexplain.elicitation.token_probability import token_probability
from selfexplain.prompting.read_answer import read_answer, read_rationale
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, Reading, Request, Response, SelfReport, Source


@elicitation("one-turn")
async def one_turn(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask an Item in one request and read answer, rationale and stated confidence from the one reply.

    The token probability of the same answer comes along wherever the provider gives log-probabilities
    (top-1 verbal confidence in one turn: Tian et al. 2023, arXiv:2305.14975).

    Parameters
    ----------
    item : Item
        What to ask.
    template : Template
        A template whose only open turn is its last block.
    ask : callable
        Sends a Request, returns its Response.
    sampling : Sampling
        Temperature and seed; the seed grows with `repeat`, so that repeats differ where the provider honours it.
    repeat : int
        Which repetition this is, from 0.
    """
    request = Request(
        item=item.id,
        messages=template.render(item),
        max_tokens=template.front.max_tokens,
        repeat=repeat,
        temperature=sampling.temperature,
        seed=None if sampling.seed is None else sampling.seed + repeat,
        logprobs=True,
        grammar=template.front.grammar,
    )
    response = await ask(request)
    return read(response, template, calls=(request.key,))


def read(response: Response, template: Template, *, calls: tuple[str, ...]) -> SelfReport:
    """Return what one reply says, field by field."""
    elicits, finish = template.front.elicits, finish_of(response)
    nothing: Reading[str] = Reading(None, "absent")
    answer = read_answer(response.text, finish=finish) if "answer" in elicits else nothing
    rationale = read_rationale(response.text, finish=finish) if "rationale" in elicits else nothing
    confidence: dict[Source, Reading[float]] = {}
    if "confidence" in elicits:
        confidence["stated"] = read_confidence(response.text, scale=template.front.scale, finish=finish)
    confidence["token"] = token_probability(response, answer)
    return SelfReport(
        answer=answer,
        rationale=rationale,
        confidence=confidence,
        outcome=response.outcome,
        reply=response.text,
        calls=calls,
    )


def finish_of(response: Response) -> Literal["completed", "truncated"]:
    """Tell the parsers whether the reply's end may be cut off."""
    return "truncated" if response.outcome == "truncated" else "completed"
