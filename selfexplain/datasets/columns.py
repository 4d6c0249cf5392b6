"""A table of confidences column by column, so that ten million rows need no Python object each.

The meaning of every cell is that of :mod:`selfexplain.datasets.confidences`: the same functions read it, once for all
cells that are equal. Rows that cannot be used are handed to them whole, and told in the same words.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from selfexplain.datasets.cells import Batch, Cells, Labels, as_texts, batches, by_text, or_else, with_line_names
from selfexplain.datasets.confidences import (
    COLUMNS,
    Answered,
    answered_of,
    answers_in,
    confidence_of,
    correct_of,
    hint_for,
    is_percent,
    remarks_on,
    repeat_of,
    require_columns,
    require_known,
)
from selfexplain.datasets.rows import (
    BATCH,
    SHOWN_PROBLEMS,
    Problem,
    Row,
    Table,
    read_rows,
    readable_parquet,
    refuse,
    require_renamed,
)
from selfexplain.records import STATUSES

Bools = NDArray[np.bool_]
T = TypeVar("T")

LABELS = ("item", "cluster", "group")

OK = STATUSES.index("ok")
UNDECIDED = STATUSES.index("undecided")
NO_CONFIDENCE = STATUSES.index("no_confidence")


class Columns(NamedTuple):
    """Answers, one array per column; the same as a list of :class:`Answered`."""

    confidence: NDArray[np.float64]
    """NaN where none was stated."""
    correct: NDArray[np.int8]
    """1, 0, or −1 where nobody could tell."""
    status: NDArray[np.int8]
    """The place of each row's word in `STATUSES`."""
    item: Labels | None
    """None when every row is an Item of its own."""
    cluster: Labels | None
    """None when every Item is."""
    group: Labels | None


def read_columns(
    table: Table,
    take: Callable[[Columns], None],
    *,
    columns: Mapping[str, str] | None = None,
    scale: Literal["probability", "percent"] = "probability",
) -> list[str]:
    """Read a table batch by batch, hand each to `take`, and return what a careful reader should know about it.

    Memory is that of one batch, whatever the size of a Parquet file; rows of text files become columns in batches too.

    Parameters
    ----------
    table : Path or DataFrame
    take : callable
        Given each batch of rows, in order. When a row turns out to be unusable, what was taken is worth nothing.
    columns, scale
        As in :func:`selfexplain.datasets.confidences.read_confidences`.

    Raises
    ------
    InputError
        When a value is out of its scale or of the wrong kind; names file, row, column, value and remedy.
    """
    require_known(columns or {})
    if isinstance(table, Path) and not (table.suffix.lower() == ".parquet" and table.is_file()):
        return read_text(table, take, columns=columns or {}, scale=scale)
    reading = Reading(table, columns or {}, scale)
    for batch in batches(table, reading.wanted):
        found = reading.columns_of(batch)
        if found is not None:
            take(found)
    return reading.finished()


def read_text(table: Path, take: Callable[[Columns], None], *, columns: Mapping[str, str], scale: str) -> list[str]:
    """Read the rows of a text file."""
    rows: list[Answered] = []

    def hand_on() -> None:
        take(columns_of(rows))
        rows.clear()

    remarks: list[str] = []
    for row in answers_in(table, remarks, columns=columns, scale=scale):
        rows.append(row)
        if len(rows) == BATCH:
            hand_on()
    hand_on()
    return remarks


def columns_of(rows: Sequence[Answered]) -> Columns:
    """Return rows as columns."""
    items = as_texts(by_text(row.item for row in rows))
    return Columns(
        confidence=np.array([np.nan if row.confidence is None else row.confidence for row in rows], dtype=np.float64),
        correct=np.array([-1 if row.correct is None else row.correct for row in rows], dtype=np.int8),
        status=np.array([STATUSES.index(row.status) for row in rows], dtype=np.int8),
        item=items,
        cluster=as_texts(by_text(row.cluster for row in rows)),
        group=as_texts(by_text(row.group for row in rows)),
    )


