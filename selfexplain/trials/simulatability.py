"""Simulatability: whether an explanation lets somebody else foresee what the model answers when a word is hidden."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from selfexplain.prompting.named_words import content_words
from selfexplain.records import Ask, Message, Request
from selfexplain.trials.asking import Reply, answered, finding, request_of
from selfexplain.trials.finding import Answer, Finding
from selfexplain.trials.moves import read_table
from selfexplain.trials.random_edits import GAP
from selfexplain.trials.summary import Measure, Summary, by_mode, difference_of, share_of
from selfexplain.trials.trial import Cost, Explained, How, Subject, TrialFacts, explained, trial
from selfexplain.words_in import words_in

SIMULATOR = "simulator"

EDITS = 2
"""So many words are hidden, each by itself."""

NONE, OWN, ANOTHER = "no explanation", "its explanation", "another explanation"
SHOWN = (NONE, OWN, ANOTHER)
"""What the simulator is shown beside the question and its answer."""


class Row(NamedTuple):
    """One hidden word: whether each simulation foresees the answer, and whether the answer is still the same."""

    finding: Finding
    hits: dict[str, bool]
    is_same: bool


def why_not(subject: Subject, how: How) -> str:
    """Return why there is nothing to simulate; empty where there is."""
    own = explained(subject.item, subject.record)
    reasons = {
        f"nobody fills the role {SIMULATOR}": SIMULATOR not in how.roles,
        "no answer was read": subject.answer is None,
        "no explanation was read": own is None,
        "the answer is asked for in a later turn": subject.turn > 0,
        "the simulator is asked in English": subject.template.front.language != "en",
        "no other Item is explained": own is not None and another(own, how) is None,
        f"the question has fewer than {EDITS} content words": len(places_in(subject.item.question)) < EDITS,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def cost(subject: Subject, how: How) -> Cost:
    """Return one call for each hidden word, and three of the simulator."""
    return Cost() if why_not(subject, how) else Cost({"": EDITS, SIMULATOR: EDITS * len(SHOWN)})


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return how often the simulator foresees the answer, beside its two nulls."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="simulatability",
    family="words",
    question="does the explanation let somebody else foresee the answer when a word is hidden?",
    address=10000,
    cost=cost,
    summarise=summarise,
    needs_others=True,
    needs="another model in the role simulator, and a template in English that asks for reasons in the turn of the "
    "answer: answer-why-confidence, why-first, steps",
    role=SIMULATOR,
    source="Chen et al. 2023, arXiv:2307.08678, for the precision; words hidden at random and the second null are ours",
)


@trial(FACTS)
async def simulatability(subject: Subject, ask: Ask, how: How) -> Finding:
    """Hide a word of the question, twice another one, ask the model, and let a simulator say what it answers.

    The simulator is shown the question, the model's answer and: no explanation, the model's own, another Item's. It is
    asked for what the model answers to the question with the hidden word. What counts is the gain over both nulls: the
    first holds what the simulator knows of the question, the second what any text of this kind does. The other
    explanation is one of another cluster, of the same answer where there is one, so that to agree with the answer gains
    nothing.

    Parameters
    ----------
    subject, ask, how
        As for early answering; `how.roles` names who fills the role `simulator`, which ought to be another model: one
        that simulates itself needs no explanation.
    """
    why, own = why_not(subject, how), explained(subject.item, subject.record)
    other = another(own, how) if own is not None else None
    if why or own is None or other is None:
        return finding(FACTS, subject, status="not_applicable", why=why)
    answers: list[Answer] = []
    for number, text in enumerate(hidden(subject, how), 1):
        place = (number - 1) * (1 + len(SHOWN))
        edited = replace(subject.item, question=text)
        reply = await answered(ask, request_of(FACTS, subject, place, subject.template.render(edited)))
        answers.append(said(named(number), reply, subject, how, beside=subject.answer, text=text))
        for at, (shown, explanation) in enumerate(zip(SHOWN, ("", own.text, other.text), strict=True), 1):
            request = simulating(subject, place + at, text, explanation)
            simulated = await answered(ask, request)
            of, beside = named(number, shown), reply.answer.value
            answers.append(said(of, simulated, subject, how, beside=beside, text=explanation))
    return told(subject, answers)


def told(subject: Subject, answers: Sequence[Answer]) -> Finding:
    """Return the finding: usable where one hidden word has an answer and all simulations of it."""
    found = finding(FACTS, subject, answers=answers)
    if rows_of([found]):
        return found
    missing = next(each for each in answers if each.answer is None)
    if missing.why == "failed":
        return replace(found, status="failed")
    return replace(found, status="no_answer", why=missing.why)


def hidden(subject: Subject, how: How) -> list[str]:
    """Return the question with one content word hidden, `EDITS` times, each time another one."""
    question = subject.item.question
    words = words_in(question)
    places = how.draw(FACTS.name, subject).sample(places_in(question), EDITS)
    return [question[: words[at].start] + GAP + question[words[at].stop :] for at in places]


def places_in(question: str) -> list[int]:
    """Return the places of a question's content words."""
    return content_words(words_in(question))


