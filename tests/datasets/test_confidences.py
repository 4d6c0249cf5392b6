"""Tables of confidences from other tools: what each cell means, and what is refused."""

import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.datasets.confidences import Answered, read_confidences
from selfexplain.errors import InputError

Scale = Literal["probability", "percent"]
STATUSES = "failed, refused, truncated, declined, no_answer, no_confidence, ambiguous, out_of_range, undecided, ok"
MEND = "\nhint: mend these rows and run again; the columns are described in docs/datasets.md"
PERCENT = "\nhint: if the column holds 0 to 100, say --scale percent"


def read(tmp_path: Path, text: str, scale: Scale = "probability", **columns: str) -> tuple[list[Answered], list[str]]:
    path = tmp_path / "c.csv"
    path.write_text(text, encoding="utf-8")
    return read_confidences(path, columns=columns, scale=scale)


def refusal(tmp_path: Path, text: str, scale: Scale = "probability", **columns: str) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, scale, **columns)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    """All columns given; a column of somebody else is passed over."""
    (row,), remarks = read(
        tmp_path, "item,confidence,correct,cluster,group,repeat,status,colour\nq1,0.9,1,c1,g1,0,ok,red\n"
    )

    assert row == Answered("q1", "c1", "g1", 0.9, correct=True, status="ok")
    assert remarks == []


@pytest.mark.parametrize(
    ("scale", "cell", "probability"),
    [
        ("probability", "0", 0.0),
        ("probability", "1", 1.0),
        ("probability", " .25 ", 0.25),
        ("probability", "1e-30", 1e-30),
        ("percent", "95", 0.95),
        ("percent", "95%", 0.95),
        ("percent", "95 %", 0.95),
        ("percent", "0.5", 0.005),
        ("percent", "100", 1.0),
    ],
)
def test_a_confidence_is_a_probability_in_the_stated_scale(
    tmp_path: Path, scale: Scale, cell: str, probability: float
) -> None:
    """Half a per cent stays half a per cent: the scale is told, never guessed."""
    rows, _ = read(tmp_path, f"confidence,correct\n{cell},1\n", scale)

    assert rows[0].confidence == probability


@pytest.mark.parametrize(
    ("scale", "cell", "hint"),
    [
        ("probability", "95", PERCENT),
        ("probability", "95%", PERCENT),
        ("probability", "1.01", PERCENT),
        ("probability", "101", MEND),
        ("probability", "-0.1", MEND),
        ("probability", "high", MEND),
        ("probability", "nan", MEND),
        ("probability", "inf", MEND),
        ("probability", "0_1", MEND),
        ("percent", "101", MEND),
        ("percent", "95%%", MEND),
    ],
)
def test_a_confidence_out_of_its_scale_is_refused(tmp_path: Path, scale: Scale, cell: str, hint: str) -> None:
    """And where the value would do as a percentage, the hint says how to say so."""
    top = 100 if scale == "percent" else 1

    assert refusal(tmp_path, f"confidence,correct\n0.5,1\n{cell},1\n", scale) == (
        f"c.csv, line 3: `confidence` is {cell!r}; expected a number from 0 to {top}{hint}"
    )


def test_true_is_no_confidence(tmp_path: Path) -> None:
    """To Python it would be 1."""
    path = tmp_path / "c.jsonl"
    path.write_text('{"confidence": true, "correct": true}\n', encoding="utf-8")

    with pytest.raises(InputError, match="`confidence` is True; expected a number from 0 to 1"):
        read_confidences(path)


@pytest.mark.parametrize(
    ("cell", "correct"),
    [("1", True), ("0", False), ("true", True), ("FALSE", False), ("True", True), ("1.0", True), ("0.0", False)],
)
def test_correct_has_the_spellings_of_common_tools(tmp_path: Path, cell: str, correct: bool) -> None:  # noqa: FBT001 - a case
    """Written by pandas as True or 1.0, by R as TRUE."""
    rows, _ = read(tmp_path, f"confidence,correct\n0.5,{cell}\n")

    assert (rows[0].correct, rows[0].status) == (correct, "ok")


def test_any_other_word_for_correct_is_refused(tmp_path: Path) -> None:
    """Yes, 2 and 0.5 may mean anything."""
    assert refusal(tmp_path, "confidence,correct\n0.5,yes\n0.5,2\n") == (
        "c.csv, line 2: `correct` is 'yes'; expected 1, 0, true or false\n"
        "c.csv, line 3: `correct` is '2'; expected 1, 0, true or false" + MEND
    )


def test_what_is_missing_gives_the_status(tmp_path: Path) -> None:
    """Empty confidence is no_confidence, also when `correct` is empty too; empty correct alone is undecided."""
    rows, _ = read(tmp_path, "item,confidence,correct\na,,1\nb,0.5,\nc,,\nd,0.5,0\n")

    assert [row.status for row in rows] == ["no_confidence", "undecided", "no_confidence", "ok"]


def test_a_stated_status_stands(tmp_path: Path) -> None:
    """A refusal without confidence stays a refusal."""
    rows, _ = read(tmp_path, "item,confidence,correct,status\na,,,refused\nb,0.5,1,ok\nc,,,no_confidence\n")

    assert [row.status for row in rows] == ["refused", "ok", "no_confidence"]


