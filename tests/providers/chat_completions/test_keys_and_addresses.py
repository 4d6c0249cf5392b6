"""Keys and addresses of the chat-completions adapter: what is sent where, and shown nowhere."""

import traceback
from pathlib import Path

import httpx2
import openai
import pytest

from providers.chat_completions.asked import KEY, PLAIN
from providers.misbehaving_server import (
    Answer,
    MisbehavingServer,
    completion,
    fails,
    resets,
    sends,
)
from selfexplain.errors import InputError, ProviderError, ReplyError
from selfexplain.providers.access import without_secrets
from selfexplain.providers.failures import Server
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Response, Token
from selfexplain.runs.calls import Calls, read_calls, recorded

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


REQUEST = httpx2.Request("POST", "http://host/v1")

RAISED = [
    openai.APIConnectionError(message=f"no route with {KEY}", request=REQUEST),
    openai.APIError(f"half a reply of {KEY}", REQUEST, body=None),
    ValueError(f"no number: {KEY}"),
    openai.OpenAIError(f"no token for {KEY}"),
]


@pytest.mark.parametrize("raised", RAISED, ids=lambda each: type(each).__name__)
def test_the_key_is_blotted_out_of_whatever_the_sdk_says(raised: Exception) -> None:
    """Before there is a reply, too: libraries below print addresses and headers."""
    server = Server("openai/m1", openai, "OPENAI_API_KEY", (KEY,), {}, 1.0)
    with pytest.raises((ProviderError, ReplyError)) as caught, server.errors():
        raise raised

    assert "[API key]" in str(caught.value)
    assert KEY[:12] not in "".join(traceback.format_exception(caught.value))


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
