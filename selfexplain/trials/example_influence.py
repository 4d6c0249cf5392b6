"""What each few-shot example does: the answer and the confidence without it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from selfexplain.prompting.read_answer import read_answer
from selfexplain.records import Ask, Message
from selfexplain.trials.asking import Reply, answered, compared, confidence_of, finding, judged, request_of
from selfexplain.trials.finding import Answer, Finding
from selfexplain.trials.moves import read_table
from selfexplain.trials.summary import Measure, Summary, by_mode, difference_of, share_of
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial

CONTROL = "all examples"
LOWER, CONFIDENCE = "confidence_lost", "confidence"

NOISE = "all examples, asked once more"


class Shown(NamedTuple):
    """The examples that the messages show, and the messages without each."""

    labels: tuple[str, ...]
    without: tuple[tuple[Message, ...], ...]


def shown(subject: Subject) -> Shown:
    """Return the examples of a Record's messages: those of its Dataset, or turns that the template itself holds.

    A turn of a template is a user's message with the assistant's reply behind it, before the message that is asked.
    """
    template, messages = subject.template, subject.request.messages
    if template.examples and subject.turn == 0:
        left = [
            replace(template, examples=tuple(each for at, each in enumerate(template.examples) if at != gone))
            for gone in range(len(template.examples))
        ]
        names = tuple(each.label or each.answer for each in template.examples)
        return Shown(names, tuple(each.render(subject.item) for each in left))
    if subject.turn > 0:
        return Shown((), ())
    places = [
        at for at in range(len(messages) - 2) if (messages[at].role, messages[at + 1].role) == ("user", "assistant")
    ]
    labels = tuple(read_answer(messages[at + 1].content).value or messages[at + 1].content for at in places)
    return Shown(labels, tuple((*messages[:at], *messages[at + 2 :]) for at in places))


def cost(subject: Subject, how: How) -> Cost:
    """Return one call without each example, and one with all."""
    del how
    n = len(shown(subject).without)
    return Cost({"": n + 1}) if n and subject.answer is not None else Cost()


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return what each example does, and all together."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="example-influence",
    family="examples",
    question="which few-shot example moves the answer, and which the confidence?",
    address=8000,
    cost=cost,
    summarise=summarise,
    needs="a template that shows examples: few-shot, few-shot-words, classify",
    source="leave-one-out of examples; our own form",
)


@trial(FACTS)
async def example_influence(subject: Subject, ask: Ask, how: How) -> Finding:
    """Ask without one of the examples, for each; and once with all.

    Answers are compared with the one that all examples give when they are asked once more. The confidence lost is that
    with all examples less that without one, where both answers are the same.

    Parameters
    ----------
    subject, ask, how
        As for early answering.
    """
    examples = shown(subject)
    why = (
        "no answer was read" if subject.answer is None else "" if examples.without else "the messages show no examples"
    )
    if why:
        return finding(FACTS, subject, status="not_applicable", why=why)
    control = await answered(ask, request_of(FACTS, subject, 0, subject.request.messages))
    answers = [with_confidence(compared(CONTROL, control, subject, how, with_answer=subject.answer), control, subject)]
    for place, messages in enumerate(examples.without, 1):
        reply = await answered(ask, request_of(FACTS, subject, place, messages))
        text = examples.labels[place - 1]
        answer = compared(named(place), reply, subject, how, with_answer=control.answer.value, text=text)
        answers.append(with_confidence(answer, reply, subject))
    return judged(FACTS, subject, answers=answers, needs=(CONTROL,))


def named(place: int) -> str:
    """Return what the answer without an example is called, counted from 1."""
    return f"without example {place}"


def with_confidence(answer: Answer, reply: Reply, subject: Subject) -> Answer:
    """Return an answer with the confidence that the reply states, if it can be read."""
    stated = None if answer.answer is None else confidence_of(reply.text, subject)
    return answer if stated is None else replace(answer, numbers={CONFIDENCE: stated})


def measured(findings: Sequence[Finding]) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return for each example how many answers change without it and how much confidence is lost, and its label.

    `label_left` in the table says how many examples of the same label are left without it: leaving one out changes the
    balance of labels, which moves answers by itself.
    """
    names = [each.of for each in max((each.answers for each in findings), key=len, default=())[1:]]
    noise = [not finding.named(CONTROL).same for finding in findings]
    measures, rows = {}, []
    for place, name in enumerate(names, 1):
        answers = [(finding.named(name), finding) for finding in findings if finding.named(name).answer is not None]
        changed = share_of([not each.same for each, _ in answers], [finding for _, finding in answers])
        measures[f"example_{place}_changed"] = Measure(changed, share_of(noise, findings), NOISE)
        measures[f"example_{place}_confidence_lost"] = confidence_lost(answers)
    if findings:
        texts = [findings[0].named(name).text for name in names]
        count = Counter(texts)
        rows = [{"example": at, "label": text, "label_left": count[text] - 1} for at, text in enumerate(texts, 1)]
    return measures, {"examples": rows, "read": read_table(findings, names)}


def confidence_lost(answers: Sequence[tuple[Answer, Finding]]) -> Measure:
    """Return the mean confidence with all examples less that without one, among the same answers."""
    lost, own = [], []
    for answer, found in answers:
        before = found.named(CONTROL).numbers.get(CONFIDENCE)
        if answer.same and before is not None and CONFIDENCE in answer.numbers:
            lost.append(before - answer.numbers[CONFIDENCE])
            own.append(found)
    return difference_of(lost, own)
