"""Both batch endpoints as their makers document them, on loopback: what they check, which states they go through.

Faults come on top: a fate for a question, a status for a route, a cut in the results, and the death of whoever asks at
a stage of its own. Every Request in a batch that was made counts as asked once.
"""

import email
import json
import os
import re
import signal
import socket
import struct
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

WRONG_KEY = "sk-wrong-key"
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")

Body = dict[str, Any]


@dataclass
class Batch:
    """A batch as the server keeps it."""

    name: str
    entries: list[Body]
    metadata: dict[str, str]
    polls_left: int
    created: datetime
    done: int = 0
    status: str = "validating"
    refused: list[Body] = field(default_factory=list)
    replies: list[Body] = field(default_factory=list)
    failures: list[Body] = field(default_factory=list)


class BatchServer:
    """Answers every question with `reply_to`, in batches.

    Parameters
    ----------
    polls : int
        After so many looks a batch has ended.
    """

    def __init__(self, *, polls: int = 2) -> None:
        self.asked: Counter[str] = Counter()
        """How often each question was in a batch."""
        self.seen: Counter[str] = Counter()
        """How often each route was asked."""
        self.batches: list[Batch] = []
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        """What uploaded files are called."""
        self.fates: dict[str, deque[str]] = defaultdict(deque)
        """What becomes of a question, asking by asking: reply, expired, cancelled, missing, 500, 400, 429 …"""
        self.statuses: dict[str, deque[tuple[int, Body]]] = defaultdict(deque)
        """Statuses with which a route answers before it does what it should."""
        self.lost: Counter[str] = Counter()
        """How often a route does what it should and the reply to it is lost."""
        self.cuts = 0
        """How often results are cut in half."""
        self.refuses: Callable[[list[Body]], list[Body]] = lambda _: []
        """Returns why a whole batch is refused."""
        self.reorder: Callable[[list[Body]], list[Body]] = lambda lines: lines[::-1]
        self.spoil: Callable[[bytes], bytes] = lambda results: results
        """Returns what is sent instead of results."""
        self.resets = 0
        """How often the connection is reset amid results."""
        self.amid: Callable[[], None] = lambda: None
        """Done when half of the results are sent, before the rest is."""
        self.kill_at = ""
        self.pid: int | None = None
        self.takes_temperature = True
        self._polls = polls
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def base_url(self) -> str:
        """The address to give to --base-url."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def reply_to(self, question: str) -> str:
        """Return the reply to a question, which is that of no other."""
        return f"Answer: word of {question}\nConfidence: 90"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self, b"")

            def do_DELETE(self) -> None:
                server.answer(self, b"")

            def do_POST(self) -> None:
                server.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Do what a route does, or what a test wants instead."""
        url = urlsplit(handler.path)
        route, argument = route_of(handler.command, url.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        key = handler.headers.get("x-api-key") or handler.headers.get("Authorization", "").removeprefix("Bearer ")
        with self._lock:
            self.seen[route] += 1
            if key == WRONG_KEY:
                found: tuple[int, Any] = (401, error("authentication_error", "invalid api key"))
            elif self.statuses[route]:
                found = self.statuses[route].popleft()
            else:
                self.die_at(f"before {route}")
                found = self.act(route, argument, query, body, handler.headers.get("Content-Type", ""))
                self.die_at(f"after {route}")
                if self.lost[route]:
                    self.lost[route] -= 1
                    handler.close_connection = True
                    handler.connection.shutdown(socket.SHUT_RDWR)
                    return
        with suppress(OSError):
            self.send(handler, *found)

    def die_at(self, stage: str) -> None:
        """Kill whoever asks, once."""
        if self.kill_at == stage and self.pid is not None:
            self.kill_at = ""
            os.kill(self.pid, signal.SIGKILL)

    def send(self, handler: BaseHTTPRequestHandler, status: int, body: Any) -> None:
        """Send a reply; results may be cut in half, which the length gives away or not, in turns."""
        payload = self.spoil(body) if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        cut = payload
        if isinstance(body, bytes) and (self.cuts or self.kill_at == "amid results"):
            cut = payload[: len(payload) // 2]
        openly = self.cuts % 2 == 1
        handler.send_header("Content-Length", str(len(payload) if openly or cut is payload else len(cut)))
        if status == 429:
            handler.send_header("Retry-After", "1")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        if isinstance(body, bytes) and cut is payload:
            handler.wfile.write(payload[: len(payload) // 2])
            self.amid()
            if self.resets:
                self.resets -= 1
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                handler.connection.close()
                return
            cut = payload = payload[len(payload) // 2 :]
        handler.wfile.write(cut)
        if cut is not payload:
            self.cuts = max(0, self.cuts - 1)
            self.die_at("amid results")

    def act(self, route: str, argument: str, query: dict[str, str], body: bytes, kind: str) -> tuple[int, Any]:
        """Do what a route does."""
        acts: dict[str, Callable[[], tuple[int, Any]]] = {
            "upload": lambda: self.upload(body, kind),
            "delete": lambda: self.delete(argument),
            "files": lambda: (200, self.uploaded()),
            "content": lambda: self.content(argument),
            "create": lambda: self.create(json.loads(body)),
            "list": lambda: (200, self.listed(query)),
            "retrieve": lambda: self.retrieve(argument),
            "results": lambda: self.results(argument),
        }
        return acts[route]()

    def delete(self, name: str) -> tuple[int, Body]:
        """Forget a file."""
        del self.files[name], self.names[name]
        return 200, {"id": name, "object": "file", "deleted": True}

    def uploaded(self) -> Body:
        """Return which files there are, the newest first."""
        about = {"object": "file", "purpose": "batch", "bytes": 1, "created_at": 0}
        rows = [{"id": name, "filename": called, **about} for name, called in reversed(self.names.items())]
        return {"object": "list", "data": rows, "has_more": False}

    def content(self, name: str) -> tuple[int, Any]:
        """Return a file."""
        return (200, self.files[name]) if name in self.files else (404, error("not_found", "no such file"))

    def retrieve(self, name: str) -> tuple[int, Any]:
        """Return a batch, one step further."""
        for batch in self.batches:
            if batch.name == name:
                self.advance(batch)
                return 200, self.shown(batch)
        return 404, error("not_found_error", "no such batch")

    def results(self, name: str) -> tuple[int, Any]:
        """Return what came of a message batch."""
        batch = next(each for each in self.batches if each.name == name)
        return 200, as_lines(self.reorder([*batch.replies, *batch.failures]))

    def upload(self, body: bytes, kind: str) -> tuple[int, Body]:
        """Keep a file."""
        form = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=policy.HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        content, name = bytes(parts["file"].get_payload(decode=True)), f"file-{self.seen['upload']}"
        if parts["purpose"].get_payload(decode=True) != b"batch":
            return 400, error("invalid_request_error", "purpose must be batch")
        self.files[name], self.names[name] = content, str(parts["file"].get_filename())
        about = {"object": "file", "bytes": len(content), "created_at": 0, "filename": self.names[name]}
        return 200, {"id": name, "purpose": "batch", **about}

    def create(self, body: Body) -> tuple[int, Body]:
        """Make a batch, once all of it is as documented."""
        anthropic = "requests" in body
        if anthropic:
            entries = body["requests"]
        elif body["input_file_id"] not in self.files:
            return 404, error("not_found", "no such file")
        else:
            entries = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
            if body["completion_window"] != "24h" or body["endpoint"] != "/v1/chat/completions":
                return 400, error("invalid_request_error", "no such window or endpoint")
        ids = [entry["custom_id"] for entry in entries]
        if len(set(ids)) < len(ids) or not all(CUSTOM_ID.fullmatch(each) for each in ids) or not ids:
            return 400, error("invalid_request_error", "custom_id must be unique, of 1 to 64 letters, digits, _ and -")
        name = f"{'msgbatch' if anthropic else 'batch'}_{len(self.batches):03}"
        batch = Batch(name, entries, body.get("metadata") or {}, self._polls, datetime.now(UTC))
        batch.refused = self.refuses(entries)
        self.batches.append(batch)
        if not batch.refused:
            self.asked.update(map(question_of, entries))
        return 200, self.shown(batch)

    def listed(self, query: dict[str, str]) -> Body:
        """Return a page of batches, the newest first."""
        newest_first = self.batches[::-1]
        after = query.get("after") or query.get("after_id")
        names = [batch.name for batch in newest_first]
        rest = newest_first[names.index(after) + 1 :] if after else newest_first
        page = rest[: int(query.get("limit", "20"))]
        for batch in page:
            self.advance(batch)
        ends = {"first_id": page[0].name, "last_id": page[-1].name} if page else {"first_id": None, "last_id": None}
        return {"object": "list", "data": list(map(self.shown, page)), "has_more": len(page) < len(rest), **ends}

    def advance(self, batch: Batch) -> None:
        """Let a batch go on by one step."""
        if batch.status not in {"validating", "in_progress"}:
            return
        if batch.refused:
            batch.status = "failed"
            return
        batch.polls_left -= 1
        if batch.polls_left > 0:
            batch.status, batch.done = "in_progress", len(batch.entries) // 2
            return
        fates = [self.settle(batch, entry) for entry in batch.entries]
        batch.done = len(batch.entries)
        batch.status = next((each for each in ("expired", "cancelled") if each in fates), "completed")

    def settle(self, batch: Batch, entry: Body) -> str:
        """Answer one question, or do to it what a test wants; return its fate."""
        is_anthropic = "params" in entry
        body, question = entry["params"] if is_anthropic else entry["body"], question_of(entry)
        fate = self.fates[question].popleft() if self.fates[question] else "reply"
        if fate == "reply" and not self.takes_temperature and "temperature" in body:
            fate = "no temperature"
        line = (anthropic_line if is_anthropic else openai_line)(fate, body["model"], self.reply_to(question))
        if line is None:
            return fate
        where = batch.replies if fate == "reply" else batch.failures
        where.append({"custom_id": entry["custom_id"], **line})
        return fate

    def shown(self, batch: Batch) -> Body:
        """Return a batch as its maker shows it."""
        if batch.name.startswith("msgbatch"):
            return self.shown_by_anthropic(batch)
        ended, total = batch.status in {"completed", "expired", "cancelled"}, len(batch.entries)
        output, errors = f"{batch.name}-output", f"{batch.name}-errors"
        if ended:
            self.files[output] = as_lines(self.reorder(batch.replies))
            self.files[errors] = as_lines(self.reorder(batch.failures))
        return {
            "id": batch.name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": int(batch.created.timestamp()),
            "input_file_id": "file",
            "status": batch.status,
            "metadata": batch.metadata,
            "errors": {"object": "list", "data": batch.refused} if batch.status == "failed" else None,
            # None where nothing was answered, and an empty name where nothing failed: seen in the wild.
            "output_file_id": output if ended and batch.replies else None,
            "error_file_id": errors if ended and batch.failures else "",
            "request_counts": {"total": total, "completed": batch.done, "failed": 0},
        }

    def shown_by_anthropic(self, batch: Batch) -> Body:
        """Return a message batch: counts are 0 before its end, and the results have an address only then."""
        ended = batch.status in {"completed", "expired", "cancelled"}
        kinds = Counter(line["result"]["type"] for line in [*batch.replies, *batch.failures])
        counts = {kind: kinds[kind] if ended else 0 for kind in ("succeeded", "errored", "canceled", "expired")}
        left = 0 if ended else len(batch.entries)
        return {
            "id": batch.name,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": {"processing": left, **counts},
            "created_at": batch.created.isoformat(),
            "expires_at": (batch.created + timedelta(days=1)).isoformat(),
            "ended_at": batch.created.isoformat() if ended else None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": f"{self.base_url}/messages/batches/{batch.name}/results" if ended else None,
        }


def question_of(entry: Body) -> str:
    """Return what is asked by an entry of a batch."""
    body = entry["params"] if "params" in entry else entry["body"]
    return str(body["messages"][-1]["content"]).splitlines()[0]


def route_of(method: str, path: str) -> tuple[str, str]:
    """Return which route a path is, and what it is about."""
    parts = path.removeprefix("/v1/").removeprefix("messages/").split("/")
    if parts[0] == "files":
        reading = "files" if len(parts) == 1 else "content"
        return {"POST": "upload", "DELETE": "delete"}.get(method, reading), parts[1] if len(parts) > 1 else ""
    if parts[0] != "batches":
        return path, ""
    if len(parts) == 1:
        return "create" if method == "POST" else "list", ""
    return "results" if parts[-1] == "results" else "retrieve", parts[1]


def as_lines(rows: list[Body]) -> bytes:
    """Return rows as JSON lines, with characters as they are: some of them would end a line of text."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def error(kind: str, message: str, **more: Any) -> Body:
    """Return an error as both write it, near enough."""
    return {"type": "error", "error": {"type": kind, "message": message, **more}}


REFUSALS: dict[str, tuple[int, str, str, Body]] = {
    "no temperature": (400, "invalid_request_error", "Unsupported parameter: temperature", {"param": "temperature"}),
    "400": (400, "invalid_request_error", "this question is refused", {}),
    "filtered": (
        400,
        "invalid_request_error",
        "Output blocked by content filtering policy",
        {"code": "content_filter"},
    ),
    "429": (429, "rate_limit_error", "too many", {}),
    "500": (500, "api_error", "something broke", {}),
    "no money": (402, "billing_error", "no credit left", {}),
}


def openai_line(fate: str, model: str, text: str) -> Body | None:
    """Return a line of OpenAI's results, without its name; None where there is none."""
    if fate == "missing":
        return None
    if fate in {"expired", "cancelled"}:
        return {"response": None, "error": {"code": f"batch_{fate}", "message": f"it {fate}"}}
    if fate in REFUSALS:
        status, kind, message, more = REFUSALS[fate]
        return {"response": {"status_code": status, "body": error(kind, message, **more)}, "error": None}
    finish = {"half": "error", "cut by a filter": "content_filter"}.get(fate, "stop")
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}, "logprobs": None}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": model, "choices": [choice], "usage": usage}
    if fate == "error with 200":
        body = error("server_error", "the model broke down")
    return {"id": "batch_req", "response": {"status_code": 200, "request_id": "r", "body": body}, "error": None}


def anthropic_line(fate: str, model: str, text: str) -> Body | None:
    """Return a line of Anthropic's results, without its name; None where there is none."""
    if fate == "missing":
        return None
    if fate in {"expired", "cancelled"}:
        return {"result": {"type": {"expired": "expired", "cancelled": "canceled"}[fate]}}
    if fate in REFUSALS:
        _, kind, message, more = REFUSALS[fate]
        return {"result": {"type": "errored", "error": error(kind, message, **more)}}
    content = [{"type": "text", "text": text}]
    usage = {"input_tokens": 100, "output_tokens": 10}
    about = {"id": "x", "type": "message", "role": "assistant", "model": model, "stop_reason": "end_turn"}
    if fate == "error with 200":
        return {"result": {"type": "succeeded", "message": error("api_error", "the model broke down")}}
    return {"result": {"type": "succeeded", "message": {**about, "content": content, "usage": usage}}}


@contextmanager
def batch_server(*, polls: int = 2) -> Iterator[BatchServer]:
    """Run a BatchServer."""
    server = BatchServer(polls=polls)
    server._thread.start()
    try:
        yield server
    finally:
        server._http.shutdown()
        server._http.server_close()
        server._thread.join()
