"""Asks the turns of a template in order, and reads from each reply what its turn elicits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from msgspec.structs import replace

from selfexplain.claims import CLAIM_KINDS, Claim
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.token_probability import token_probability
from selfexplain.prompting.again import mendable, plea
from selfexplain.prompting.form import schema_of
from selfexplain.prompting.template import FrontMatter, Template
from selfexplain.prompting.turns import Field, Turn
from selfexplain.records import Ask, Item, Message, Outcome, Reading, Request, Response, SelfReport, Source

NO_REPLY: frozenset[Outcome] = frozenset({"failed", "refused"})


@dataclass(frozen=True)
class Said:
    """One asked turn: what was sent, what came back, and what can be read from it."""

    request: Request
    response: Response
    read: Callable[[], Mapping[Field, Reading[Any]]]
    unread: tuple[Request, ...] = ()
    """Earlier askings of this turn, whose replies could not be read."""

    @cached_property
    def readings(self) -> Mapping[Field, Reading[Any]]:
        """What was read from it; not before somebody looks, since who only asks often need not."""
        return self.read()


def keys_of(said: Sequence[Said]) -> tuple[str, ...]:
    """Return the keys of all Requests that were asked, in order."""
    return tuple(request.key for one in said for request in (*one.unread, one.request))


async def converse(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0, draw: int = 0
) -> tuple[Said, ...]:
    """Ask an Item the turns of a template, one after the other, each with the replies before it.

    Asking stops where going on makes no sense: at a reply that is none (failed, refused, empty), and before a turn
    that quotes what was not read. A turn in the same conversation that quotes nothing is asked whatever was read, so
    that a better reader later needs no new replies.

    Parameters
    ----------
    item : Item
        What to ask.
    template : Template
        Its turns; a reply stands in the conversation as it came, and what was read of it in `reply`.
    ask : callable
        Sends a Request, returns its Response.
    sampling : Sampling
        Temperature and seed; the seed grows with `repeat` and `draw`, so that replies differ where it is honoured.
    repeat, draw : int
        Which repetition, and which sample inside it, from 0.

    Returns
    -------
    tuple of Said
        One for each turn that was asked; never empty.
    """
    front, said, known = template.front, [], dict[str, Any]()
    messages: tuple[Message, ...] = ()
    for number, turn in enumerate(template.turns):
        if not turn.quotes <= known.keys():
            break
        messages = (() if turn.fresh else messages) + template.render(item, turn=number, reply=known)
        request = request_for(item, template, messages, sampling=sampling, repeat=repeat, draw=draw, turn=number)
        said.append(await asked(request, turn, front, ask, item=item, known=known, again=sampling.again))
        response = said[-1].response
        if response.outcome in NO_REPLY or not response.text.strip():
            break
        if number + 1 == len(template.turns):
            break
        readings = said[-1].readings
        known |= {field: as_quoted(reading.value) for field, reading in readings.items() if reading.value is not None}
        messages = (*said[-1].request.messages, Message("assistant", response.text))
    return tuple(said)


async def ask_apart(
    item: Item,
    template: Template,
    ask: Ask,
    *,
    turn: int,
    about: Mapping[str, Any],
    sampling: Sampling,
    repeat: int,
    draw: int = 0,
    role: str = "",
) -> Said:
    """Ask one turn of a template in a conversation of its own, with what it quotes: for judgements of an answer.

    Parameters
    ----------
    item, template, ask, sampling, repeat, draw
        As for :func:`converse`.
    turn : int
        Which turn, from 0; a first one, or one after `## new conversation`.
    about : mapping of field to value
        What it quotes as `{{ reply.answer }}`, `{{ reply.other }}`.
    role : str
        Which other model is asked; empty for the one that the Run is about.
    """
    messages = template.render(item, turn=turn, reply=about)
    request = request_for(item, template, messages, sampling=sampling, repeat=repeat, draw=draw, turn=turn, role=role)
    return await asked(request, template.turns[turn], template.front, ask, item=item, known=about, again=sampling.again)


async def asked(
    request: Request,
    turn: Turn,
    front: FrontMatter,
    ask: Ask,
    *,
    item: Item,
    known: Mapping[str, Any],
    again: int,
) -> Said:
    """Ask one turn, and up to `again` times more while its reply is whole and cannot be read.

    The unread reply stays in the conversation, with a sentence that says what is missing.
    """
    unread: tuple[Request, ...] = ()
    while True:
        response = await ask(request)
        # A copy: it may be read when later turns have added to what is known.
        said = Said(request, response, partial(read, response, turn, front, item, dict(known)), unread)
        if len(unread) >= again or response.outcome != "completed":
            return said
        missing = mendable(said.readings)
        if not missing:
            return said
        unread += (request,)
        told = (Message("assistant", response.text), Message("user", plea(missing, language=front.language)))
        request = replace(request, messages=request.messages + told, again=len(unread))


def request_for(
    item: Item,
    template: Template,
    messages: tuple[Message, ...],
    *,
    sampling: Sampling,
    repeat: int,
    draw: int,
    turn: int,
    role: str = "",
) -> Request:
    """Return the Request that asks these messages as a template wants it."""
    front, elicits = template.front, template.turns[turn].elicits
    return Request(
        item=item.id,
        messages=messages,
        max_tokens=front.max_tokens,
        repeat=repeat,
        draw=draw,
        temperature=sampling.temperature,
        seed=sampling.seed_of(repeat, draw),
        effort=sampling.effort,
        form=schema_of(elicits, scale=front.scale, language=front.language) if front.structured else None,
        logprobs=True,
        grammar=front.grammar,
        top_logprobs=front.top_logprobs,
        turn=turn,
        role=role,
    )


def read(
    response: Response, turn: Turn, front: FrontMatter, item: Item, known: Mapping[str, Any]
) -> dict[Field, Reading[Any]]:
    """Return what one reply says, field by field; what is no reply says nothing."""
    from selfexplain.prompting.read_reply import read_reply  # noqa: PLC0415 - no first request waits for it

    return {} if response.outcome in NO_REPLY else read_reply(response, turn, front, item, known)


def as_quoted(value: Any) -> Any:
    """Return what `{{ reply.redaction }}` shows: of a claim, the edited question or else its units; data, as ever."""
    if not isinstance(value, Claim):
        return value
    return value.text or ", ".join(unit.text for unit in value.units)


def report_on(said: tuple[Said, ...], template: Template) -> SelfReport:
    """Return what the replies to a template's turns say together.

    The answer is the one of the turn that asked for it, and its token probability is that of the words there. Where a
    later reply names another answer, the confidence is noted as `answer_changed`: nobody can tell which of the two it
    is about (Tian et al. 2023, arXiv:2305.14975, ask in two turns).
    """
    from selfexplain.prompting.read_answer import differs  # noqa: PLC0415 - no first request waits for it

    found = {field: (number, reading) for number, one in enumerate(said) for field, reading in one.readings.items()}
    nothing: tuple[int, Reading[Any]] = (0, Reading(None, "absent"))
    place, answer = found.get("answer", nothing)
    confidence: dict[Source, Reading[float]] = {}
    if any("confidence" in turn.elicits for turn in template.turns):
        unasked: Reading[float] = Reading(None, "absent", detail="not asked" if len(said) < len(template.turns) else "")
        number, confidence["stated"] = found.get("confidence", (0, unasked))
        if number > place and answer.value is not None and differs(said[number].response.text, answer.value):
            stated = confidence["stated"]
            confidence["stated"] = replace(stated, notes=(*stated.notes, "answer_changed"))
    confidence["token"] = token_probability(said[place].response, answer)
    return SelfReport(
        answer=answer,
        rationale=found.get("rationale", nothing)[1],
        confidence=confidence,
        outcome=said[-1].response.outcome,
        replies=tuple(one.response.text for one in said),
        calls=keys_of(said),
        asked_again=sum(len(one.unread) for one in said),
        read_in={field: number for field, (number, _) in found.items() if number},
        attribution={
            kind: reading
            for kind in CLAIM_KINDS
            if (reading := reading_of(kind, template, found, len(said))) is not None
        },
        target=reading_of("target", template, found, len(said)),
        answer_again=reading_of("answer_again", template, found, len(said)),
    )


def reading_of(
    field: Field, template: Template, found: Mapping[Field, tuple[int, Reading[Any]]], asked: int
) -> Reading[Any] | None:
    """Return what was read of a field; None where no turn elicits it, and why it is missing where none was read."""
    turn = next((number for number, turn in enumerate(template.turns) if field in turn.elicits), None)
    if turn is None:
        return None
    return (
        found[field][1]
        if field in found
        else Reading(None, "absent", detail="not asked" if turn >= asked else "no reply")
    )
