"""A chat-completions server that counts what it is asked, and can hold its replies back."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class CountingServer:
    """Answers every question with `Answer: Lima` and `Confidence: 90`.

    `hold_after` replies, further requests wait until `release` is set; `held` is set when the first one waits. `usage`
    is what each reply says of its tokens.
    """

    def __init__(self, *, hold_after: int | None = None, usage: dict[str, Any] | None = None) -> None:
        self._usage = usage
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.held, self.release = threading.Event(), threading.Event()
        self._hold_after, self._lock = hold_after, threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    @property
    def base_url(self) -> str:
        """The address to give to --base-url."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def reply_to(self, question: str) -> str:
        """Return the reply's text; a test may replace this."""
        return f"Answer: Lima\nConfidence: {90 if question else 0}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.answer(body, {name.lower(): value for name, value in self.headers.items()}, self._send)

            def _send(self, reply: dict[str, Any]) -> None:
                payload = json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler

    def answer(self, body: dict[str, Any], headers: dict[str, str], send: Callable[[dict[str, Any]], None]) -> None:
        """Count a request, wait if replies are held back, and send one."""
        question = body["messages"][-1]["content"].splitlines()[0]
        with self._lock:
            self.asked[question] += 1
            self.headers.append(headers)
            hold = self._hold_after is not None and self.asked.total() > self._hold_after
        if hold and not self.release.is_set():
            self.held.set()
            self.release.wait()  # at the latest when the server is closed, however slow a test is
        message = {"role": "assistant", "content": self.reply_to(question)}
        choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
        about = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"], "usage": self._usage}
        try:
            send({**about, "choices": [choice]})
        except OSError:
            return  # whoever asked was killed meanwhile


@contextmanager
def counting_server(*, hold_after: int | None = None, usage: dict[str, Any] | None = None) -> Iterator[CountingServer]:
    """Run a CountingServer."""
    server = CountingServer(hold_after=hold_after, usage=usage)
    server._thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server._http.shutdown()
        server._http.server_close()
        server._thread.join()
