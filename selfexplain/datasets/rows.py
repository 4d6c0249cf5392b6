"""Rows of a CSV, JSONL or Parquet file or of a DataFrame, each with the place a person can go to."""

import contextlib
import csv
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

from selfexplain.errors import InputError
from selfexplain.near_names import about_path

if TYPE_CHECKING:  # heavy, and there already when a DataFrame is given
    from pandas import DataFrame

Table: TypeAlias = "Path | DataFrame"
"""Where rows come from: a file, or a pandas DataFrame."""

SUFFIXES = (".csv", ".jsonl", ".parquet")

SHOWN_PROBLEMS = 10

BATCH = 1 << 17
"""Rows of a table that are held at a time."""


AS_OBJECTS = 1 << 12
"""Rows of a table that are held as Python's objects at a time."""


class Row(NamedTuple):
    """One row: its line in the file, or its number in a table, from 1; fields by column name, values as they stand."""

    line: int
    fields: dict[str, Any]
    blank: frozenset[str] = frozenset()
    """Columns that the row has and that hold nothing in it."""


class Problem(NamedTuple):
    """What is wrong with one field, where, and what to do."""

    line: int
    field: str
    found: Any
    expected: str

    def sentence(self, table: Table) -> str:
        """Return the problem as one line: file, line, field, value, remedy."""
        shown = "missing" if self.found is None else repr(self.found)
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        return f"{named(table)}, {place_word(table)} {self.line}: `{self.field}` is {shown}; {self.expected}"


def named(table: Table) -> str:
    """Return how errors call what rows come from."""
    return str(table) if isinstance(table, Path) else "the DataFrame"


def place_word(table: Table) -> str:
    """Return what a place is called: text files have lines, tables have rows."""
    return "line" if isinstance(table, Path) and table.suffix.lower() != ".parquet" else "row"


def read_rows(table: Table) -> Iterator[Row]:
    """Yield the rows of a `.csv`, `.jsonl` or `.parquet` file or of a DataFrame.

    Raises
    ------
    InputError
        When the file cannot be read, is of another kind, or a line has no readable form at all.
    """
    if not isinstance(table, Path):
        yield from frame_rows(table)
        return
    readers: dict[str, Callable[[Path], Iterator[Row]]] = dict(
        zip(SUFFIXES, (csv_rows, jsonl_rows, parquet_rows), strict=True)
    )
    reader = readers.get(table.suffix.lower())
    if reader is None and not os.path.exists(table):  # noqa: PTH110 - says no, where a Path raises: a name too long
        raise InputError(f"there is no file or folder {table}", hint=about_path(table))
    if reader is None and os.path.isdir(table):  # noqa: PTH112
        raise InputError(f"{table} is a folder", hint="name a .csv, .jsonl or .parquet file in it")
    if reader is None:
        raise InputError(
            f"{table} is neither .csv nor .jsonl nor .parquet", hint="convert it, or rename it if it is one of them"
        )
    try:
        yield from reader(table)
    except OSError as error:
        raise InputError(f"{table}: {error.strerror}", hint=about_path(table)) from None
    except UnicodeDecodeError:
        line = undecodable_line(table)
        raise InputError(f"{table}, line {line}: not UTF-8", hint="save the file as UTF-8") from None


