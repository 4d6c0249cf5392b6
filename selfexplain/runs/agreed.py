"""How far each claim of a Run agrees with witnesses: the rows that a comparison, a baseline and a gate stand on.

As text it is one line for each answer and one column for each witness, sorted, so that a review sees what changed.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from selfexplain.runs.spreadsheet import quoted, restored, safe

DIGITS = 6
"""A value is rounded once, when it is measured: what a file holds is then what was measured."""

KEYS = ("item", "repeat")

Key: TypeAlias = tuple[str, int]
"""Item and repeat."""

Values: TypeAlias = Mapping[str, float]
"""By witness, how much one claim's agreement is above its matched null, in [-1, 1]."""


class Looking(msgspec.Struct, frozen=True):
    """How one witness has looked."""

    family: str
    settings: Mapping[str, Any]
    """What it was called with, as its Evidence says."""

    def asks_like(self, other: "Looking") -> bool:
        """Tell whether two looked with the same settings; the seed of draws is none."""
        mine, its = ({k: v for k, v in each.settings.items() if k != "seed"} for each in (self, other))
        return mine == its


class Agreed(msgspec.Struct, frozen=True):
    """The agreement of one kind of claim with some witnesses, answer by answer."""

    claim: str
    measure: str
    witnesses: Mapping[str, Looking]
    rows: Mapping[Key, Values]
    """Of each answer that some witness has a value for; a witness without one is not named."""


def rows_as_text(agreed: Agreed) -> bytes:
    """Return the rows as CSV, sorted by Item and repeat, with a column for each witness by name."""
    names = sorted(agreed.witnesses)
    lines = [",".join((*KEYS, *map(quoted, names)))]
    for (item, repeat), values in sorted(agreed.rows.items()):
        cells = (f"{values[name]:.{DIGITS}g}" if name in values else "" for name in names)
        lines.append(",".join((quoted(safe(item)), str(repeat), *cells)))
    return ("\n".join(lines) + "\n").encode("utf-8")


def rows_in_text(text: bytes, witnesses: Sequence[str]) -> dict[Key, Values]:
    r"""Return the rows of a text; a ValueError says what is wrong with it.

    >>> rows_in_text(b"item,repeat,occlusion\nq,0,0.25\n", ["occlusion"])
    {('q', 0): {'occlusion': 0.25}}
    """
    names = sorted(witnesses)
    reader = csv.reader(io.StringIO(text.decode("utf-8"), newline=""), strict=True)
    found: dict[Key, Values] = {}
    if tuple(next(reader, ())) != (*KEYS, *names):
        raise ValueError(f"line 1: expected the columns {', '.join((*KEYS, *names))}")
    for cells in reader:
        key, values = row_in(cells, names, f"line {reader.line_num}")
        if key in found:
            raise ValueError(f"line {reader.line_num}: {key[0]!r}, repeat {key[1]}, stands twice")
        found[key] = values
    return found


def row_in(cells: Sequence[str], names: Sequence[str], where: str) -> tuple[Key, Values]:
    """Return one row of a text."""
    if len(cells) != len(KEYS) + len(names):
        raise ValueError(f"{where}: expected {len(KEYS) + len(names)} cells")
    item, repeat, *stated = cells
    if not repeat.isdecimal():
        raise ValueError(f"{where}: `repeat` is {repeat!r}; expected a whole number from 0")
    values = {name: float(cell) for name, cell in zip(names, stated, strict=True) if cell}
    wrong = next((name for name, value in values.items() if math.isnan(value) or not -1 <= value <= 1), None)
    if wrong is not None:
        raise ValueError(f"{where}: `{wrong}` is {values[wrong]}; expected a number from -1 to 1")
    return (restored(item), int(repeat)), values
