"""Batches of a Parquet file or DataFrame, column by column: what is in a cell is looked at once for all equal cells."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from selfexplain.datasets.rows import (
    BATCH,
    frame_with_stated_decimals,
    parquet_batches,
    python_value,
    require_distinct_names,
    require_whole_characters,
    whole_row,
)

if TYPE_CHECKING:  # heavy, and there already when a DataFrame is given
    from pandas import DataFrame, Series

Places: TypeAlias = NDArray[np.int32]
"""Positions among distinct things; half as large as whole numbers mostly are, since there is one for every row."""

Names: TypeAlias = Any
"""Distinct texts: an Arrow array, which holds them without a Python object each, or an array of str."""


class Cells(NamedTuple):
    """A column of a batch: its distinct cells as Python has them, and which of them each row holds."""

    distinct: Sequence[Any]
    place: Places
    """−1 where the cell is empty."""


class Labels(NamedTuple):
    """A name per row: the distinct names, and which of them each row has."""

    names: Names
    place: Places
    """−1 where a row has none."""


class Batch(Protocol):
    """Some rows of a table."""

    first: int
    """The number of the first row, from 1."""
    rows: int
    names: list[str]
    """Of all its columns."""

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return a column of numbers, NaN where the cell is empty; None where it holds something else."""
        ...

    def cells(self, name: str) -> Cells:
        """Return a column of anything."""
        ...

    def labels(self, name: str) -> Labels:
        """Return a column as texts."""
        ...

    def row(self, place: int) -> dict[str, Any]:
        """Return what one row holds, by column."""
        ...

    def is_filled(self, name: str) -> bool:
        """Tell whether any row has a value in a column."""
        ...


def batches(table: "Path | DataFrame", wanted: Callable[[Sequence[str]], Iterable[str]]) -> Iterator[Batch]:
    """Yield the batches of a Parquet file or DataFrame, with the columns that are wanted of those that it has.

    Raises
    ------
    InputError
        When the file cannot be read, or the DataFrame has two columns of one name.
    """
    first = 1
    if isinstance(table, Path):
        for batch in parquet_batches(table, wanted):
            yield ArrowBatch(batch, first)
            first += batch.num_rows
        return
    require_distinct_names(table)
    for start in range(0, len(table), BATCH):
        yield FrameBatch(frame_with_stated_decimals(table.iloc[start : start + BATCH]), start + 1)


def joined(parts: Sequence[Labels]) -> Labels:
    """Return the labels of all parts, one after the other, each name once."""
    names, same = _distinct([part.names for part in parts])
    place = np.empty(sum(len(part.place) for part in parts), dtype=np.int32)
    row = name = 0
    for part in parts:  # one at a time, so that there is no second array of all rows
        of_part = np.append(same[name : name + len(part.names)], np.int32(-1))
        place[row : row + len(part.place)] = of_part[part.place]
        row, name = row + len(part.place), name + len(part.names)
    return Labels(names, place)


def sorted_names(labels: Labels) -> tuple[list[str], Places]:
    """Return those names that a row has, in order, and which of them each row has; −1 stays −1."""
    used = np.flatnonzero(np.bincount(labels.place[labels.place >= 0], minlength=len(labels.names)))
    names = [str(name) for name in labels.names.take(used).tolist()]
    order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int32)
    rank = np.full(len(labels.names) + 1, -1, dtype=np.int32)
    rank[used[order]] = np.arange(len(order))
    return [names[each] for each in order.tolist()], rank[labels.place]


def by_text(values: Iterable[Any]) -> Cells:
    """Return Python values as a column; equal are those that read the same, whatever Python calls equal."""
    seen: dict[str, int] = {}
    distinct: list[Any] = []
    place = []
    for value in values:
        if is_empty(value):
            place.append(-1)
            continue
        text = str(value)
        if text not in seen:
            seen[text] = len(distinct)
            distinct.append(value)
        place.append(seen[text])
    return Cells(distinct, np.array(place, dtype=np.int32))


def as_texts(cells: Cells) -> Labels:
    """Return cells as the texts that Python makes of them."""
    names = np.empty(len(cells.distinct), dtype=object)
    names[:] = [str(value) for value in cells.distinct]
    distinct, same = _distinct([names])
    return Labels(distinct, np.append(same, np.int32(-1))[cells.place])


def with_line_names(labels: Labels, first: int) -> Labels:
    """Return labels in which a row without a name is called after its line."""
    without = labels.place < 0
    if not without.any():
        return labels
    lines = np.array([f"line-{first + row}" for row in np.flatnonzero(without).tolist()], dtype=object)
    return or_else(labels, Labels(like(labels.names, lines), np.cumsum(without, dtype=np.int32) - 1))


def or_else(labels: Labels, others: Labels) -> Labels:
    """Return labels in which a row without a name has that of the other labels."""
    names, same = _distinct([labels.names, others.names])
    return Labels(names, same[np.where(labels.place < 0, others.place + len(labels.names), labels.place)])


def like(names: Names, texts: NDArray[np.object_]) -> Names:
    """Return texts as an array of the kind that these names are."""
    if not hasattr(names, "dictionary_encode"):
        return texts
    import pyarrow as pa  # noqa: PLC0415 - these are its arrays

    return pa.array(texts.tolist(), names.type)


