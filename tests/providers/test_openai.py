"""The chat-completions adapter: the real SDK against a real server that misbehaves."""

import json
import os
import socket
import traceback
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec
import openai
import pytest
import pytest_asyncio

from providers.misbehaving_server import (
    Answer,
    MisbehavingServer,
    completion,
    fails,
    resets,
    running,
    sends,
    stops_half_way,
)
from selfexplain.errors import InputError, ProviderError, ReplyError
from selfexplain.providers import openai as adapter_module
from selfexplain.providers.access import without_secrets
from selfexplain.providers.openai import OpenAI, pieces_of, to_openai
from selfexplain.records import Alternative, Message, Request, Response, Token, Usage
from selfexplain.runs.calls import Calls, read_calls, recorded

KEY = "sk-very-secret-0123456789"

ASKED = Request(
    item="q1",
    messages=(Message("system", "Be brief."), Message("user", "2 + 2? ☕")),
    max_tokens=16,
    temperature=0.0,
    seed=7,
    logprobs=True,
    grammar="root ::= [0-9]",
)
PLAIN = Request(item="q1", messages=(Message("user", "2 + 2?"),), max_tokens=16)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPENAI_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


@pytest_asyncio.fixture
async def model(server: MisbehavingServer) -> AsyncIterator[OpenAI]:
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)
    yield model
    await model.aclose()


def logprobs(*tokens: tuple[Any, Any, Any]) -> dict[str, Any]:
    return {"content": [{"token": token, "bytes": raw, "logprob": logprob} for token, raw, logprob in tokens]}


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


THEN, LATER = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:30:30 GMT"


def limits(requests: int, requests_reset: str, tokens: int, tokens_reset: str) -> dict[str, str]:
    """Return headers that say what is left of each limit, and when it is reset."""
    return {
        "X-Ratelimit-Remaining-Requests": str(requests),
        "X-Ratelimit-Reset-Requests": requests_reset,
        "X-Ratelimit-Remaining-Tokens": str(tokens),
        "X-Ratelimit-Reset-Tokens": tokens_reset,
    }


