"""The messages adapter: the real SDK against a real server that misbehaves, and against llama.cpp."""

import os
import secrets
import traceback
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import anthropic
import pytest
import pytest_asyncio
from opentelemetry import trace

from providers.asking_again import answered
from providers.misbehaving_server import (
    Answer,
    MisbehavingServer,
    message,
    objects,
    resets,
    running,
    sends,
    stops_half_way,
)
from selfexplain import plugins
from selfexplain.errors import InputError, ProviderError, ReplyError
from selfexplain.providers import anthropic as adapter_module
from selfexplain.providers.anthropic import Anthropic
from selfexplain.providers.local import start_server
from selfexplain.records import Message, Request, Response, Usage
from selfexplain.runs.calls import Calls, read_calls, recorded

KEY = "sk-ant-very-secret-0123456789"

ASKED = Request(
    item="q1",
    messages=(
        Message("system", "Be brief."),
        Message("user", "1 + 1? ☕"),
        Message("assistant", "2"),
        Message("user", "2 + 2?"),
    ),
    max_tokens=16,
    temperature=0.0,
    seed=7,
    logprobs=True,
    grammar="root ::= [0-9]",
)
PLAIN = Request(item="q1", messages=(Message("user", "2 + 2?"),), max_tokens=16)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ANTHROPIC_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


@pytest_asyncio.fixture
async def model(server: MisbehavingServer) -> AsyncIterator[Anthropic]:
    model = Anthropic("m1", base_url=server.address, api_key=KEY)
    yield model
    await model.aclose()


async def test_a_request_goes_over_the_wire_as_the_protocol_has_it(server: MisbehavingServer, model: Anthropic) -> None:
    """System messages stand apart; nothing is sent that the protocol has no word for, and the Response says so."""
    server.will(sends(message("4")))
    response = await model.generate(ASKED)

    (received,) = server.received
    assert received.path == "/v1/messages"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body == {
        "model": "m1",
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "1 + 1? ☕"},
            {"role": "assistant", "content": "2"},
            {"role": "user", "content": "2 + 2?"},
        ],
        "max_tokens": 16,
        "temperature": 0.0,
    }
    assert response.dropped == ("grammar", "logprobs", "seed")


async def test_what_a_request_does_not_ask_for_is_neither_sent_nor_dropped(
    server: MisbehavingServer, model: Anthropic
) -> None:
    """No system message, no temperature: the provider's own hold."""
    server.will(sends(message("4")))
    response = await model.generate(PLAIN)

    assert server.bodies == [{"model": "m1", "messages": [{"role": "user", "content": "2 + 2?"}], "max_tokens": 16}]
    assert response.dropped == ()


async def test_a_message_becomes_a_response(server: MisbehavingServer, model: Anthropic) -> None:
    """Blocks of text are joined, thinking is skipped; the prompt counts what the cache had and what it took in."""
    thinking = {"type": "thinking", "thinking": "Two and two …", "signature": "s"}
    usage = {"input_tokens": 5, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 300, "output_tokens": 9}
    server.will(sends(message(thinking, "Answer: 4", "\nConfidence: 90", usage=usage)))

    assert await model.generate(PLAIN) == Response(
        outcome="completed",
        text="Answer: 4\nConfidence: 90",
        model="served-model",
        finish_reason="end_turn",
        usage=Usage(prompt=325, completion=9, cached=300),
    )


OUTCOMES: list[tuple[dict[str, Any], str, str]] = [
    (message("4", stop_reason="stop_sequence"), "completed", "4"),
    (message("4", stop_reason=None), "completed", "4"),
    (message("4", stop_reason="something_new"), "completed", "4"),
    (message(), "completed", ""),
    (message("4", stop_reason="max_tokens"), "truncated", "4"),
    (message(stop_reason="max_tokens"), "truncated", ""),
    (message("4", stop_reason="model_context_window_exceeded"), "truncated", "4"),
    (message("4", stop_reason="pause_turn"), "truncated", "4"),
    (message("I was", stop_reason="refusal"), "refused", "I was"),
    (message(stop_reason="refusal"), "refused", ""),
    (
        message(stop_reason="refusal", stop_details={"type": "refusal", "explanation": "Not this."}),
        "refused",
        "Not this.",
    ),
]


@pytest.mark.parametrize(("body", "outcome", "text"), OUTCOMES)
async def test_how_a_reply_ended_is_its_outcome(
    server: MisbehavingServer, model: Anthropic, body: dict[str, Any], outcome: str, text: str
) -> None:
    """Truncated and refused are states of a reply, not errors."""
    server.will(sends(body))
    response = await model.generate(PLAIN)

    assert (response.outcome, response.text) == (outcome, text)


