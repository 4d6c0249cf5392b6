"""HTTP for the SDKs by aiohttp: half the processor time of their own, and no reply left over for the next question.

A connection that is used again must hold nothing: bytes that came too many, of a server or a gateway that answers one
request twice, would be read as the reply to the next one, and an answer would be joined to another Item.
"""

import select
import urllib.request
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import aiohttp
import httpx2
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

LONGEST_HEADER = 1 << 16
"""Bytes; aiohttp's own limit is an eighth of that, and gateways write long ones."""

FILE = "application/binary"
"""What both SDKs accept when they want a file, such as the results of a batch: hundreds of megabytes, maybe."""

PIECE = 1 << 16
"""Bytes of a file that are handed on at once, at most."""

KEEP_ALIVE_SECONDS = 5.0
"""How long an unused connection is kept, as in the SDKs: common servers hang up soon after."""


def client_of(sdk: ModuleType, *, trust_env: bool) -> httpx2.AsyncClient:
    """Return an HTTP client as an SDK would make it, but for what carries its requests.

    Parameters
    ----------
    sdk : module
        openai or anthropic.
    trust_env : bool
        Whether proxies that the environment names are used.
    """
    client: httpx2.AsyncClient = sdk.DefaultAsyncHttpxClient(
        transport=Transport(trust_env=trust_env), trust_env=trust_env
    )
    return client


class Emptied(aiohttp.TCPConnector):
    """Connections that hold nothing unread when they are used again.

    aiohttp itself gives up a connection that holds too much when its reply ends. What comes between two requests is
    seen here; what comes after the next request was sent looks like its reply, and nobody can tell.
    """

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._used: weakref.WeakSet[ResponseHandler] = weakref.WeakSet()

    async def connect(self, *arguments: Any, **named: Any) -> Connection:
        """Return a new connection, or a used one on which nothing was said since."""
        while True:
            connection = await super().connect(*arguments, **named)
            protocol = connection.protocol
            if protocol is None or protocol not in self._used:  # on a new one TLS may still be speaking for itself
                if protocol is not None:
                    self._used.add(protocol)
                return connection
            if not holds_something(protocol):
                return connection
            connection.close()


def holds_something(protocol: ResponseHandler) -> bool:
    """Tell whether there is anything to read before anything was asked, in the process or still in the system."""
    socket = None if protocol.transport is None else protocol.transport.get_extra_info("socket")
    if protocol.should_close or socket is None:
        return protocol.should_close
    polled = select.poll() if hasattr(select, "poll") else None
    if polled is None:  # Windows; sockets have small numbers there
        return bool(select.select([socket], [], [], 0)[0])
    polled.register(socket, select.POLLIN)
    return bool(polled.poll(0))


class Arriving(httpx2.AsyncByteStream):
    """The body of a response, piece by piece as it comes.

    Parameters
    ----------
    response : aiohttp.ClientResponse
        Of which nothing but the head has been read.
    request : httpx2.Request
        Which errors are about.
    """

    def __init__(self, response: aiohttp.ClientResponse, request: httpx2.Request) -> None:
        self._response, self._request = response, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield each piece; raises httpx2's own errors."""
        with as_httpx(self._request):
            async for piece in self._response.content.iter_chunked(PIECE):
                yield piece

    async def aclose(self) -> None:
        """Let go of the connection, which is not used again unless all was read."""
        self._response.close()


class Transport(httpx2.AsyncBaseTransport):
    """Sends what the SDKs have built, through one session for each event loop's life.

    Parameters
    ----------
    trust_env : bool
        Whether proxies that the environment names are used.
    """

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[tuple[str, str], str | None] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return its whole response; raises httpx2's own errors, as the SDKs expect.

        A file is returned as soon as it begins, and read by whoever wants it.
        """
        if self._session is None:  # not in the constructor, which runs before there is a loop
            self._session = self._session_for(request)
        wait = request.extensions.get("timeout", {})
        content = await request.aread()  # files that are handed up come in pieces
        with as_httpx(request):
            response = await self._session.request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=content or None,
                allow_redirects=False,
                proxy=self._proxy_to(request.url.scheme, request.url.host),
                timeout=aiohttp.ClientTimeout(sock_connect=wait.get("connect"), sock_read=wait.get("read")),
            )
            about: dict[str, Any] = {"headers": response.raw_headers, "request": request}
            if request.headers.get("accept") == FILE:
                return httpx2.Response(response.status, stream=Arriving(response, request), **about)
            async with response:
                return httpx2.Response(response.status, content=await response.read(), **about)

    def _session_for(self, request: httpx2.Request) -> aiohttp.ClientSession:
        """Return what sends; a server on this machine needs no certificates, and finding them takes its time."""
        certified = httpx2.create_ssl_context() if request.url.scheme == "https" else True
        return aiohttp.ClientSession(
            connector=Emptied(limit=0, ssl=certified, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    def _proxy_to(self, scheme: str, host: str) -> str | None:
        """Return the proxy that the environment names for an address."""
        if not self._trust_env:
            return None
        if (scheme, host) not in self._proxies:  # what to look for stands in many places
            named = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)
            self._proxies[scheme, host] = named
        return self._proxies[scheme, host]

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


@contextmanager
def as_httpx(request: httpx2.Request) -> Iterator[None]:
    """Turn aiohttp's errors into those that the SDKs know."""
    try:
        yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout(str(error), request=request) from error
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
        raise httpx2.NetworkError(str(error) or type(error).__name__, request=request) from error
    except (aiohttp.ClientError, ValueError) as error:  # no HTTP at all; a proxy of a kind that is not spoken here
        raise httpx2.RemoteProtocolError(str(error), request=request) from error
