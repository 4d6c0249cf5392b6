"""A client that the user has made: Azure, Bedrock, Vertex, a gateway with its own ways."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import selfexplain
from providers.misbehaving_server import MisbehavingServer, completion, fails, message, running, sends
from selfexplain.errors import InputError, ProviderError
from selfexplain.providers.anthropic import Anthropic
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Message, Request

KEY, HEADER = "very-secret-key-0123456789", "very-secret-gateway-header"
PLAIN = Request(item="q1", messages=(Message("user", "2 + 2?"),), max_tokens=16)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


def azure(server: MisbehavingServer) -> openai.AsyncAzureOpenAI:
    return openai.AsyncAzureOpenAI(
        azure_endpoint=server.address,
        api_version="2024-10-21",
        api_key=KEY,
        default_headers={"X-Gateway": HEADER, "X-Other": f"Bearer {HEADER}-2"},
    )


def gateway(server: MisbehavingServer) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=server.address, auth_token=KEY, default_headers={"X-Gateway": HEADER})


async def test_an_azure_client_is_asked_in_its_own_way(server: MisbehavingServer) -> None:
    """Its address, its key header, its deployment; it stays open for whoever made it."""
    server.will(sends(completion("4")))
    async with azure(server) as client:
        model = OpenAI("d1", client=client, name="azure/d1")
        response = await model.generate(PLAIN)
        await model.aclose()
        again = await client.chat.completions.create(model="d1", messages=[{"role": "user", "content": "?"}])

    assert response.text == "4"
    assert again.choices[0].message.content == "4"
    assert server.received[0].path == "/openai/deployments/d1/chat/completions?api-version=2024-10-21"
    assert server.received[0].headers["api-key"] == KEY
    assert server.received[0].headers["x-gateway"] == HEADER
    assert (model.name, model.identity) == ("azure/d1", {"base_url": f"{server.address}/openai/"})


async def test_an_anthropic_client_is_asked_in_its_own_way(server: MisbehavingServer) -> None:
    """With a token instead of a key."""
    server.will(sends(message("4")))
    async with gateway(server) as client:
        model = Anthropic("m1", client=client, name="gateway/m1")
        response = await model.generate(PLAIN)
        await model.aclose()
        await client.messages.create(model="m1", messages=[{"role": "user", "content": "?"}], max_tokens=9)

    assert response.text == "4"
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
    assert (model.name, model.identity) == ("gateway/m1", {"base_url": server.address})


async def test_its_retries_are_left_to_us_and_its_secrets_unseen(server: MisbehavingServer) -> None:
    """One request per try, whatever the client would do by itself; keys, tokens and headers are blotted out."""
    server.will(fails(500, f"you sent {KEY} and {HEADER} and {HEADER}-2"))
    async with azure(server) as client, gateway(server) as other:
        for model in (OpenAI("d1", client=client), Anthropic("m1", client=other)):
            before = len(server.received)
            with pytest.raises(ProviderError) as caught:
                await model.generate(PLAIN)
            assert len(server.received) == before + 1
            assert "secret" not in str(caught.value)
        assert client.max_retries == 2


def test_one_client_serves_several_runs(server: MisbehavingServer, tmp_path: Path) -> None:
    """Each Run has an event loop of its own; connections that a former one left must not stand in the way."""
    server.will(sends(completion("Answer: 4\nConfidence: 90")))
    questions = tmp_path / "q.csv"
    questions.write_text("question,gold\n2 + 2?,4\n1 + 3?,4\n5 - 1?,4\n")
    client = azure(server)
    for deployment in ("d1", "d2", "d3"):
        model = OpenAI(deployment, client=client)
        result = selfexplain.run(str(questions), model=model, template="answer-confidence", results=tmp_path)
        assert result.to_dict()["sources"]["stated"]["n"] == 3

    assert len(server.received) == 9


@pytest.mark.parametrize(
    ("make", "client", "found"),
    [
        (OpenAI, openai.OpenAI(api_key=KEY), "OpenAI; expected an asynchronous client of the package openai"),
        (OpenAI, anthropic.AsyncAnthropic(api_key=KEY), "AsyncAnthropic; expected an asynchronous client"),
        (Anthropic, anthropic.Anthropic(api_key=KEY), "Anthropic; expected an asynchronous client"),
        (Anthropic, "m1", "str; expected an asynchronous client of the package anthropic"),
    ],
)
def test_another_kind_of_client_is_told_at_once(make: Any, client: Any, found: str) -> None:
    """Not with the first question."""
    with pytest.raises(InputError, match=f"client is a {found}.*\nhint: make it with a class of .* begins with Async"):
        make("m1", client=client)


@pytest.mark.parametrize("make", [OpenAI, Anthropic])
@pytest.mark.parametrize("more", [{"api_key": KEY}, {"base_url": "http://127.0.0.1:9"}])
def test_a_client_has_its_address_and_key_already(make: Any, more: dict[str, str]) -> None:
    """Which would win, nobody could tell."""
    with pytest.raises(InputError, match="base_url and api_key go with no client"):
        make("m1", client=object(), **more)
