"""Which file is whose: told by its structure, and where that says nothing or too much, asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

import selfexplain as sx
from selfexplain import plugins
from selfexplain.answer_files import TABLE, formats, read_answers, reader_of
from selfexplain.readers.log_file import LogFile

LOGS = Path(__file__).with_name("logs")
BY_FOLDER = {"inspect": "inspect", "lm_eval": "lm-eval", "promptfoo": "promptfoo"}
REAL = sorted(path for path in LOGS.rglob("*") if path.is_file())
ROWS = [{"item": "a", "confidence": 0.9, "correct": 1}, {"item": "b", "confidence": 0.6, "correct": 0}]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_log_is_recognised_by_its_own_reader_and_no_other(path: Path) -> None:
    """Also under another name with the same ending."""
    mine = BY_FOLDER[path.relative_to(LOGS).parts[0]]

    assert [name for name, make in plugins.readers().items() if make().recognises(LogFile(path))] == [mine]
    assert getattr(reader_of(path, None), "format", None) == mine


def ours(tmp_path: Path) -> list[Path]:
    """Return files that are no logs: tables in each form, and what selfexplain itself writes."""
    table, lines = tmp_path / "table.csv", tmp_path / "table.jsonl"
    table.write_text("item,confidence,correct\na,0.9,1\nb,0.6,0\n")
    lines.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "replies.jsonl").write_text('{"item": "*", "reply": "Answer: Lima\\nConfidence: 90"}')
    (tmp_path / "q.csv").write_text("id,question,gold\nperu,Capital of Peru?,Lima\n")
    run = sx.run(str(tmp_path / "q.csv"), model=f"scripted/{tmp_path / 'replies.jsonl'}", results=tmp_path / "results")
    assert run.folder is not None
    sx.set_baseline(lines, "main", results=tmp_path / "results")
    written = [path for path in (tmp_path / "results").rglob("*") if path.suffix in {".json", ".jsonl", ".csv"}]
    assert {path.name for path in written} >= {"metrics.json", "manifest.json", "records.jsonl", "main.json"}
    return [table, lines, *written]


def test_nothing_of_ours_is_taken_for_a_log(tmp_path: Path) -> None:
    for path in ours(tmp_path):
        assert not [name for name, make in plugins.readers().items() if make().recognises(LogFile(path))], path


def test_a_metrics_file_is_refused_with_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(sx.evaluate_file(table_in(tmp_path)).to_dict()))
    with pytest.raises(sx.InputError) as refused:
        read_answers(path)

    assert "neither a table (.csv, .jsonl, .parquet) nor a log that is recognised" in refused.value.message
    assert "a JSON object of 'schema_version'" in refused.value.message
    assert "inspect, lm-eval, promptfoo" in (refused.value.hint or "")


def table_in(tmp_path: Path) -> Path:
    path = tmp_path / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_lines_that_are_a_table_and_a_log_at_once_must_be_named(tmp_path: Path) -> None:
    """Somebody added our columns to a file of samples: both readings are possible, so neither is taken."""
    (samples,) = (LOGS / "lm_eval" / "tiny-1").glob("*.jsonl")
    path = tmp_path / "both.jsonl"
    rows = [json.loads(line) | {"confidence": 0.5, "correct": True} for line in samples.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(sx.InputError, match=r"more than one way: table, lm-eval\nhint: say which: --format NAME"):
        read_answers(path)

    assert {row.confidence for row in read_answers(path, format=TABLE).rows} == {0.5}
    assert read_answers(path, format="lm-eval", scorer="acc").source == "token"


def test_a_named_format_is_taken_at_its_word(tmp_path: Path) -> None:
    """A log under any name; and what is none is refused by the reader that was named."""
    log = tmp_path / "log"
    log.write_bytes((LOGS / "inspect" / "small.eval").read_bytes())
    options: dict[str, Any] = {"format": "inspect", "columns": {"confidence": "output"}, "scale": "percent"}

    assert len(read_answers(log, **options).rows) == 16
    for format_ in ("inspect", "promptfoo"):
        with pytest.raises(sx.InputError, match="lines of JSON objects of 'item', 'confidence', 'correct'"):
            read_answers(table_in(tmp_path), format=format_)
    with pytest.raises(sx.InputError, match="line 1: Object missing required field"):
        read_answers(table_in(tmp_path), format="lm-eval")


def test_an_unknown_format_is_answered_with_those_there_are(tmp_path: Path) -> None:
    assert formats() == ["table", "inspect", "lm-eval", "promptfoo"]
    with pytest.raises(
        sx.InputError, match="no format is called 'helm'\nhint: known: table, inspect, lm-eval, promptfoo"
    ):
        read_answers(table_in(tmp_path), format="helm")


def test_words_for_logs_are_refused_beside_a_table(tmp_path: Path) -> None:
    import pandas as pd

    for options in ({"scorer": "choice"}, {"only": {"filter": "none"}}):
        with pytest.raises(sx.InputError, match="--scorer and --only are for logs"):
            read_answers(table_in(tmp_path), **options)
    with pytest.raises(sx.InputError, match="a DataFrame is no log of inspect"):
        sx.evaluate_file(pd.DataFrame(ROWS), format="inspect")


def test_a_zip_of_something_else_is_refused_with_its_members(tmp_path: Path) -> None:
    from zipfile import ZipFile

    path = tmp_path / "numbers.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("numbers.csv", "1,2\n")
    with pytest.raises(sx.InputError, match=r"nor a log that is recognised: it is a zip of 'numbers.csv'"):
        read_answers(path)


@pytest.mark.parametrize("make", plugins.readers().values(), ids=lambda make: make.format)
def test_every_reader_has_a_page_and_two_verbs(make: Any) -> None:
    """Whoever adds one is found, shown and asked in the same way."""
    assert make.__doc__
    assert callable(make().recognises)
    assert callable(make().read)
