"""Errors that do not come as errors do: with status 200, or for what a prompt is about; in both protocols."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from providers.asking_again import answered
from providers.misbehaving_server import Answer, MisbehavingServer, completion, fails, message, objects, running, sends
from selfexplain.errors import ProviderError
from selfexplain.providers.anthropic import Anthropic
from selfexplain.providers.openai import OpenAI
from selfexplain.providers.provider import Provider
from selfexplain.records import Message, Request, Response, Usage
from selfexplain.runs.calls import Calls, read_calls, recorded

REQUEST = Request("q1", (Message("user", "2 + 2?"),), 16, temperature=0.0, logprobs=True)
KEY = "sk-secret-key-12345"


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


@pytest_asyncio.fixture
async def openai(server: MisbehavingServer) -> AsyncIterator[OpenAI]:
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)
    yield model
    await model.aclose()


@pytest_asyncio.fixture
async def anthropic(server: MisbehavingServer) -> AsyncIterator[Anthropic]:
    model = Anthropic("m1", base_url=server.base_url, api_key=KEY)
    yield model
    await model.aclose()


@pytest_asyncio.fixture(params=[OpenAI, Anthropic], ids=["openai", "anthropic"])
async def either(server: MisbehavingServer, request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    model: Provider = request.param("m1", base_url=server.base_url, api_key=KEY)
    yield model
    await model.aclose()


def half(**choice: Any) -> Answer:
    """Return an answer whose one choice broke off."""
    whole = completion("Answer: Li")
    return sends(whole | {"choices": [whole["choices"][0] | choice]})


IN_CHAT: list[tuple[str, Answer, str, float | None]] = [
    ("429", sends({"error": {"code": 429, "message": "Slow down"}}), "rate", None),
    ("429, when", sends({"error": {"code": "429", "message": "Slow"}}, Retry_After="7"), "rate", 7.0),
    ("402", sends({"error": {"code": 402, "message": "Insufficient credits"}}), "quota", None),
    ("401", sends({"error": {"code": 401, "message": "No auth"}}), "auth", None),
    ("502", sends({"error": {"code": 502, "message": "Provider returned error"}}), "overloaded", None),
    ("by type", sends({"error": {"type": "server_error", "message": "Oops", "code": None}}), "overloaded", None),
    ("no money", sends({"error": {"type": "insufficient_quota", "message": "Pay"}}), "quota", None),
    ("half a reply", half(finish_reason="error", error={"code": 502, "message": "Died"}), "overloaded", None),
    ("half a reply, refused", half(finish_reason="error", error={"code": 429, "message": "Slow"}), "rate", None),
    ("half a reply, no more", half(finish_reason="error"), "overloaded", None),
]


@pytest.mark.parametrize(("answer", "kind", "wait"), [row[1:] for row in IN_CHAT], ids=[row[0] for row in IN_CHAT])
async def test_an_error_with_200_is_the_error_that_it_names(
    server: MisbehavingServer, openai: OpenAI, answer: Answer, kind: str, wait: float | None
) -> None:
    """Taken for replies, they would be every Item's last word; taken for nonsense, nobody would wait."""
    server.will(answer)
    with pytest.raises(ProviderError) as caught:
        await openai.generate(REQUEST)

    assert (caught.value.kind, caught.value.retry_after) == (kind, wait)


async def test_a_parameter_refused_with_200_is_left_out(server: MisbehavingServer, openai: OpenAI) -> None:
    server.will(sends({"error": {"code": 400, "message": "logprobs is not supported"}}), sends(completion()))

    assert (await answered(openai, REQUEST)).dropped == ("logprobs",)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("overloaded_error", "overloaded"), ("rate_limit_error", "rate"), ("authentication_error", "auth")],
)
async def test_anthropics_errors_with_200_too(
    server: MisbehavingServer, anthropic: Anthropic, type_: str, kind: str
) -> None:
    server.will(objects(200, type_, "no"))
    with pytest.raises(ProviderError) as caught:
        await anthropic.generate(REQUEST)

    assert caught.value.kind == kind


FLAGGED = {"code": 403, "message": "m1 requires moderation. Your input was flagged", "metadata": {"reasons": ["x"]}}
DECLINED: list[tuple[str, Answer]] = [
    ("Azure", fails(400, "The prompt triggered a policy", code="content_filter", param="prompt", type=None)),
    ("Azure, in words", fails(400, "filtered due to Azure OpenAI's content management policy")),
    ("OpenAI", fails(400, "Rejected", code="content_policy_violation", type="invalid_request_error")),
    ("OpenAI, in words", fails(400, "Your prompt was flagged as violating our usage policy", code="invalid_prompt")),
    ("OpenRouter", sends({"error": FLAGGED}, 403)),
    ("OpenRouter with 200", sends({"error": FLAGGED})),
    ("Anthropic", objects(400, "invalid_request_error", "Output blocked by content filtering policy")),
]


