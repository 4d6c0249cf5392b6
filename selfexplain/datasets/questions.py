"""A user's questions, from JSONL, CSV, Parquet or a DataFrame, as a Dataset. `docs/datasets.md` says how."""

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from selfexplain.datasets.askable import NO_CATEGORISERS, Categorisers, Graders, flaws_among, flaws_of
from selfexplain.datasets.rows import Problem, Row, Table, named, place_word, read_rows, refuse, renamed
from selfexplain.digests import Places, digest_of
from selfexplain.errors import InputError
from selfexplain.many_items import kept
from selfexplain.records import Dataset, Item, labels

KNOWN = frozenset({*Item.__struct_fields__, "split"})
SPLITS = ("ask", "example")
SEVERAL = frozenset({"gold", "choices", "tags"})
SEPARATOR = "|"
"""Between several texts in one CSV cell: `Myanmar|Burma`."""


def read_questions(
    table: Table,
    *,
    graders: Graders,
    categorisers: Categorisers = NO_CATEGORISERS,
    columns: Mapping[str, str] | None = None,
) -> Dataset:
    """Return the Dataset in a file or DataFrame; every bad row is reported before anything is asked.

    Parameters
    ----------
    table : Path or DataFrame
        A `.jsonl`, `.csv` or `.parquet` file, or a DataFrame, with `question` and `gold`, and optionally the other
        fields of an Item and `split`: `example` for a row that is shown and not asked.
    graders : mapping
        What the field `grader` may name; each must call the gold texts of its Items right.
    categorisers : mapping
        What the field `grader` may name in a survey, whose rows have no `gold`.
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
    passing = Passing(table, columns, graders, categorisers)
    items = kept(passing.asked())
    examples = tuple(passing.examples)
    problems = passing.problems_with(items)
    refuse(table, problems, hint=f"{RENAME if passing.strange else ''}{MEND}")
    if not items and not examples:
        raise InputError(f"{named(table)} holds no questions", hint="one row per question, with `question` and `gold`")
    if not items:
        raise InputError(
            f"{named(table)} holds only examples", hint="leave `split` out in the rows that are to be asked"
        )
    if isinstance(table, Path):
        with table.open("rb") as file:
            version = hashlib.file_digest(file, "sha256").hexdigest()[:8]
        return Dataset(name=table.stem, version=version, items=items, examples=examples)
    unversioned = Dataset(name="dataframe", version="", items=items, examples=examples)
    return msgspec.structs.replace(unversioned, version=unversioned.content_hash[:8])


MEND = "mend these rows and run again; the fields are described in docs/datasets.md"

RENAME = "say --map gold=THEIRS where a column is called something else; what nobody named is then ignored. Else "


class Passing:
    """The rows of a table as they pass by: the Items to be asked go on, the examples and what is wrong stay."""

    def __init__(self, table: Table, columns: Mapping[str, str], graders: Graders, categorisers: Categorisers) -> None:
        self._table, self._columns, self._place = table, columns, place_word(table)
        self._graders, self._categorisers = graders, categorisers
        self._problems: list[Problem] = []
        self._lines = Places()  # by digests of ids, which are too many to be kept
        self._suspects: set[int] = set()
        self.strange: set[str] = set()
        self.examples: list[Item] = []

    def asked(self) -> Iterator[Item]:
        """Yield the Item of each row that is one, the examples apart."""
        names = frozenset(self._graders), frozenset(self._categorisers)
        for row in prepared(self._table, self._columns):
            found = problems_of(row, *names)
            if found:
                # A column of a strange name is told once: of every row, it would hide what else is wrong.
                self._problems += [problem for problem in found if problem.field not in self.strange]
                self.strange |= {problem.field for problem in found} & (row.fields.keys() - KNOWN)
                continue
            item = item_of(row, self._place)
            flaws = flaws_of(item, self._graders, self._categorisers)
            self._problems += [Problem(row.line, *flaw) for flaw in flaws]
            digest = digest_of(item.id)
            if any(True for _ in self._lines.of(digest)):
                self._suspects.add(digest)
            self._lines.add(digest, row.line)
            if row.fields.get("split") == "example":
                self.examples.append(item)
            else:
                yield item

    def problems_with(self, items: Sequence[Item]) -> list[Problem]:
        """Return all that is wrong, once all have passed: with rows, with ids, and with Items because of others."""
        if self._suspects:
            rows = prepared(self._table, self._columns)
            self._problems += repeated_ids(rows, self._suspects, self._place)
            self._problems.sort(key=lambda problem: problem.line)
        among = flaws_among(items, self.examples)
        return self._problems + [Problem(next(self._lines.of(digest_of(item.id))), *flaw) for item, flaw in among]


def prepared(table: Table, columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of a table with our names for its columns, and several texts of one CSV cell as a list."""
    is_csv = isinstance(table, Path) and table.suffix.lower() == ".csv"
    for read in renamed(read_rows(table), columns, table=table):
        row = split(read) if is_csv else read
        if columns:
            row = Row(row.line, {name: value for name, value in row.fields.items() if name in KNOWN})
        yield row


def repeated_ids(rows: Iterable[Row], suspects: Collection[int], place: str) -> Iterator[Problem]:
    """Yield the rows whose id an earlier row has, given the digests of those that may be repeated."""
    seen: set[str] = set()
    for row in rows:
        name = id_of(row, place)
        if digest_of(name) in suspects:
            if name in seen:
                yield Problem(row.line, "id", name, "expected an id that no earlier row has")
            seen.add(name)


