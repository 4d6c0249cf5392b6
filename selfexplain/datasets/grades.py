"""Grades from elsewhere: what people or another tool say of answers, joined by Item, never by order."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from selfexplain.datasets.confidences import correct_of, repeat_of
from selfexplain.datasets.rows import Problem, Table, named, place_word, read_rows, refuse
from selfexplain.errors import InputError


class Grades(NamedTuple):
    """What a table says of answers."""

    name: str
    """The file's."""
    correct: Mapping[tuple[str, int], bool | None]
    """By Item and repeat; None where it says neither right nor wrong."""


def read_grades(table: "str | Table") -> Grades:
    """Return the grades in a table.

    Parameters
    ----------
    table : str, Path or DataFrame
        With columns `item`, `correct` (1, 0, or empty for undecided) and optionally `repeat`; others are ignored.

    Raises
    ------
    InputError
        When a column is missing, a value is none of these, or an answer has two grades; names the row.
    """
    table = Path(table) if isinstance(table, str) else table
    problems: list[Problem] = []
    found: dict[tuple[str, int], bool | None] = {}
    seen: set[str] = set()
    for row in read_rows(table):
        seen |= row.fields.keys() | row.blank
        correct, repeat = correct_of(row, problems), repeat_of(row, problems)
        item = row.fields.get("item")
        if item is None:
            problems.append(Problem(row.line, "item", None, "expected the id of an Item"))
        elif (str(item), repeat) in found:
            problems.append(Problem(row.line, "item", item, f"an earlier {place_word(table)} grades it too"))
        else:
            found[str(item), repeat] = correct
    missing = sorted({"item", "correct"} - seen)
    if missing:
        raise InputError(
            f"{named(table)} has no column {missing[0]!r}", hint="expected columns `item` and `correct`, one row each"
        )
    refuse(table, problems, hint="correct is 1, 0, or empty where nobody could tell")
    return Grades(named(table), found)
