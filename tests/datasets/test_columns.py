"""Reading by columns and by rows: one table, the same counts, the same refusals."""

import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from selfexplain.datasets import columns as module
from selfexplain.datasets.columns import Columns, read_columns
from selfexplain.datasets.confidences import read_confidences
from selfexplain.datasets.rows import Table
from selfexplain.errors import InputError
from selfexplain.pipeline import count, distinct_names
from selfexplain.pipeline.count import Counted, Tally, counted, counted_table
from selfexplain.records import STATUSES

Scale = Literal["probability", "percent"]

NAMES = st.sampled_from(["a", "b", "line-2", "", "é", "7"])
CLEAN: dict[str, st.SearchStrategy[Any]] = {
    "confidence": st.one_of(st.sampled_from([0.0, -0.0, 0.5, 0.9, 1.0, float("nan")]), st.floats(0, 1)),
    "correct": st.booleans(),
    "item": st.one_of(NAMES, st.none()),
    "cluster": st.one_of(NAMES, st.none()),
    "group": st.one_of(NAMES, st.none()),
    "repeat": st.integers(0, 3),
    "status": st.one_of(st.none(), st.sampled_from(["ok", "refused", "failed"])),
}
OTHERWISE: dict[str, list[st.SearchStrategy[Any]]] = {
    "confidence": [st.sampled_from(["0.5", " .25 ", "95%", "high"]), st.integers(-1, 101), st.floats(), st.booleans()],
    "correct": [st.sampled_from(["1", "TRUE", "no"]), st.sampled_from([0.0, 1.0, -0.0, 0.5]), st.integers(0, 2)],
    "item": [st.integers(-1, 3), st.sampled_from([1.0, 0.0, -0.0, 2.5]), st.booleans()],
    "cluster": [st.integers(0, 3), st.lists(st.integers(0, 2), max_size=2)],
    "group": [st.integers(0, 2), st.binary(max_size=2)],
    "repeat": [st.sampled_from([0.0, 1.0, 1.5]), st.sampled_from(["0", "x"]), st.just(10**18)],
    "status": [st.sampled_from(["OK", "ok", ""]), st.integers(0, 1)],
}


@st.composite
def tables(draw: st.DrawFn, *, mixed: bool = False) -> dict[str, list[Any]]:
    """Columns of one length, mostly clean; each may be missing, have empty cells, or hold another type throughout."""
    rows = draw(st.integers(0, 12))
    found = {}
    for name, usual in CLEAN.items():
        cell = draw(st.sampled_from([usual] * 8 + OTHERWISE[name]))
        if mixed and draw(st.integers(0, 5)) == 0:
            cell = st.one_of(usual, *OTHERWISE[name])
        if draw(st.integers(0, 3)) == 0:
            cell = st.one_of(cell, st.none())
        if name in {"confidence", "correct"} or draw(st.booleans()):
            found[name] = draw(st.lists(cell, min_size=rows, max_size=rows))
    found["other"] = [["x"]] * rows
    return found


def by_rows(table: Table, scale: Scale, mapped: dict[str, str]) -> tuple[Counted, list[str]]:
    """Count as if there were no columns."""
    rows, remarks = read_confidences(table, scale=scale, columns=mapped)
    return counted(rows), remarks


def by_columns(table: Table, scale: Scale, mapped: dict[str, str]) -> tuple[Counted, list[str]]:
    """Count batch by batch."""
    return counted_table(table, scale=scale, columns=mapped)


def by_names(table: Table, scale: Scale, mapped: dict[str, str]) -> tuple[Counted, list[str]]:
    """Count with every row kept until the end, and every name looked up."""
    tally = Tally(keeps=True)
    remarks = read_columns(table, tally.add, scale=scale, columns=mapped)
    return tally.counted(), remarks


def told(count: Any, *args: Any) -> Any:
    """Return what a way of counting says, or its refusal."""
    try:
        return count(*args)
    except InputError as error:
        return str(error)


SCALES = st.sampled_from(["probability", "percent"])
MAPPED = st.sampled_from([{}, {}, {}, {"item": "group"}, {"cluster": "item", "item": "cluster"}, {"group": "none"}])


