"""How much to think and in which form to reply: on the wire, refused, and held to by a real server."""

import json
import os
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from providers.asking_again import answered
from selfexplain.prompting.form import is_honoured, schema_of
from selfexplain.providers.anthropic import Anthropic
from selfexplain.providers.local import NAME, Local
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Message, Request

from .misbehaving_server import MisbehavingServer, completion, fails, message, objects, running, sends

FORM = schema_of(("rationale", "answer", "confidence"), scale="percent", language="en")
MESSAGES = (Message("system", "You answer questions."), Message("user", "What is the capital of Peru?"))
ASKED = Request("q1", MESSAGES, 64, effort="low", form=FORM)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


async def test_openai_is_told_both_in_its_own_words(server: MisbehavingServer) -> None:
    server.will(sends(completion()))
    model = OpenAI("m1", base_url=server.base_url)
    response = await model.generate(ASKED)
    await model.aclose()

    (body,) = server.bodies
    assert body["reasoning_effort"] == "low"
    assert body["response_format"]["json_schema"] == {"name": "reply", "strict": True, "schema": FORM}
    assert response.dropped == ()


async def test_anthropic_is_told_both_in_its_own_words(server: MisbehavingServer) -> None:
    server.will(sends(message("4")))
    model = Anthropic("m1", base_url=server.address)
    response = await model.generate(ASKED)
    await model.aclose()

    assert server.bodies[0]["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": FORM},
    }
    assert response.dropped == ()


async def test_a_server_of_the_chat_protocol_that_takes_neither_is_asked_without(server: MisbehavingServer) -> None:
    """Each is dropped by itself, for good, and the Response says so."""
    server.will(
        fails(400, "Unsupported", param="response_format"),
        fails(400, "Unrecognized request argument supplied: reasoning_effort"),
        sends(completion()),
    )
    model = OpenAI("m1", base_url=server.base_url)
    responses = [await answered(model, ASKED), await answered(model, ASKED)]
    await model.aclose()

    told = [("response_format" in body, "reasoning_effort" in body) for body in server.bodies]
    assert told == [(True, True), (False, True), (False, False), (False, False)]
    assert [response.dropped for response in responses] == [("effort", "form")] * 2


async def test_a_server_of_the_messages_protocol_that_takes_no_form_is_asked_without(server: MisbehavingServer) -> None:
    server.will(
        objects(400, "invalid_request_error", "output_config.format: Extra inputs are not permitted"),
        sends(message("4")),
    )
    model = Anthropic("m1", base_url=server.address)
    response = await answered(model, ASKED)
    await model.aclose()

    assert [sorted(body["output_config"]) for body in server.bodies] == [["effort", "format"], ["effort"]]
    assert response.dropped == ("form",)


@pytest.mark.usefixtures("embedded_model")
async def test_the_embedded_models_server_holds_replies_to_the_form() -> None:
    """It writes one object with the keys in their order and a whole number; without the form it writes none."""
    model = Local(NAME)
    asked = Request("q1", MESSAGES, 160, temperature=0.0, seed=1, form=FORM)
    held, free = await model.generate(asked), await model.generate(replace(asked, form=None))
    await model.aclose()

    assert held.dropped == ()
    assert is_honoured(held.text, ("rationale", "answer", "confidence"))
    assert isinstance(json.loads(held.text)["confidence"], int)
    assert not is_honoured(free.text, ("rationale", "answer", "confidence"))
