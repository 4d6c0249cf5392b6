"""Replies from a file: for tests, for documentation, and to try a template without a model."""

import codecs
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

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
        # Two scripts of one name are two models: their replies must not meet in one Run.
        self.identity: Mapping[str, str] = {"script_sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}

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


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a script."""

    item: str
    reply: str
    tokens: tuple[tuple[str, Annotated[float, msgspec.Meta(gt=0, le=1)]], ...] = ()


def read_script(path: Path) -> dict[str, Response]:
    """Return the Response for each Item of a script."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise InputError(
            f"no script at {path}: {error.strerror}", hint="name it as -m scripted/PATH/TO/replies.jsonl"
        ) from None
    replies: dict[str, Response] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            item, response = response_from(line, f"{path}, line {number}")
            if item in replies:
                raise InputError(f"{path}, line {number}: a second reply for {item!r}", hint="keep one of them")
            replies[item] = response
    return replies


def response_from(line: bytes, where: str) -> tuple[str, Response]:
    """Return an Item's id and its Response from one line of a script."""
    try:
        entry = msgspec.json.decode(line, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{where}: not a scripted reply ({error})",
            hint='expected {"item": "…", "reply": "…", "tokens": [["text", 0.9], …]}',
        ) from None
    tokens = tuple(Token(piece, math.log(probability)) for piece, probability in entry.tokens)
    if tokens and "".join(token.text for token in tokens) != entry.reply:
        raise InputError(f"{where}: the tokens do not join to the reply", hint="write the reply's exact characters")
    return entry.item, Response(outcome="completed", text=entry.reply, tokens=tokens, finish_reason="stop")
