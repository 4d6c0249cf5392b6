"""The door for every FILE of answers: a table, or what another tool wrote; named, or recognised with certainty."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from selfexplain import plugins
from selfexplain.datasets.confidences import COLUMNS, read_confidences
from selfexplain.datasets.rows import SUFFIXES
from selfexplain.errors import InputError
from selfexplain.readers.confidences import read_log
from selfexplain.readers.log_file import LogFile
from selfexplain.readers.reader import Options, Reader
from selfexplain.records import Answered, Source
from selfexplain.runs.answers import Provenance

if TYPE_CHECKING:  # heavy, and there already when a DataFrame is given
    from pandas import DataFrame

TABLE = "table"
"""The format that is no log."""


class FileAnswers(NamedTuple):
    """The answers of a FILE, and where they come from."""

    rows: list[Answered]
    source: Source
    provenance: Provenance
    remarks: list[str]
    how: Mapping[str, str] = {}
    """How a log was read: format, scorer, confidence; empty for a table."""

    @property
    def note(self) -> str:
        """One sentence on how a log was read; empty for a table."""
        if not self.how:
            return ""
        known = self.provenance
        of = f", {known.dataset} answered by {known.model}" if known.model else f", {known.dataset}"
        return (
            f"Read as a log of {self.how['format']}{of}: right or wrong by {self.how['scorer']}, "
            f"confidence from {self.how['confidence']}."
        )


def read_answers(
    table: "Path | DataFrame",
    *,
    columns: Mapping[str, str] | None = None,
    scale: Literal["probability", "percent"] = "probability",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
    joined: bool = False,
) -> FileAnswers:
    """Return the answers of a table, or of a log of another tool.

    Parameters
    ----------
    table : Path or DataFrame
    columns, scale
        As in :func:`selfexplain.evaluate_file`.
    format : str, optional
        `table` or a reader's name; by default what the file's structure shows.
    scorer, only
        Of a log, as in :func:`selfexplain.evaluate_file`.
    joined : bool
        Whether answers will be joined with another FILE's: then a table needs names.

    Raises
    ------
    InputError
        When it cannot be read, or may be read in two ways; says how to name the one that is meant.
    """
    log = log_of(table, columns=columns, scale=scale, format=format, scorer=scorer, only=only)
    if log is not None:
        return log
    rows, remarks = read_confidences(table, columns=columns, scale=scale, joined=joined)
    dataset = table.name if isinstance(table, Path) else "dataframe"
    return FileAnswers(rows, "given", Provenance(kind="file", dataset=dataset, scale=scale), remarks)


def log_of(
    table: "Path | DataFrame",
    *,
    columns: Mapping[str, str] | None,
    scale: Literal["probability", "percent"],
    format: str | None,  # noqa: A002 - what everybody calls it
    scorer: str | None,
    only: Mapping[str, str] | None,
) -> FileAnswers | None:
    """Return the answers of a log of another tool; None for a table, which is read otherwise.

    Raises
    ------
    InputError
        As for :func:`read_answers`.
    """
    reader = None if format == TABLE else reader_of(table, format)
    if reader is not None and isinstance(table, Path):
        options = Options(scorer, only or {}, columns or {}, scale)
        return FileAnswers(*read_log(reader, LogFile(table), options))
    if scorer is not None or only:
        raise InputError(
            f"--scorer and --only are for logs of other tools, and {named(table)} is read as a table",
            hint=f"leave them out, or name the format: {', '.join(formats())}",
        )
    return None


def formats() -> list[str]:
    """Return what `--format` takes."""
    return [TABLE, *sorted(plugins.readers())]


def reader_of(table: "Path | DataFrame", format: str | None) -> Reader | None:  # noqa: A002 - as above
    """Return what reads a file, None for a table.

    Raises
    ------
    InputError
        When its structure shows nothing known, or more than one thing.
    """
    if format is not None and format not in formats():
        raise InputError(f"no format is called {format!r}", hint=f"known: {', '.join(formats())}")
    if not isinstance(table, Path):
        if format is not None:
            raise InputError(f"a DataFrame is no log of {format}", hint="leave the format out")
        return None
    if format is not None:
        return plugins.reader(format)
    # Where there is no such file, and with CSV and Parquet, which no tool here writes, tables know what to say.
    if table.suffix.lower() in {".csv", ".parquet"} or not os.path.isfile(table):  # noqa: PTH113 - a name too long
        return None
    file = LogFile(table)
    found = {name: make() for name, make in plugins.readers().items() if make().recognises(file)}
    if found and file.first_line is not None and file.first_line.keys() >= {"confidence", "correct"}:
        found = {TABLE: None, **found}  # type: ignore[dict-item]  # a table has no reader
    if len(found) > 1:
        raise InputError(
            f"{table} can be read in more than one way: {', '.join(found)}", hint="say which: --format NAME"
        )
    if not found and (file.is_zip or file.document is not None):
        raise InputError(
            f"{table} is neither a table ({', '.join(SUFFIXES)}) nor a log that is recognised: it is {file.found()}",
            hint=f"name its format if it has one: {', '.join(sorted(plugins.readers()))}; else make a table with the "
            f"columns {', '.join(COLUMNS[:3])}",
        )
    return next(iter(found.values()), None)


def named(table: "Path | DataFrame") -> str:
    """Return how errors call a table."""
    return str(table) if isinstance(table, Path) else "the DataFrame"


def source_of(answers: FileAnswers, source: str | None, *, where: str) -> Source:
    """Return the source that is asked for: a log says what its confidences are, a table leaves it to the user.

    Raises
    ------
    InputError
        When a log's confidences are something else.
    """
    if source is None or source == answers.source:
        return answers.source
    if answers.source != "given":
        raise InputError(
            f"the confidences of {where} are {answers.source}, not {source}", hint="leave --source out, or name that"
        )
    return next((known for known in get_args(Source) if known == source), answers.source)