def parquet_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a Parquet file; nulls and NaN are left out."""
    with readable_parquet(path):
        records = (
            record
            for batch in parquet_batches(path, list)
            for start in range(0, batch.num_rows, AS_OBJECTS)  # a row takes many times more as Python's objects
            for record in batch.slice(start, AS_OBJECTS).to_pylist(maps_as_pydicts="strict")
        )
        yield from present(records, path)


def parquet_batches(path: Path, wanted: Callable[[Sequence[str]], Iterable[str]]) -> Iterator[Any]:
    """Yield the record batches of a Parquet file with the columns that are wanted of those that it has.

    Raises
    ------
    InputError
        When the file cannot be read as Parquet, or pyarrow is not installed.
    """
    with readable_parquet(path), path.open("rb") as file:
        from pyarrow import parquet  # noqa: PLC0415 - an extra, and heavy

        source = parquet.ParquetFile(file)
        names = source.schema_arrow.names
        if len(set(names)) < len(names):
            raise KeyError("two columns have one name")
        yield from map(with_stated_decimals, source.iter_batches(BATCH, columns=list(wanted(names))))


def with_stated_decimals(batch: Any) -> Any:
    """Return a record batch in which a number of 32 or 16 bits is the decimal it prints as: 0.3, not 0.300000012."""
    import pyarrow as pa  # noqa: PLC0415 - there already, since a batch is

    for place, column in enumerate(batch.columns):
        if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
            numbers = pa.array(stated_decimals(column.to_numpy(zero_copy_only=False)), from_pandas=True)
            batch = batch.set_column(place, batch.schema.names[place], numbers)
    return batch


def stated_decimals(short: Any) -> Any:
    """Return an array of 32 or 16 bit numbers as doubles, each the decimal that it prints as."""
    import numpy as np  # noqa: PLC0415 - heavy, and there already when there is an array

    distinct, place = np.unique(short, return_inverse=True)
    return np.array([float(str(value)) for value in distinct], dtype=np.float64)[place]


def frame_with_stated_decimals(frame: "DataFrame") -> "DataFrame":
    """Return a DataFrame in which a number of 32 or 16 bits is the decimal that it prints as."""
    short = [place for place, kind in enumerate(frame.dtypes) if str(kind) in {"float32", "float16"}]
    if not short:
        return frame
    columns = {
        place: stated_decimals(column.to_numpy()) if place in short else column
        for place, (_, column) in enumerate(frame.items())
    }
    return type(frame)(columns).set_axis(frame.columns, axis=1)


@contextlib.contextmanager
def readable_parquet(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a file into an InputError.

    Raises
    ------
    InputError
        When the file cannot be read as Parquet, or pyarrow is not installed.
    """
    try:
        from pyarrow import ArrowException  # noqa: PLC0415 - an extra, and heavy
    except ImportError:
        raise InputError(f"{path}: reading Parquet needs pyarrow", hint="pip install 'selfexplain[parquet]'") from None
    try:
        yield
    except (ArrowException, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not readable as Parquet ({reason})", hint="write it again as Parquet") from None


def require_distinct_names(frame: "DataFrame") -> None:
    """Raise InputError when two columns of a DataFrame have one name."""
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"the DataFrame has two columns {twice[0]!r}", hint="rename one of them")


def frame_rows(frame: "DataFrame") -> Iterator[Row]:
    """Yield the rows of a DataFrame, in its order and without its index; None, NaN, NaT and NA are left out."""
    require_distinct_names(frame)
    names = [str(name) for name in frame.columns]
    records = (
        dict(zip(names, map(python_value, values), strict=True))
        for values in frame_with_stated_decimals(frame).itertuples(index=False, name=None)
    )
    yield from present(records, frame)


def python_value(value: Any) -> Any:
    """Return what a cell of a DataFrame holds as Python has it; None where it holds nothing."""
    import pandas as pd  # noqa: PLC0415 - there already, since a DataFrame is

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.tolist() if hasattr(value, "tolist") else value


def present(records: Iterable[dict[str, Any]], table: Table) -> Iterator[Row]:
    """Yield numbered rows with what their fields hold; refuse half characters, which no file could keep."""
    for number, record in enumerate(records, 1):
        try:
            require_whole_characters(record)
        except UnicodeEncodeError:
            raise InputError(
                f"{named(table)}, row {number}: half a character (a lone surrogate, \\ud800 to \\udfff)",
                hint="write the character itself, or both halves",
            ) from None
        fields = whole_row(record)
        yield Row(number, fields, frozenset(record.keys() - fields.keys()))


def require_whole_characters(value: Any) -> None:
    """Raise UnicodeEncodeError when there is half a character (a lone surrogate) in any text of a value."""
    json.dumps(value, ensure_ascii=False, default=str, skipkeys=True).encode("utf-8")


def whole_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row of a table holds, without None and NaN."""
    return {name: value for name, value in record.items() if value is not None and value == value}  # noqa: PLR0124 - NaN


def undecodable_line(path: Path) -> int:
    """Return the first line that is not UTF-8; the reader's own error counts from its buffer, not from the file."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 1


