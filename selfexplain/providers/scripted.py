"""Replies from a file: for tests, for documentation, and to try a template without a model."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfexplain.errors import InputError, ProviderError
from selfexplain.records import Request, Response, Token


class Scripted:
    """Answers each Item with the reply written down for it.

    Parameters
    ----------
    path : str
        A JSONL file with one object per line: `item` (an Item's id, or `*` for all others), `reply`, and
        optionally `tokens`, a list of `[text, probability]` that joins to the reply.

    Raises
    ------
    InputError
        When the file is missing or a line is not such an object.
    """

    prefix = "scripted"
    concurrency = 8

    def __init__(self, path: str) -> None:
        self.name = f"scripted/{Path(path).name}"
        self._replies = read_script(Path(path))
        self.identity: Mapping[str, str] = {}

    async def generate(self, request: Request) -> Response:
        """Return the reply for the Request's Item."""
        reply = self._replies.get(request.item) or self._replies.get("*")
        if reply is None:
            raise ProviderError(
                f"{self.name} has no reply for Item {request.item!r}",
                kind="bad_request",
                hint='add a line with that `item`, or one with "item": "*"',
            )
        return reply

    async def aclose(self) -> None:
        """Hold nothing, so let go of nothing."""


def read_script(path: Path) -> dict[str, Response]:
    """Return the Response for each Item of a script."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"no script at {path}: {error.strerror}", hint="name it as -m scripted/PATH/TO/replies.jsonl"
        ) from None
    return dict(response_from(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip())


def response_from(line: str, where: str) -> tuple[str, Response]:
    """Return an Item's id and its Response from one line of a script."""
    try:
        entry: dict[str, Any] = json.loads(line)
        text = entry["reply"]
        tokens = tuple(Token(piece, math.log(probability)) for piece, probability in entry.get("tokens", ()))
        item = entry["item"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{where}: not a scripted reply ({error})",
            hint='expected {"item": "…", "reply": "…", "tokens": [["text", 0.9], …]}',
        ) from None
    if tokens and "".join(token.text for token in tokens) != text:
        raise InputError(f"{where}: the tokens do not join to the reply", hint="write the reply's exact characters")
    return item, Response(outcome="completed", text=text, tokens=tokens, finish_reason="stop")
