"""Looks from outside: a Record's question is put once more, without some of its units, to whatever answers Requests.

No inside is needed, so this works on a model behind an API; what it sees is what a user would see. A question is made
anew from the template through its Item: messages are never cut.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import msgspec
from msgspec.structs import replace

from selfexplain.errors import InputError, SelfexplainError
from selfexplain.evidence import TEMPLATE, Evidence, ScoredUnit, Target, UnitKind
from selfexplain.prompting.parts import layout_of
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, Record, Request, Response, SelfReport, Source, Status, Why
from selfexplain.witnesses.answer_margin import margin_of
from selfexplain.witnesses.case import REMAINDER, Unit, competing, units_of
from selfexplain.witnesses.changed_item import without, written_out
from selfexplain.witnesses.witness import WitnessFacts

ALTERNATIVES = 20
"""To each token of a reply, for a margin: as many as APIs give."""


class Elicit(Protocol):
    """An elicitation whose sampling is settled: `functools.partial(once, sampling=Sampling(0.0, 1))`."""

    def __call__(self, item: Item, template: Template, ask: Ask, *, repeat: int) -> Awaitable[SelfReport]:
        """Ask an Item."""
        ...


class Inquiry(NamedTuple):
    """A Record whose answer was read, and how its Item is put once more."""

    record: Record
    item: Item
    template: Template
    """Of the Run, showing the Dataset's examples."""
    elicit: Elicit
    """Of the Run, at temperature 0 unless there are repeats."""
    same: Callable[[str, str, Item], bool]
    """Whether two answers to the Item say the same, by its grader: `grading.same_answer.SameAnswer`."""
    source: Source = "stated"
    """Of the confidence."""

    @property
    def answer(self) -> str:
        """The answer that is looked into; an option as its text.

        Raises
        ------
        InputError
            When none was read.
        """
        reading = self.record.report.answer
        if reading.value is None:
            raise InputError(
                f"{self.record.item!r} has no answer to explain: {reading.why}", hint="leave such Records out"
            )
        return written_out(reading.value, self.item)

    def units(self, kind: UnitKind) -> tuple[Unit, ...]:
        """Return the units of what is shown in the first turn."""
        return tuple(units_of(layout_of(self.template, self.item), kind))


class Seen(NamedTuple):
    """What came back to one changed question, as far as it matters here."""

    status: Status
    """`ok`, or why there is no answer to compare, in the words of a Record's status."""
    same: bool = False
    confidence: float | None = None
    margin: float | None = None
    bounded: bool = False
    """Whether the margin is only a bound, since an answer was not among the alternatives."""


class AskingWitness(Protocol):
    """An async function from what answers Requests and an Inquiry to Evidence; all else has a default."""

    facts: WitnessFacts

    def __call__(
        self, ask: Ask, inquiry: Inquiry, units: UnitKind = "word", **settings: Any
    ) -> Coroutine[Any, Any, Evidence]:
        """Look at one answer; `target` is among the settings."""
        ...


def asking_witness(facts: WitnessFacts) -> Callable[[Callable[..., Coroutine[Any, Any, Evidence]]], AskingWitness]:
    """Attach facts to an async function, which stays what it is."""

    def attach(function: Callable[..., Coroutine[Any, Any, Evidence]]) -> AskingWitness:
        marked = cast("AskingWitness", function)
        marked.facts = facts
        return marked

    return attach


