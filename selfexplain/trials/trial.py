"""What a trial is: one file, one async function that asks about one Record, and facts that sum its findings up.

A function that is marked with :func:`trial` is found by its folder or by the entry-point group `selfexplain.trials`;
nothing else registers it. It takes `ask` and knows no provider. Every call is a Request with a key of its own, so that
a trial that was cut short goes on where it stopped, and is replayed from what was recorded.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast

from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Call, Item, Record, Request, Response
from selfexplain.trials.finding import Finding

if TYPE_CHECKING:  # numpy, which whoever only lists trials does not pay for
    from selfexplain.trials.summary import Summary

Mode = Literal["prefill", "quoted"]
"""How a model is given the beginning of its reasoning: as the beginning of its own reply, or in what the user says."""

Same = Callable[[str, str, Item], bool]
"""Tells whether two answers to an Item say the same."""

Cost = Counter[str]
"""Calls by role; the empty name is the model that the Run is about."""


class Subject(NamedTuple):
    """One Record that is looked into, with the call that its answer was read from."""

    item: Item
    template: Template
    record: Record
    request: Request
    response: Response

    @property
    def answer(self) -> str | None:
        """What the model answered in the Run."""
        return self.record.report.answer.value

    @property
    def turn(self) -> int:
        """Which turn of the template asks for the answer, from 0."""
        return next(number for number, turn in enumerate(self.template.turns) if "answer" in turn.elicits)


class Explained(NamedTuple):
    """What was answered to one Item of a Run and how that was explained."""

    item: str
    cluster: str
    answer: str
    text: str


class How(NamedTuple):
    """How trials are conducted; the same for all Records of a Run."""

    same: Same
    """Does not look at the gold answer."""
    mode: Mode = "quoted"
    roles: frozenset[str] = frozenset()
    """Which of a trial's roles another model fills."""
    seed: int = 0
    others: tuple[Explained, ...] = ()
    """Explanations of the Run, for trials that compare one with another Item's."""

    def draw(self, trial: str, subject: Subject) -> random.Random:
        """Return the draws of one trial about one Record: the same in every process."""
        return random.Random(f"{self.seed}/{trial}/{subject.item.id}/{subject.record.repeat}")  # noqa: S311 - repeatable


Family = Literal["reasoning", "hints", "words", "examples", "edits"]
"""What is changed: the reasoning, what stands beside the question, its words, the examples, or the question as the
model itself edited it."""


@dataclass(frozen=True)
class TrialFacts:
    """What is known of a trial before it is conducted."""

    name: str
    family: Family
    question: str
    """Which question about the explanation it settles."""
    address: int
    """Its Requests have `turn` = address, address + 1, …: no template has so many turns, and no other trial has this
    thousand."""
    cost: Callable[[Subject, How], Cost]
    """At most so many calls about one Record; none where the trial does not apply."""
    summarise: "Callable[[Sequence[Finding]], Sequence[Summary]]"
    """Sums findings up: one Summary for each mode in which they were made."""
    needs_others: bool = False
    """Whether it compares an explanation with another Item's."""
    needs: str = ""
    """What a Run must have been asked with, and templates that do, in words."""
    role: str = ""
    """Another model that it asks, where one is named."""
    source: str = ""
    """Where it was published."""


class Trial(Protocol):
    """An async function that asks about one Record."""

    facts: TrialFacts

    def __call__(self, subject: Subject, ask: Ask, how: How) -> Awaitable[Finding]:
        """Conduct the trial."""
        ...


def explained(item: Item, record: Record) -> Explained | None:
    """Return how an answer was explained, by a rationale or by steps; None where there is no such text."""
    report = record.report
    steps = report.attribution.get("steps")
    text = report.rationale.value
    if text is None and steps is not None and steps.value is not None:
        text = " ".join(unit.text for unit in steps.value.units)
    if not text or report.answer.value is None:
        return None
    return Explained(item.id, item.drawn_with, report.answer.value, text)


def trial(facts: TrialFacts) -> Callable[[Callable[[Subject, Ask, How], Awaitable[Finding]]], Trial]:
    """Attach facts to a function, which stays what it is."""

    def attach(function: Callable[[Subject, Ask, How], Awaitable[Finding]]) -> Trial:
        marked = cast("Trial", function)
        marked.facts = facts
        return marked

    return attach


def subject_of(item: Item, template: Template, record: Record, calls: Mapping[str, Call]) -> Subject | None:
    """Return a Record as trials look into it; None where the reply with its answer is not among the calls.

    Parameters
    ----------
    item : Item
    template : Template
        The one that the Run was asked with, with its examples.
    record : Record
    calls : mapping of key to Call
        The recorded calls; those of the Record are enough.
    """
    report = record.report
    place = report.read_in.get("answer", 0)
    text = report.replies[place] if place < len(report.replies) else None
    known = [calls[key] for key in report.calls if key in calls]
    found = [call for call in known if call.response.text == text and not call.request.role]
    return Subject(item, template, record, found[-1].request, found[-1].response) if found else None
