"""What holds for everything that is registered, also for what is added later.

A new provider, elicitation, template or dataset joins by being found; metrics and graders have their own files,
`calibration/test_every_metric.py` and `grading/test_every_grader.py`.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from selfexplain import plugins
from selfexplain.datasets.askable import require_askable
from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.errors import InputError
from selfexplain.prompting import template as templates
from selfexplain.prompting.template import Template
from selfexplain.records import Dataset, Failure, Item, Outcome, Request, Response, Token

ITEM = Item("peru", "What is the capital of Peru?", gold=("Lima",), choices=("Lima", "Quito"))
REPLY = "Answer: Lima\nBecause: it is where the government sits.\nConfidence: 0.9"
OUTCOMES: list[Outcome] = ["completed", "truncated", "refused", "failed"]


@pytest.mark.parametrize("make", plugins.providers().values(), ids=lambda make: make.prefix)
def test_every_provider_says_what_it_is(make: Any) -> None:
    """A prefix without a slash, a sensible concurrency, and the two async verbs."""
    assert re.fullmatch(r"[a-z][a-z0-9-]*", make.prefix)
    assert make.concurrency >= 1
    assert inspect.iscoroutinefunction(make.generate)
    assert inspect.iscoroutinefunction(make.aclose)
    assert make.__doc__


@pytest.mark.parametrize("name", sorted(templates.available()))
def test_every_template_is_whole(name: str) -> None:
    """Its own name, a source, a system message, the question in the last turn, an elicitation that exists."""
    template = plugins.template(name)
    messages = template.render(ITEM)

    assert template.front.name == name
    assert template.front.source
    assert messages[0].role == "system"
    assert ITEM.question in messages[-1].content
    assert template.front.elicitation in plugins.elicitations()


def asked(elicitation: Elicitation, template: Template) -> Callable[[Outcome], Any]:
    """Return what asks one Item and gets a reply with the given outcome."""

    async def ask(outcome: Outcome) -> Any:
        requests: list[Request] = []

        async def answer(request: Request) -> Response:
            requests.append(request)
            if outcome == "failed":
                return Response(outcome, failure=Failure("overloaded", "it was too much"))
            return Response(outcome, text=REPLY, tokens=(Token(REPLY, -0.5),))

        report = await elicitation(ITEM, template, answer, sampling=Sampling(0.0, 1), repeat=2)
        return report, requests

    return ask


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("name", sorted(plugins.elicitations()))
async def test_every_elicitation_reports_on_its_calls(name: str, outcome: Outcome) -> None:
    """Every Request belongs to the Item and the repeat; the report names every call and never holds a bad number."""
    suited = [each for each in map(plugins.template, templates.available()) if each.front.elicitation == name]
    for template in suited:
        report, requests = await asked(plugins.elicitation(name), template)(outcome)

        assert requests
        assert {(request.item, request.repeat) for request in requests} == {(ITEM.id, 2)}
        assert report.calls == tuple(request.key for request in requests)
        assert report.outcome == outcome
        for reading in report.confidence.values():
            assert (reading.why == "read") == (reading.value is not None)
            assert reading.value is None or 0 <= reading.value <= 1


@pytest.mark.parametrize("make", plugins.datasets().values(), ids=plugins.datasets())
def test_every_dataset_can_be_asked_and_graded(make: Callable[[], Dataset]) -> None:
    """Unique ids and questions; a grader that exists and calls the gold answer right; a source for each fact."""
    dataset, graders, categorisers = make(), plugins.graders(), plugins.categorisers()

    assert len({item.id for item in dataset.items}) == len(dataset.items)
    assert len({item.question for item in dataset.items}) == len(dataset.items)
    require_askable(dataset, graders, categorisers)
    for item in dataset.items:
        if item.is_survey:
            continue
        assert graders[item.graded_by](item.gold[0], item).verdict == "correct"
        assert item.source


@pytest.mark.parametrize("look_up", [plugins.elicitation, plugins.template, plugins.dataset, plugins.provider])
def test_an_unknown_name_is_answered_with_what_there_is(look_up: Callable[[str], Any]) -> None:
    """The hint lists the known names."""
    with pytest.raises(InputError) as refused:
        look_up("nobody/knows-this")

    assert "known:" in (refused.value.hint or "")