FAILURES: list[tuple[str, Answer, str, float | None]] = [
    ("401", fails(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key"), "auth", None),
    ("403", fails(403, "Not for you"), "auth", None),
    ("402", fails(402, "Pay first"), "quota", None),
    ("404", fails(404, "The model `m1` does not exist", code="model_not_found"), "unavailable", None),
    ("404 HTML", sends(b"<html>nginx</html>", 404, kind="text/html"), "unavailable", None),
    ("429", fails(429, "Slow down"), "rate", None),
    ("429 wait", fails(429, "Slow down", headers={"Retry-After": "7"}), "rate", 7.0),
    ("429 wait ms", fails(429, "Slow down", headers={"Retry-After-Ms": "250", "Retry-After": "7"}), "rate", 0.25),
    # By the server's own clock, which is years away from ours.
    ("429 date", fails(429, "Slow", headers={"Retry-After": LATER, "Date": THEN}), "rate", 150.0),
    ("429 date gone by", fails(429, "Slow", headers={"Retry-After": THEN, "Date": LATER}), "rate", 0.0),
    ("429 date without zone", fails(429, "Slow", headers={"Retry-After": LATER[:-4], "Date": THEN}), "rate", None),
    ("429 no date", fails(429, "Slow", headers={"Retry-After": "soon"}), "rate", None),
    ("429 used up", fails(429, "Slow", headers=limits(0, "6m0.5s", 5, "9h")), "rate", 360.5),
    ("429 both used up", fails(429, "Slow", headers=limits(0, "20ms", 0, "1h1s")), "rate", 3601.0),
    ("429 not used up", fails(429, "Slow", headers=limits(3, "1s", 5, "9h")), "rate", None),
    ("429 used up, no time", fails(429, "Slow", headers=limits(0, "soon", 0, "")), "rate", None),
    ("429 negative", fails(429, "Slow down", headers={"Retry-After": "-7"}), "rate", 0.0),
    ("429 no money", fails(429, "Exceeded", code="insufficient_quota", type="insufficient_quota"), "quota", None),
    ("429 not active", fails(429, "Your account is not active", code="billing_not_active"), "quota", None),
    ("400 limit", fails(400, "Billing hard limit", code="billing_hard_limit_reached"), "quota", None),
    ("429 no money, by type", fails(429, "Exceeded", type="insufficient_quota"), "quota", None),
    ("400", fails(400, "Bad", code="invalid_request"), "bad_request", None),
    ("400 text", sends(b"what?", 400, kind="text/plain"), "bad_request", None),
    (
        "400 too long",
        fails(400, "Too many", code="context_length_exceeded", param="messages"),
        "context_too_long",
        None,
    ),
    ("400 llama.cpp", fails(400, "exceeds", code=400, type="exceed_context_size_error"), "context_too_long", None),
    (
        "400 vLLM",
        fails(400, "This model's maximum context length is 64 tokens", param="max_tokens", code=400),
        "context_too_long",
        None,
    ),
    ("400 value", fails(400, "must be <= 2", param="temperature", code="decimal_above_max_value"), "bad_request", None),
    ("413", fails(413, "Too large"), "bad_request", None),
    ("429 too large", fails(429, "Request too large for m1: Limit 30, Requested 40."), "context_too_long", None),
    ("429 odd words", fails(429, "Slow", code=["rate"], type={"a": 1}), "rate", None),
    ("400 odd words", fails(400, "Bad", code={"a": 1}, type=["a"], param=["temperature"]), "bad_request", None),
    ("400 Google's key", sends([{"error": {"code": 400, "message": "API key not valid."}}], 400), "auth", None),
    ("407", fails(407, "Who are you?"), "auth", None),
    ("405", fails(405, "Not here"), "unavailable", None),
    ("410", fails(410, "Retired"), "unavailable", None),
    ("425", fails(425, "Early"), "overloaded", None),
    ("498", fails(498, "No capacity"), "overloaded", None),
    ("422", fails(422, "Unprocessable"), "bad_request", None),
    ("408", fails(408, "Too slow"), "overloaded", None),
    ("409", fails(409, "Again"), "overloaded", None),
    ("500", fails(500, "Oops"), "overloaded", None),
    ("503 wait", fails(503, "Loading model", headers={"Retry-After": "3"}), "overloaded", 3.0),
    ("529", fails(529, "Overloaded"), "overloaded", None),
    ("reset", resets, "connection", None),
    ("half a body", stops_half_way, "connection", None),
]


@pytest.mark.parametrize(("answer", "kind", "wait"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
async def test_each_failure_has_its_kind(
    server: MisbehavingServer, model: OpenAI, answer: Answer, kind: str, wait: float | None
) -> None:
    """One request each: retrying is somebody else's."""
    server.will(answer)
    with pytest.raises(ProviderError) as caught:
        await model.generate(ASKED)

    assert (caught.value.kind, caught.value.retry_after) == (kind, wait)
    assert caught.value.message.startswith("openai/m1: ")
    assert len(server.received) == 1


async def test_a_client_that_finds_no_key_stops_the_run(server: MisbehavingServer) -> None:
    """What the user's own client looks up with each request is no Item's failure."""

    async def nobody() -> str:
        raise openai.OpenAIError("no token to be had")

    async with openai.AsyncOpenAI(base_url=server.base_url, api_key=nobody, max_retries=0) as client:
        with pytest.raises(ProviderError, match=r"openai/m1: no credentials \(no token to be had\)") as caught:
            await OpenAI("m1", client=client).generate(PLAIN)

    assert (caught.value.kind, server.received) == ("auth", [])


NO_COMPLETIONS: list[tuple[str, Answer]] = [
    ("text", sends(b"OK", kind="text/plain")),
    ("HTML", sends(b"<html>Please log in</html>", kind="text/html")),
    ("HTML that calls itself JSON", sends(b"<html>Please log in</html>")),
    ("nothing", sends(b"")),
    ("half a JSON", sends(b'{"choices": [')),
    ("not UTF-8", sends(b'{"choices": "\xff\xfe"}')),
    ("deep", sends(b"[" * 100_000)),
    ("null", sends(None)),
    ("number", sends(7)),
    ("list", sends([completion()])),
    ("no choices", sends({"id": "c1"})),
    ("null choices", sends({"choices": None})),
    ("empty choices", sends({"choices": []})),
    ("choices of another kind", sends({"choices": {"message": "4"}})),
    ("choice of another kind", sends({"choices": ["4"]})),
    ("no message", sends({"choices": [{"index": 0}]})),
    ("null message", sends({"choices": [{"message": None}]})),
    ("text of another kind", sends(completion([{"type": "text", "text": "4"}]))),
    ("an error without a status", sends({"error": {"message": "no"}})),
    ("an error in words", sends({"error": "no"})),
]


@pytest.mark.parametrize("answer", [row[1] for row in NO_COMPLETIONS], ids=[row[0] for row in NO_COMPLETIONS])
async def test_a_200_that_is_no_completion_is_a_reply_error(
    server: MisbehavingServer, model: OpenAI, answer: Answer
) -> None:
    """The SDK returns some of these as they are, and raises whatever it likes on others."""
    server.will(answer)

    with pytest.raises(ReplyError, match=r"\Aopenai/m1: ") as caught:
        await model.generate(ASKED)
    assert caught.value.kind == "bad_reply"


async def test_nothing_listening_is_no_connection() -> None:
    """The hint asks what people forget."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, never listening: nobody else can take the port meanwhile
        model = OpenAI("m1", base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", api_key=KEY)
        with pytest.raises(ProviderError, match="no connection to the server") as caught:
            await model.generate(PLAIN)
        await model.aclose()

    assert caught.value.kind == "connection"
    assert caught.value.hint == "is the server running, and is --base-url right?"


async def test_a_reply_that_does_not_come_is_a_timeout(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server holds the request until the test is over."""
    monkeypatch.setattr(adapter_module, "TIMEOUT_SECONDS", 0.05)

    def waits_for_the_end(_: BaseHTTPRequestHandler) -> None:
        server.released.wait()

    server.will(waits_for_the_end)
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)
    with pytest.raises(ProviderError, match="no reply within 0 s") as caught:
        await model.generate(PLAIN)
    await model.aclose()

    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (fails(400, "No such thing"), "Error code: 400 - No such thing"),
        (sends({"message": "No such thing"}, 400), "Error code: 400 - No such thing"),
        (sends({"error": "No such thing"}, 400), "Error code: 400 - No such thing"),
        (sends({"detail": "No such thing"}, 400), "Error code: 400 - {'detail': 'No such thing'}"),
        (sends(b"No such thing", 400, kind="text/plain"), "Error code: 400 - No such thing"),
        (sends(b"x" * 600, 502, kind="text/plain"), f"Error code: 502 - {'x' * 481}…"),
    ],
)
async def test_the_servers_own_words_are_told(
    server: MisbehavingServer, model: OpenAI, answer: Answer, said: str
) -> None:
    """In whatever form it says them; the SDK alone would tell the number."""
    server.will(answer)
    with pytest.raises(ProviderError) as caught:
        await model.generate(PLAIN)

    assert caught.value.message == f"openai/m1: {said}"


LEAKS: list[Answer] = [
    fails(401, f"Incorrect API key provided: {KEY}."),
    fails(400, f"Bad header {KEY}"),
    fails(429, f"Key {KEY} is too fast"),
    fails(500, f"Trace: Authorization: Bearer {KEY}"),
    sends(f"<html>You sent {KEY}</html>".encode(), kind="text/html"),
    sends(f"<html>{'x' * 55}{KEY}</html>".encode(), kind="text/html"),
    sends({"choices": [], "debug": KEY}),
    sends(f"no JSON {KEY}".encode()),
    resets,
]


@pytest.mark.parametrize("answer", LEAKS)
async def test_the_key_is_nowhere(
    tmp_path: Path, server: MisbehavingServer, model: OpenAI, capsys: pytest.CaptureFixture[str], answer: Answer
) -> None:
    """Not in words, representations, tracebacks, the identity, or the recorded Call, whatever the server echoes."""
    server.will(answer)
    calls = Calls(tmp_path)
    with pytest.raises(ProviderError) as caught:
        await recorded(model.generate, calls)(PLAIN)
    await calls.aclose()
    error = caught.value

    seen = [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error)), repr(error.args)]
    seen += [repr(model), model.name, repr(model.identity), *map(repr, read_calls(tmp_path))]
    seen += capsys.readouterr()
    assert not [text for text in seen if KEY in text or KEY[:12] in text]


