"""A real HTTP server on loopback that does what it is told, wrong things included."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: dict[str, Any]


@dataclass
class MisbehavingServer:
    """What it will answer, request by request (the last answer for ever), and what it was asked."""

    address: str
    answers: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end, so that an answer that waits is not waited for."""

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [request.body for request in self.received]

    def will(self, *answers: Answer) -> None:
        self.answers[:] = answers


def completion(text: Any = "4", *, finish_reason: Any = "stop", **more: Any) -> dict[str, Any]:
    """Return the body of a chat completion; `logprobs` and message fields by keyword."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **more.get("message", {})},
        "finish_reason": finish_reason,
        "logprobs": more.get("logprobs"),
    }
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [choice],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    }


def message(*blocks: Any, stop_reason: Any = "end_turn", **more: Any) -> dict[str, Any]:
    """Return the body of a message as Anthropic writes it: texts or whole blocks; other fields by keyword."""
    return {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "served-model",
        "content": [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks],
        "stop_reason": stop_reason,
        "usage": {"input_tokens": 12, "output_tokens": 3},
        **more,
    }


def sends(body: Any, status: int = 200, *, kind: str = "application/json", **headers: str) -> Answer:
    """Return an answer with a status, headers and a body: an object to be sent as JSON, or the bytes themselves."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        # A date of the test's own stands in the place of the machine's.
        (handler.send_response_only if "Date" in headers else handler.send_response)(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def fails(status: int, message: str = "no", *, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
    """Return an answer with an error object as OpenAI writes it."""
    return sends({"error": {"message": message, **fields}}, status, **(headers or {}))


def objects(status: int, kind: str, message: str = "no", **headers: str) -> Answer:
    """Return an answer with an error object as Anthropic writes it."""
    return sends({"type": "error", "error": {"type": kind, "message": message}}, status, **headers)


def resets(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a reset connection."""
    # Lingering for no time makes the system send RST instead of an orderly end.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def stops_half_way(handler: BaseHTTPRequestHandler) -> None:
    """Promise a thousand bytes, send ten, and hang up."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices"')
    handler.close_connection = True


@contextmanager
def running() -> Iterator[MisbehavingServer]:
    """Run a server for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.received.append(Received(self.path, headers, json.loads(content)))
            answer = server.answers[min(len(server.received), len(server.answers)) - 1]
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing: the tests look at `received`."""

        def finish(self) -> None:
            if not self.connection._closed:  # the one way to ask a socket
                super().finish()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server = MisbehavingServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            http.shutdown()
            thread.join()
