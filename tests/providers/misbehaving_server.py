"""A real HTTP server on loopback that does what it is told, wrong things included."""

import io
import json
import socket
import struct
import sys
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
    turn: threading.Condition = field(default_factory=threading.Condition)
    """Held while the next answer is chosen, and told whenever one was given."""
    given: int = 0
    """Answers given so far."""

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [request.body for request in self.received]

    def will(self, *answers: Answer) -> None:
        self.answers[:] = answers

    def take(self, received: Received) -> Answer:
        """Note a request and return how it is answered."""
        with self.turn:
            self.received.append(received)
            return self.answers[min(len(self.received), len(self.answers)) - 1]

    def gave(self) -> None:
        """Note that a request was answered."""
        with self.turn:
            self.given += 1
            self.turn.notify_all()

    def overtaken(self, answer: Answer) -> Answer:
        """Return an answer that waits until another request has been answered, for a moment if there is none."""

        def wait_first(handler: BaseHTTPRequestHandler) -> None:
            with self.turn:
                before = self.given
                self.turn.wait_for(lambda: self.given > before or self.released.is_set(), timeout=0.2)
            answer(handler)

        return wait_first

    def hangs(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing, until whoever asked has gone."""
        handler.connection.settimeout(0.01)
        while not self.released.is_set():
            try:
                if not handler.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        handler.close_connection = True


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


def asked_of(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    """Return the body of the request that a handler is answering."""
    body: dict[str, Any] = handler.asked  # type: ignore[attr-defined] # set by the one handler below
    return body


def reply(
    text_of: Callable[[str], str], *, body: Callable[[str], dict[str, Any]] = completion, **fields: Any
) -> Answer:
    """Return an answer whose text is made of the question; other fields of the body by keyword."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        question = asked_of(handler)["messages"][-1]["content"]
        sends(body(text_of(question)) | fields)(handler)

    return answer


def twice(answer: Answer, read: threading.Event | None = None, said: threading.Event | None = None) -> Answer:
    """Return an answer that comes two times over the same connection, though it was asked for once.

    In one piece; or the second time when `read` is set, which `said` then tells.
    """

    def again(handler: BaseHTTPRequestHandler) -> None:
        wire, kept = handler.wfile, io.BytesIO()
        handler.wfile = kept
        answer(handler)
        handler.wfile = wire
        if read is None or said is None:
            wire.write(2 * kept.getvalue())
            return
        wire.write(kept.getvalue())
        read.wait(10)
        wire.write(kept.getvalue())
        said.set()

    return again


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
            length = int(self.headers["Content-Length"])
            content = self.rfile.read(length)
            if len(content) < length:  # whoever asked was killed meanwhile
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.asked = json.loads(content)
            try:
                server.take(Received(self.path, headers, self.asked))(self)
            except OSError:
                self.close_connection = True
            server.gave()

        def log_message(self, *_: Any) -> None:
            """Say nothing: the tests look at `received`."""

        def finish(self) -> None:
            if not self.connection._closed:  # the one way to ask a socket
                super().finish()

    class Server(ThreadingHTTPServer):
        def handle_error(self, *where: Any) -> None:
            if not isinstance(sys.exception(), OSError):  # a connection that somebody cut is what is tested
                super().handle_error(*where)

    with Server(("127.0.0.1", 0), Handler) as http:
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