@pytest.mark.parametrize("answer", [row[1] for row in DECLINED], ids=[row[0] for row in DECLINED])
async def test_a_prompt_that_a_filter_stops_is_a_refusal(
    server: MisbehavingServer, either: Provider, tmp_path: Path, answer: Answer
) -> None:
    """A reply like another: recorded, so that it is not asked again; free, so that a budget goes on; no key in it."""
    server.will(answer)
    calls = Calls(tmp_path)
    response = await recorded(either.generate, calls)(REQUEST)
    await calls.aclose()

    assert (response.outcome, response.finish_reason) == ("refused", "content_filter")
    assert response.text.startswith("Error code: 4")
    assert response.usage == Usage(prompt=0, completion=0)
    assert response.dropped == (() if isinstance(either, OpenAI) else ("logprobs",))
    assert [call.response for call in read_calls(tmp_path)] == [response]
    assert len(server.received) == 1


async def test_a_declined_prompt_does_not_give_the_key_away(server: MisbehavingServer, openai: OpenAI) -> None:
    server.will(fails(400, f"{KEY} was flagged", code="content_filter"))

    assert (await openai.generate(REQUEST)).text == "Error code: 400 - [API key] was flagged"


@pytest.mark.parametrize(
    "answer",
    [
        fails(403, "Not for you"),
        fails(429, "Exceeded the content policy's rate"),
        fails(500, "The content filter is down"),
        fails(400, "content filter: maximum context length is 8 tokens"),
    ],
)
async def test_not_every_error_that_speaks_of_filters_is_a_refusal(
    server: MisbehavingServer, openai: OpenAI, answer: Answer
) -> None:
    server.will(answer)
    with pytest.raises(ProviderError):
        await openai.generate(REQUEST)


@pytest.mark.parametrize(
    "answer",
    [
        fails(403, "You are not allowed to request logprobs from this model", type="invalid_request_error"),
        fails(400, "Logprobs is not enabled for models/m1"),
        sends([{"error": {"code": 400, "message": "Logprobs is not supported for this model."}}], 400),
    ],
    ids=["OpenAI", "Google", "Google, in a list"],
)
async def test_token_probabilities_that_are_not_to_be_had_are_left_out(
    server: MisbehavingServer, openai: OpenAI, answer: Answer
) -> None:
    """With whatever status and capitals; else the first question would end the Run."""
    server.will(answer, sends(completion()))
    response = await answered(openai, REQUEST)

    assert (response.outcome, response.dropped) == ("completed", ("logprobs",))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (objects(400, "invalid_request_error", "You have reached your specified API usage limits."), "quota"),
        (objects(400, "invalid_request_error", "This organization has been disabled."), "auth"),
    ],
)
async def test_what_no_item_survives_stops_the_run_with_status_400_too(
    server: MisbehavingServer, anthropic: Anthropic, answer: Answer, kind: str
) -> None:
    server.will(answer)
    with pytest.raises(ProviderError) as caught:
        await anthropic.generate(REQUEST)

    assert caught.value.kind == kind


NO_COUNTS = [True, -12, 10**30, 12.0, "12", None]


@pytest.mark.parametrize("count", NO_COUNTS)
async def test_what_is_no_number_of_tokens_is_none_stated(
    server: MisbehavingServer, either: Provider, tmp_path: Path, count: object
) -> None:
    """Written down as it came, `true` would make the whole file of calls unreadable; a negative one fills budgets."""
    chat = completion() | {"usage": {"prompt_tokens": count, "completion_tokens": 3}}
    said = message("4", usage={"input_tokens": count, "output_tokens": 3})
    server.will(sends(chat if isinstance(either, OpenAI) else said))
    calls = Calls(tmp_path)
    response = await recorded(either.generate, calls)(REQUEST)
    await calls.aclose()

    assert (response.text, response.usage) == ("4", None)
    assert [call.response for call in read_calls(tmp_path)] == [response]


@pytest.mark.parametrize("count", NO_COUNTS)
async def test_what_is_no_number_of_cached_tokens_is_none(
    server: MisbehavingServer, openai: OpenAI, anthropic: Anthropic, count: object
) -> None:
    cached = {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": count}}
    server.will(sends(completion() | {"usage": cached}))
    one: Response = await openai.generate(REQUEST)
    server.will(sends(message("4", usage={"input_tokens": 12, "output_tokens": 3, "cache_read_input_tokens": count})))
    other = await anthropic.generate(REQUEST)

    assert one.usage == other.usage == Usage(prompt=12, completion=3)
