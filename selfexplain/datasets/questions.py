"""A user's question file, JSONL or CSV, as a Dataset. `docs/datasets.md` documents the schema."""

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from selfexplain.datasets.rows import Problem, Row, read_rows, refuse
from selfexplain.errors import InputError
from selfexplain.records import Dataset, Item

KNOWN = frozenset(Item.__struct_fields__)
SEVERAL = frozenset({"gold", "choices", "tags"})
SEPARATOR = "|"
"""Between several texts in one CSV cell: `Myanmar|Burma`."""


def read_questions(path: Path, *, graders: Iterable[str]) -> Dataset:
    """Return the Dataset in a file; every bad row is reported before anything is asked.

    Parameters
    ----------
    path : Path
        A `.jsonl` or `.csv` file with `question` and `gold`, and optionally the other fields of an Item.
    graders : iterable of str
        Names that the field `grader` may have.

    Returns
    -------
    Dataset
        Named after the file; its version is the beginning of the file's sha256.

    Raises
    ------
    InputError
        When the file cannot be read or any row is no Item; names file, line, field, value and remedy.
    """
    problems: list[Problem] = []
    items: dict[str, Item] = {}
    known_graders = frozenset(graders)
    for read in read_rows(path):
        row = split(read) if path.suffix.lower() == ".csv" else read
        found = problems_of(row, known_graders)
        problems += found
        if found:
            continue
        item = item_of(row)
        if item.id in items:
            problems.append(Problem(row.line, "id", item.id, "expected an id that no earlier row has"))
        items.setdefault(item.id, item)
    refuse(path, problems, hint="mend these rows and run again; the fields are described in docs/datasets.md")
    if not items:
        raise InputError(f"{path} holds no questions", hint="one row per question, with `question` and `gold`")
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return Dataset(name=path.stem, version=version, items=tuple(items.values()))


def problems_of(row: Row, graders: frozenset[str]) -> list[Problem]:
    """Return everything that keeps a row from being an Item."""
    fields = row.fields
    found = [
        Problem(row.line, name, fields[name], f"expected one of the fields {', '.join(sorted(KNOWN))}")
        for name in sorted(fields.keys() - KNOWN)
    ]
    for name in sorted(fields.keys() & KNOWN - {"tolerance"}):
        if name in SEVERAL and isinstance(fields[name], list):
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
    return found


def is_text(value: Any) -> bool:
    """Tell whether a value can stand as a text: one, or a number such as an id."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def item_of(row: Row) -> Item:
    """Return the Item of a row without problems; a row without an id is called after its line."""
    fields = row.fields
    return Item(
        id=str(fields.get("id", f"line-{row.line}")),
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
