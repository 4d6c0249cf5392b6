"""Replies from a file: for tests, for documentation, and to try a template without a model."""

import codecs
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from selfexplain.errors import InputError, ProviderError
from selfexplain.records import Alternative, Request, Response, Token


class Scripted:
    """Answers each Item with the reply written down for it.

    Parameters
    ----------
    path : str
        A JSONL file with one object per line: `item` (an Item's id, or `*` for all others), `reply`, and optionally
        `turn` (from 0, for templates with several), `tokens`, a list of `[text, probability]` that joins to the
        reply, and `top`, for each token an object of alternatives and their probabilities.

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
        reply = self._replies.get((request.item, request.turn)) or self._replies.get(("*", request.turn))
        if reply is None:
            place = f", turn {request.turn}" if request.turn else ""
            raise ProviderError(
                f"{self.name} has no reply for Item {request.item!r}{place}",
                kind="bad_request",
                hint='add a line with that `item`, or one with "item": "*"',
            )
        return reply

    async def aclose(self) -> None:
        """Hold nothing, so let go of nothing."""


Probability = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a script."""

    item: str
    reply: str
    turn: Annotated[int, msgspec.Meta(ge=0)] = 0
    tokens: tuple[tuple[str, Probability], ...] = ()
    top: tuple[dict[str, Probability], ...] = ()


def read_script(path: Path) -> dict[tuple[str, int], Response]:
    """Return the Response for each Item and turn of a script."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise InputError(
            f"no script at {path}: {error.strerror}", hint="name it as -m scripted/PATH/TO/replies.jsonl"
        ) from None
    replies: dict[tuple[str, int], Response] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            (item, turn), response = response_from(line, f"{path}, line {number}")
            if (item, turn) in replies:
                raise InputError(f"{path}, line {number}: a second reply for {item!r}", hint="keep one of them")
            replies[item, turn] = response
    return replies


def response_from(line: bytes, where: str) -> tuple[tuple[str, int], Response]:
    """Return an Item's id, a turn, and the Response to it from one line of a script."""
    try:
        entry = msgspec.json.decode(line, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{where}: not a scripted reply ({error})",
            hint='expected {"item": "…", "reply": "…", "tokens": [["text", 0.9], …]}',
        ) from None
    if entry.top and len(entry.top) != len(entry.tokens):
        raise InputError(
            f"{where}: {len(entry.top)} `top` for {len(entry.tokens)} tokens",
            hint="give each token its object; {} is none",
        )
    tokens = tuple(
        Token(piece, math.log(probability), tuple(Alternative(text, math.log(p)) for text, p in top.items()))
        for (piece, probability), top in zip(entry.tokens, entry.top or [{}] * len(entry.tokens), strict=True)
    )
    if tokens and "".join(token.text for token in tokens) != entry.reply:
        raise InputError(f"{where}: the tokens do not join to the reply", hint="write the reply's exact characters")
    return (entry.item, entry.turn), Response(
        outcome="completed", text=entry.reply, tokens=tokens, finish_reason="stop"
    )
