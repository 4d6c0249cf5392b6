"""Parquet files and DataFrames: the same rows as in a text file, or a refusal that names the row."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain import plugins
from selfexplain.cli import cli
from selfexplain.datasets.confidences import read_confidences
from selfexplain.datasets.questions import read_questions
from selfexplain.datasets.rows import read_rows
from selfexplain.errors import InputError
from selfexplain.records import Item

GRADERS = plugins.graders()

ROWS: dict[str, list[Any]] = {
    "id": ["a", "b"],
    "question": ["Capital of Peru?", "2 + 2?"],
    "gold": [["B"], ["4", "four"]],
    "choices": [["Quito", "Lima"], None],
    "tolerance": [0.0, float("nan")],
}
ITEMS = (Item("a", "Capital of Peru?", ("B",), ("Quito", "Lima")), Item("b", "2 + 2?", ("4", "four")))


def test_a_frame_is_read_as_its_rows_would_be() -> None:
    """Lists are several texts; None and NaN are cells left empty; the index is no field."""
    dataset = read_questions(pd.DataFrame(ROWS, index=[7, 9]), graders=GRADERS)

    assert dataset.items == ITEMS
    assert dataset.name == "dataframe"
    assert dataset.version == dataset.content_hash[:8]


def test_a_parquet_file_is_read_as_its_rows_would_be(tmp_path: Path) -> None:
    """Written by pandas, read through pyarrow."""
    path = tmp_path / "q.parquet"
    pd.DataFrame(ROWS).to_parquet(path)

    assert read_questions(path, graders=GRADERS).items == ITEMS
    assert read_questions(pd.read_parquet(path), graders=GRADERS).items == ITEMS, "lists came back as arrays"


def test_a_row_without_id_is_called_after_its_row() -> None:
    """Tables have rows, not lines; the first is 1."""
    (item,) = read_questions(pd.DataFrame({"question": ["?"], "gold": [4]}), graders=GRADERS).items

    assert (item.id, item.gold) == ("row-1", ("4",))


def test_choices_in_a_struct_column_stand_under_their_letters(tmp_path: Path) -> None:
    """The form in which many published sets keep them."""
    path = tmp_path / "q.parquet"
    pd.DataFrame({"question": ["?"], "gold": ["A"], "choices": [{"A": "x", "B": "y"}]}).to_parquet(path)

    assert read_questions(path, graders=GRADERS).items[0].choices == ("x", "y")


def test_every_way_in_which_pandas_says_nothing_is_an_empty_cell() -> None:
    """NA and NaT are no texts, and cannot even be compared."""
    nothing = {name: [empty] for name, empty in (("group", pd.NA), ("cluster", pd.NaT), ("source", None))}

    assert read_questions(pd.DataFrame({"question": ["?"], "gold": ["x"], **nothing}), graders=GRADERS).items == (
        Item("row-1", "?", ("x",)),
    )


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (pd.DataFrame({"question": ["?", None], "gold": ["x", "y"]}), "the DataFrame, row 2: `question` is missing"),
        (pd.DataFrame({"question": ["?"], "gold": [True]}), "row 1: `gold` is True; expected a text"),
        (pd.DataFrame({"question": ["?"], "gold": [pd.Timestamp(0)]}), "row 1: `gold` is Timestamp"),
        (pd.DataFrame([["a", "b"]], columns=["gold", "gold"]), "the DataFrame has two columns 'gold'"),
        (pd.DataFrame({"question": ["?"], "gold": [["\ud800"]]}), r"row 1: half a character \(a lone surrogate"),
        (pd.DataFrame({"question": [], "gold": []}), "the DataFrame holds no questions"),
    ],
)
def test_a_bad_frame_is_told_the_row_and_the_remedy(frame: pd.DataFrame, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_questions(frame, graders=GRADERS)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    """Text with the wrong ending, a file that was cut, none at all."""
    whole = tmp_path / "whole.parquet"
    pd.DataFrame(ROWS).to_parquet(whole)
    for name, content in (("text", b"question,gold\n"), ("empty", b""), ("cut", whole.read_bytes()[:-50])):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(content)
        with pytest.raises(InputError, match="not readable as Parquet"):
            list(read_rows(path))
    with pytest.raises(InputError, match="No such file"):
        list(read_rows(tmp_path / "none.parquet"))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(InputError, match=r"needs pyarrow\nhint: pip install 'selfexplain\[parquet\]'"):
        list(read_rows(tmp_path / "q.parquet"))


def test_confidences_come_from_frames_and_parquet_too(tmp_path: Path) -> None:
    """Right once at .9 and wrong once: gap .4; the row without confidence is left out and counted."""
    frame = pd.DataFrame({"score": [90, 90, None], "correct": [True, False, True], "item": ["a", "b", "c"]})
    path = tmp_path / "c.parquet"
    frame.to_parquet(path)
    columns = {"confidence": "score"}

    measured = sx.evaluate_file(frame, columns=columns, scale="percent").to_dict()

    assert measured["sources"]["given"]["metrics"]["gap"]["value"] == pytest.approx(0.4)
    assert measured["sources"]["given"]["excluded"] == {"no_confidence": 1}
    assert read_confidences(frame, columns=columns, scale="percent") == (
        read_confidences(path, columns=columns, scale="percent")
    )


def test_a_run_asks_the_rows_of_a_frame_under_its_own_names(tmp_path: Path) -> None:
    """From the frame to the number: one right at .9, one wrong at .9."""
    script = tmp_path / "s.jsonl"
    script.write_text('{"item": "*", "reply": "Answer: (b)\\nConfidence: 90"}\n')
    frame = pd.DataFrame({"prompt": ["1?", "2?"], "answer": ["B", "A"], "choices": [["x", "y"]] * 2, "extra": [1, 2]})
    columns = {"question": "prompt", "gold": "answer"}

    result = sx.run(frame, columns=columns, model=f"scripted/{script}", template="answer-confidence", results=tmp_path)

    assert [record.verdict for record in result.records] == ["correct", "wrong"]
    assert {record.grade and record.grade.grader for record in result.records} == {"choice@2"}
    with pytest.raises(InputError, match="this is a Dataset"):
        sx.run(plugins.dataset("quickstart"), columns=columns, model=f"scripted/{script}", results=tmp_path)
    with pytest.raises(InputError, match="names columns of a file"):
        sx.run("quickstart", columns=columns, model=f"scripted/{script}", results=tmp_path)


def test_the_command_line_names_columns_too(tmp_path: Path) -> None:
    """`--map OURS=THEIRS`, once per column."""
    script, questions = tmp_path / "s.jsonl", tmp_path / "q.csv"
    script.write_text('{"item": "*", "reply": "Answer: 4\\nConfidence: 90"}\n')
    questions.write_text("prompt,answer,extra\n2 + 2?,4,x\n")
    named = ["--map", "question=prompt", "--map", "gold=answer"]

    done = CliRunner().invoke(
        cli, ["run", str(questions), *named, "-m", f"scripted/{script}", "--results", str(tmp_path), "--json"]
    )

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["sources"]["stated"]["metrics"]["gap"]["value"] == pytest.approx(-0.1)
