"""Answers are counted, batch by batch; then it no longer matters how many there were."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.evaluation import count
from selfexplain.calibration.table import CalibrationTable
from selfexplain.calibration.usable_share import coverage_of_counts
from selfexplain.calibration.worst_case import Missing
from selfexplain.datasets.cells import Labels, joined, sorted_names
from selfexplain.datasets.columns import OK, Columns, columns_of, read_columns
from selfexplain.datasets.rows import Table
from selfexplain.inference import Estimate, Ints
from selfexplain.pipeline.answered_rows import AnsweredRows
from selfexplain.pipeline.distinct_names import DistinctNames
from selfexplain.records import STATUSES, Answered, Status

KEPT = 1 << 20
"""Rows with names that are kept, some 40 MB, before they are counted on the word that all names differ."""


class Counted(NamedTuple):
    """Everything that an evaluation needs to know of one source's answers."""

    counts: Counts
    """Of the usable answers."""
    groups: Mapping[str, Counts]
    coverage: Estimate
    excluded: Mapping[Status, int]
    """How many answers cannot be used, by reason."""
    n_items: int
    n_answers: int
    missing: Missing = Missing()
    """The answers that cannot be used, by what is known of their correctness."""
    missing_in: Mapping[str, Missing] = MappingProxyType({})
    """The same of each group that lacks any."""


def counted(rows: Sequence[Answered]) -> Counted:
    """Count rows, those of a Run batch by batch."""
    try:
        return counted_in(Tally(), rows)
    except NameAgain:
        return counted_in(Tally(keeps=True), rows)


def counted_in(tally: "Tally", rows: Sequence[Answered]) -> Counted:
    """Count rows in a Tally."""
    for batch in rows.batches() if isinstance(rows, AnsweredRows) else [columns_of(rows)]:
        tally.add(batch)
    return tally.counted()


def counted_table(
    table: Table, *, columns: Mapping[str, str] | None, scale: Literal["probability", "percent"]
) -> tuple[Counted, list[str]]:
    """Count a file or DataFrame batch by batch; parameters, remarks and errors as of `read_columns`.

    It is read again in the one case that names of Items or clusters come again after a million rows without: then the
    rows that were let go are needed after all.
    """
    tally = Tally()
    try:
        remarks = read_columns(table, tally.add, columns=columns, scale=scale)
        return tally.counted(), remarks
    except NameAgain:
        tally = Tally(keeps=True)
        remarks = read_columns(table, tally.add, columns=columns, scale=scale)
        return tally.counted(), remarks


class NameAgain(Exception):  # noqa: N818 - no error: rows that belong together, which only who reads can bring back
    """An Item or cluster has rows that were let go."""


class Tables:
    """Tables that are added up, those of like size first: many small ones then cost little more than one."""

    def __init__(self) -> None:
        self._parts: list[CalibrationTable] = []

    def add(self, table: CalibrationTable) -> None:
        """Add a table."""
        self._parts.append(table)
        while len(self._parts) > 1 and len(self._parts[-2].n) <= 2 * len(self._parts[-1].n):
            last = self._parts.pop()
            self._parts[-1] += last

    def sum(self) -> CalibrationTable:
        """Return the table of all rows."""
        return sum(self._parts[::-1], start=CalibrationTable.from_counts({}))


