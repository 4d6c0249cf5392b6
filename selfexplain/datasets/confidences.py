"""A table of confidences and correctness from any other tool. `docs/datasets.md` documents the columns."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from selfexplain.datasets.rows import Problem, Row, Table, named, read_rows, refuse, renamed
from selfexplain.errors import InputError
from selfexplain.records import STATUSES, Answered, Status

__all__ = ["COLUMNS", "Answered", "read_confidences"]

COLUMNS = ("item", "confidence", "correct", "cluster", "group", "repeat", "status")

CORRECT: Mapping[str, bool] = {"1": True, "0": False, "true": True, "false": False, "1.0": True, "0.0": False}


def read_confidences(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    scale: Literal["probability", "percent"] = "probability",
    joined: bool = False,
) -> tuple[list[Answered], list[str]]:
    """Return the rows of a table, and what a careful reader should know about it.

    An empty confidence without a status is `no_confidence`; an empty `correct` is `undecided`. A repeated `item`
    counts as repeats of one cluster.

    Parameters
    ----------
    table : Path or DataFrame
        A `.csv`, `.jsonl` or `.parquet` file or a DataFrame with `confidence` and `correct`, and optionally
        `item`, `cluster`, `group`, `repeat` and `status`; other columns are ignored.
    columns : mapping, optional
        Ours → theirs, for columns that are called something else.
    scale : str
        `probability` for values in [0, 1], `percent` for 0 to 100.
    joined : bool
        Whether rows will be joined with another table's: then each needs an `item`, and no two the same item and
        repeat.

    Raises
    ------
    InputError
        When a value is out of its scale or of the wrong kind; names file, line, column, value and remedy.
    """
    remarks: list[str] = []
    return list(answers_in(table, remarks, columns=columns or {}, scale=scale, joined=joined)), remarks


def answers_in(
    table: Table, remarks: list[str], *, columns: Mapping[str, str], scale: str, joined: bool = False
) -> Iterator[Answered]:
    """Yield the rows of a table one by one, then add to the remarks; parameters are those of `read_confidences`.

    What was yielded is worth nothing when an InputError ends it.
    """
    require_known(columns)
    problems: list[Problem] = []
    present: set[str] = set()
    blank: set[str] = set()
    lines: dict[tuple[str, int], int] = {}
    rows, largest, statuses = 0, -1.0, 0
    for rows, row in enumerate(renamed(read_rows(table), columns, table=table), 1):  # noqa: B007 - counted to the end
        present |= row.fields.keys()
        blank |= row.blank
        statuses += "status" in row.fields
        one = answered_of(row, scale, problems)
        if one is not None:
            largest = max(largest, -1.0 if one.confidence is None else one.confidence)
            if joined:
                require_joinable(row, one, lines, problems)
            yield one
    # Where answers are compared, a column without one value is a finding: nothing could be read any more. JSONL may
    # leave the name out as well, and where each row says by its status what became of it, that is no slip of the name.
    missing = (blank | {"confidence", "correct"} if statuses == rows else blank) if joined else set()
    require_columns(table, present | missing, rows=rows)
    if joined and "item" not in present:
        raise InputError(
            f"{named(table)} has no column 'item'; answers of two tables are joined by it, never by their order",
            hint="name each question in a column `item`, or say --map item=THEIRS",
        )
    refuse(table, problems, hint=hint_for((each.found for each in problems if each.field == "confidence"), scale))
    remarks.extend(remarks_on(has_items="item" in present, largest=largest, scale=scale))


def require_known(columns: Mapping[str, str]) -> None:
    """Raise InputError when a column is to be renamed to none of ours."""
    unknown = sorted(columns.keys() - set(COLUMNS))
    if unknown:
        raise InputError(f"--map knows no column {unknown[0]!r}", hint=f"ours are: {', '.join(COLUMNS)}")


def remarks_on(*, has_items: bool, largest: float, scale: str) -> list[str]:
    """Return what a careful reader should know about a table; −1 is the largest confidence of none."""
    remarks = [] if has_items else ["no column `item`: every row counts as an Item of its own"]
    if scale == "percent" and 0 <= largest <= 1 / 100:
        remarks.append("no confidence is above 1 %: if the column holds 0 to 1, leave out --scale percent")
    return remarks


def require_columns(table: Table, present: set[str], *, rows: int) -> None:
    """Raise InputError unless the table has rows and the two columns that everything rests on."""
    if rows == 0:
        raise InputError(f"{named(table)} holds no rows", hint="expected columns `confidence` and `correct`")
    for name in ("confidence", "correct"):
        if name not in present:
            raise InputError(
                f"{named(table)}: no row has a value in the column {name!r}",
                hint=f"if it is called something else, say --map {name}=THEIRS; "
                f"columns with values: {', '.join(sorted(present)) or 'none'}",
            )


def answered_of(row: Row, scale: str, problems: list[Problem]) -> Answered | None:
    """Return a row's content, or None after noting its problems."""
    before = len(problems)
    confidence = confidence_of(row, scale, problems)
    correct = correct_of(row, problems)
    repeat = repeat_of(row, problems)
    status = status_of(row, confidence, correct, problems)
    if len(problems) > before:
        return None
    item = str(row.fields.get("item", f"line-{row.line}"))
    group = row.fields.get("group")
    return Answered(
        item=item,
        cluster=str(row.fields.get("cluster", item)),
        group=None if group is None else str(group),
        confidence=confidence,
        correct=correct,
        status=status,
        repeat=repeat,
    )


