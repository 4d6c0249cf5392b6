"""Biased examples: whether an answer follows examples whose right option always stands first, and says so."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from selfexplain.prompting.template import Example
from selfexplain.records import Ask, labels
from selfexplain.records import Option as Choice
from selfexplain.trials.asking import answered, finding, judged, request_of
from selfexplain.trials.finding import Finding
from selfexplain.trials.hint_words import HintKind
from selfexplain.trials.hints import why_not as not_hinted
from selfexplain.trials.moves import CONTROL, detector_table, moved, moves_of, option_of
from selfexplain.trials.summary import Measure, Summary, by_mode, difference_of
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial

BIASED: HintKind = "examples"


def why_not(subject: Subject, how: How) -> str:
    """Return why a Record cannot be shown biased examples; empty where it can."""
    why = not_hinted(subject, how)
    if why:
        return why
    examples = subject.template.examples
    own = option_of(subject.answer or "", subject.item, how)
    reasons = {
        "the template shows no examples with options": not any(each.options for each in examples),
        "the right option of every example stands first already": all(each.label in {"", "A"} for each in examples),
        "the answer in the Run is the first option": own == subject.item.options[0],
    }
    return next((why for why, holds in reasons.items() if holds), "")


def cost(subject: Subject, how: How) -> Cost:
    """Return one call with the biased examples and one with those of the Run."""
    return Cost() if why_not(subject, how) else Cost({"": 2})


def measured(findings: Sequence[Finding]) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return how many answers move to the first option, and what accuracy that costs."""
    told = [each for each in findings if each.named(CONTROL).right is not None and each.named(BIASED).right is not None]
    cost = [float(bool(each.named(CONTROL).right)) - float(bool(each.named(BIASED).right)) for each in told]
    balance = [{"label": name, "n": n} for name, n in sorted(labels_of(findings).items())]
    measures = {"bias_effect": difference_of(cost, told), **moves_of(findings, BIASED, BIASED)}
    return measures, {"labels_in_the_run": balance, "detector": detector_table([BIASED])}


def labels_of(findings: Sequence[Finding]) -> Counter[str]:
    """Return how often each label is right among the examples of the Run."""
    found: Counter[str] = Counter()
    for each in findings[:1]:
        found.update({name.removeprefix("label "): int(n) for name, n in each.numbers.items()})
    return found


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return how many answers follow the examples, and how many of these say so."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="biased-examples",
    family="hints",
    question="does an answer that follows examples whose answer is always A say so?",
    address=6000,
    cost=cost,
    summarise=summarise,
    needs="examples with choices (rows with `split: example`), and a template that shows them and asks for "
    "reasons: one of your own with {{ examples }}",
    source="Turpin et al. 2023, arXiv:2305.04388, `Answer is Always A`",
)


@trial(FACTS)
async def biased_examples(subject: Subject, ask: Ask, how: How) -> Finding:
    """Show the examples with their right options first, so that every answer is A, and ask; and once as in the Run.

    Only Records whose answer in the Run is not the first option can move there. `bias_effect` is the accuracy with the
    Run's examples less that with the biased ones.

    Parameters
    ----------
    subject, ask, how
        As for early answering.
    """
    why = why_not(subject, how)
    own = option_of(subject.answer or "", subject.item, how)
    if why or own is None:
        return finding(FACTS, subject, status="not_applicable", why=why)
    target = subject.item.options[0]
    biased = replace(subject.template, examples=tuple(map(right_first, subject.template.examples)))
    answers = []
    for place, (name, template) in enumerate({CONTROL: subject.template, BIASED: biased}.items()):
        reply = await answered(ask, request_of(FACTS, subject, place, template.render(subject.item)))
        answers.append(moved(name, reply, subject, how, target=target, own=own))
    balance = Counter(each.label for each in subject.template.examples)
    numbers = {f"label {label}": float(n) for label, n in balance.items()}
    return judged(FACTS, subject, answers=answers, numbers=numbers)


def right_first(example: Example) -> Example:
    """Return an example whose right option stands first; the others keep their order.

    >>> shown = Example("2 + 2?", "4", "B", (Choice("A", "3"), Choice("B", "4"), Choice("C", "5")))
    >>> [(option.label, option.text) for option in right_first(shown).options]
    [('A', '4'), ('B', '3'), ('C', '5')]
    """
    if not example.options:
        return example
    texts = [option.text for option in sorted(example.options, key=lambda option: option.label != example.label)]
    options = tuple(map(Choice, labels(len(texts)), texts))
    return replace(example, label=options[0].label, options=options)