@settings(max_examples=150, deadline=None)
@given(content=tables(), scale=SCALES, mapped=MAPPED)
def test_a_parquet_file_counts_by_columns_as_by_rows(content: Any, scale: Scale, mapped: dict[str, str]) -> None:
    """Tables, groups, clusters, coverage, exclusions and remarks, or every word of the refusal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        parquet.write_table(pa.table(content), path, row_group_size=5)  # several batches

        assert told(by_columns, path, scale, mapped) == told(by_rows, path, scale, mapped)


@settings(max_examples=150, deadline=None)
@given(content=tables(mixed=True), scale=SCALES, mapped=MAPPED)
def test_a_frame_counts_by_columns_as_by_rows(content: Any, scale: Scale, mapped: dict[str, str]) -> None:
    """Columns of mixed Python objects among them: True is not 1, and 1.0 is another name than 1."""
    frame = pd.DataFrame(content)

    assert told(by_columns, frame, scale, mapped) == told(by_rows, frame, scale, mapped)


@settings(max_examples=300, deadline=None)
@given(content=tables(), mapped=MAPPED, kept=st.integers(0, 12), batch=st.integers(1, 6))
def test_rows_that_are_let_go_count_as_if_they_were_kept(
    content: Any, mapped: dict[str, str], kept: int, batch: int
) -> None:
    """Names that come again soon, late or never."""
    frame = pd.DataFrame(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("selfexplain.datasets.cells.BATCH", batch)
        patch.setattr(count, "KEPT", kept)

        assert told(by_columns, frame, "probability", mapped) == told(by_names, frame, "probability", mapped)


def many(rows: int, **columns: Any) -> pd.DataFrame:
    """Rows with a name each, in two groups."""
    names = [f"q{row}" for row in range(rows)]
    stated = {"confidence": np.arange(rows) % 10 / 10, "correct": np.arange(rows) % 3 == 0, "item": names}
    return pd.DataFrame(stated | {"group": ["x", "y"] * (rows // 2)} | columns)


@pytest.mark.parametrize("again", [1, 9, 10, 37, 99])
def test_an_item_that_comes_again_is_one_item_wherever_it_does(again: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows at a time, twenty kept: the file is read a second time only when rows were gone."""
    monkeypatch.setattr("selfexplain.datasets.cells.BATCH", 10)
    monkeypatch.setattr(count, "KEPT", 20)
    read = []

    def reads(*args: Any, **named: Any) -> list[str]:
        read.append(1)
        return read_columns(*args, **named)

    monkeypatch.setattr(count, "read_columns", reads)
    frame = many(100)
    frame.loc[again, "item"] = "q0"

    found, _ = by_columns(frame, "probability", {})

    assert found.n_items == 99
    assert found == by_names(frame, "probability", {})[0]
    assert len(read) == (2 if again > 30 else 1)