def csv_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file whose first line names the columns; empty cells are left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:  # -sig: spreadsheets write a byte order mark
        reader = csv.DictReader(file, strict=True)
        try:
            repeated = sorted({name for name in reader.fieldnames or () if (reader.fieldnames or []).count(name) > 1})
            if repeated:
                raise InputError(f"{path}, line 1: the column {repeated[0]!r} stands twice", hint="rename one of them")
            only = (reader.fieldnames or [""])[0] if len(reader.fieldnames or ()) == 1 else ""
            if separator := next((mark for mark in ";\t" if mark in only), None):
                raise InputError(
                    f"{path}, line 1: one column called {only!r}, with {separator!r} between names",
                    hint="write the file with commas between cells",
                )
            for fields in reader:
                if None in fields or None in fields.values():
                    raise InputError(
                        f"{path}, line {reader.line_num}: expected {len(reader.fieldnames or ())} cells",
                        hint='put "…" round a cell that holds a comma, and give every row the same number of cells',
                    )
                filled = {name: cell for name, cell in fields.items() if cell.strip()}
                yield Row(reader.line_num, filled, frozenset(fields.keys() - filled.keys()))
        except csv.Error as error:
            # The inner reader's count: that of DictReader still stands at the row before.
            raise InputError(
                f"{path}, line {max(reader.reader.line_num, 1)}: {error}", hint="check the quotes of this row"
            ) from None


def jsonl_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a JSONL file, one per line; blank lines are passed over, nulls are left out."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line, parse_constant=refuse_constant, object_pairs_hook=without_repeats)
                json.dumps(fields, ensure_ascii=False).encode("utf-8")
            except UnicodeEncodeError:
                raise InputError(
                    f"{path}, line {number}: half a character (a lone surrogate, \\ud800 to \\udfff)",
                    hint="write the character itself, or both halves",
                ) from None
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"{path}, line {number}: not JSON ({error})", hint="one JSON object per line"
                ) from None
            if not isinstance(fields, dict):
                raise InputError(
                    f"{path}, line {number}: {line.strip()[:40]!r} is not an object", hint='write {"…": …}'
                )
            filled = {name: value for name, value in fields.items() if value is not None}
            yield Row(number, filled, frozenset(fields.keys() - filled.keys()))


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError(f"{name} is not JSON; leave the field out or write null")


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's fields; two of one name would silently lose the first."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the field {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return fields


def renamed(rows: Iterable[Row], columns: Mapping[str, str], *, table: Table) -> Iterator[Row]:
    """Yield rows with our column names, given `columns` as ours → theirs.

    Raises
    ------
    InputError
        When no row has a column that is to be renamed.
    """
    missing = set(columns.values())
    names: set[str] = set()
    for row in rows:
        missing -= row.fields.keys() | row.blank
        names |= row.fields.keys() | row.blank
        mapped = {ours: row.fields[theirs] for ours, theirs in columns.items() if theirs in row.fields}
        rest = {
            name: value for name, value in row.fields.items() if name not in columns.values() and name not in columns
        }
        blank = frozenset(
            ours
            for ours in columns.keys() | (row.blank - set(columns.values()))
            if columns.get(ours, ours) in row.blank
        )
        yield Row(row.line, rest | mapped, blank)
    require_renamed(table, missing, names)


def require_renamed(table: Table, theirs: Iterable[str], names: Collection[str]) -> None:
    """Raise InputError when a table lacks a column that is to be renamed."""
    missing = set(theirs) - set(names)
    if missing:
        raise InputError(
            f"{named(table)} has no column {min(missing)!r}", hint=f"its columns: {', '.join(sorted(names)) or 'none'}"
        )


def refuse(table: Table, problems: Sequence[Problem], *, hint: str, total: int | None = None) -> None:
    """Raise one InputError for all problems of a file, so that they can be mended in one go.

    `total` is how many there are, when only the first ones were kept.
    """
    if problems:
        lines = [problem.sentence(table) for problem in problems[:SHOWN_PROBLEMS]]
        more = (len(problems) if total is None else total) - len(lines)
        if more:
            lines.append(f"… and {more} more")
        raise InputError("\n".join(lines), hint=hint)