@dataclass
class Tally:
    """Counts that batches of rows are added to.

    Rows that are Items of their own leave nothing but the tables, one for all and one per group: memory grows with the
    number of distinct confidences, 24 bytes each. Where rows have names of Items or clusters that all differ, 8 bytes
    for each name are added. Where names come again, only the end shows which rows belong together. Then they are kept,
    14 to 22 bytes a row, and each name once; looking names up takes some 150 bytes for each different one.
    """

    keeps: bool = False
    """Whether rows with names are kept from the start, or as soon as a name comes again."""
    tables: Tables = field(default_factory=Tables)
    groups: dict[str, Tables] = field(default_factory=dict)
    rows: list[Columns] = field(default_factory=list)
    names: dict[str, DistinctNames] = field(default_factory=dict)
    let_go: bool = False
    """Whether rows with names were counted and are gone."""
    statuses: Counter[int] = field(default_factory=Counter)
    unusable: Counter[int] = field(default_factory=Counter)
    """By correctness: 1, 0, or −1 where nobody could tell."""
    unusable_in: dict[str, Counter[int]] = field(default_factory=dict)
    """The same by group."""

    def add(self, rows: Columns) -> None:
        """Add a batch.

        Raises
        ------
        NameAgain
            When rows belong together with some that were let go; a Tally that `keeps` never does.
        """
        for status, n in enumerate(np.bincount(rows.status, minlength=len(STATUSES)).tolist()):
            self.statuses[status] += n
        ok = rows.status == OK
        self.unusable.update(rows.correct[~ok].tolist())
        if rows.group is not None:
            for name, places in by_name(Labels(rows.group.names, rows.group.place[~ok])):
                self.unusable_in.setdefault(name, Counter()).update(rows.correct[~ok][places].tolist())
        if rows.item is None and rows.cluster is None:
            self._count(rows)
            return
        self.rows.append(rows)
        if self.keeps:
            return
        labels = {"item": rows.item, "cluster": rows.cluster}
        alone = [self.names.setdefault(kind, DistinctNames()).add(each) for kind, each in labels.items() if each]
        full = self.let_go or sum(len(each.status) for each in self.rows) > KEPT
        if full and not self.let_go:
            alone += [names.hold() for names in self.names.values()]
        if not all(alone):
            self._keep()
        elif full:
            self._let_go()

    def _keep(self) -> None:
        """Keep rows with names from here on."""
        if self.let_go:
            raise NameAgain
        self.keeps = True
        self.names.clear()

    def _let_go(self) -> None:
        """Count the rows that are kept, each as an Item and cluster of its own."""
        for each in self.rows:
            self._count(each)
        self.rows.clear()
        self.let_go = True

    def _count(self, rows: Columns) -> None:
        """Count a batch of rows that are Items of their own."""
        ok = rows.status == OK
        confidence, correct = rows.confidence[ok], rows.correct[ok]
        self.tables.add(CalibrationTable.from_rows(confidence, correct))
        if rows.group is not None:
            for name, places in by_name(Labels(rows.group.names, rows.group.place[ok])):
                self.groups.setdefault(name, Tables()).add(
                    CalibrationTable.from_rows(confidence[places], correct[places])
                )

    def counted(self) -> Counted:
        """Return what has been counted; raises as `add` does."""
        n, n_ok = sum(self.statuses.values()), self.statuses[OK]
        excluded = {word: self.statuses[place] for place, word in enumerate(STATUSES) if place != OK}
        excluded = {word: times for word, times in excluded.items() if times}
        if not all(names.hold() for names in self.names.values()):
            self._keep()
        if self.keeps and self.rows:
            return self._of_named_rows(excluded, n)
        self._let_go()
        groups = {name: self.groups[name].sum() for name in sorted(self.groups)}
        coverage = coverage_of_counts(n_ok, n)
        return Counted(self.tables.sum(), groups, coverage, excluded, n, n, *self._missing())

    def _missing(self) -> tuple[Missing, dict[str, Missing]]:
        return missing_of(self.unusable), {
            name: missing_of(self.unusable_in[name]) for name in sorted(self.unusable_in)
        }

    def _of_named_rows(self, excluded: Mapping[Status, int], n: int) -> Counted:
        ok = np.concatenate([rows.status for rows in self.rows]) == OK
        items, stated, groups = (together(self.rows, name) for name in ("item", "cluster", "group"))
        confidence = np.concatenate([rows.confidence for rows in self.rows])[ok]
        correct = np.concatenate([rows.correct for rows in self.rows])[ok]
        self.rows.clear()
        n_items = n if items is None else int(np.count_nonzero(sizes(items)))
        clusters = stated if stated is not None else items
        if clusters is None:
            raise RuntimeError("rows without names were kept")
        usable = Labels(clusters.names, clusters.place[ok])
        usable_of, asked_of = sizes(usable), sizes(clusters)
        coverage = coverage_of_counts(usable_of, asked_of)
        # Clusters of one row each need no names: ten million of them would be ten million texts.
        named = sorted_names(usable) if usable_of.max(initial=0) > 1 else None

        def counts(rows: slice | Ints) -> Counts:
            clusters = None if named is None else (named[0], named[1][rows].astype(np.int64))
            return count(confidence[rows], correct[rows], clusters)

        apart = {} if groups is None else dict(by_name(Labels(groups.names, groups.place[ok])))
        by_group = {name: counts(apart[name]) for name in sorted(apart)}
        return Counted(counts(slice(None)), by_group, coverage, excluded, n_items, n, *self._missing())


def missing_of(unusable: Counter[int]) -> Missing:
    """Return answers that cannot be used, counted by correctness, by name."""
    return Missing(right=unusable[1], wrong=unusable[0], unknown=unusable[-1])


def together(rows: Sequence[Columns], name: str) -> Labels | None:
    """Return one column of labels of all batches; None where there is none."""
    parts = [labels for batch in rows if (labels := getattr(batch, name)) is not None]
    return joined(parts) if parts else None


def sizes(labels: Labels) -> Ints:
    """Return how many rows each name has."""
    return np.bincount(labels.place + 1, minlength=len(labels.names) + 1)[1:]


def by_name(labels: Labels) -> Iterator[tuple[str, Ints]]:
    """Yield each name that rows have, and these rows in order."""
    order = np.argsort(labels.place, kind="stable")
    ends = np.cumsum(np.bincount(labels.place + 1, minlength=len(labels.names) + 1))
    for name, start, end in zip(labels.names.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        if end > start:
            yield name, order[start:end]
