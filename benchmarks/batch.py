"""What asking in batches takes of memory: by the size of a batch, and by that of the Run.

`python benchmarks/batch.py` prints the table of "Memory" in docs/batch.md. The batch endpoint is a server on this
machine that behaves as OpenAI documents it and answers each batch as soon as it is handed in. Each line is a process
of its own, which asks as `selfexplain run --batch` does, short of measuring.
"""

import argparse
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

IDS = re.compile(rb'"custom_id":"([^"]+)"')
TOGETHER = 512
"""Lines of results that the server writes at once."""


class Handler(BaseHTTPRequestHandler):
    """A batch endpoint whose batches are files of requests, by number."""

    protocol_version = "HTTP/1.1"
    batches: list[list[bytes]] = []  # noqa: RUF012 - one server, one list
    reply = b""

    def do_POST(self) -> None:
        """Take a file of requests, or make a batch of the last one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/files"):
            self.batches.append(IDS.findall(body))
            about = {"object": "file", "bytes": len(body), "created_at": 0, "filename": "f", "purpose": "batch"}
            self.say({"id": str(len(self.batches) - 1), **about})
        else:
            self.say(self.batch(json.loads(body)["input_file_id"]))

    def do_GET(self) -> None:
        """Say how far a batch is, or stream its results."""
        parts = self.path.partition("?")[0].split("/")
        if parts[-1] == "batches":
            self.say({"object": "list", "data": [], "has_more": False})
        elif parts[-1] == "content":
            self.results(self.batches[int(parts[-2])])
        else:
            self.say(self.batch(parts[-1]))

    def batch(self, name: str) -> dict[str, Any]:
        """Return a batch that has ended."""
        n = len(self.batches[int(name)])
        return {
            "id": name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": 0,
            "input_file_id": name,
            "status": "completed",
            "output_file_id": name,
            "request_counts": {"total": n, "completed": n, "failed": 0},
        }

    def results(self, ids: list[bytes]) -> None:
        """Stream a reply to each request."""
        self.head(sum(len(each) for each in ids) + len(ids) * len(self.line(b"")))
        for start in range(0, len(ids), TOGETHER):
            self.wfile.write(b"".join(map(self.line, ids[start : start + TOGETHER])))

    def line(self, name: bytes) -> bytes:
        """Return one line of results."""
        return b'{"custom_id":"%b","response":{"status_code":200,"body":%b}}\n' % (name, self.reply)

    def say(self, body: dict[str, Any]) -> None:
        """Send an object."""
        content = json.dumps(body).encode()
        self.head(len(content))
        self.wfile.write(content)

    def head(self, n_bytes: int) -> None:
        """Announce so many bytes."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(n_bytes))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def serve(pipe: Connection, characters: int) -> None:
    """Serve until killed; send the port."""
    because = "it is the seat of government. " * (1 + characters // 30)
    message = {"role": "assistant", "content": f"Answer: Lima\nBecause: {because[:characters]}\nConfidence: 90"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 160, "completion_tokens": characters // 4, "total_tokens": 160 + characters // 4}
    reply = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    Handler.reply = json.dumps(reply).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def ask(n: int, in_batch: int, base_url: str) -> None:
    """Ask n Items, so many in a batch, and print the peak in MiB before the first batch and after the last."""
    from selfexplain import ask_plan, asking  # noqa: PLC0415 - its cost belongs to this process
    from selfexplain.pipeline import batch_desk, batched  # noqa: PLC0415 - with it

    batched.LINGER_SECONDS = batch_desk.FIRST_POLL_SECONDS = 0.1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions.jsonl"
        with path.open("w") as file:
            for number in range(n):
                asked = f"What is the capital of the country with number {number} in the list of all countries?"
                file.write(json.dumps({"question": asked, "gold": "Lima"}) + "\n")
        plan = ask_plan.planned(
            str(path), model="openai/m", template="answer-why-confidence", base_url=base_url, asks=True
        )
        began = peak()
        with asking.asked([plan], concurrency=in_batch, results=Path(folder) / "results", batch=True) as ((run, _),):
            replies = run.calls().totals.replies
    if replies != n:
        raise SystemExit(f"{replies} replies to {n} questions")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([began, peak(), used.ru_utime + used.ru_stime]))


def peak() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Took(NamedTuple):
    """Peaks in MiB before anything was asked and in all, and processor seconds."""

    began: float
    most: float
    processor: float


def measured(n: int, in_batch: int, characters: int) -> Took:
    """Ask in a process of its own, of a server in another one."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs, characters), daemon=True)
    server.start()
    try:
        base_url = f"http://127.0.0.1:{ours.recv()}/v1"
        done = subprocess.run(
            [sys.executable, __file__, "--contender", str(n), str(in_batch), base_url],
            check=True,
            stdout=subprocess.PIPE,
            env=os.environ | {"OPENAI_API_KEY": "none"},
        )
    finally:
        server.kill()
    return Took(*json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contender", nargs=3, help=argparse.SUPPRESS)
    options.add_argument("--sizes", nargs="+", help="Items:in a batch:characters of a reply")
    chosen = options.parse_args()
    if chosen.contender:
        n, in_batch, base_url = chosen.contender
        ask(int(n), int(in_batch), base_url)
        return
    print("| Items | in a batch | characters of a reply | peak MiB | of a question that waits, KiB | ms/Item |")
    print("|---|---|---|---|---|---|")
    for size in chosen.sizes or ("2000:2000:200", "20000:2000:200", "20000:20000:200"):
        n, in_batch, characters = map(int, size.split(":"))
        took = measured(n, in_batch, characters)
        waits = f"{1024 * (took.most - took.began) / min(n, in_batch):.1f}"
        cells = f"{took.most:.0f} | {waits} | {1e3 * took.processor / n:.2f}"
        print(f"| {n:,} | {in_batch:,} | {characters:,} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
