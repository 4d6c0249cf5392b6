"""What every reader promises, and the words for what it finds."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from selfexplain.errors import InputError
from selfexplain.readers.log_file import LogFile, listed
from selfexplain.records import Answered, Reading, Source, Status
from selfexplain.runs.answers import Asked, Provenance, digest

Scale = Literal["probability", "percent"]

MISSING = object()
"""Nothing stands at a place; null does not count as missing."""


class Options(NamedTuple):
    """How somebody wants a log to be read."""

    scorer: str | None = None
    """What says right or wrong, where there are several that could."""
    only: Mapping[str, str] = {}
    """Which answers: place → value."""
    columns: Mapping[str, str] = {}
    """Where `confidence`, `item`, `cluster` and `group` stand: ours → a place in the log."""
    scale: Scale = "probability"
    """Of confidences that are read from texts and scores."""


class Sample(NamedTuple):
    """One answer as the tool recorded it, in our words."""

    where: str
    """For errors: file and sample."""
    item: str
    asked: Asked
    fields: Mapping[str, Any]
    """What options may name: place → value; a value may be an object with places inside it."""
    correct: bool | None
    """None where nothing or nobody could tell."""
    status: Status | None = None
    """What is wrong with the reply; None if nothing is."""
    repeat: int | None = None
    """None where the tool does not number repeats: then the order of the same question's answers does."""
    confidence: Reading[float] | None = None
    """Where the tool's own numbers make one, without anything being named."""


class Logged(NamedTuple):
    """Everything a reader makes of a file."""

    samples: Sequence[Sample]
    scorer: str
    provenance: Provenance
    """Without items."""
    remarks: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """Places that can hold nothing but a confidence."""
    source: Source = "given"
    """Of the samples' own confidences."""


class Log(NamedTuple):
    """A log's answers, as every verb takes them."""

    rows: list[Answered]
    source: Source
    provenance: Provenance
    remarks: list[str]
    how: Mapping[str, str]
    """How it was read: format, scorer, confidence."""


class Reader(Protocol):
    """A class without state; its docstring is its page, `format` the name that options use."""

    format: str

    def recognises(self, file: LogFile) -> bool:
        """Tell whether a file's structure is this tool's and no other's."""
        ...

    def read(self, file: LogFile, options: Options) -> Logged:
        """Return a log's samples.

        Raises
        ------
        InputError
            When it is damaged, or it does not say without help what was right.
        """
        ...


T = TypeVar("T")


def at(fields: Mapping[str, Any], place: str) -> Any:
    """Return what stands at a place, names of objects and their keys joined by dots, or `MISSING`.

    >>> at({"metadata": {"a.b": {"c": 1}}, "scores.x": 2}, "metadata.a.b.c"), at({"scores.x": 2}, "scores.x")
    (1, 2)
    """
    if place in fields:
        return fields[place]
    for split in (index for index, sign in enumerate(place) if sign == "."):
        inner = fields.get(place[:split])
        if isinstance(inner, dict):
            found = at(inner, place[split + 1 :])
            if found is not MISSING:
                return found
    return MISSING


def kept(samples: Iterable[tuple[T, Mapping[str, Any]]], only: Mapping[str, str], path: Path) -> list[T]:
    """Return what `only` asks for.

    Raises
    ------
    InputError
        When that is nothing, or there are none.
    """
    left = list(samples)
    if not left:
        raise InputError(f"{path} holds no samples", hint="have the tool write them into its log")
    for place, value in only.items():
        there = [at(fields, place) for _, fields in left]
        left = [
            pair for pair, found in zip(left, there, strict=True) if found is not MISSING and text_of(found) == value
        ]
        if not left:
            values = sorted({text_of(found) for found in there if found is not MISSING})
            raise InputError(
                f"{path}: no answer has {value!r} at {place}",
                hint=f"there stands: {listed(values)}" if values else "nothing stands there in any sample",
            )
    return [sample for sample, _ in left]


def the_one(what: str, names: Iterable[str], path: Path, hint: str) -> str:
    """Return the only name there is, or raise InputError with all of them."""
    names = sorted(set(names))
    if len(names) != 1:
        raise InputError(f"{path} holds {len(names)} {what}: {listed(names)}", hint=hint)
    return names[0]


def text_of(value: Any) -> str:
    """Return a value as options write it.

    >>> text_of(True), text_of(3), text_of("a")
    ('true', '3', 'a')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fingerprint(value: Any) -> str:
    """Return 12 hexadecimal digits of JSON content, whatever the order of its keys."""
    return digest(json.dumps(value, sort_keys=True))


def right_or_wrong(value: Any) -> bool | None:
    """Return what a score says that can only be right or wrong; None for anything between.

    >>> right_or_wrong(1.0), right_or_wrong("no"), right_or_wrong(0.5)
    (True, False, None)
    """
    if isinstance(value, bool):
        return value
    known = {"1": True, "1.0": True, "0": False, "0.0": False, "yes": True, "true": True, "no": False, "false": False}
    return known.get(str(value).strip().lower()) if isinstance(value, str | int | float) else None