def test_an_unknown_status_word_is_refused(tmp_path: Path) -> None:
    """The words are exact: a typo would silently count as usable."""
    assert refusal(tmp_path, "confidence,correct,status\n0.5,1,OK\n") == (
        f"c.csv, line 2: `status` is 'OK'; expected one of {STATUSES}{MEND}"
    )


@pytest.mark.parametrize(("row", "missing"), [(",1", "confidence"), ("0.5,", "correct"), (",", "confidence")])
def test_ok_without_a_value_is_a_contradiction(tmp_path: Path, row: str, missing: str) -> None:
    """One of the two cells is wrong, and only the user knows which."""
    text = f"item,confidence,correct,status\nq0,0.5,1,ok\nq1,{row},ok\n"

    assert refusal(tmp_path, text) == (
        f"c.csv, line 3: `{missing}` is missing; expected a value, since `status` is ok{MEND}"
    )


def test_a_repeated_item_is_one_cluster(tmp_path: Path) -> None:
    """Two answers to q1 were drawn together; q2 has a cluster of its own."""
    rows, _ = read(tmp_path, "item,confidence,correct,cluster\nq1,0.5,1,\nq1,0.6,0,\nq2,0.5,1,passage\n")

    assert [(row.item, row.cluster) for row in rows] == [("q1", "q1"), ("q1", "q1"), ("q2", "passage")]


def test_without_items_every_row_is_one_and_that_is_said(tmp_path: Path) -> None:
    """The rows are called after their lines."""
    rows, remarks = read(tmp_path, "confidence,correct\n0.5,1\n0.5,1\n")

    assert [row.cluster for row in rows] == ["line-2", "line-3"]
    assert remarks == ["no column `item`: every row counts as an Item of its own"]


def test_columns_are_renamed(tmp_path: Path) -> None:
    """Ours → theirs; a column of theirs that has one of our names gives way to the one that was named."""
    rows, _ = read(tmp_path, "p,right,correct\n0.5,1,0\n", confidence="p", correct="right")

    assert (rows[0].confidence, rows[0].correct) == (0.5, True)


def test_two_columns_change_places(tmp_path: Path) -> None:
    """Renaming reads all of the old names before it writes any new one."""
    rows, _ = read(tmp_path, "confidence,correct\n1,0.25\n", confidence="correct", correct="confidence")

    assert (rows[0].confidence, rows[0].correct) == (0.25, True)


def test_a_column_to_rename_must_be_there(tmp_path: Path) -> None:
    """The hint lists what is."""
    assert refusal(tmp_path, "p,correct\n0.5,1\n", confidence="prob") == (
        "c.csv has no column 'prob'\nhint: its columns: correct, p"
    )


def test_only_our_columns_can_be_renamed(tmp_path: Path) -> None:
    """A typo on our side of --map would otherwise do nothing."""
    assert refusal(tmp_path, "confidence,correct\n0.5,1\n", confidnce="confidence") == (
        "--map knows no column 'confidnce'\nhint: ours are: item, confidence, correct, cluster, group, repeat, status"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("confidence,correct\n", "c.csv holds no rows\nhint: expected columns `confidence` and `correct`"),
        (
            "confidence,right\n0.5,1\n",
            (
                "c.csv: no row has a value in the column 'correct'\n"
                "hint: if it is called something else, say --map correct=THEIRS; columns with values: confidence, right"
            ),
        ),
        (
            "p,correct\n0.5,1\n",
            (
                "c.csv: no row has a value in the column 'confidence'\n"
                "hint: if it is called something else, say --map confidence=THEIRS; columns with values: correct, p"
            ),
        ),
    ],
)
def test_a_table_needs_rows_and_its_two_columns(tmp_path: Path, text: str, told: str) -> None:
    """Without them every row would be excluded, and the evaluation would be of nothing."""
    assert refusal(tmp_path, text) == told


@given(
    lines=st.lists(st.lists(st.text(max_size=6), min_size=3, max_size=3), max_size=4),
    scale=st.sampled_from(["probability", "percent"]),
)
def test_any_table_reads_or_is_refused(lines: list[list[str]], scale: Scale) -> None:
    """Nothing but InputError leaves the reader, and what reads is in its range."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        path.write_bytes("\n".join(["confidence,correct,status", *map(",".join, lines)]).encode())
        try:
            rows, _ = read_confidences(path, scale=scale)
        except InputError:
            return
    assert all(row.confidence is None or 0 <= row.confidence <= 1 for row in rows)
    assert all(row.status != "ok" or None not in {row.confidence, row.correct} for row in rows)


def test_a_percent_scale_on_a_column_of_probabilities_is_remarked(tmp_path: Path) -> None:
    """0.9 read as 0.9 % is legal and almost surely not meant."""
    path = tmp_path / "c.csv"
    path.write_text("item,confidence,correct\na,0.9,1\nb,0.4,0\n")

    assert "leave out --scale percent" in read_confidences(path, scale="percent")[1][0]
    assert read_confidences(path)[1] == []
