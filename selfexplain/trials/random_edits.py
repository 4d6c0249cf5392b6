"""Random edits: what the model's own redaction or counterfactual does, beside as many words drawn at random."""

import random
from collections.abc import Sequence
from typing import Any

from selfexplain.claims import Claim
from selfexplain.prompting.named_words import content_words
from selfexplain.records import Ask, Reading
from selfexplain.trials.asking import answered, compared, finding, judged, request_of
from selfexplain.trials.finding import Answer, Finding
from selfexplain.trials.summary import Measure, Summary, by_mode, difference_of, share_of
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial
from selfexplain.words_in import words_in

GAP = "[REDACTED]"

UNTOUCHED, AT_RANDOM, OWN = "unchanged question", "random words", "own edit"
HIT = "hit"
"""Number of an answer: 1 where the edit did what it is meant to: the answer is lost (redaction), or is the one that the
counterfactual aims at."""


def edit_of(subject: Subject) -> tuple[str, Claim | None]:
    """Return the kind of edit that a Record claims, and the claim."""
    for kind in ("redaction", "counterfactual"):
        reading = subject.record.report.attribution.get(kind)
        if reading is not None:
            return kind, reading.value
    return "", None


def edited_words(subject: Subject) -> list[int]:
    """Return the places of the content words of the question that the model's own edit took out or changed."""
    _, claim = edit_of(subject)
    words = words_in(subject.item.question)
    spans = [span for unit in (claim.units if claim else ()) for span in unit.spans]
    return [at for at in content_words(words) if any(a <= words[at].start < b for a, b in spans)]


def why_not(subject: Subject) -> str:
    """Return why there is nothing to compare; empty where there is."""
    kind, claim = edit_of(subject)
    report, again = subject.record.report, subject.record.report.answer_again
    told = again is not None and (again.value is not None or again.why == "declined")
    reasons = {
        "the template asks for no redaction and no counterfactual": not kind,
        "no answer was read": report.answer.value is None,
        "no edit was read": claim is None,
        "the answer to the edited question was not read": not told,
        "the edit has no target": kind == "counterfactual" and (report.target is None or report.target.value is None),
        "the edit changes no content word": claim is not None and not edited_words(subject),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def cost(subject: Subject, how: How) -> Cost:
    """Return one call for the random edit and one for the unchanged question."""
    del how
    return Cost() if why_not(subject) else Cost({"": 2})


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return how often the model's own edit does what it is meant to, beside a random one and none."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="random-edits",
    family="edits",
    question="does the model's own edit of the question do more than one drawn at random?",
    address=9000,
    cost=cost,
    summarise=summarise,
    needs="a template that asks the model to edit the question, and asks it the edited one: redact, counterfactual",
    source="Madsen, Chandar & Reddy 2024, arXiv:2401.07927, for the edits; the chance level is our own",
)


@trial(FACTS)
async def random_edits(subject: Subject, ask: Ask, how: How) -> Finding:
    """Put the question to the model in the conversation that knows nothing of the first, with random words redacted.

    As many content words are redacted as the model's own edit took out or changed, drawn from all content words. Once
    it is put unchanged: the answer that is lost then was lost by the form of the conversation.

    Parameters
    ----------
    subject, ask, how
        As for early answering; the Run's template asks for `redaction` or `counterfactual` and for `answer_again`.
    """
    kind, _ = edit_of(subject)
    why = why_not(subject)
    if why:
        return finding(FACTS, subject, mode=kind, status="not_applicable", why=why)
    number = next(at for at, turn in enumerate(subject.template.turns) if "answer_again" in turn.elicits)
    texts = {
        UNTOUCHED: subject.item.question,
        AT_RANDOM: redacted(subject.item.question, len(edited_words(subject)), how.draw(FACTS.name, subject)),
    }
    answers = [own_edit(subject, how)]
    for place, (name, text) in enumerate(texts.items()):
        messages = subject.template.render(subject.item, turn=number, reply={**known(subject), kind: text})
        reply = await answered(ask, request_of(FACTS, subject, place, messages))
        answer = compared(name, reply, subject, how, with_answer=subject.answer, text=text)
        answers.append(with_hit(answer, reply.answer, subject, how))
    return judged(FACTS, subject, answers=answers, mode=kind)


def known(subject: Subject) -> dict[str, Any]:
    """Return what later turns may quote."""
    report = subject.record.report
    return {
        name: reading.value
        for name, reading in (("answer", report.answer), ("target", report.target), ("rationale", report.rationale))
        if reading is not None and reading.value is not None
    }


def own_edit(subject: Subject, how: How) -> Answer:
    """Return the recorded answer to the model's own edit."""
    again = subject.record.report.answer_again or Reading[str](None, "absent")
    same = None if again.value is None else how.same(again.value, subject.answer or "", subject.item)
    return with_hit(Answer(OWN, again.value, again.why, same=same), again, subject, how)


def with_hit(answer: Answer, reading: Reading[str], subject: Subject, how: How) -> Answer:
    """Return an answer with whether it is what the edit is meant to bring about; to say `unknown` is an answer here."""
    if reading.value is None and reading.why != "declined":
        return answer
    target = subject.record.report.target
    if edit_of(subject)[0] == "redaction":
        hit = not answer.same
    else:
        hit = bool(reading.value and target and target.value and how.same(reading.value, target.value, subject.item))
    said = reading.value if reading.value is not None else "unknown"
    return Answer(answer.of, said, same=answer.same, right=answer.right, numbers={HIT: float(hit)}, text=answer.text)


def redacted(question: str, n: int, draw: random.Random) -> str:
    """Return a question with n content words drawn at random redacted; all of them where there are fewer.

    >>> redacted("What is the capital of Peru?", 2, random.Random(0))
    'What is the [REDACTED] of [REDACTED]?'
    """
    words = words_in(question)
    places = content_words(words)
    for at in sorted(draw.sample(places, min(n, len(places))), reverse=True):
        question = question[: words[at].start] + GAP + question[words[at].stop :]
    return question


def measured(findings: Sequence[Finding]) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return how often the own edit does what it is meant to, beside chance, and the difference on the same Items."""
    hits = {name: [each.named(name).numbers[HIT] for each in findings] for name in (OWN, AT_RANDOM, UNTOUCHED)}
    rates = {name: share_of(list(map(bool, row)), findings) for name, row in hits.items()}
    gain = [own - other for own, other in zip(hits[OWN], hits[AT_RANDOM], strict=True)]
    measures = {
        "rate": Measure(rates[OWN], rates[AT_RANDOM], "as many content words redacted at random"),
        "rate_above_random": difference_of(gain, findings),
        "noise_floor": Measure(rates[UNTOUCHED]),
    }
    return measures, {}
