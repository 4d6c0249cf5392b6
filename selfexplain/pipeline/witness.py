"""Let witnesses look at the answers of a Run, one Record after the other, and keep what they find."""

import inspect
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from msgspec.structs import asdict

from selfexplain.elicitation.conversation import as_quoted
from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, Reading, Record, Request, Response
from selfexplain.runs.calls import Calls, read_calls
from selfexplain.runs.evidence_files import EvidenceFile, Found, place_of
from selfexplain.runs.folder import RunFolder
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.case import Case, case_of_record
from selfexplain.witnesses.inquiry import AskingWitness, Elicit, Inquiry
from selfexplain.witnesses.removal import BASELINES
from selfexplain.witnesses.same_answer import Sameness, beside, same_answer
from selfexplain.witnesses.taken_away import ASKED, require_baseline
from selfexplain.witnesses.witness import Cost, Witness

AnyWitness = Witness | AskingWitness


@dataclass(frozen=True)
class Settings:
    """What is asked of witnesses; None is the default of each."""

    unit: UnitKind = "word"
    target: Target | None = None
    baseline: str | None = None
    seed: int | None = None

    def of(self, witness: "AnyWitness") -> dict[str, Any]:
        """Return those that this witness takes, as keywords beside `units`; what it explains by default is stated.

        Raises
        ------
        InputError
            When it cannot explain this target, or units cannot be taken away so.
        """
        facts, taken = witness.facts, inspect.signature(witness).parameters
        target = self.target or facts.targets[0]
        if target not in facts.targets:
            raise InputError(f"{facts.name} cannot explain `{target}`", hint=f"it explains {', '.join(facts.targets)}")
        if self.baseline is not None and "baseline" in taken:
            require_baseline(self.baseline, BASELINES if facts.needs == "white_box" else ASKED)
        wanted = {"target": target, "baseline": self.baseline, "seed": self.seed}
        return {name: value for name, value in wanted.items() if value is not None and name in taken}


@dataclass(frozen=True)
class Asked:
    """A Record whose answer can be explained: from which Request it came."""

    record: Record
    item: Item
    request: Request
    response: Response


@dataclass
class Looked:
    """What was found, what it cost, and what was not looked at."""

    evidence: dict[str, list[Found]] = field(default_factory=dict)
    """By witness, in the order of the Records."""
    asked: list[Asked] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Records without an answer that could be explained, by reason."""
    n_new: Counter[str] = field(default_factory=Counter)
    """By witness, how often it looked just now."""
    seconds: float = 0.0
    """Just now, everything included."""


Tell = Callable[[str], None]
Watch = Callable[[int, int], None]
"""Told how many Records are done, and of how many."""


def explainable(
    folder: RunFolder, records: Sequence[Record], items: Mapping[str, Item], limit: int | None
) -> tuple[list[Asked], Counter[str]]:
    """Return the first Records whose answer was read, with what was sent for it; and why others are left out.

    Parameters
    ----------
    folder : RunFolder
    records : sequence of Record
    items : mapping of id to Item
    limit : int, optional
        At most so many, from the first on.
    """
    wanted, left_out = list[Record](), Counter[str]()
    for record in records:
        answer = record.report.answer
        if limit is not None and len(wanted) == limit:
            break
        if answer.value is None or answer.span is None:
            left_out["no_answer" if record.report.outcome == "completed" else record.report.outcome] += 1
        else:
            wanted.append(record)
    keys = {key for record in wanted for key in record.report.calls}
    requests = {call.key: call.request for call in read_calls(folder.path / "calls") if call.key in keys}
    calls, found = folder.calls(), []
    for record in wanted:
        asked = answered_by(record, requests, calls)
        if asked is None:
            left_out["no_call"] += 1
        else:
            found.append(Asked(record, items[record.item], *asked))
    return found, left_out


def answered_by(record: Record, requests: Mapping[str, Request], calls: Calls) -> tuple[Request, Response] | None:
    """Return the Request and the reply that a Record's answer was read from."""
    text = record.report.replies[record.report.read_in.get("answer", 0)]
    for key in reversed(record.report.calls):
        reply = calls.reply(key)
        if key in requests and reply is not None and reply.text == text:
            return requests[key], reply
    return None


