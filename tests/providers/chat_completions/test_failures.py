"""The chat-completions adapter beside a real server that misbehaves: each failure has its kind."""

import socket
from http.server import BaseHTTPRequestHandler

import openai
import pytest

from providers.chat_completions.asked import ASKED, KEY, PLAIN
from providers.misbehaving_server import (
    Answer,
    MisbehavingServer,
    completion,
    fails,
    resets,
    sends,
    stops_half_way,
)
from selfexplain.errors import ProviderError, ReplyError
from selfexplain.providers import openai as adapter_module
from selfexplain.providers.openai import OpenAI

GOOGLES = [
    {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []},
    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"},
]
"""When to come back, as Google's server for this protocol says it."""

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
    ("429 of Google's", fails(429, "Quota", details=GOOGLES), "rate", 34.5),
    ("429 of Google's, in a list", sends([{"error": {"message": "no", "details": GOOGLES}}], 429), "rate", 34.5),
    ("429 of Google's, and a header", fails(429, "no", headers={"Retry-After": "7"}, details=GOOGLES), "rate", 7.0),
    ("429 of no Google's", fails(429, "no", details=[{"retryDelay": "soon"}, {"retryDelay": 3}, "?"]), "rate", None),
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


@pytest.mark.parametrize(
    ("status", "stated", "again"),
    [
        (429, "false", "never"),
        (500, "false", "never"),
        (400, "true", "later"),
        (404, "true", "later"),
        (429, "true", "later"),
        (401, "true", None),
        (402, "true", None),
        (500, "perhaps", None),
    ],
)
async def test_the_servers_word_whether_to_ask_again_is_heard(
    server: MisbehavingServer, model: OpenAI, status: int, stated: str, again: str | None
) -> None:
    """But a wrong key and an empty account stop the Run at once."""
    server.will(fails(status, "no", headers={"X-Should-Retry": stated}))
    with pytest.raises(ProviderError) as caught:
        await model.generate(PLAIN)

    assert caught.value.again == again


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
