"""JSON objects inside a reply, with the place of every value.

The json module is no help here: it tells no positions, recurses, and refuses what models write all day (a trailing
comma, single quotes, `80%` without quotes). One pass, one stack, no recursion: a hundred thousand brackets cost a
hundred thousand steps.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

TOKEN = re.compile(
    r"""(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
    r"""|(?P<punctuation>[{}\[\],:])|(?P<scalar>[^\s{}\[\],:"']++)|(?P<space>\s++)|(?P<open_string>["'])""",
    re.DOTALL,
)
OBJECT_START = re.compile(r"\{|\[(?=\s{0,20}\{)")


@dataclass(slots=True)
class Member:
    """One key and where its value stands: the content of a string without quotes, or a bare value as it is."""

    key: str
    start: int
    stop: int
    quoted: bool = False
    closed: bool = False


@dataclass(slots=True)
class JsonObject:
    """One object; `array` numbers the array it is an element of, so that siblings can be told from a second try."""

    start: int
    stop: int
    members: list[Member]
    array: int | None


@dataclass(slots=True)
class Scanned:
    """All complete objects in the order in which they end, and the one that the text leaves open."""

    complete: list[JsonObject] = field(default_factory=list)
    open_at: int | None = None
    open_keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Frame:
    kind: Literal["{", "["]
    start: int
    expects: Literal["key", "colon", "value", "comma"]
    members: list[Member] = field(default_factory=list)


def scan_objects(text: str) -> Scanned:
    """Return the JSON objects in a text that may hold anything else as well.

    Examples
    --------
    >>> text = 'Sure: {"answer": "Paris", "confidence": 80,}'
    >>> [(member.key, text[member.start : member.stop]) for member in scan_objects(text).complete[0].members]
    [('answer', 'Paris'), ('confidence', '80')]
    >>> scan_objects('{"confidence": 7').open_keys
    {'confidence'}
    """
    scanned = Scanned()
    stack: list[_Frame] = []
    position = 0
    endless: set[str] = set()
    while position < len(text):
        if not stack:
            opening = OBJECT_START.search(text, position)
            if opening is None:
                break
            position = opening.end()
            _push(stack, opening[0], opening.start())
            continue
        # Where one quote has no end, no later one of its kind has: looked for once, not once for each of them.
        token = None if text[position] in endless else TOKEN.match(text, position)
        if token is None or token["open_string"]:
            endless.add(text[position])
            if _string_may_stand(stack[-1]):
                break  # a string that the text does not end: everything open stays open
            stack.clear()
            position += 1
        elif token["space"] or _accept(scanned, stack, token):
            position = token.end()
        else:
            stack.clear()
            position = token.start() if token[0] in "{[" else token.end()
    if stack:
        scanned.open_at = stack[0].start
        scanned.open_keys = {member.key for frame in stack for member in frame.members}
    return scanned


def _push(stack: list[_Frame], kind: str, start: int) -> None:
    stack.append(_Frame("{", start, "key") if kind == "{" else _Frame("[", start, "value"))


def _string_may_stand(frame: _Frame) -> bool:
    return frame.expects in {"key", "value"}


def _accept(scanned: Scanned, stack: list[_Frame], token: re.Match[str]) -> bool:
    """Take one token into the open frame; False when no JSON, however sloppy, has it there."""
    frame, written = stack[-1], token[0]
    if token["punctuation"]:
        return _punctuation(scanned, stack, frame, token)
    if frame.expects == "key":
        frame.members.append(Member(written.strip("\"'"), token.end(), token.end()))
        frame.expects = "colon"
        return True
    if frame.expects == "value":
        _value(frame, token.start(), token.end(), quoted=bool(token["string"]))
        return True
    if frame.expects == "comma" and token["scalar"] and frame.members and not frame.members[-1].quoted:
        frame.members[-1].stop = token.end()  # `80 %` and `very likely`, written without quotes
        return True
    return False


def _value(frame: _Frame, start: int, stop: int, *, quoted: bool = False) -> None:
    if frame.kind == "{":
        member = frame.members[-1]
        member.start, member.stop = (start + 1, stop - 1) if quoted else (start, stop)
        member.quoted = quoted
    frame.expects = "comma"


def _punctuation(scanned: Scanned, stack: list[_Frame], frame: _Frame, token: re.Match[str]) -> bool:
    written = token[0]
    if written in "{[":
        if frame.expects != "value":
            return False
        _push(stack, written, token.start())
    elif written == ":":
        if frame.expects != "colon":
            return False
        frame.expects = "value"
    elif written == ",":
        if frame.expects != "comma":
            return False
        if frame.members:
            frame.members[-1].closed = True
        frame.expects = "key" if frame.kind == "{" else "value"
    else:
        return _close(scanned, stack, frame, token)
    return True


def _close(scanned: Scanned, stack: list[_Frame], frame: _Frame, token: re.Match[str]) -> bool:
    # A trailing comma is forgiven: then a key (or an element) was expected and the bracket closes instead.
    in_object = frame.kind == "{"
    may_close = frame.expects in ("comma", "key" if in_object else "value")
    if not may_close or token[0] != ("}" if in_object else "]"):
        return False
    stack.pop()
    if in_object:
        array = stack[-1].start if stack and stack[-1].kind == "[" else None
        scanned.complete.append(JsonObject(frame.start, token.end(), frame.members, array))
    if stack:
        _value(stack[-1], frame.start, token.end())
    return True
