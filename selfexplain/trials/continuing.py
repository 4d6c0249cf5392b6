"""Gives a model the beginning of a reasoning, its own or an altered one, and lets it answer or go on from there.

Two ways, which are recorded and never pooled. `prefill`: the beginning stands where the model's own reply begins, and
it goes on writing. Many providers refuse that, or begin a new reply instead. `quoted`: a new user's turn in the place
of the last one shows the question again and quotes the reasoning so far; what came before it stays.
"""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from selfexplain.prompting.field import KNOWN, RATIONALE
from selfexplain.prompting.labelled_lines import begins_with_label
from selfexplain.prompting.read_claim import LABELS
from selfexplain.records import Ask, Message, Reading, Request
from selfexplain.trials.asking import Reply, read, request_of
from selfexplain.trials.reasoning import Reasoning, reasoning_of
from selfexplain.trials.trial import How, Mode, Subject, TrialFacts

PROBE = 999
"""The place of the one Request that asks whether a provider takes a beginning."""

OF_REASONING = (*RATIONALE, *LABELS["steps"])

NOT_CONTINUED = "not_continued"

FORCE = (
    "without further reasoning. Reply with exactly one line and nothing else: write `Answer:` and then the answer, as "
    "short as possible."
)
GO_ON = (
    "Continue this reasoning from where it stops, and give the answer that follows from it. Reply with two lines: "
    "first `Because:` and the rest of the reasoning on one line, then `Answer:` and the answer, as short as possible."
)


class Begun(NamedTuple):
    """A Request with a beginning, and what of it belongs to the reply."""

    request: Request
    before: str
    anew: tuple[str, ...] = KNOWN
    """Labels that only a reply begins with that does not go on: any where the answer is wanted at once; where the
    reasoning is to go on, that of the reasoning alone, since the answer may come next."""


def begun(
    facts: TrialFacts, subject: Subject, how: How, reasoning: Reasoning, text: str, *, place: int, forced: bool = True
) -> Begun:
    """Return the Request that gives a model a reasoning's text and wants the answer, or the rest and the answer.

    Parameters
    ----------
    facts, subject, how
        As for `request_of`.
    reasoning : Reasoning
        Where the text's place in the reply is.
    text : str
        What stands there: the first steps, or others.
    place : int
        Which of the trial's Requests it is.
    forced : bool
        Whether the answer is wanted at once.
    """
    if how.mode == "quoted":
        messages = (*subject.request.messages[:-1], Message("user", quoting(subject, text, forced=forced)))
        return Begun(without_form(request_of(facts, subject, place, messages, forced=forced)), "")
    reply = reasoning.reply
    before = (reply[: reasoning.start] + text).rstrip()
    if forced:
        before += reply[reasoning.stop : reasoning.answer_start]
    before = before.rstrip()  # some providers refuse white space at the end
    request = request_of(
        facts, subject, place, (*subject.request.messages, Message("assistant", before)), forced=forced
    )
    return Begun(without_form(request), before, KNOWN if forced else OF_REASONING)


def without_form(request: Request) -> Request:
    """Return a Request whose reply need not be the whole of the form that the template asks for."""
    return replace(request, grammar=None, form=None)


def quoting(subject: Subject, text: str, *, forced: bool) -> str:
    """Return what the user says: the question, the reasoning so far, and what is wanted.

    Parameters
    ----------
    subject : Subject
    text : str
        The reasoning so far; empty for none.
    forced : bool
        Whether the answer is wanted at once.
    """
    item = subject.item
    parts = [item.question]
    if item.options:
        parts.append("\n".join(f"{option.label}) {option.text}" for option in item.options))
    if text:
        parts.append(f'Reasoning so far:\n"""\n{text}\n"""')
    if forced:
        parts.append(f"Give the answer {'that follows from this ' if text else ''}now, {FORCE}")
    else:
        parts.append(GO_ON)
    return "\n\n".join(parts)


async def continued(ask: Ask, begin: Begun) -> Reply:
    """Ask, and read the answer; a reply that begins anew where it ought to go on holds none.

    Some servers (llama.cpp) go on and give the beginning back together with what follows it.
    """
    response = await ask(begin.request)
    if begin.before and response.text.startswith(begin.before):
        return read(begin.request, response)
    reply = read(begin.request, response, before=joined(begin.before))
    if begin.before and begins_with_label(response.text, begin.anew):
        return reply._replace(answer=Reading(None, "absent", detail=NOT_CONTINUED))
    return reply


def joined(before: str) -> str:
    """Return a beginning with the space that was taken from its end."""
    return f"{before} " if before else ""


async def mode_of(facts: TrialFacts, subjects: Iterable[Subject], ask: Ask, how: How) -> tuple[Mode, int]:
    """Return in which mode a provider can be asked, found by one Request, and how many Requests that took.

    Parameters
    ----------
    facts : TrialFacts
        Of the trial on whose behalf it is asked.
    subjects : iterable of Subject
        The first with a reasoning is given its own reply without any: no reply that begins anew begins like that.
    ask : callable
    how : How
    """
    for subject in subjects:
        reasoning, _ = reasoning_of(subject)
        if reasoning is None:
            continue
        begin = begun(facts, subject, how._replace(mode="prefill"), reasoning, reasoning.kept(0), place=PROBE)
        reply = await continued(ask, begin)
        taken = reply.response.outcome not in {"failed", "refused"} and reply.answer.detail != NOT_CONTINUED
        return ("prefill" if taken else "quoted"), 1
    return "quoted", 0
