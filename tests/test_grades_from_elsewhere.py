"""Grades that people or another tool gave, joined by Item; and what wrong gold labels could change."""

import json
from pathlib import Path

import pandas as pd
import pytest

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.errors import InputError


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten answers, stated with .8; the exact grader calls the first eight right."""
    monkeypatch.chdir(tmp_path)
    rows = [{"id": f"q{n}", "question": f"{n}?", "gold": "Lima" if n < 8 else "Quito"} for n in range(10)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def lima(messages: list[dict[str, str]]) -> str:
        assert messages
        return "Answer: Lima\nConfidence: 80"

    folder = sx.run("q.jsonl", model=lima, template="answer-confidence").folder
    assert folder is not None
    return folder


def test_they_are_joined_by_item_replace_the_runs_own_and_are_compared_with_them(run: Path) -> None:
    """In any order; q0 becomes wrong, q9 right, q8 undecided; the others keep theirs."""
    grades = pd.DataFrame({"item": ["q9", "q0", "q8"], "correct": [1, 0, None]})
    result = sx.evaluate_run(run, grades=grades)
    found = result.metrics["sources"]["stated"]

    assert found["excluded"] == {"undecided": 1}
    assert found["metrics"]["accuracy"]["value"] == pytest.approx(8 / 9)
    assert [record.verdict for record in result.records] == ["wrong", *["correct"] * 7, "undecided", "correct"]
    opinion = result.metrics["second_opinion"]
    assert (opinion["n_both"], opinion["agreement"]["value"]) == (2, 0.0)
    assert sx.evaluate_run(run).metrics["sources"]["stated"]["metrics"]["accuracy"]["value"] == 0.8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("item,correct\nq77,1\n", "grades 1 answers that this Run does not hold, the first 'q77'"),
        ("item,correct\nq1,maybe\n", "g.csv, line 2: `correct` is 'maybe'; expected 1, 0, true or false"),
        ("item,correct\nq1,1\nq1,0\n", "an earlier line grades it too"),
        ("id,correct\nq1,1\n", "no column 'item'|`item` is missing"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_place(run: Path, text: str, told: str) -> None:
    Path("g.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        sx.evaluate_run(run, grades="g.csv")


def test_the_command_shows_what_wrong_gold_labels_could_change(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One of ten: accuracy 70 to 90 %, gap −10 to +10 points."""
    cli.main(["evaluate", str(run), "--gold-error", "0.1", "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)

    ranges = found["if_gold_wrong"]["sources"]["stated"]
    assert [ranges["accuracy"][end] for end in ("low", "high")] == pytest.approx([0.7, 0.9])
    assert [ranges["gap"][end] for end in ("low", "high")] == pytest.approx([-0.1, 0.1])
    assert any("were 10 % of the gold labels wrong, right would be 70 to 90 %" in each for each in found["warnings"])


def test_a_file_has_its_grades_already(run: Path) -> None:
    Path("t.csv").write_text("confidence,correct\n0.5,1\n")
    with pytest.raises(InputError, match="are of a Run"):
        cli.main(["evaluate", "t.csv", "--grades", str(run)], standalone_mode=False)