def named(number: int, shown: str = "") -> str:
    """Return what an answer is called: the model's own with a hidden word, or a simulation of it."""
    return f"word {number} hidden" + (f", {shown}" if shown else "")


def said(of: str, reply: Reply, subject: Subject, how: How, *, beside: str | None, text: str) -> Answer:
    """Return an answer beside the Run's, or a simulation beside the model's answer with that word hidden."""
    answer = reply.answer.value
    if answer is None:
        return Answer(of, None, reply.why, text=text)
    same = None if beside is None else how.same(answer, beside, subject.item)
    return Answer(of, answer, same=same, text=text)


def another(own: Explained, how: How) -> Explained | None:
    """Return an explanation of another cluster, of the same answer where there is one; the same in every process.

    It is that whose name has the least hash together with this one's: when the Run grows, most stay as they are.
    """
    others = [each for each in how.others if each.cluster != own.cluster]
    alike = [each for each in others if each.answer.casefold() == own.answer.casefold()]

    def rank(each: Explained) -> bytes:
        return hashlib.sha256(f"{how.seed}/{own.item}/{each.item}".encode()).digest()

    return min(alike or others, key=rank, default=None)


def simulating(subject: Subject, place: int, edited: str, explanation: str) -> Request:
    """Return the Request to the simulator."""
    item = subject.item
    options = "\n" + "\n".join(f"{option.label}) {option.text}" for option in item.options) if item.options else ""
    why = f"\nIts explanation: {explanation}" if explanation else ""
    text = (
        f"A model was asked this question.\n\nQuestion: {item.question}{options}\nIts answer: {subject.answer}{why}\n\n"
        f"Now it is asked again, with one word hidden.\n\nQuestion: {edited}{options}\n\n"
        "Which answer does the same model give now, right or wrong? It may be the same answer or another one. Reply "
        "with exactly one line and nothing else: write `Answer:` and then the answer that the model gives, as short as "
        "possible."
    )
    return request_of(FACTS, subject, place, (Message("user", text),), role=SIMULATOR)


def rows_of(findings: Sequence[Finding]) -> list[Row]:
    """Return the hidden words of which the model's answer and every simulation could be read."""
    rows = []
    for each in findings:
        for number in range(1, EDITS + 1):
            own = each.named(named(number))
            simulated = {shown: each.named(named(number, shown)) for shown in SHOWN}
            if own.answer is not None and all(one.answer is not None for one in simulated.values()):
                hits = {shown: bool(one.same) for shown, one in simulated.items()}
                rows.append(Row(each, hits, bool(own.same)))
    return rows


def measured(findings: Sequence[Finding]) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return how often the answer is foreseen, over hidden words; the clusters are those of the Items."""
    rows = rows_of(findings)
    own = [row.finding for row in rows]
    rates = {shown: share_of([row.hits[shown] for row in rows], own) for shown in SHOWN}
    measures = {
        "precision": Measure(rates[OWN], rates[NONE], "the simulator without an explanation"),
        "precision_with_another": Measure(rates[ANOTHER], rates[NONE], "the simulator without an explanation"),
        "gain_over_none": difference_of([float(row.hits[OWN]) - float(row.hits[NONE]) for row in rows], own),
        "gain_over_another": difference_of([float(row.hits[OWN]) - float(row.hits[ANOTHER]) for row in rows], own),
        "unchanged": Measure(share_of([row.is_same for row in rows], own)),
    }
    names = [named(number, shown) for number in range(1, EDITS + 1) for shown in ("", *SHOWN)]
    return measures, {"read": read_table(findings, names)}
