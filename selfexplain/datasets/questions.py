"""A user's questions, from JSONL, CSV, Parquet or a DataFrame, as a Dataset. `docs/datasets.md` says how."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from selfexplain.datasets.askable import Graders, flaws_of
from selfexplain.datasets.rows import Problem, Row, Table, named, place_word, read_rows, refuse, renamed
from selfexplain.errors import InputError
from selfexplain.records import LETTERS, Dataset, Item

KNOWN = frozenset(Item.__struct_fields__)
SEVERAL = frozenset({"gold", "choices", "tags"})
SEPARATOR = "|"
"""Between several texts in one CSV cell: `Myanmar|Burma`."""


def read_questions(table: Table, *, graders: Graders, columns: Mapping[str, str] | None = None) -> Dataset:
    """Return the Dataset in a file or DataFrame; every bad row is reported before anything is asked.

    Parameters
    ----------
    table : Path or DataFrame
        A `.jsonl`, `.csv` or `.parquet` file, or a DataFrame, with `question` and `gold`, and optionally the other
        fields of an Item.
    graders : mapping
        What the field `grader` may name; each must call the gold texts of its Items right.
    columns : mapping, optional
        Ours → theirs, for columns that are called something else; the columns that nobody named are then ignored.

    Returns
    -------
    Dataset
        Named after the file; its version is the beginning of the file's sha256. A DataFrame is called `dataframe`, and
        its version is the beginning of its content's hash.

    Raises
    ------
    InputError
        When the file cannot be read or any row is no Item; names file, line, field, value and remedy.
    """
    columns = columns or {}
    if strange := sorted(columns.keys() - KNOWN):
        raise InputError(f"--map knows no field {strange[0]!r}", hint=f"ours are: {', '.join(sorted(KNOWN))}")
    problems: list[Problem] = []
    items: dict[str, Item] = {}
    is_csv = isinstance(table, Path) and table.suffix.lower() == ".csv"
    for read in renamed(read_rows(table), columns, table=table):
        row = split(read) if is_csv else read
        if columns:
            row = Row(row.line, {name: value for name, value in row.fields.items() if name in KNOWN})
        found = problems_of(row, frozenset(graders))
        item = None if found else item_of(row, place_word(table))
        if item is not None:
            found = [Problem(row.line, *flaw) for flaw in flaws_of(item, graders)]
            if item.id in items:
                found.append(Problem(row.line, "id", item.id, "expected an id that no earlier row has"))
            items.setdefault(item.id, item)
        problems += found
    refuse(table, problems, hint="mend these rows and run again; the fields are described in docs/datasets.md")
    if not items:
        raise InputError(f"{named(table)} holds no questions", hint="one row per question, with `question` and `gold`")
    if isinstance(table, Path):
        version = hashlib.sha256(table.read_bytes()).hexdigest()[:8]
        return Dataset(name=table.stem, version=version, items=tuple(items.values()))
    unversioned = Dataset(name="dataframe", version="", items=tuple(items.values()))
    return msgspec.structs.replace(unversioned, version=unversioned.content_hash[:8])


def choices_of(value: Any) -> list[Any] | None:
    """Return the choices of an object `{"A": …, "B": …}` in the order of its letters, or None when it is none.

    >>> choices_of({"B": "Paris", "A": "Lyon"}), choices_of({"A": "Lyon", "C": "Paris"})
    (['Lyon', 'Paris'], None)
    """
    if not isinstance(value, dict) or not value:
        return None
    by_letter = {str(letter).upper(): text for letter, text in value.items()}
    expected = LETTERS[: len(value)]
    return [by_letter[letter] for letter in expected] if sorted(by_letter) == list(expected) else None


def problems_of(row: Row, graders: frozenset[str]) -> list[Problem]:
    """Return everything that keeps a row from being an Item."""
    fields = with_choices(row).fields
    found = [
        Problem(row.line, name, fields[name], f"expected one of the fields {', '.join(sorted(KNOWN))}")
        for name in sorted(fields.keys() - KNOWN)
    ]
    for name in sorted(fields.keys() & KNOWN - {"tolerance"}):
        if name == "choices" and isinstance(fields[name], dict):
            found.append(Problem(row.line, name, fields[name], "expected the letters A, B, C … without a gap"))
        elif name in SEVERAL and isinstance(fields[name], list):
            if not all(is_text(part) and str(part).strip() for part in fields[name]):
                found.append(Problem(row.line, name, fields[name], "expected a list of texts that are not empty"))
        elif not is_text(fields[name]):
            found.append(Problem(row.line, name, fields[name], "expected a text"))
    complained_of = {problem.field for problem in found}
    found += [
        Problem(row.line, name, fields.get(name), "expected a text that is not empty")
        for name in ("question", "gold", *(fields.keys() & {"id"}))
        if name not in complained_of and not any(text.strip() for text in texts(fields.get(name)))
    ]
    grader = fields.get("grader")
    if is_text(grader) and grader not in graders:
        found.append(Problem(row.line, "grader", grader, f"expected one of {', '.join(sorted(graders))}"))
    tolerance = as_number(fields.get("tolerance", 0))
    if tolerance is None or tolerance < 0:
        found.append(Problem(row.line, "tolerance", fields["tolerance"], "expected a number that is not negative"))
    elif tolerance and grader != "numeric":
        found.append(Problem(row.line, "tolerance", fields["tolerance"], "expected `grader` to be numeric beside it"))
    return found


def is_text(value: Any) -> bool:
    """Tell whether a value can stand as a text: one, or a number such as an id."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def with_choices(row: Row) -> Row:
    """Return a row whose choices, given as an object of letters, are a list."""
    choices = choices_of(row.fields.get("choices"))
    return row if choices is None else Row(row.line, row.fields | {"choices": choices})


def item_of(row: Row, place: str) -> Item:
    """Return the Item of a row without problems; a row without an id is called after its place."""
    fields = with_choices(row).fields
    return Item(
        id=str(fields.get("id", f"{place}-{row.line}")),
        question=str(fields["question"]),
        gold=texts(fields["gold"]),
        choices=texts(fields.get("choices")),
        group=optional(fields.get("group")),
        cluster=optional(fields.get("cluster")),
        grader=optional(fields.get("grader")),
        tolerance=as_number(fields.get("tolerance", 0)) or 0.0,
        tags=texts(fields.get("tags")),
        source=str(fields.get("source", "")),
    )


def split(row: Row) -> Row:
    """Return a CSV row with its cells of several texts as lists; in JSON a text with bars is one text, as in P(A|B)."""
    parted = {
        name: [part.strip() for part in row.fields[name].split(SEPARATOR) if part.strip()]
        for name in row.fields.keys() & SEVERAL
    }
    return Row(row.line, row.fields | parted)


def texts(value: Any) -> tuple[str, ...]:
    """Return one text or several."""
    if value is None:
        return ()
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)


def optional(value: Any) -> str | None:
    """Return a text, or None where there is none."""
    return None if value is None else str(value)


def as_number(value: Any) -> float | None:
    """Return a finite number, or None where the value is none."""
    if not is_text(value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