async def test_a_placeholder_key_is_a_word_like_any_other(server: MisbehavingServer) -> None:
    """`none` stands for no key, and must not be blotted out of messages."""
    server.will(fails(500, "none of the workers is alive"))
    model = OpenAI("m1", base_url=server.base_url)
    with pytest.raises(ProviderError, match="none of the workers"):
        await model.generate(PLAIN)
    await model.aclose()

    assert server.received[0].headers["authorization"] == "Bearer none"


@pytest.mark.parametrize("key", ["sk-secret\nsecond-line", "sk-sécret", "sk-secret\x00"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(key: str) -> None:
    """The HTTP library would print it, escaped, in its error."""
    with pytest.raises(InputError, match="the API key holds a character that no key has") as caught:
        OpenAI("m1", api_key=key)

    assert "secret" not in "".join(traceback.format_exception(caught.value))


async def test_spaces_round_a_key_are_nobodys(server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`export OPENAI_API_KEY=$(cat key)` on Windows keeps the carriage return."""
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\r\n")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    server.will(sends(completion()))
    model = OpenAI("m1")
    await model.generate(PLAIN)
    await model.aclose()

    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"


def test_without_key_and_address_nothing_is_asked() -> None:
    """OpenAI's own service needs a key."""
    with pytest.raises(InputError) as caught:
        OpenAI("m1")

    assert str(caught.value) == (
        "openai/m1 needs an API key and `OPENAI_API_KEY` is not set\n"
        "hint: export OPENAI_API_KEY=…, or name a server that needs none with --base-url http://HOST:PORT/v1"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("localhost:8000/v1", "localhost:8000/v1"),
        ("ftp://host/v1", "ftp://host/v1"),
        ("http://", "http://"),
        ("http://host:port/v1", "http://host:port/v1"),
        ("http://host:99999/v1", "http://host:99999/v1"),
        ("http://[::1/v1", "http://[::1/v1"),
        ("me:pw@host/v1", "host/v1"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, shown: str) -> None:
    """Before anything is asked, and without the password."""
    with pytest.raises(InputError) as caught:
        OpenAI("m1", base_url=url, api_key=KEY)

    assert str(caught.value) == (
        f"{shown!r} is no address of a server\nhint: write http://HOST:PORT/v1 or https://HOST/v1"
    )


async def test_a_server_on_this_machine_is_asked_past_any_proxy(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's proxy cannot reach loopback, and should not see what is asked there."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.will(sends(completion()))
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)

    assert (await model.generate(PLAIN)).text == "4"
    await model.aclose()


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
    responses = [await model.generate(ASKED), await model.generate(ASKED)]

    assert [name in body for body in server.bodies] == [True, False, False]
    assert [response.dropped for response in responses] == [(name,)] * 2
    assert (await model.generate(PLAIN)).dropped == ()


WITH_TOP = msgspec.structs.replace(ASKED, top_logprobs=3)


async def test_alternatives_come_with_their_tokens(server: MisbehavingServer, model: OpenAI) -> None:
    """Asked for by number; what is half a character, not a number or not finite is left out."""
    body = completion("B.", logprobs=logprobs(("B", [66], -0.5), (".", [46], -0.1)))
    body["choices"][0]["logprobs"]["content"][0]["top_logprobs"] = [
        {"token": "B", "bytes": [66], "logprob": -0.5},
        {"token": " A", "bytes": None, "logprob": -1.5},
        {"token": "\\xc3", "bytes": [0xC3], "logprob": -2.0},
        {"token": "C", "bytes": [67], "logprob": None},
        {"token": "D", "bytes": [68], "logprob": -9999.0},
    ]
    server.will(sends(body))
    response = await model.generate(WITH_TOP)

    assert server.bodies[0]["top_logprobs"] == 3
    assert response.tokens == (
        Token("B", -0.5, (Alternative("B", -0.5), Alternative(" A", -1.5), Alternative("D", -9999.0))),
        Token(".", -0.1),
    )


async def test_a_character_of_several_tokens_has_no_alternatives(server: MisbehavingServer, model: OpenAI) -> None:
    """What stands in the place of half a character is none of the whole one's."""
    body = completion("é", logprobs=logprobs(("\\xc3", [0xC3], -0.25), ("\\xa9", [0xA9], -0.5)))
    for token in body["choices"][0]["logprobs"]["content"]:
        token["top_logprobs"] = [{"token": "B", "bytes": [66], "logprob": -0.5}]
    server.will(sends(body))

    assert (await model.generate(WITH_TOP)).tokens == (Token("é", -0.75),)


async def test_refused_alternatives_leave_the_token_probabilities(server: MisbehavingServer, model: OpenAI) -> None:
    """Asked again without them alone."""
    server.will(fails(400, "Unsupported", param="top_logprobs"), sends(completion()))
    assert (await model.generate(WITH_TOP)).dropped == ("top_logprobs",)
    assert [("logprobs" in body, "top_logprobs" in body) for body in server.bodies] == [(True, True), (True, False)]


async def test_refused_token_probabilities_take_their_alternatives_along(
    server: MisbehavingServer, model: OpenAI
) -> None:
    """Without the one there is no place for the other, and both are told."""
    server.will(fails(400, "Unsupported", param="logprobs"), sends(completion()))

    assert (await model.generate(WITH_TOP)).dropped == ("logprobs", "top_logprobs")
    assert [("logprobs" in body, "top_logprobs" in body) for body in server.bodies] == [(True, True), (False, False)]


async def test_parameters_are_dropped_one_by_one(server: MisbehavingServer, model: OpenAI) -> None:
    """A server that takes neither learns us one at a time."""
    server.will(fails(400, "no", param="seed"), fails(400, "no", param="logprobs"), sends(completion()))
    response = await model.generate(ASKED)

    assert response.dropped == ("logprobs", "seed")
    assert len(server.received) == 3


async def test_a_server_that_complains_of_what_is_not_sent_is_not_asked_for_ever(
    server: MisbehavingServer, model: OpenAI
) -> None:
    """The second complaint about one parameter ends it."""
    server.will(fails(400, "no", param="temperature"))
    with pytest.raises(ProviderError) as caught:
        await model.generate(ASKED)

    assert caught.value.kind == "bad_request"
    assert len(server.received) == 2
    with pytest.raises(ProviderError):
        await model.generate(PLAIN)
    assert len(server.received) == 3


async def test_max_tokens_goes_by_its_newer_name_where_the_older_is_refused(
    server: MisbehavingServer, model: OpenAI
) -> None:
    """Reasoning models insist; the limit itself is kept, so nothing was dropped."""
    told = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server.will(fails(400, told, param="max_tokens", code="unsupported_parameter"), sends(completion()))
    responses = [await model.generate(PLAIN), await model.generate(PLAIN)]

    limits = [{name: body[name] for name in body if name.startswith("max")} for body in server.bodies]
    assert limits == [{"max_tokens": 16}, {"max_completion_tokens": 16}, {"max_completion_tokens": 16}]
    assert [response.dropped for response in responses] == [(), ()]


async def test_a_limit_refused_under_both_names_is_a_bad_request(server: MisbehavingServer, model: OpenAI) -> None:
    """A reply without limit could cost anything."""
    server.will(fails(400, "no", param="max_tokens"), fails(400, "no", param="max_completion_tokens"))

    with pytest.raises(ProviderError) as caught:
        await model.generate(PLAIN)
    assert caught.value.kind == "bad_request"
    assert len(server.received) == 2


def piece(token: Any, raw: list[int] | None, logprob: Any) -> dict[str, Any]:
    """Return a token as it comes over the wire."""
    return {"token": token, "bytes": raw, "logprob": logprob}


E_ACUTE, COFFEE = list("é".encode()), list("☕".encode())


@pytest.mark.parametrize(
    ("text", "tokens", "pieces"),
    [
        ("ab", [("a", [97], -1.0), ("b", [98], -2.0)], [("a", -1.0), ("b", -2.0)]),
        ("ab", [("a", None, -1.0), ("b", None, -2.0)], [("a", -1.0), ("b", -2.0)]),
        ("é!", [("?", E_ACUTE[:1], -1.0), ("?", E_ACUTE[1:], -2.0), ("!", [33], -4.0)], [("é", -3.0), ("!", -4.0)]),
        ("☕", [("?", [byte], -1.0) for byte in COFFEE], [("☕", -3.0)]),
        ("a☕", [("?", [97, *COFFEE[:2]], -1.0), ("?", COFFEE[2:], -2.0)], [("a☕", -3.0)]),
        ("ab", [("a", [97], -1.0), ("b", [98], -2.0), ("", [], -3.0)], [("a", -1.0), ("b", -2.0)]),
        ("ab", [("a", [97], -1.0), ("b", [98], -2.0), ("\n", [10], -3.0)], [("a", -1.0), ("b", -2.0)]),
        ("a", [("a", [97], 0.0)], [("a", 0.0)]),
        ("a", [("a", [97], 1e-7)], [("a", 0.0)]),
        ("a", [("a", [97], -0)], [("a", 0.0)]),
        ("", [], []),
        ("", [("<end>", [60], -1.0)], []),
        ("ab", [("a", [97], -1.0)], []),
        ("ab", [("b", [98], -1.0), ("a", [97], -1.0)], []),
        ("ab", [("a", [97], -1.0), ("bc", None, -1.0)], []),
        ("é", [("?", E_ACUTE[:1], -1.0)], []),
        ("a", [("a", [97], float("nan"))], []),
        ("a", [("a", [97], float("-inf"))], []),
        ("a", [("a", [97], 0.9)], []),
        ("a", [("a", [97], None)], []),
        ("a", [("a", [970], -1.0)], []),
        ("a", [(None, None, -1.0)], []),
        ("😀", [("\ud83d", None, -1.0), ("\ude00", None, -1.0)], []),
    ],
)
def test_tokens_join_to_the_text_or_there_are_none(
    text: str, tokens: list[tuple[Any, list[int] | None, Any]], pieces: list[tuple[str, float]]
) -> None:
    """Characters that span tokens are one piece with the sum; what cannot be trusted is left out whole."""
    assert pieces_of(text, [piece(*token) for token in tokens]) == tuple(Token(*piece) for piece in pieces)


async def test_broken_tokens_cost_the_tokens_and_not_the_reply(server: MisbehavingServer, model: OpenAI) -> None:
    """Over the wire: a null, an infinity, and half a character."""
    broken = [("4", [52], None), ("4", [52], float("-inf")), ("\ud800", None, -1.0), ("4", "52", -1.0)]
    for token in broken:
        server.will(sends(completion("4", logprobs=logprobs(token))))
        response = await model.generate(ASKED)
        assert (response.text, response.tokens) == ("4", ())


def test_a_request_is_translated_without_a_network() -> None:
    """Pure, so that what was sent can be told later."""
    sent = to_openai(ASKED, without={"seed", "grammar"}, limit="max_completion_tokens")

    assert json.loads(json.dumps(sent)) == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2? ☕"}],
        "max_completion_tokens": 16,
        "temperature": 0.0,
        "logprobs": True,
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@example.org:8000/v1/?key=s3cret#frag", "https://example.org:8000/v1/"),
        ("http://127.0.0.1/v1/", "http://127.0.0.1/v1/"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://token@example.org", "https://example.org"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    """What names a server stays, who asks it goes."""
    assert without_secrets(url) == shown


async def test_the_identity_is_the_address(server: MisbehavingServer) -> None:
    """It stands in every manifest."""
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)
    await model.aclose()

    assert model.identity == {"base_url": f"{server.base_url}/"}


@pytest.mark.parametrize("address", ["http://me:pw@localhost:1/v1", "http://localhost:1/v1?key=pw"])
def test_an_address_with_a_secret_in_it_is_refused(address: str) -> None:
    """A password in an address would be sent in a header that we do not know how to blot out of an answer."""
    with pytest.raises(InputError, match="came with a user, password or query") as refused:
        OpenAI("m1", base_url=address, api_key=KEY)

    assert "pw" not in str(refused.value)


async def test_a_server_that_repeats_the_key_in_its_reply_has_it_blotted_out(server: MisbehavingServer) -> None:
    """Text, model and finish reason are written to disk; the tokens would spell the key again."""
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)
    await model.aclose()
    echoed = Response("completed", text=f"Answer: {KEY}", tokens=(Token(f"Answer: {KEY}", -0.1),), model=KEY)

    clean = model._server.without_secrets(echoed)

    assert (clean.text, clean.model, clean.tokens) == ("Answer: [API key]", "[API key]", ())
    assert model._server.without_secrets(Response("completed", text="none")).text == "none"
