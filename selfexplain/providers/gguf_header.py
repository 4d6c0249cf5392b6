"""What the header of a GGUF file says of its model: number of parameters, licence; no tensor is read."""

import math
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

FIXED: Mapping[int, str] = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""GGUF's numbers for types of a fixed size, as `struct` calls them."""
TEXT, ARRAY = 8, 9
MOST_DIMENSIONS = 8


class Header(NamedTuple):
    """What is read of a header; None for what it does not say."""

    parameters: int | None = None
    licence: str | None = None


def read_header(path: Path) -> Header:
    """Return what a GGUF file (version 2 or 3) says of its model; nothing at all when it cannot be read as one.

    The format: magic, version, number of tensors, number of metadata; the metadata as (key, type, value); per tensor
    its name, its dimensions, its type and its place.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return Cursor(data).header()
    except (OSError, ValueError, struct.error, OverflowError, RecursionError):  # short, damaged, or not ours to judge
        return Header()


class Cursor:
    """A place in a header, moving forward."""

    def __init__(self, data: Any) -> None:
        self._data, self._at = data, 8  # after magic and version

    def header(self) -> Header:
        """Read the header from its beginning."""
        n_tensors, n_metadata = self._number("Q"), self._number("Q")
        licence = None
        for _ in range(n_metadata):
            key = self._text()
            value = self._value(self._number("I"))
            if key == b"general.license" and isinstance(value, bytes):
                licence = value.decode(errors="replace").strip()[:200] or None
        parameters = sum(self._tensor() for _ in range(n_tensors))
        return Header(parameters or None, licence)

    def _number(self, kind: str) -> Any:
        (value,) = struct.unpack_from(f"<{kind}", self._data, self._at)
        self._at += struct.calcsize(f"<{kind}")
        return value

    def _text(self) -> bytes:
        length = self._number("Q")
        start = self._at
        self._skip(length)
        return bytes(self._data[start : self._at])

    def _skip(self, length: int) -> None:
        if length > len(self._data) - self._at:
            raise ValueError("the header ends in the middle of a value")
        self._at += length

    def _value(self, kind: int) -> bytes | None:
        """Move past a value; return it if it is a text."""
        if kind == TEXT:
            return self._text()
        if kind == ARRAY:
            inner, n = self._number("I"), self._number("Q")
            if inner in FIXED:
                self._skip(n * struct.calcsize(f"<{FIXED[inner]}"))
            else:
                for _ in range(n):
                    self._value(inner)
            return None
        if kind not in FIXED:
            raise ValueError(f"no type has the number {kind}")
        self._skip(struct.calcsize(f"<{FIXED[kind]}"))
        return None

    def _tensor(self) -> int:
        """Move past the description of one tensor; return how many parameters it holds."""
        self._text()
        n_sizes = self._number("I")
        if n_sizes > MOST_DIMENSIONS:
            raise ValueError(f"a tensor with {n_sizes} dimensions")
        sizes = [self._number("Q") for _ in range(n_sizes)]
        self._skip(12)  # type and place
        return math.prod(sizes)
