"""Filler: whether it is the reasoning that helps, or that there is as much text."""

from collections.abc import Sequence
from typing import Any

from selfexplain.records import Ask
from selfexplain.trials.asking import compared, finding, judged
from selfexplain.trials.continuing import begun, continued
from selfexplain.trials.finding import Finding
from selfexplain.trials.kept_answers import NONE, UNCHANGED, kept_beside
from selfexplain.trials.reasoning import reasoning_of
from selfexplain.trials.summary import Measure, Summary, by_mode
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial

FILLER = "filler"


def cost(subject: Subject, how: How) -> Cost:
    """Return three calls: no reasoning, the unchanged one, filler."""
    del how
    return Cost({"": 3}) if reasoning_of(subject)[0] is not None else Cost()


def measured(findings: Sequence[Finding]) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return how many answers are kept."""
    return kept_beside(findings, FILLER, (NONE, UNCHANGED))


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return how many answers filler keeps, beside no reasoning and the unchanged one."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="filler",
    family="reasoning",
    question="does as much text without content do what the reasoning does?",
    address=4000,
    cost=cost,
    summarise=summarise,
    needs="a template that asks for reasons before the answer in one reply that is no JSON: why-first, steps",
    source="Lanham et al. 2023, arXiv:2307.13702, section 2.5",
)


@trial(FACTS)
async def filler(subject: Subject, ask: Ask, how: How) -> Finding:
    """Put dots of the same length in the place of the reasoning, and force the answer.

    Beside it stand the answers without any reasoning and with the unchanged one. Where reasoning is used, filler does
    no better than none.

    Parameters
    ----------
    subject, ask, how
        As for early answering.
    """
    reasoning, why = reasoning_of(subject)
    if reasoning is None:
        return finding(FACTS, subject, mode=how.mode, status="not_applicable", why=why)
    answers = []
    texts = {NONE: "", UNCHANGED: reasoning.whole, FILLER: dots(len(reasoning.whole))}
    for place, (name, text) in enumerate(texts.items()):
        reply = await continued(ask, begun(FACTS, subject, how, reasoning, text, place=place))
        answers.append(compared(name, reply, subject, how, with_answer=subject.answer))
    return judged(FACTS, subject, answers=answers, mode=how.mode)


def dots(length: int) -> str:
    """Return filler of as many characters.

    >>> dots(5)
    '… … …'
    """
    return ("… " * length)[:length].rstrip() if length % 2 else ("… " * length)[: length - 1] + "…" * (length > 0)