def is_empty(value: Any) -> bool:
    """Tell whether a cell holds nothing: None or NaN."""
    return value is None or bool(isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN


def _distinct(parts: Sequence[Names]) -> tuple[Names, Places]:
    """Return the distinct names of all parts, and which of them each name is."""
    if parts and all(hasattr(part, "dictionary_encode") for part in parts):
        import pyarrow as pa  # noqa: PLC0415 - these are its arrays

        encoded = pa.concat_arrays(parts).dictionary_encode()
        return encoded.dictionary, encoded.indices.to_numpy()
    seen: dict[str, int] = {}
    same = [seen.setdefault(str(name), len(seen)) for part in parts for name in part.tolist()]
    names = np.empty(len(seen), dtype=object)
    names[:] = list(seen)
    return names, np.array(same, dtype=np.int32)


class ArrowBatch:
    """A record batch of a Parquet file."""

    def __init__(self, batch: Any, first: int) -> None:
        self._batch, self.first, self.rows, self.names = batch, first, batch.num_rows, batch.schema.names

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return a column of numbers, NaN where the cell is empty; None where it holds something else."""
        from pyarrow import types  # noqa: PLC0415 - there already, since a batch is

        column = self._batch.column(name)
        if not (types.is_floating(column.type) or types.is_integer(column.type)):
            return None
        found: NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
        return found

    def cells(self, name: str) -> Cells:
        """Return a column of anything."""
        import pyarrow as pa  # noqa: PLC0415 - there already, since a batch is
        from pyarrow import types  # noqa: PLC0415

        column, plain = self._batch.column(name), (types.is_string, types.is_large_string, types.is_boolean)
        if types.is_float64(column.type):  # by its bits: 0.0 and −0.0 are equal, and do not read the same
            encoded = column.view(pa.int64()).dictionary_encode()
            values = encoded.dictionary.view(pa.float64()).to_pylist()
        elif any(check(column.type) for check in (*plain, types.is_integer)):
            encoded = column.dictionary_encode()
            values = encoded.dictionary.to_pylist()
        else:
            return by_text(column.to_pylist(maps_as_pydicts="strict"))
        empty = np.array([is_empty(value) for value in values] + [True])
        place = encoded.indices.fill_null(-1).to_numpy().astype(np.int32, copy=False)
        return Cells(values, np.where(empty[place], np.int32(-1), place))

    def labels(self, name: str) -> Labels:
        """Return a column as texts."""
        import pyarrow as pa  # noqa: PLC0415 - there already, since a batch is

        column = self._batch.column(name)
        if pa.types.is_integer(column.type) or pa.types.is_string(column.type):
            column = column.cast(pa.large_string())
        if pa.types.is_large_string(column.type):
            encoded = column.dictionary_encode()
            return Labels(encoded.dictionary, encoded.indices.fill_null(-1).to_numpy().astype(np.int32, copy=False))
        texts = as_texts(self.cells(name))
        return Labels(pa.array(texts.names.tolist(), pa.large_string()), texts.place)

    def row(self, place: int) -> dict[str, Any]:
        """Return what one row holds, by column."""
        return whole_row(self._batch.slice(place, 1).to_pylist(maps_as_pydicts="strict")[0])

    def is_filled(self, name: str) -> bool:
        """Tell whether any row has a value in a column."""
        import pyarrow as pa  # noqa: PLC0415 - there already, since a batch is

        column = self._batch.column(name)
        held = column.drop_null()
        return len(held) > 0 and not (pa.types.is_floating(column.type) and held.is_nan().false_count == 0)


class FrameBatch:
    """Rows of a DataFrame."""

    def __init__(self, frame: "DataFrame", first: int) -> None:
        self._frame, self.first, self.rows = frame, first, len(frame)
        self.names = [str(name) for name in frame.columns]

    def _column(self, name: str) -> "Series[Any]":
        return self._frame.iloc[:, self.names.index(name)]

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return a column of numbers, NaN where the cell is empty; None where it holds something else."""
        column = self._column(name)
        if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "fiu" or column.dtype.itemsize < 8:
            return None
        return column.to_numpy().astype(np.float64, copy=False)

    def cells(self, name: str) -> Cells:
        """Return a column of anything."""
        import pandas as pd  # noqa: PLC0415 - there already, since a DataFrame is

        column = self._column(name)
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu":
            distinct, place = np.unique(column.to_numpy(), return_inverse=True)
            return Cells(distinct.tolist(), place.astype(np.int32))
        if isinstance(column.dtype, pd.StringDtype):
            place, texts = pd.factorize(column)
            found = Cells([str(text) for text in texts], place.astype(np.int32))
        else:
            found = by_text(map(python_value, column))
        require_whole_characters(found.distinct)
        return found

    def labels(self, name: str) -> Labels:
        """Return a column as texts."""
        return as_texts(self.cells(name))

    def row(self, place: int) -> dict[str, Any]:
        """Return what one row holds, by column."""
        values = next(self._frame.iloc[place : place + 1].itertuples(index=False, name=None))
        return whole_row(dict(zip(self.names, map(python_value, values), strict=True)))

    def is_filled(self, name: str) -> bool:
        """Tell whether any row has a value in a column."""
        return bool(self._column(name).notna().any())
