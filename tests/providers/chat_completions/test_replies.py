"""The chat-completions adapter: requests over the wire, and replies, with the real SDK."""

import json
from typing import Any

import pytest

from providers.chat_completions.asked import ASKED, KEY, PLAIN, logprobs
from providers.misbehaving_server import (
    MisbehavingServer,
    completion,
    sends,
)
from selfexplain.providers.openai import OpenAI, to_openai
from selfexplain.records import Response, Token, Usage


async def test_a_request_goes_over_the_wire_as_it_stands(server: MisbehavingServer, model: OpenAI) -> None:
    """Path, headers, and every field of the Request; nothing of whom it is asked for."""
    server.will(sends(completion()))
    await model.generate(ASKED)

    (received,) = server.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-type"] == "application/json"
    assert received.body == {
        "model": "m1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2? ☕"}],
        "max_tokens": 16,
        "temperature": 0.0,
        "seed": 7,
        "logprobs": True,
        "grammar": "root ::= [0-9]",
    }


async def test_what_a_request_does_not_ask_for_is_not_sent(server: MisbehavingServer, model: OpenAI) -> None:
    """The provider's own defaults hold; a `null` would be refused by some."""
    server.will(sends(completion()))
    await model.generate(PLAIN)

    assert server.bodies == [{"model": "m1", "messages": [{"role": "user", "content": "2 + 2?"}], "max_tokens": 16}]


async def test_a_completion_becomes_a_response(server: MisbehavingServer, model: OpenAI) -> None:
    """Text, tokens, counts, and the model that the server says has answered."""
    body = completion("4.", logprobs=logprobs(("4", [52], -0.25), (".", [46], -0.5)))
    body["usage"]["prompt_tokens_details"] = {"cached_tokens": 5}
    server.will(sends(body))

    assert await model.generate(ASKED) == Response(
        outcome="completed",
        text="4.",
        tokens=(Token("4", -0.25), Token(".", -0.5)),
        model="served-model",
        finish_reason="stop",
        usage=Usage(prompt=12, completion=3, cached=5),
    )


OUTCOMES: list[tuple[dict[str, Any], str, str]] = [
    (completion("4", finish_reason="length"), "truncated", "4"),
    (completion("", finish_reason="length"), "truncated", ""),
    (completion(None, finish_reason="content_filter"), "refused", ""),
    (completion("I was", finish_reason="content_filter"), "refused", "I was"),
    (completion(None, message={"refusal": "I cannot."}), "refused", "I cannot."),
    (completion("4", finish_reason="eos"), "completed", "4"),
    (completion("4", finish_reason=None), "completed", "4"),
    (completion(None), "completed", ""),
]


@pytest.mark.parametrize(("body", "outcome", "text"), OUTCOMES)
async def test_how_a_reply_ended_is_its_outcome(
    server: MisbehavingServer, model: OpenAI, body: dict[str, Any], outcome: str, text: str
) -> None:
    """Truncated and refused are states of a reply, not errors."""
    server.will(sends(body))
    response = await model.generate(PLAIN)

    assert (response.outcome, response.text) == (outcome, text)


async def test_optional_parts_may_be_missing(server: MisbehavingServer, model: OpenAI) -> None:
    """Compatible servers leave out counts, ids, model names."""
    server.will(
        sends({"choices": [{"message": {"content": "4"}}]}),
        sends({"choices": [{"message": {"content": "4"}, "logprobs": {}}], "usage": {}, "model": None}),
    )

    assert [await model.generate(PLAIN), await model.generate(PLAIN)] == [Response("completed", "4")] * 2


def test_a_request_is_translated_without_a_network() -> None:
    """Pure, so that what was sent can be told later."""
    sent = to_openai(ASKED, without={"seed", "grammar"}, limit="max_completion_tokens")

    assert json.loads(json.dumps(sent)) == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2? ☕"}],
        "max_completion_tokens": 16,
        "temperature": 0.0,
        "logprobs": True,
    }