def case_for(asked: Asked, template: Template, unit: UnitKind) -> Case:
    """Return the Case of a Record; raises InputError where it cannot be one."""
    report, request = asked.record.report, asked.request
    told: dict[str, Reading[Any]] = {"answer": report.answer, "rationale": report.rationale}
    told |= dict(report.attribution.items())
    quoted = {name: as_quoted(reading.value) for name, reading in told.items() if reading.value is not None}
    return case_of_record(
        asked.record, asked.item, template, request.messages, turn=request.turn, quoted=quoted, kind=unit
    )


def cost_of(witnesses: Mapping[str, AnyWitness], n_units: int, n_tokens: int) -> Cost:
    """Return what it costs to let all of some witnesses look at one answer, the check of the answer included."""
    total = Cost(forward=any(witness.facts.needs == "white_box" for witness in witnesses.values()))
    for witness in witnesses.values():
        total += witness.facts.cost(n_units, n_tokens)
    return total


@dataclass(frozen=True)
class Asking:
    """What answers Requests, and how a Run's Items are put to it once more."""

    ask: Ask
    """One that remembers: what was asked already is not asked again."""
    elicit: Elicit
    same: Callable[[str, str, Item], bool]
    identity: Mapping[str, str]
    close: Callable[[], Awaitable[None]]
    """Lets go of the model and of the file of its replies."""


@dataclass(frozen=True)
class Inside:
    """A model that is looked into, and what its identity rests on."""

    model: WhiteBox
    identity: Mapping[str, str]
    is_served: bool = False
    """Whether it is the very object that answered: nothing need be compared then."""


