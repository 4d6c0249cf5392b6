"""Which parameters a server takes one Request finds out; it is a try like any other: sent, counted and recorded."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from providers.asking_again import answered
from providers.misbehaving_server import (
    MisbehavingServer,
    asked_of,
    completion,
    fails,
    message,
    objects,
    running,
    sends,
)
from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import BudgetSpent, ProviderError
from selfexplain.pipeline.ask import Asked, ask_runs
from selfexplain.pipeline.budget import Budget, Metered
from selfexplain.providers.anthropic import Anthropic
from selfexplain.providers.first_alone import FirstAlone
from selfexplain.providers.openai import OpenAI
from selfexplain.providers.provider import Provider
from selfexplain.records import Item, Message, Request, Response
from selfexplain.runs.calls import Calls, read_calls

ITEMS = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(8)]
TEXT = "Answer: Lima\nConfidence: 90"


class Many:
    """A model that knows how many Requests have come to it."""

    identity: Mapping[str, str] = {}

    def __init__(self, model: Provider, *, at_once: int) -> None:
        self._model, self.name, self.concurrency = model, model.name, at_once
        self._came, self.all_came = 0, threading.Event()

    async def generate(self, request: Request) -> Response:
        self._came += 1
        if self._came == self.concurrency:
            self.all_came.set()
        return await self._model.generate(request)

    async def aclose(self) -> None:
        await self._model.aclose()


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


@pytest.fixture(params=["openai", "anthropic"])
async def many(server: MisbehavingServer, request: pytest.FixtureRequest) -> AsyncIterator[Many]:
    """Four at once; the server waits with its first word until all four have been given to the adapter."""
    is_openai = request.param == "openai"
    model = OpenAI("m1", base_url=server.base_url) if is_openai else Anthropic("m1", base_url=server.base_url)
    many = Many(model, at_once=4)

    def takes_no_temperature(handler: BaseHTTPRequestHandler) -> None:
        assert many.all_came.wait(10)
        if "temperature" not in asked_of(handler):
            sends(completion(TEXT) if is_openai else message(TEXT))(handler)
        elif is_openai:
            fails(400, "Unsupported", param="temperature", code="unsupported_value")(handler)
        else:
            objects(400, "invalid_request_error", "`temperature` is deprecated")(handler)

    server.will(takes_no_temperature)
    yield many
    await many.aclose()


async def ask(many: Many, folder: Path, *, most_calls: int | None = None) -> None:
    template = plugins.template("answer-confidence")
    run = Asked(ITEMS, template, plugins.elicitation("once"), Sampling(0.0, 1), many, Calls(folder))
    budget = None if most_calls is None else Budget(None, [Metered(run.calls.totals, None)], most_calls=most_calls)
    await ask_runs([run], repeats=1, concurrency=4, watch=lambda _: None, budget=budget)


async def test_of_many_at_once_one_pays_for_what_a_server_refuses_and_it_is_recorded(
    server: MisbehavingServer, many: Many, tmp_path: Path
) -> None:
    await ask(many, tmp_path)
    calls = list(read_calls(tmp_path))

    assert ["temperature" in body for body in server.bodies] == [True] + [False] * len(ITEMS)
    assert [call.response.failure and call.response.failure.kind for call in calls].count("bad_request") == 1
    assert len(calls) == len(server.received) == len(ITEMS) + 1
    assert sorted({call.request.item for call in calls if call.response.text == TEXT}) == [item.id for item in ITEMS]


async def test_what_taught_a_parameter_is_one_of_the_calls_that_may_be_made(
    server: MisbehavingServer, many: Many, tmp_path: Path
) -> None:
    """Five may be made: one that is refused, and four replies."""
    with pytest.raises(BudgetSpent, match=r"^5 calls spent of the 5 calls .* in 4 calls"):
        await ask(many, tmp_path, most_calls=5)

    assert len(server.received) == len(list(read_calls(tmp_path))) == 5


async def in_order(*ends: Exception | None) -> tuple[list[str], list[int]]:
    """Ask as often as there are ends, all at once; return what happened and how many were sent at once each time."""
    first, sent, at_once, most = FirstAlone(), list[str](), 0, list[int]()

    async def ask(number: int) -> None:
        nonlocal at_once
        async with first.of(lambda: {"seed"}):
            at_once += 1
            most.append(at_once)
            for _ in range(5):
                await asyncio.sleep(0)
            at_once -= 1
            sent.append(f"{number}")
            if (end := ends[number]) is not None:
                raise end

    await asyncio.gather(*(ask(n) for n in range(len(ends))), return_exceptions=True)
    return sent, most


async def test_a_server_in_trouble_is_waited_for_once() -> None:
    """The first fails in some other way: the others go at once, since it tells nothing of parameters."""
    _, most = await in_order(ProviderError("slow", kind="timeout"), None, None, None)

    assert most == [1, 1, 2, 3]


async def test_as_long_as_it_refuses_one_goes_after_the_other() -> None:
    refused = ProviderError("no", kind="bad_request", again="at once")
    _, most = await in_order(refused, refused, None, None, None)

    assert most == [1, 1, 1, 1, 2]


async def test_the_first_may_be_cancelled() -> None:
    """Then the next finds out."""
    _, most = await in_order(asyncio.CancelledError(), None, None, None)  # type: ignore[arg-type]

    assert most == [1, 1, 1, 2]


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_a_parameter_refused_to_two_in_flight_costs_neither_its_reply(
    server: MisbehavingServer, protocol: str
) -> None:
    """The server took it before, and changes its mind: the second to hear of it is asked without it, like the first."""
    is_openai, both_came = protocol == "openai", threading.Barrier(2)
    model = OpenAI("m1", base_url=server.base_url) if is_openai else Anthropic("m1", base_url=server.base_url)
    good = sends(completion(TEXT) if is_openai else message(TEXT))

    def changes_its_mind(handler: BaseHTTPRequestHandler) -> None:
        if "temperature" not in asked_of(handler):
            good(handler)
            return
        both_came.wait(10)
        objects(400, "invalid_request_error", "`temperature` is deprecated")(handler)

    server.will(good, changes_its_mind)
    asked = Request("q1", (Message("user", "2 + 2?"),), 16, temperature=0.0)
    replies = [await model.generate(asked)]
    replies += await asyncio.gather(answered(model, asked), answered(model, asked))
    await model.aclose()

    assert [reply.text for reply in replies] == [TEXT] * 3
    assert sorted("temperature" in body for body in server.bodies) == [False, False, True, True, True]
