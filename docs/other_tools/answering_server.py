"""A chat-completions server with scripted answers: what the logs of `docs/other_tools.md` were made with.

`python answering_server.py 8808` answers the questions of `questions.jsonl` until it is stopped, as one of two models:
`small` is often wrong, `large` seldom, and both are rather sure. Some replies are not what was asked for, always the
same ones, so that a log holds one of each kind.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ASKED = [json.loads(line) for line in Path(__file__).with_name("questions.jsonl").open(encoding="utf-8")]

WRONG = {"small": {"laos", "togo", "seven", "root", "tin"}, "large": {"togo"}}

SURE = {"small": (95, 80, 70, 95, 60), "large": (90, 99, 95)}

ODD = {
    "chad": ("ANSWER: D\nCONFIDENCE: 130", "stop"),
    "sum": ("ANSWER: B\nCONFIDENCE: 60-80", "stop"),
    "gold": ("ANSWER: C", "stop"),
    "lead": ("", "stop"),
    "iron": ("", "content_filter"),
    "neon": ("Let me think about the noble gases, one by one, from the lightest", "length"),
}
"""Out of range, a range, no confidence, nothing, refused, cut."""

FAILING = "zinc"
"""The question that the server refuses."""


def reply_of(model: str, prompt: str) -> tuple[str, str] | None:
    """Return the text and the finish reason; None where there is no reply."""
    place, one = next((place, one) for place, one in enumerate(ASKED) if one["question"] in prompt)
    if one["id"] == FAILING:
        return None
    if one["id"] in ODD:
        return ODD[one["id"]]
    letter = "ABCD"[("ABCD".index(one["answer"]) + 1) % 4] if one["id"] in WRONG[model] else one["answer"]
    return f"ANSWER: {letter}\nCONFIDENCE: {SURE[model][place % len(SURE[model])]}", "stop"


class Handler(BaseHTTPRequestHandler):
    """Speaks as much of the protocol as the tools need."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = body["messages"][-1]["content"]
        prompt = content if isinstance(content, str) else content[-1]["text"]
        said = reply_of(body["model"], prompt)
        if said is None:
            self.send(400, {"error": {"message": "this question is not answered", "type": "invalid_request_error"}})
            return
        text, reason = said
        self.send(
            200,
            {
                "id": "scripted",
                "object": "chat.completion",
                "created": 0,
                "model": body["model"],
                "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": 60, "completion_tokens": 10, "total_tokens": 70},
            },
        )

    def send(self, status: int, content: dict[str, Any]) -> None:
        """Send one object."""
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
