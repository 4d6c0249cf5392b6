"""What the SDKs send with: proxies, long headers, squeezed bodies, and servers that speak no HTTP."""

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from providers.misbehaving_server import MisbehavingServer, completion, running, sends
from selfexplain.errors import ProviderError
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Message, Request

ASKED = Request(item="q1", messages=(Message("user", "2 + 2?"),), max_tokens=16)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


async def asked(base_url: str) -> str:
    model = OpenAI("m", base_url=base_url, api_key="none")
    try:
        return (await model.generate(ASKED)).text
    finally:
        await model.aclose()


async def test_a_proxy_of_the_environment_carries_requests_to_other_machines(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole address is what a proxy is asked for."""
    server.will(sends(completion("4")))
    monkeypatch.setenv("HTTP_PROXY", server.address)
    monkeypatch.setenv("http_proxy", server.address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert await asked("http://models.example.org/v1") == "4"
    assert server.received[0].path == "http://models.example.org/v1/chat/completions"


async def test_a_machine_that_needs_no_proxy_is_asked_directly(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens where the proxy should be."""
    server.will(sends(completion("4")))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert await asked(server.base_url) == "4"
    monkeypatch.setenv("no_proxy", "nowhere.invalid")
    with pytest.raises(ProviderError, match=r"no connection to the server \(.*nowhere\.invalid") as caught:
        await asked("http://nowhere.invalid/v1")
    assert caught.value.kind == "connection"


async def test_a_squeezed_body_and_a_long_header_are_read(server: MisbehavingServer) -> None:
    """Gateways send both."""
    body = gzip.compress(json.dumps(completion("4")).encode())
    server.will(sends(body, Content_Encoding="gzip", X_Long="x" * 20_000))

    assert await asked(server.base_url) == "4"


async def test_what_speaks_no_http_is_no_connection(server: MisbehavingServer) -> None:
    """A database on that port, say."""

    def speaks_otherwise(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\x05\x00\x00nonsense\r\n\r\n")
        handler.close_connection = True

    server.will(speaks_otherwise)
    with pytest.raises(ProviderError, match="no connection to the server") as caught:
        await asked(server.base_url)
    assert caught.value.kind == "connection"


async def test_a_request_that_is_given_up_leaves_the_connection(server: MisbehavingServer) -> None:
    """Its reply may still come, and must not meet the next question."""
    hanging = threading.Event()

    def hangs(handler: BaseHTTPRequestHandler) -> None:
        hanging.set()
        server.hangs(handler)

    server.will(hangs, sends(completion("next")))
    model = OpenAI("m", base_url=server.base_url)
    first = asyncio.create_task(model.generate(ASKED))
    await asyncio.to_thread(hanging.wait, 10)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await model.generate(ASKED)).text == "next"
    await model.aclose()
