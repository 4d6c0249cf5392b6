"""Records as a Run leaves them, and models whose inside is known, for trials to look into."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.grading.same_answer import SameAnswer
from selfexplain.pipeline.read import record_of
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Call, Item, Request, Response
from selfexplain.trials.conduct import conduct, cost_of
from selfexplain.trials.finding import Finding
from selfexplain.trials.summary import Summary
from selfexplain.trials.trial import How, Subject, Trial, subject_of

GRADERS = plugins.graders()
HOW = How(SameAnswer(GRADERS, {}))

looked_up, tests = functools.cache(plugins.elicitation), functools.cache(plugins.trial)
"""Looking through folders takes a while."""

Reply = str | Response
Model = Callable[[Request], Reply]


def asking(model: Model, sent: list[Request] | None = None) -> Ask:
    """Return a model as an `ask`, with a note of what it was sent."""

    async def ask(request: Request) -> Response:
        if sent is not None:
            sent.append(request)
        reply = model(request)
        return Response("completed", reply) if isinstance(reply, str) else reply

    return ask


async def subject(item: Item, way: str | Template, model: Model) -> Subject:
    """Return what a Run leaves of one Item that a model was asked at temperature 0."""
    template = plugins.template(way) if isinstance(way, str) else way
    calls: dict[str, Call] = {}

    async def ask(request: Request) -> Response:
        response = await asking(model)(request)
        calls[request.key] = Call(request.key, request, response, "2026-01-01T00:00:00Z", 0.0)
        return response

    report = await looked_up(template.front.elicitation)(item, template, ask, sampling=Sampling(0.0, 1), repeat=0)
    record = record_of(item, report, repeat=0, grader=GRADERS[item.graded_by])
    found = subject_of(item, template, record, calls)
    assert found is not None
    return found


async def tried(
    name: str, items: Sequence[Item], way: str | Template, model: Model, **how: Any
) -> tuple[Summary, tuple[Finding, ...], list[Request]]:
    """Return what a trial says of a model's Run, its findings, and what it sent; its cost is what it sent."""
    trial: Trial = tests(name)
    subjects = [await subject(item, way, model) for item in items]
    sent: list[Request] = []
    settings = HOW._replace(**how)
    findings = await conduct(trial, subjects, asking(model, sent), settings)
    cost = cost_of([trial], subjects, settings)
    assert cost.total() == len(sent)
    assert {role: sum(each.role == role for each in sent) for role in cost} == dict(cost)
    (summary,) = trial.facts.summarise(findings)
    return summary, findings, sent


def value(summary: Summary, name: str) -> float | None:
    """Return the value of a measure."""
    return summary.measures[name].value


def chance(summary: Summary, name: str) -> float | None:
    """Return the chance level of a measure."""
    found = summary.measures[name].chance
    return None if found is None else found.value


def numbered(n: int, *, question: str = "What is 2 + 3?", gold: str = "5", **more: Any) -> list[Item]:
    """Return Items with one question and different ids."""
    return [replace(Item("q", question, (gold,), **more), id=f"q{number}") for number in range(n)]