@dataclass(frozen=True)
class Look:
    """Witnesses, and what they look at."""

    folder: RunFolder
    """Its folder `evidence` takes a line for each Record and witness, as soon as it is found."""
    template: Template
    """As the Run was asked."""
    witnesses: Mapping[str, AnyWitness]
    settings: Settings
    inside: Inside | None
    """For those that look inside."""
    asking: Asking | None
    """For those that ask again."""
    pool: Sequence[str] = ()
    """Questions to take words from, for what is replaced."""

    async def at(self, asked: Sequence[Asked], *, say: Tell, watch: Watch) -> Looked:
        """Let the witnesses look at Records; what is on disk for the same settings is not looked at again.

        Parameters
        ----------
        asked : sequence of Asked
        say, watch : callable
            Told sentences, and how far it has come.
        """
        since = time.perf_counter()
        files = {name: EvidenceFile(self.folder.path, name) for name in self.witnesses}
        found = Looked(asked=list(asked), evidence={name: [] for name in self.witnesses})
        for number, each in enumerate(asked, 1):
            places = {name: place_of(each.request.key, self.who(name), self.how(name)) for name in self.witnesses}
            left = [name for name in self.witnesses if files[name].is_open(places[name])]
            before = sum(found.n_new.values())
            async for name, evidence in self.each(each, left):
                files[name].append(self.found(name, each, evidence))
                found.n_new[name] += 1
            for name, place in places.items():
                if (known := files[name].get(place)) is not None:
                    found.evidence[name].append(known)
            watch(number, len(asked))
            if left and not before and number < len(asked):
                say(forecast(time.perf_counter() - since, len(asked) - number))
        found.seconds = time.perf_counter() - since
        return found

    def found(self, name: str, asked: Asked, evidence: Evidence) -> Found:
        """Return Evidence with what decided it."""
        who, how, device = self.who(name), self.how(name), self.device(name)
        return Found(**asdict(evidence), reply=asked.request.key, inside=who, settings=how, device=device)

    def how(self, name: str) -> dict[str, Any]:
        """Return the settings that decide what a witness finds."""
        return self.settings_of(self.witnesses[name])

    def settings_of(self, witness: AnyWitness) -> dict[str, Any]:
        """Return the settings that decide what any witness would find."""
        return {"unit": self.settings.unit, **self.settings.of(witness)}

    def who(self, name: str) -> Mapping[str, str]:
        """Return the identity of the model that a witness looks at."""
        return self.who_is(self.witnesses[name])

    def who_is(self, witness: AnyWitness) -> Mapping[str, str]:
        """Return the identity of the model that any witness would look at; empty where nobody looks so now."""
        at = self.inside if witness.facts.needs == "white_box" else self.asking
        return {} if at is None else at.identity

    def device(self, name: str) -> str:
        """Return what a witness works on, where it says so and nobody is asked."""
        return getattr(self.inside.model, "device", "") if self.inside and self.looks_inside(name) else ""

    def looks_inside(self, name: str) -> bool:
        """Tell whether a witness looks into the model; the others ask it."""
        return self.witnesses[name].facts.needs == "white_box"

    async def each(self, asked: Asked, names: Sequence[str]) -> AsyncIterator[tuple[str, Evidence]]:
        """Yield what each witness finds about one Record."""
        inside = [name for name in names if self.looks_inside(name)]
        if inside and self.inside is not None:
            case, same = self.compared(self.inside, asked)
            for name in inside:
                yield name, self.one(self.inside.model, asked, name, case, same)
        if self.asking is not None:
            for name in names:
                if name not in inside:
                    yield name, await self.asked_again(self.asking, asked, name)

    def compared(self, inside: Inside, asked: Asked) -> tuple[Case | None, Sameness]:
        """Return a Record's Case, and whether the model in this process would have answered so."""
        case = None
        try:
            case = case_for(asked, self.template, self.settings.unit)
            if inside.is_served:
                return case, Sameness("ok", "", {})
            return case, same_answer(inside.model, case, asked.response, is_greedy=asked.request.temperature == 0)
        except InputError as error:
            return case, Sameness("not_applicable", error.message, {})

    def one(self, model: WhiteBox, asked: Asked, name: str, case: Case | None, same: Sameness) -> Evidence:
        """Return what one witness finds inside; nothing where the model would have answered otherwise."""
        nothing = nothing_found(asked.record, name, self.how(name))
        if case is None or same.status != "ok":
            return beside(nothing, same)
        looks = cast("Witness", self.witnesses[name])
        try:
            return beside(looks(model, case, **self.keywords(name, asked)), same)
        except InputError as error:
            return beside(nothing, Sameness("not_applicable", error.message, same.checks))

    async def asked_again(self, asking: Asking, asked: Asked, name: str) -> Evidence:
        """Return what one witness finds by asking."""
        asks = cast("AskingWitness", self.witnesses[name])
        inquiry = Inquiry(asked.record, asked.item, self.template, asking.elicit, asking.same)
        try:
            return await asks(asking.ask, inquiry, self.settings.unit, **self.keywords(name, asked))
        except InputError as error:
            nothing = nothing_found(asked.record, name, self.how(name))
            return beside(nothing, Sameness("not_applicable", error.message, {}))

    def keywords(self, name: str, asked: Asked) -> dict[str, Any]:
        """Return what a witness is called with."""
        found = self.settings.of(self.witnesses[name])
        if found.get("baseline") == "replace":
            found["pool"] = self.pool_for(asked)
        return found

    def pool_for(self, asked: Asked) -> list[str]:
        """Return the questions that words may be taken from: all others."""
        return [text for text in self.pool if text != asked.item.question]

    async def close(self) -> None:
        """Let go of the model that is asked; nothing can look any more."""
        if self.asking is not None:
            await self.asking.close()


def forecast(seconds: float, left: int) -> str:
    """Say how long the other Records will take, from the first.

    >>> forecast(2.0, 30)
    'The first answer took 2.0 s: about 60 s for the other 30, less where evidence is there already.'
    """
    return (
        f"The first answer took {seconds:.1f} s: about {seconds * left:,.0f} s for the other {left}, "
        "less where evidence is there already."
    )


def nothing_found(record: Record, name: str, how: Mapping[str, Any]) -> Evidence:
    """Return Evidence without units, for a Record that was not looked at."""
    return Evidence(
        witness=name,
        item=record.item,
        repeat=record.repeat,
        target=how.get("target", "margin"),
        unit=how["unit"],
        baseline=how.get("baseline", "none"),
    )
