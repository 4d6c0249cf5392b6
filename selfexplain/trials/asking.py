"""Asks what a trial asks: Requests with addresses of their own, and the answers read from their replies."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from selfexplain.prompting.read_answer import read_answer, read_rationale
from selfexplain.prompting.read_claim import EVERY_LABEL, read_claim
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.records import Ask, Item, Message, Reading, Request, Response
from selfexplain.trials.finding import Answer, Finding, FindingStatus
from selfexplain.trials.trial import How, Subject, TrialFacts

FORCED_TOKENS = 64
"""The longest reply to a question that wants an answer and nothing else."""


class Reply(NamedTuple):
    """What came back, and the text that the answer is read from."""

    request: Request
    response: Response
    text: str
    """With what was put into the model's mouth before it."""
    answer: Reading[str]

    @property
    def why(self) -> str:
        """Why there is no answer, in a word; empty where there is one."""
        if self.answer.value is not None:
            return ""
        outcome = self.response.outcome
        return outcome if outcome in {"failed", "refused"} else self.answer.detail or self.answer.why


def request_of(
    facts: TrialFacts,
    subject: Subject,
    place: int,
    messages: Sequence[Message],
    *,
    forced: bool = False,
    role: str = "",
    top_logprobs: int | None = None,
) -> Request:
    """Return a Request like the one that the Run's answer came from, with other messages.

    At temperature 0, unless the Run left the temperature to the provider.

    Parameters
    ----------
    facts : TrialFacts
    subject : Subject
    place : int
        Which of the trial's Requests about this Record it is, from 0.
    messages : sequence of Message
    forced : bool
        An answer alone is wanted: short, and in no form but ours.
    role : str
        Which other model is asked.
    top_logprobs : int, optional
        How many alternatives to each token are wanted; default as in the Run.
    """
    asked = subject.request
    request = replace(
        asked,
        messages=tuple(messages),
        temperature=None if asked.temperature is None else 0.0,
        turn=facts.address + place,
        draw=0,
        again=0,
        role=role,
    )
    if forced or role:
        limit = asked.max_tokens if role else min(asked.max_tokens, FORCED_TOKENS)
        request = replace(request, grammar=None, form=None, max_tokens=limit, logprobs=False, top_logprobs=0)
    if top_logprobs is not None:
        request = replace(request, logprobs=True, top_logprobs=top_logprobs)
    return request


async def answered(ask: Ask, request: Request, *, before: str = "") -> Reply:
    """Ask, and read the answer from what was put into the model's mouth and what it added."""
    return read(request, await ask(request), before=before)


def read(request: Request, response: Response, *, before: str = "") -> Reply:
    """Read the answer from what was put into the model's mouth and what it added."""
    text = before + response.text
    if response.outcome in {"failed", "refused"}:
        return Reply(request, response, text, Reading(None, "absent", detail=response.outcome))
    cut_off = response.outcome == "truncated"
    return Reply(request, response, text, read_answer(text, finish="truncated" if cut_off else "completed"))


def compared(of: str, reply: Reply, subject: Subject, how: How, *, with_answer: str | None, text: str = "") -> Answer:
    """Return an answer beside the one that it is compared with, and beside the gold answers.

    Parameters
    ----------
    of : str
        What was asked.
    reply : Reply
    subject : Subject
    how : How
    with_answer : str, optional
        What it is compared with.
    text : str
        What was put.
    """
    said = reply.answer.value
    if said is None:
        return Answer(of, None, reply.why, text=text)
    same = None if with_answer is None else how.same(said, with_answer, subject.item)
    return Answer(of, said, same=same, right=is_right(said, subject.item, how), text=text)


def is_right(answer: str, item: Item, how: How) -> bool | None:
    """Tell whether an answer is the same as one of the gold answers; None in a survey, where none is."""
    return any(how.same(answer, gold, item) for gold in item.gold) if item.gold else None


def finding(
    facts: TrialFacts,
    subject: Subject,
    *,
    mode: str = "",
    status: FindingStatus = "ok",
    why: str = "",
    answers: Sequence[Answer] = (),
    numbers: dict[str, float] | None = None,
) -> Finding:
    """Return what was found about a Record."""
    verdict = subject.record.verdict
    return Finding(
        facts.name,
        subject.item.id,
        subject.record.repeat,
        subject.item.drawn_with,
        mode,
        status,
        why,
        correct=None if verdict in {None, "undecided"} else verdict == "correct",
        answers=tuple(answers),
        numbers=numbers or {},
    )


def judged(
    facts: TrialFacts,
    subject: Subject,
    *,
    answers: Sequence[Answer],
    mode: str = "",
    numbers: dict[str, float] | None = None,
    needs: Collection[str] | None = None,
) -> Finding:
    """Return a finding that is usable where replies hold an answer, and else says why the first does not.

    Parameters
    ----------
    facts, subject, answers, mode, numbers
        As for `finding`.
    needs : collection of str, optional
        Whose answers must be there; default all.
    """
    missing = next((each for each in answers if each.answer is None and (needs is None or each.of in needs)), None)
    failed = missing is not None and missing.why == "failed"
    status: FindingStatus = "ok" if missing is None else "failed" if failed else "no_answer"
    return finding(
        facts,
        subject,
        mode=mode,
        status=status,
        why="" if missing is None or failed else missing.why,
        answers=answers,
        numbers=numbers,
    )


def why_of(text: str, subject: Subject) -> Reading[str]:
    """Return the reasons that a reply gives: its rationale, or its steps in one text."""
    claims = {field for turn in subject.template.turns for field in turn.elicits}
    if "steps" in claims:
        claim = read_claim(text, "steps", question=subject.item.question)
        if claim.value is None:
            return Reading(None, claim.why)
        return Reading(" ".join(unit.text for unit in claim.value.units), "read")
    return read_rationale(text, others=EVERY_LABEL)


def confidence_of(text: str, subject: Subject) -> float | None:
    """Return the confidence that a reply states, in [0, 1]."""
    front = subject.template.front
    return read_confidence(text, scale=front.scale, language=front.language).value