def confidence_of(row: Row, scale: str, problems: list[Problem]) -> float | None:
    """Return the stated confidence as a probability, or None where the cell is empty."""
    stated = row.fields.get("confidence")
    if stated is None:
        return None
    text = str(stated).strip()
    if scale == "percent":
        text = text.removesuffix("%")
    top = 100.0 if scale == "percent" else 1.0
    try:
        number = math.nan if "_" in text else float(text)  # Python reads 1_0 as 10
    except ValueError:
        number = math.nan
    if not 0 <= number <= top:
        problems.append(Problem(row.line, "confidence", stated, f"expected a number from 0 to {top:.0f}"))
        return None
    return number / top


def correct_of(row: Row, problems: list[Problem]) -> bool | None:
    """Return whether the answer was right, or None where the cell is empty."""
    stated: Any = row.fields.get("correct")
    if stated is None:
        return None
    known = CORRECT.get(str(stated).strip().lower())
    if known is None:
        problems.append(Problem(row.line, "correct", stated, "expected 1, 0, true or false"))
    return known


def repeat_of(row: Row, problems: list[Problem]) -> int:
    """Return which repetition a row is; 0 where the cell is empty."""
    stated = row.fields.get("repeat", 0)
    text = str(stated).strip().removesuffix(".0")  # a table with an empty cell holds its whole numbers as 1.0
    if not (text.isascii() and text.isdigit()):
        problems.append(Problem(row.line, "repeat", stated, "expected a whole number from 0"))
        return 0
    return int(text)


def require_joinable(row: Row, answered: Answered, lines: dict[tuple[str, int], int], problems: list[Problem]) -> None:
    """Note a row that could not be joined with a row of another table: without a name, or with one that is taken."""
    if "item" not in row.fields:
        problems.append(Problem(row.line, "item", None, "expected a name: rows of two tables are joined by it"))
        return
    first = lines.setdefault((answered.item, answered.repeat), row.line)
    if first != row.line:
        expected = (
            f"the row at {first} has the same item and repeat {answered.repeat}; number repeats in a column `repeat`"
        )
        problems.append(Problem(row.line, "item", answered.item, expected))


def status_of(
    row: Row,
    confidence: float | None,
    correct: bool | None,  # noqa: FBT001 - a value, not a switch
    problems: list[Problem],
) -> Status:
    """Return the stated status, else the one that follows from what is missing."""
    stated = row.fields.get("status")
    implied: Status = "no_confidence" if confidence is None else "undecided" if correct is None else "ok"
    if stated is None:
        return implied
    for status in STATUSES:
        if stated == status:
            readable = not any(problem.line == row.line for problem in problems)
            if status == "ok" and implied != "ok" and readable:
                missing = "confidence" if confidence is None else "correct"
                problems.append(Problem(row.line, missing, None, "expected a value, since `status` is ok"))
            return status
    problems.append(Problem(row.line, "status", stated, f"expected one of {', '.join(STATUSES)}"))
    return implied


def hint_for(refused: Iterable[Any], scale: str) -> str:
    """Return the remedy that fits most of what went wrong, given the confidences that were refused."""
    if scale == "probability" and any(map(is_percent, refused)):
        return "if the column holds 0 to 100, say --scale percent"
    return "mend these rows and run again; the columns are described in docs/datasets.md"


def is_percent(value: Any) -> bool:
    """Tell whether a refused value would be right as a percentage."""
    try:
        return 1 < float(str(value).strip().removesuffix("%")) <= 100
    except ValueError:
        return False