def test_names_that_share_a_hash_are_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text hashed to 5."""
    expected = by_columns(many(100), "probability", {})
    monkeypatch.setattr("selfexplain.datasets.cells.BATCH", 10)
    monkeypatch.setattr(count, "KEPT", 20)
    monkeypatch.setattr(distinct_names, "hash", lambda _: 5, raising=False)

    assert by_columns(many(100), "probability", {}) == expected
    assert expected[0].n_items == 100


def test_a_million_names_that_all_differ_leave_their_hashes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row and no text is left in what the tally holds."""
    monkeypatch.setattr("selfexplain.datasets.cells.BATCH", 100)
    monkeypatch.setattr(count, "KEPT", 200)
    tally = Tally()

    read_columns(many(1000), tally.add)

    assert tally.rows == []
    assert sum(len(each) for each in tally.names["item"].hashes) == 1000
    assert tally.names["item"].hashes[0].dtype == np.int64


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 20])
def test_batches_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Eight rows at a time; clusters, groups and problems run over the edges."""
    monkeypatch.setattr("selfexplain.datasets.cells.BATCH", 8)
    frame = pd.DataFrame(
        {"confidence": np.arange(rows) / 20, "correct": [True, False] * (rows // 2) + [True] * (rows % 2)}
    )
    groups = pd.Series([("x", None, "y")[row % 3] for row in range(rows)], dtype=object)
    named = frame.assign(item=np.arange(rows) // 3, group=groups)

    for each in (frame, named, named.drop(columns="item"), frame.assign(confidence=frame["confidence"] * 3)):
        assert told(by_columns, each, "probability", {}) == told(by_rows, each, "probability", {})


def test_problems_beyond_the_first_ten_are_counted_and_not_kept(tmp_path: Path) -> None:
    """Two problems in each of a hundred thousand rows: ten are shown, the others are a number."""
    rows = 100_000
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"confidence": np.full(rows, 95.0), "correct": np.full(rows, 7)}), path)

    with pytest.raises(InputError) as caught:
        read_columns(path, lambda _: None)

    lines = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert lines[1] == "t.parquet, row 1: `correct` is 7; expected 1, 0, true or false"
    assert lines[-2:] == [f"… and {2 * rows - 10} more", "hint: if the column holds 0 to 100, say --scale percent"]


def test_no_row_of_a_clean_file_becomes_an_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads one row is never called."""

    def one_row(*_: Any) -> Any:
        raise AssertionError("a row was read")

    monkeypatch.setattr(module, "answered_of", one_row)
    monkeypatch.setattr("selfexplain.datasets.cells.by_text", one_row)
    path = tmp_path / "t.parquet"
    content = {
        "confidence": np.linspace(0, 1, 1000),
        "correct": np.arange(1000) % 2 == 0,
        "item": [f"q{row // 5}" for row in range(1000)],
        "group": ["x", "y"] * 500,
        "status": ["ok", "refused"] * 500,
        "repeat": np.arange(1000) % 5,
    }
    parquet.write_table(pa.table(content), path)

    found, remarks = by_columns(path, "probability", {})

    assert (found.n_items, found.n_answers, found.counts.total, found.excluded) == (200, 1000, 500, {"refused": 500})
    assert remarks == []


def test_a_text_file_is_handed_on_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows, two at a time, and the counts of all."""
    monkeypatch.setattr(module, "BATCH", 2)
    path = tmp_path / "t.csv"
    path.write_text("confidence,correct,item\n" + "0.9,1,a\n0.9,0,b\n" * 2 + "0.5,,c\n")
    taken: list[Columns] = []

    read_columns(path, taken.append)

    assert [len(batch.status) for batch in taken] == [2, 2, 1]
    assert by_columns(path, "probability", {}) == by_rows(path, "probability", {})
    assert STATUSES[taken[-1].status[0]] == "undecided"


def test_half_a_character_in_a_frame_is_told_with_its_row() -> None:
    """As when it is read row by row."""
    frame = pd.DataFrame(
        {"confidence": [0.5, 0.5], "correct": [1, 0], "group": pd.Series(["x", "\ud800"], dtype=object)}
    )

    with pytest.raises(InputError, match="the DataFrame, row 2: half a character"):
        read_columns(frame, lambda _: None)


def test_the_columns_of_a_file_that_lacks_one_are_told(tmp_path: Path) -> None:
    """Those that hold something, also where they are not ours."""
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"p": [0.5], "correct": [1], "empty": pa.nulls(1), "nan": [float("nan")]}), path)

    with pytest.raises(
        InputError, match=r"no row has a value in the column 'confidence'\nhint:.*with values: correct, p$"
    ):
        read_columns(path, lambda _: None)


@pytest.mark.parametrize("kind", ["float32", "float16", "float64"])
def test_a_short_number_is_the_decimal_that_was_stated(tmp_path: Path, kind: str) -> None:
    """0.3 in 32 bits is 0.300000012 as a double, which would fall into the bin above it."""
    path = tmp_path / "t.parquet"
    stated = np.array([0.3, np.nan, 0.9], dtype=kind)
    parquet.write_table(pa.table({"confidence": stated, "correct": [True, None, False]}), path)
    frame = pd.DataFrame({"confidence": stated, "correct": [1.0, np.nan, 0.0]}, index=[7, 7, 9])

    for table in (path, frame):
        assert list(by_columns(table, "probability", {})[0].counts.pooled.rows()) == [(0.3, 1, 1), (0.9, 1, 0)]
        assert by_columns(table, "probability", {}) == by_rows(table, "probability", {})
