"""A baseline: two files that stand alone, show in a pull request what changed, and cannot be edited unnoticed."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import InputError
from selfexplain.records import STATUSES, Answered
from selfexplain.runs.answers import Answers, Asked, Provenance
from selfexplain.runs.baseline import hash_of, pairs_of, read_baseline, rows_of, write_baseline
from selfexplain.runs.spreadsheet import restored, safe
from sides import row, side, stated

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def write(results: Path, answers: Answers, *, replace: bool = False) -> Path:
    return write_baseline(results, "main", answers, version="1", replace=replace)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    rows = [row("b", 0.95, correct=False, group="g", cluster="c"), row("a", None, None, status="failed", repeat=1)]
    answers = side(rows, source="token")
    write(tmp_path, answers)

    again = read_baseline(tmp_path, "main")
    assert (again.source, again.provenance, again.rows) == ("token", answers.provenance, answers.rows)
    pairs = (tmp_path / "baselines" / "main.pairs.csv").read_text()
    assert pairs == "item,cluster,group,repeat,confidence,correct,status\na,a,,1,,,failed\nb,c,g,0,0.95,0,ok\n"


@given(
    st.lists(
        st.builds(
            Answered,
            item=TEXT,
            cluster=TEXT,
            group=st.none() | TEXT,
            confidence=st.none() | st.floats(0, 1).map(lambda c: float(f"{c:.12g}")),
            correct=st.none() | st.booleans(),
            status=st.sampled_from(STATUSES),
            repeat=st.integers(0, 99),
        ).filter(lambda row: row.status != "ok" or None not in {row.confidence, row.correct}),
        unique_by=lambda row: (row.item, row.repeat),
    )
)
def test_any_row_survives_the_file(rows: list[Answered]) -> None:
    assert rows_of(pairs_of(rows), Path("x"), "") == rows


@given(TEXT)
def test_no_cell_begins_as_a_formula_and_every_cell_comes_back(text: str) -> None:
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert restored(safe(text)) == text


def test_each_item_has_one_line_whatever_its_name_holds(tmp_path: Path) -> None:
    """A changed Item is one line of a review; a name that looks like a list over lines stays what it is."""
    names = ["plain", '["a",\n"b",\n"c"]', 'a "quoted\\" [', "["]
    items = {name: Asked("q" * 12, "g" * 12, 'path\\x.py:"Y",[\n') for name in names}
    provenance = Provenance(kind="run", dataset="d", scale="probability", items=items)
    path = write(tmp_path, side([row(name) for name in names], source="stated", provenance=provenance))
    lines = path.read_text(encoding="utf-8").splitlines()

    assert sum("q" * 12 in line and "g" * 12 in line for line in lines) == len(names)
    assert read_baseline(tmp_path, path.stem).provenance.items == items


def test_an_edited_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, side(stated(0.8, 5)))
    pairs = path.with_name("main.pairs.csv")
    pairs.write_text(pairs.read_text().replace("0.8,0", "0.8,1"))

    with pytest.raises(InputError, match=r"main\.pairs\.csv is not the file that main\.json was written with"):
        read_baseline(tmp_path, "main")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"0.8,1,ok", b"8,1,ok", "line 2: `confidence` is 8; expected a number from 0 to 1"),
        (b"0.8,1,ok", b"nan,1,ok", "line 2: `confidence` is nan"),
        (b"0.8,1,ok", b"0.8,7,ok", "line 2: `correct` is '7'"),
        (b"0.8,1,ok", b",1,ok", "line 2: the status is ok, and `confidence` or `correct` is empty"),
        (b"0.8,1,ok", b"0.8,1,fine", "line 2: 'fine' is no status"),
        (b"0.8,1,ok", b"0.8,1,failed", "5 Items, 5 answers, 5 usable; main.pairs.csv holds 5, 5, 4"),
        (b"0,0,,0,", b"0,0,,-1,", "line 2: `repeat` is '-1'"),
        (b"1,1,,0,", b"0,0,,0,", "line 3: '0', repeat 0, stands twice"),
        (b"1,1,,0,", b"0,1,,0,", "line 3: '0', repeat 0, stands twice"),
        (b"4,4,,0,0.8,0,ok\n", b"", "5 Items, 5 answers, 5 usable; main.pairs.csv holds 4, 4, 4"),
        (b"0.8,1,ok", b"0.8,1,ok,", "line 2: expected 7 cells"),
        (b"0.8,1,ok", b"0.8,1,\xff", "line 1: 'utf-8' codec"),
    ],
)
def test_a_hash_that_fits_makes_no_row_of_nonsense(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    """Whoever edits both files is seen in the review; what no run can have said is refused all the same."""
    path = write(tmp_path, side(stated(0.8, 5)))
    pairs = path.with_name("main.pairs.csv")
    before = pairs.read_bytes()
    pairs.write_bytes(before.replace(old, new, 1))
    path.write_text(path.read_text().replace(hash_of(before), hash_of(pairs.read_bytes())))

    with pytest.raises(InputError, match=re.escape(said)):
        read_baseline(tmp_path, "main")


def test_line_ends_of_windows_are_no_edit(tmp_path: Path) -> None:
    path = write(tmp_path, side(stated(0.8, 5)))
    pairs = path.with_name("main.pairs.csv")
    pairs.write_bytes(pairs.read_bytes().replace(b"\n", b"\r\n"))

    assert len(read_baseline(tmp_path, "main").rows) == 5
    assert hash_of(b"a\r\n") == hash_of(b"a\n")


def test_a_baseline_is_overwritten_only_on_request(tmp_path: Path) -> None:
    write(tmp_path, side(stated(0.8, 5)))

    with pytest.raises(InputError, match="say --replace"):
        write(tmp_path, side(stated(0.9, 5)))
    write(tmp_path, side(stated(0.9, 5)), replace=True)
    assert read_baseline(tmp_path, "main").rows[0].confidence == 0.9


def test_a_baseline_that_is_missing_names_those_there_are(tmp_path: Path) -> None:
    write(tmp_path, side(stated(0.8, 5)))

    with pytest.raises(InputError, match="there are: main"):
        read_baseline(tmp_path, "other")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no name for a baseline"):
        write_baseline(tmp_path, name, side(stated(0.8, 5)), version="1")


def test_git_keeps_baselines_and_ignores_runs(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text((Path(__file__).parents[2] / ".gitignore").read_text())
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    paths = ["results/a__b__c__1/manifest.json", "results/comparisons/x", "results/baselines/main.json"]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stdout.split() == paths[:2]
