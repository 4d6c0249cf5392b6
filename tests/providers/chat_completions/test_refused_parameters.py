"""Parameters that a server refuses are dropped once and for good, and no others."""

import pytest

from providers.asking_again import answered
from providers.chat_completions.asked import ASKED, PLAIN
from providers.misbehaving_server import (
    Answer,
    MisbehavingServer,
    completion,
    fails,
    sends,
)
from selfexplain.errors import ProviderError
from selfexplain.providers.openai import OpenAI

REFUSALS: list[tuple[str, Answer, str]] = [
    ("by param", fails(400, "Unsupported", param="temperature", code="unsupported_value"), "temperature"),
    ("by param alone", fails(400, "temperature is deprecated here", param="temperature"), "temperature"),
    ("in words", fails(400, "Unrecognized request argument supplied: grammar"), "grammar"),
    ("of top_logprobs", fails(400, "logprobs is not supported", param="top_logprobs"), "logprobs"),
    (
        "by FastAPI",
        sends({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}, 422),
        "seed",
    ),
]


@pytest.mark.parametrize(("refusal", "name"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
async def test_a_refused_parameter_is_dropped_once_and_for_good(
    server: MisbehavingServer, model: OpenAI, refusal: Answer, name: str
) -> None:
    """Asked again without it; the next Request does not try it; both Responses say so."""
    server.will(refusal, sends(completion()))
    responses = [await answered(model, ASKED), await answered(model, ASKED)]

    assert [name in body for body in server.bodies] == [True, False, False]
    assert [response.dropped for response in responses] == [(name,)] * 2
    assert (await answered(model, PLAIN)).dropped == ()


async def test_parameters_are_dropped_one_by_one(server: MisbehavingServer, model: OpenAI) -> None:
    """A server that takes neither learns us one at a time."""
    server.will(fails(400, "no", param="seed"), fails(400, "no", param="logprobs"), sends(completion()))
    response = await answered(model, ASKED)

    assert response.dropped == ("logprobs", "seed")
    assert len(server.received) == 3


async def test_a_server_that_complains_of_what_is_not_sent_is_not_asked_for_ever(
    server: MisbehavingServer, model: OpenAI
) -> None:
    """The second complaint about one parameter ends it."""
    server.will(fails(400, "no", param="temperature"))
    with pytest.raises(ProviderError) as caught:
        await answered(model, ASKED)

    assert caught.value.kind == "bad_request"
    assert len(server.received) == 2
    with pytest.raises(ProviderError):
        await answered(model, PLAIN)
    assert len(server.received) == 3


async def test_max_tokens_goes_by_its_newer_name_where_the_older_is_refused(
    server: MisbehavingServer, model: OpenAI
) -> None:
    """Reasoning models insist; the limit itself is kept, so nothing was dropped."""
    told = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server.will(fails(400, told, param="max_tokens", code="unsupported_parameter"), sends(completion()))
    responses = [await answered(model, PLAIN), await answered(model, PLAIN)]

    limits = [{name: body[name] for name in body if name.startswith("max")} for body in server.bodies]
    assert limits == [{"max_tokens": 16}, {"max_completion_tokens": 16}, {"max_completion_tokens": 16}]
    assert [response.dropped for response in responses] == [(), ()]


async def test_a_limit_refused_under_both_names_is_a_bad_request(server: MisbehavingServer, model: OpenAI) -> None:
    """A reply without limit could cost anything."""
    server.will(fails(400, "no", param="max_tokens"), fails(400, "no", param="max_completion_tokens"))

    with pytest.raises(ProviderError) as caught:
        await answered(model, PLAIN)
    assert caught.value.kind == "bad_request"
    assert len(server.received) == 2