FAILURES: list[tuple[str, Answer, str, float | None]] = [
    ("401", objects(401, "authentication_error", f"invalid x-api-key {KEY}"), "auth", None),
    ("402", objects(402, "billing_error"), "quota", None),
    ("400 no money", objects(400, "invalid_request_error", "Your credit balance is too low to …"), "quota", None),
    ("403", objects(403, "permission_error"), "auth", None),
    ("404", objects(404, "not_found_error", "model: m1"), "unavailable", None),
    ("408", objects(408, "timeout_error"), "overloaded", None),
    ("413", objects(413, "request_too_large"), "bad_request", None),
    ("429", objects(429, "rate_limit_error"), "rate", None),
    ("429 wait", objects(429, "rate_limit_error", **{"Retry-After": "7"}), "rate", 7.0),
    ("400", objects(400, "invalid_request_error", "messages: at least one"), "bad_request", None),
    ("400 value", objects(400, "invalid_request_error", "temperature: range: 0..1"), "bad_request", None),
    ("400 long", objects(400, "invalid_request_error", "prompt is too long: 9 > 8"), "context_too_long", None),
    (
        "400 long with limit",
        objects(400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 9 + 1 > 8"),
        "context_too_long",
        None,
    ),
    ("500", objects(500, "api_error"), "overloaded", None),
    ("504", objects(504, "timeout_error"), "overloaded", None),
    ("529", objects(529, "overloaded_error", "Overloaded"), "overloaded", None),
    ("502 HTML", sends(b"<html>nginx</html>", 502, kind="text/html"), "overloaded", None),
    ("reset", resets, "connection", None),
    ("half a body", stops_half_way, "connection", None),
]


@pytest.mark.parametrize(("answer", "kind", "wait"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
async def test_each_failure_has_its_kind(
    server: MisbehavingServer, model: Anthropic, answer: Answer, kind: str, wait: float | None
) -> None:
    """One request each: retrying is somebody else's."""
    server.will(answer)
    with pytest.raises(ProviderError) as caught:
        await model.generate(ASKED)

    assert (caught.value.kind, caught.value.retry_after) == (kind, wait)
    assert caught.value.message.startswith("anthropic/m1: ")
    assert len(server.received) == 1


async def test_the_servers_own_words_are_told(server: MisbehavingServer, model: Anthropic) -> None:
    """Not the whole object that holds them; the hint names the key that was used."""
    server.will(objects(401, "authentication_error", "invalid x-api-key"))
    with pytest.raises(ProviderError) as caught:
        await model.generate(PLAIN)

    assert str(caught.value) == (
        "anthropic/m1: Error code: 401 - invalid x-api-key\nhint: check ANTHROPIC_API_KEY and what this key may use"
    )


async def test_a_reply_that_does_not_come_is_a_timeout(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server holds the request until the test is over."""
    monkeypatch.setattr(adapter_module, "TIMEOUT_SECONDS", 0.05)

    def waits_for_the_end(_: BaseHTTPRequestHandler) -> None:
        server.released.wait()

    server.will(waits_for_the_end)
    model = Anthropic("m1", base_url=server.address, api_key=KEY)
    with pytest.raises(ProviderError, match="no reply within 0 s") as caught:
        await model.generate(PLAIN)
    await model.aclose()

    assert caught.value.kind == "timeout"


NO_MESSAGES: list[tuple[str, Answer]] = [
    ("text", sends(b"OK", kind="text/plain")),
    ("HTML", sends(b"<html>Please log in</html>", kind="text/html")),
    ("HTML that calls itself JSON", sends(b"<html>Please log in</html>")),
    ("nothing", sends(b"")),
    ("half a JSON", sends(b'{"content": [')),
    ("deep", sends(b"[" * 100_000)),
    ("null", sends(None)),
    ("list", sends([message("4")])),
    ("a chat completion", sends({"choices": [{"message": {"content": "4"}}]})),
    ("null content", sends({**message(), "content": None})),
    ("content of another kind", sends({**message(), "content": "4"})),
    ("block of another kind", sends({**message(), "content": ["4"]})),
    ("text of another kind", sends(message({"type": "text", "text": ["4"]}))),
    ("block without text", sends(message({"type": "text"}))),
    ("an error of no known type", objects(200, "odd_error", "no")),
]


@pytest.mark.parametrize("answer", [row[1] for row in NO_MESSAGES], ids=[row[0] for row in NO_MESSAGES])
async def test_a_200_that_is_no_message_is_a_reply_error(
    server: MisbehavingServer, model: Anthropic, answer: Answer
) -> None:
    """The SDK returns some of these as they are, and raises whatever it likes on others."""
    server.will(answer)

    with pytest.raises(ReplyError, match=r"\Aanthropic/m1: ") as caught:
        await model.generate(ASKED)
    assert caught.value.kind == "bad_reply"


LEAKS: list[Answer] = [
    objects(401, "authentication_error", f"invalid x-api-key: {KEY}"),
    objects(400, "invalid_request_error", f"Bad header {KEY}"),
    objects(529, "overloaded_error", f"Trace: x-api-key: {KEY}"),
    sends(f"<html>{'x' * 55}{KEY}</html>".encode(), kind="text/html"),
    sends({"content": None, "debug": KEY}),
    sends(f"no JSON {KEY}".encode()),
    resets,
]


@pytest.mark.parametrize("answer", LEAKS)
async def test_the_key_is_nowhere(tmp_path: Path, server: MisbehavingServer, model: Anthropic, answer: Answer) -> None:
    """Not in words, representations, tracebacks, the identity, or the recorded Call, whatever the server echoes."""
    server.will(answer)
    calls = Calls(tmp_path)
    with pytest.raises(ProviderError) as caught:
        await recorded(model.generate, calls)(PLAIN)
    await calls.aclose()
    error = caught.value

    seen = [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error)), repr(error.args)]
    seen += [repr(model), model.name, repr(model.identity), *map(repr, read_calls(tmp_path))]
    assert not [text for text in seen if KEY in text or KEY[:12] in text]


REFUSALS: list[tuple[str, Answer]] = [
    ("deprecated", objects(400, "invalid_request_error", "`temperature` is deprecated for this model.")),
    ("only one value", objects(400, "invalid_request_error", "`temperature` may only be set to 1 when thinking")),
    ("unknown", objects(400, "invalid_request_error", "temperature: Extra inputs are not permitted")),
]


@pytest.mark.parametrize("refusal", [row[1] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
async def test_a_refused_temperature_is_dropped_once_and_for_good(
    server: MisbehavingServer, model: Anthropic, refusal: Answer
) -> None:
    """Asked again without it; the next Request does not try it; both Responses say so."""
    server.will(refusal, sends(message("4")))
    responses = [await answered(model, ASKED), await answered(model, ASKED)]

    assert ["temperature" in body for body in server.bodies] == [True, False, False]
    assert [response.dropped for response in responses] == [("grammar", "logprobs", "seed", "temperature")] * 2


async def test_a_server_that_complains_of_what_is_not_sent_is_not_asked_for_ever(
    server: MisbehavingServer, model: Anthropic
) -> None:
    """The second complaint ends it."""
    server.will(objects(400, "invalid_request_error", "`temperature` is deprecated"))
    with pytest.raises(ProviderError) as caught:
        await answered(model, ASKED)

    assert caught.value.kind == "bad_request"
    assert len(server.received) == 2


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
async def test_the_address_may_end_in_v1_or_not(server: MisbehavingServer, end: str) -> None:
    """Other tools want it either way; both are the same Run."""
    server.will(sends(message("4")))
    model = plugins.provider("anthropic/m1", base_url=server.address + end)
    await model.generate(PLAIN)
    await model.aclose()

    assert server.received[0].path == "/v1/messages"
    assert server.received[0].headers["authorization"] == "Bearer none"
    assert model.identity == {"base_url": server.address}


def test_without_key_and_address_nothing_is_asked() -> None:
    """The SDK alone would raise a TypeError, at the first question."""
    with pytest.raises(InputError) as caught:
        Anthropic("m1")

    assert str(caught.value) == (
        "anthropic/m1 needs an API key and `ANTHROPIC_API_KEY` is not set\n"
        "hint: export ANTHROPIC_API_KEY=…, or name a server that needs none with --base-url http://HOST:PORT/v1"
    )


def test_a_key_that_no_header_can_hold_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable that holds it."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-sécret")
    with pytest.raises(InputError, match="copy the key again into ANTHROPIC_API_KEY") as caught:
        Anthropic("m1")

    assert "cret" not in str(caught.value)


async def test_a_trace_that_goes_on_around_a_run_is_not_sent_along(server: MisbehavingServer, model: Anthropic) -> None:
    """The SDK would put its id into every request."""
    server.will(sends(message("4")))
    context = trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1))
    with trace.use_span(trace.NonRecordingSpan(context)):
        await model.generate(PLAIN)

    assert "traceparent" not in server.received[0].headers


async def test_the_embedded_server_speaks_the_protocol_too(embedded_model: Path) -> None:
    """Real SDK, real model: its words, its counts, and what it could not be told."""
    key = secrets.token_hex()
    server = start_server(embedded_model, key)
    model = Anthropic("any", base_url=f"{server.listening_address}/v1", api_key=key)
    question = (Message("system", "You answer short questions."), Message("user", "What is the capital of France?"))
    reply = await model.generate(Request("q1", question, 12, temperature=0.0, seed=1))
    cut = await model.generate(Request("q1", question, 1, temperature=0.0))
    with pytest.raises(ProviderError) as long:
        await model.generate(Request("q1", (question[0], Message("user", "word " * 5000)), 12))
    await model.aclose()
    stranger = Anthropic("any", base_url=server.listening_address, api_key="wrong-key")
    with pytest.raises(ProviderError) as refused:
        await stranger.generate(PLAIN)
    await stranger.aclose()

    assert "Paris" in reply.text
    assert (reply.outcome, reply.dropped, reply.tokens) == ("completed", ("seed",), ())
    assert reply.usage is not None
    assert reply.usage.prompt > 10
    assert 0 < reply.usage.completion <= 12
    assert (cut.outcome, cut.finish_reason) == ("truncated", "max_tokens")
    assert long.value.kind == "context_too_long"
    assert refused.value.kind == "auth"
    assert isinstance(refused.value.__context__, anthropic.AuthenticationError)