class Interview:
    """Puts one Item again and again, changed each time; what was put already is not put twice.

    Parameters
    ----------
    ask : callable
        Sends a Request, returns its Response; one that remembers makes a witness resume and replay.
    inquiry : Inquiry
    target : str
        With `margin` alternatives to the tokens are asked for, which makes other Requests of the same messages.
    """

    def __init__(self, ask: Ask, inquiry: Inquiry, target: Target) -> None:
        self.since = time.perf_counter()
        self.inquiry, self.target, self._ask = inquiry, target, ask
        self.template = shortened(inquiry.template)
        if target == "margin":
            front = self.template.front
            more = replace(front, top_logprobs=max(ALTERNATIVES, front.top_logprobs))
            self.template = replace(self.template, front=more)
        self._keys: set[str] = set()
        self._known: dict[bytes, asyncio.Task[Seen]] = {}

    @property
    def n_calls(self) -> int:
        """How many different Requests were answered, whether they were sent now or had a recorded reply."""
        return len(self._keys)

    async def unchanged(self, repeats: Iterable[int]) -> list[Seen]:
        """Put the question as it is, in several repeats."""
        return await self._all([self._put(self.inquiry.item, self.template, repeat) for repeat in repeats])

    async def without(
        self, groups: Sequence[tuple[frozenset[int], int]], units: Sequence[Unit], texts: Sequence[Sequence[str] | None]
    ) -> list[Seen]:
        """Put the question without some units, each group of them in a repeat of its own.

        Parameters
        ----------
        groups : sequence of (units, repeat)
            Places in `units`.
        units : sequence of Unit
        texts : sequence, one for each group
            What stands in each unit's place; None: nothing.
        """
        changed = [
            (*without(self.inquiry.item, self.template, [units[place] for place in sorted(gone)], instead), repeat)
            for (gone, repeat), instead in zip(groups, map(chosen, groups, texts), strict=True)
        ]
        return await self._all([self._put(item, template, repeat) for item, template, repeat in changed])

    async def _all(self, tasks: Sequence[asyncio.Task[Seen]]) -> list[Seen]:
        """Wait for all; the first that fails stops the others."""
        try:
            return list(await asyncio.gather(*tasks))
        except SelfexplainError:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    def _put(self, item: Item, template: Template, repeat: int) -> asyncio.Task[Seen]:
        key = msgspec.json.encode((item, template.examples, repeat))
        if key not in self._known:
            self._known[key] = asyncio.create_task(self._see(item, template, repeat))
        return self._known[key]

    async def _see(self, item: Item, template: Template, repeat: int) -> Seen:
        replies: dict[str, Response] = {}

        async def ask(request: Request) -> Response:
            replies[request.key] = response = await self._ask(request)
            return response

        report = await self.inquiry.elicit(item, template, ask, repeat=repeat)
        self._keys |= replies.keys()
        if report.answer.value is None:
            return Seen(status_of(report))
        same = self.inquiry.same(self.inquiry.answer, written_out(report.answer.value, item), self.inquiry.item)
        stated = report.confidence.get(self.inquiry.source)
        seen = Seen("ok", same, None if stated is None else stated.value)
        if self.target != "margin":
            return seen
        text = report.replies[report.read_in.get("answer", 0)]
        response = next(each for each in replies.values() if each.text == text)
        given = self.inquiry.record.report.answer.value or ""
        margin = margin_of(response, report.answer, given, competing(self.inquiry.item, given))
        return seen._replace(margin=margin.value, bounded=margin.bounded)


BY_ANSWER: Mapping[Why, Status] = {"truncated": "truncated", "declined": "declined", "ambiguous": "ambiguous"}


def status_of(report: SelfReport) -> Status:
    """Return why a report without an answer has none."""
    if report.outcome in {"failed", "refused"}:
        return "failed" if report.outcome == "failed" else "refused"
    if report.outcome == "completed" and not report.replies[-1].strip():
        return "no_answer"  # ended by the model itself, so nothing was cut off
    return "truncated" if report.outcome == "truncated" else BY_ANSWER.get(report.answer.why, "no_answer")


def chosen(group: tuple[frozenset[int], int], texts: Sequence[str] | None) -> list[str] | None:
    """Return the texts of a group's units, in order."""
    return None if texts is None else [texts[place] for place in sorted(group[0])]


def shortened(template: Template) -> Template:
    """Return a template without the turns after the last one that asks for answer or confidence.

    Only where its elicitation asks turn by turn; others need all of theirs.

    >>> from selfexplain.prompting.template import named
    >>> len(shortened(named("redact")).turns), len(shortened(named("two-turn")).turns)
    (1, 2)
    """
    if template.front.elicitation != "once":
        return template
    needed = [n for n, turn in enumerate(template.turns, 1) if {"answer", "confidence"} & set(turn.elicits)]
    return replace(template, turns=template.turns[: max(needed, default=1)])


def unread(seen: Iterable[Seen]) -> dict[str, float | str | bool]:
    """Return how many replies had no answer to compare, and why; nothing where all had one."""
    why = Counter(each.status for each in seen if each.status != "ok")
    told = ", ".join(f"{status} {n}" for status, n in sorted(why.items()))
    return {"n_unread": float(why.total()), "unread": told} if why else {}


def evidence_of(
    facts: WitnessFacts,
    interview: Interview,
    kind: UnitKind,
    units: Sequence[ScoredUnit],
    *,
    baseline: str,
    checks: dict[str, float | str | bool],
    seed: int | None,
    mode: str,
    status: str = "ok",
    why: str = "",
) -> Evidence:
    """Return what was found as Evidence; the template is there in every question, and has no score."""
    record = interview.inquiry.record
    return Evidence(
        witness=facts.name,
        item=record.item,
        repeat=record.repeat,
        target=interview.target,
        unit=kind,
        baseline=baseline,
        units=(*units, ScoredUnit(REMAINDER, TEMPLATE, ())),
        n_forward=interview.n_calls,
        seconds=time.perf_counter() - interview.since,
        checks=checks,
        seed=seed,
        mode=mode,
        status=status,
        why=why,
    )