def id_of(row: Row, place: str) -> str:
    """Return what an Item is called: by its id, or without one after its place."""
    return str(row.fields.get("id", f"{place}-{row.line}"))


def choices_of(value: Any) -> list[Any] | None:
    """Return the choices of an object `{"A": …, "B": …}` in the order of its labels, or None when it is none.

    >>> choices_of({"B": "Paris", "A": "Lyon"}), choices_of({"A": "Lyon", "C": "Paris"})
    (['Lyon', 'Paris'], None)
    """
    if not isinstance(value, dict) or not value:
        return None
    by_label = {str(label).upper(): text for label, text in value.items()}
    expected = labels(len(value))
    return [by_label[label] for label in expected] if by_label.keys() == set(expected) else None


def problems_of(row: Row, graders: frozenset[str], categorisers: frozenset[str]) -> list[Problem]:
    """Return everything that keeps a row from being an Item."""
    fields = with_choices(row).fields
    grader = fields.get("grader")
    is_survey = is_text(grader) and grader in categorisers and "gold" not in fields
    found = [
        Problem(row.line, name, fields[name], f"expected one of the fields {', '.join(sorted(KNOWN))}")
        for name in sorted(fields.keys() - KNOWN)
    ]
    for name in sorted(fields.keys() & KNOWN - {"tolerance", "categories", "aligned"}):
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
        for name in ("question", *(() if is_survey else ("gold",)), *(fields.keys() & {"id"}))
        if name not in complained_of and not any(text.strip() for text in texts(fields.get(name)))
    ]
    if is_text(grader) and grader not in graders | categorisers:
        found.append(
            Problem(row.line, "grader", grader, f"expected one of {', '.join(sorted(graders | categorisers))}")
        )
    found += part_problems(row)
    tolerance = as_number(fields.get("tolerance", 0))
    if tolerance is None or tolerance < 0:
        found.append(Problem(row.line, "tolerance", fields["tolerance"], "expected a number that is not negative"))
    elif tolerance and grader != "numeric":
        found.append(Problem(row.line, "tolerance", fields["tolerance"], "expected `grader` to be numeric beside it"))
    return found


def part_problems(row: Row) -> Iterator[Problem]:
    """Yield what is wrong with the part that a row plays: asked or shown, sorted into what, translating what."""
    for name, fine, expected in (
        ("split", row.fields.get("split") in SPLITS, "expected `ask` or `example`"),
        (
            "categories",
            categories_of(row.fields.get("categories")) is not None,
            "expected phrases under a name for each",
        ),
        (
            "aligned",
            pairs_of(row.fields.get("aligned")) is not None,
            "expected pairs of two texts, a piece of `question` and one of `original`",
        ),
    ):
        if name in row.fields and not fine:
            yield Problem(row.line, name, row.fields[name], expected)


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
        id=id_of(row, place),
        question=str(fields["question"]),
        gold=texts(fields.get("gold")),
        choices=texts(fields.get("choices")),
        group=optional(fields.get("group")),
        cluster=optional(fields.get("cluster")),
        grader=optional(fields.get("grader")),
        tolerance=as_number(fields.get("tolerance", 0)) or 0.0,
        tags=texts(fields.get("tags")),
        source=str(fields.get("source", "")),
        categories=categories_of(fields.get("categories", {})) or {},
        original=str(fields.get("original", "")),
        aligned=pairs_of(fields.get("aligned", [])) or (),
    )


def split(row: Row) -> Row:
    """Return a CSV row with its cells of several texts as lists; in JSON a text with bars is one text, as in P(A|B)."""
    parted: dict[str, Any] = {
        name: [part.strip() for part in row.fields[name].split(SEPARATOR) if part.strip()]
        for name in row.fields.keys() & SEVERAL
    }
    if "categories" in row.fields:
        pairs = [part.partition("=") for part in row.fields["categories"].split(SEPARATOR) if part.strip()]
        grouped: dict[str, list[str]] = {}
        for name, _, phrase in pairs:
            grouped.setdefault(name.strip(), []).append(phrase.strip())
        parted["categories"] = grouped
    if "aligned" in row.fields:
        links = [part.partition("=") for part in row.fields["aligned"].split(SEPARATOR) if part.strip()]
        parted["aligned"] = [[here.strip(), there.strip()] for here, _, there in links]
    return Row(row.line, row.fields | parted)


def categories_of(value: Any) -> dict[str, tuple[str, ...]] | None:
    """Return the phrases of each category, or None when a value does not hold them.

    >>> categories_of({"for": ["yes", "sure"], "against": "no"}), categories_of({"for": []})
    ({'for': ('yes', 'sure'), 'against': ('no',)}, None)
    """
    if not isinstance(value, dict):
        return None
    found = {str(name): phrases for name, phrases in value.items() if phrases is not None}  # Parquet fills with nulls
    for name, phrases in found.items():
        several = phrases if isinstance(phrases, list) else [phrases]
        if not name.strip() or not several or not all(is_text(each) and str(each).strip() for each in several):
            return None
    return {name: texts(phrases) for name, phrases in found.items()}


def pairs_of(value: Any) -> tuple[tuple[str, str], ...] | None:
    """Return pairs of two texts, or None when a value does not hold them.

    >>> pairs_of([["首都", "capital"]]), pairs_of([["首都", ""]])
    ((('首都', 'capital'),), None)
    """
    if not isinstance(value, list) or not value:
        return None
    for pair in value:
        fine = isinstance(pair, list) and len(pair) == 2
        if not fine or not all(is_text(piece) and str(piece).strip() for piece in pair):
            return None
    return tuple((str(here), str(there)) for here, there in value)


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