class Reading:
    """What has been seen of a table so far."""

    def __init__(self, table: Table, mapped: Mapping[str, str], scale: str) -> None:
        self.table, self.mapped, self.scale = table, mapped, scale
        self.rows = 0
        self.names: Sequence[str] = ()
        self.present: set[str] = set()
        self.problems: list[Problem] = []
        self.unusable = 0
        self.refused: list[Any] = []
        self.largest = -1.0

    def theirs(self, ours: str) -> str | None:
        """Return what the table calls one of our columns; None where it has no such column."""
        name = self.mapped.get(ours, None if ours in self.mapped.values() else ours)
        return name if name in self.names else None

    def wanted(self, names: Sequence[str]) -> list[str]:
        """Return the columns that are read of those that there are."""
        self.names = names
        return list(dict.fromkeys(filter(None, map(self.theirs, COLUMNS))))

    def columns_of(self, batch: Batch) -> Columns | None:
        """Return a batch as columns, or None after noting its problems."""
        self.names = batch.names if not self.names else self.names
        self.rows += batch.rows
        if isinstance(self.table, Path):
            with readable_parquet(self.table):
                return self._columns_of(batch)
        try:
            return self._columns_of(batch)
        except UnicodeEncodeError:
            for _ in read_rows(self.table):
                pass  # names the row
            raise

    def _columns_of(self, batch: Batch) -> Columns | None:
        given = {ours: theirs for ours in COLUMNS if (theirs := self.theirs(ours)) is not None}
        self.present |= {ours for ours, theirs in given.items() if ours not in self.present and batch.is_filled(theirs)}
        confidence, no_number = self._confidence(batch, given.get("confidence"))
        correct, no_outcome = self._read(batch, given.get("correct"), correct_of, "correct", empty=-1, dtype=np.int8)
        _, no_count = self._read(batch, given.get("repeat"), whole_number, "repeat", empty=0, dtype=np.int8)
        implied = np.where(np.isnan(confidence), NO_CONFIDENCE, np.where(correct < 0, UNDECIDED, OK)).astype(np.int8)
        status, no_word = self._status(batch, given.get("status"), implied)
        bad = no_number.astype(np.int8) + no_outcome + no_count + no_word
        bad += (bad == 0) & (status == OK) & (implied != OK)
        if bad.any():
            self._note(batch, bad)
            return None
        item, cluster, group = (batch.labels(given[ours]) if ours in given else None for ours in LABELS)
        if item is not None:
            item = with_line_names(item, batch.first)
        if cluster is not None:
            cluster = with_line_names(cluster, batch.first) if item is None else or_else(cluster, item)
        return Columns(confidence, correct, status, item, cluster, group)

    def _confidence(self, batch: Batch, name: str | None) -> tuple[NDArray[np.float64], Bools]:
        """Return the confidences, and where there is one that cannot be used."""
        numbers = None if name is None else batch.numbers(name)
        if numbers is not None:
            top = 100.0 if self.scale == "percent" else 1.0
            with np.errstate(invalid="ignore"):
                bad = ~np.isnan(numbers) & ~((numbers >= 0) & (numbers <= top))
            self.refused = self.refused or [*filter(is_percent, numbers[bad][:BATCH].tolist())][:1]
            numbers = numbers / top
        else:
            numbers, bad = self._read(batch, name, self._stated, "confidence", empty=np.nan, dtype=np.float64)
        self.largest = max(self.largest, float(np.nanmax(np.where(bad, np.nan, numbers), initial=-1.0)))
        return numbers, bad

    def _stated(self, row: Row, problems: list[Problem]) -> float | None:
        found = confidence_of(row, self.scale, problems)
        self.refused = self.refused or [problem.found for problem in problems if is_percent(problem.found)]
        return found

    def _read(
        self,
        batch: Batch,
        name: str | None,
        read: Callable[[Row, list[Problem]], T | None],
        ours: str,
        *,
        empty: float,
        dtype: type[np.generic],
    ) -> tuple[NDArray[Any], Bools]:
        """Return what a column means, `empty` where a cell is, and where it holds what cannot be used."""
        cells = Cells((), np.full(batch.rows, -1, dtype=np.int32)) if name is None else batch.cells(name)
        values, bad = (
            np.full(len(cells.distinct) + 1, empty, dtype=dtype),
            np.zeros(len(cells.distinct) + 1, dtype=bool),
        )
        for place, value in enumerate(cells.distinct):
            problems: list[Problem] = []
            found = read(Row(0, {ours: value}), problems)
            bad[place] = bool(problems)
            if not problems and found is not None:
                values[place] = found
        return values[cells.place], bad[cells.place]

    def _status(self, batch: Batch, name: str | None, implied: NDArray[np.int8]) -> tuple[NDArray[np.int8], Bools]:
        """Return the places of the words in `STATUSES`, and where there is another one."""
        cells = Cells((), np.full(batch.rows, -1, dtype=np.int32)) if name is None else batch.cells(name)
        known = [next((place for place, word in enumerate(STATUSES) if word == value), -1) for value in cells.distinct]
        stated = np.array([*known, -1], dtype=np.int8)[cells.place]
        return np.where(stated < 0, implied, stated), (cells.place >= 0) & (stated < 0)

    def _note(self, batch: Batch, bad: NDArray[np.int8]) -> None:
        """Count the problems of a batch, and keep the first ones in words."""
        self.unusable += int(bad.sum())
        for place in np.flatnonzero(bad)[: SHOWN_PROBLEMS - len(self.problems)].tolist():
            row, theirs = batch.row(place), {ours: self.theirs(ours) for ours in COLUMNS}
            fields = {ours: row[name] for ours, name in theirs.items() if name in row}
            answered_of(Row(batch.first + place, fields), self.scale, self.problems)

    def finished(self) -> list[str]:
        """Return the remarks, or raise what is wrong with the table."""
        names = set(self.names) if self.rows else set()
        require_renamed(self.table, self.mapped.values(), names)
        if not {"confidence", "correct"} <= self.present:  # then the others that hold something are told
            others = names - set(self.mapped.values()) - self.mapped.keys()
            for batch in batches(self.table, lambda _: others):
                self.present |= {name for name in others - self.present if batch.is_filled(name)}
        require_columns(self.table, self.present, rows=self.rows)
        refuse(self.table, self.problems, hint=hint_for(self.refused, self.scale), total=self.unusable)
        return remarks_on(has_items="item" in self.present, largest=self.largest, scale=self.scale)


def whole_number(row: Row, problems: list[Problem]) -> None:
    """Note when a repeat is no whole number; which one it is counts only where tables are joined."""
    repeat_of(row, problems)
