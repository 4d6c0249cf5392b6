"""A Run's page shows what recalibration would change, out of fold, where there are answers enough to learn from."""

from pathlib import Path

import pytest

import selfexplain as sx


def run(folder: Path, n: int) -> sx.Result:
    """Ask n questions; every answer is Lima at 90 % or 60 %, and the first half are right."""
    rows = [f"Question {i}?,{'Lima' if i < n / 2 else 'Quito'}" for i in range(n)]
    (folder / "q.csv").write_text("question,gold\n" + "\n".join(rows) + "\n")

    def lima(messages: list[dict[str, str]]) -> str:
        number = int("".join(sign for sign in messages[-1]["content"].partition("?")[0] if sign.isdigit()))
        return f"Answer: Lima\nConfidence: {90 if number % 2 else 60}"

    return sx.run(str(folder / "q.csv"), model=lima, template="answer-confidence", results=folder / "results")


def test_before_and_after_stand_on_the_page_and_in_the_numbers(tmp_path: Path) -> None:
    """Said 75 % on average, right 50 %: a gap of 25 points, and nearly none after a map that others taught."""
    result = run(tmp_path, 80)
    found = result.metrics["sources"]["stated"]["recalibration"]

    assert found["stated"]["metrics"]["gap"]["value"] == pytest.approx(0.25)
    assert abs(found["recalibrated"]["metrics"]["gap"]["value"]) < 0.06
    assert found["brier_change"]["value"] < 0
    assert (found["folds"], found["method"], found["recalibrated"]["n"]) == (5, "value-map", 80)
    assert result.page is not None
    page = result.page.read_text()
    assert "Before and after recalibration" in page
    assert "recalibration helps" in page
    assert "Gap +25 points" in page


def test_with_few_answers_nothing_is_learned_and_nothing_is_shown(tmp_path: Path) -> None:
    result = run(tmp_path, 48)

    assert "recalibration" not in result.metrics["sources"]["stated"]
    assert result.page is not None
    assert "Before and after" not in result.page.read_text()
