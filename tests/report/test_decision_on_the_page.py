"""A Run's page shows from which confidence on to answer, and what is promised, where there are answers enough."""

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium import webdriver

import selfexplain as sx
from selfexplain.pipeline.promise import FEWEST, MOST_THRESHOLDS, ROUND, if_decided
from selfexplain.records import Answered, Source


def run(folder: Path, n: int) -> sx.Result:
    """Ask n questions; what is said with 99 % is right, what is said with 60 % is wrong as often as right."""
    rows = [f"Question {i}?,{'Quito' if i % 4 == 0 else 'Lima'}" for i in range(n)]
    (folder / "q.csv").write_text("question,gold\n" + "\n".join(rows) + "\n")

    def lima(messages: list[dict[str, str]]) -> str:
        number = int("".join(sign for sign in messages[-1]["content"].partition("?")[0] if sign.isdigit()))
        return f"Answer: Lima\nConfidence: {99 if number % 2 else 60}"

    return sx.run(str(folder / "q.csv"), model=lima, template="answer-confidence", results=folder / "results")


def test_the_page_and_the_numbers_say_what_each_threshold_promises(tmp_path: Path) -> None:
    """75 of 150 are said with 99 % and all right: by (.05/2)^(1/75), at most 4.8 % wrong, promised with 95 %."""
    result = run(tmp_path, 150)
    found = result.metrics["sources"]["stated"]["decision"]

    assert [row["threshold"] for row in found["thresholds"]] == [0.6, 0.99]
    assert (found["threshold"], found["error"], found["level"], found["clusters"]) == (0.99, 0.05, 0.95, None)
    assert found["thresholds"][1]["limit"] == pytest.approx(1 - 0.025 ** (1 / 75))
    assert result.page is not None
    page = result.page.read_text()
    assert "Answer when the confidence is at least 0.99: that is 50\u202f% of the answers" in page
    assert "<td>4.8\u202f%</td>" in page
    assert "A row is a rule" in page
    assert "Error that is promised from each confidence on, Stated confidence: from 60 % on" in page


def test_the_table_fits_on_a_phone(show: Callable[..., webdriver.Chrome], tmp_path: Path) -> None:
    """Its five columns, without being moved sideways; also with thousands of answers."""
    result = run(tmp_path, 150)
    assert result.page is not None
    browser = show(result.page.read_text().replace("<td>150</td>", "<td>5,000</td>"), width=375)
    region = "document.querySelector('div[aria-label^=\"Error that is promised\"]')"

    assert browser.execute_script(f"return {region}.querySelectorAll('thead th').length") == 5
    assert "5,000" in browser.execute_script(f"return {region}.innerText")
    assert browser.execute_script(f"return {region}.scrollWidth - {region}.clientWidth") == 0


def test_with_few_answers_nothing_is_promised_and_nothing_is_shown(tmp_path: Path) -> None:
    """One fewer than are needed."""
    result = run(tmp_path, FEWEST - 1)

    assert "decision" not in result.metrics["sources"]["stated"]
    assert result.page is not None
    assert "A row is a rule" not in result.page.read_text()


def answered(n: int, *, values: int, cluster: int = 1) -> list[Answered]:
    """Return right answers with so many different confidences, so many to a cluster."""
    return [
        Answered(f"q{i}", f"c{i // cluster}", None, (i % values + 1) / values, correct=True, status="ok")
        for i in range(n)
    ]


def test_very_many_confidences_are_replaced_by_round_thresholds() -> None:
    """Twenty stand as they are."""
    few = if_decided("stated", answered(200, values=MOST_THRESHOLDS), "own_answer")
    many = if_decided("token", answered(200, values=MOST_THRESHOLDS + 1), "own_answer")

    assert few is not None
    assert many is not None
    assert len(few["thresholds"]) == MOST_THRESHOLDS
    assert tuple(row["threshold"] for row in many["thresholds"]) == ROUND


@pytest.mark.parametrize(
    ("source", "about", "cluster"), [("entropy", "own_answer", 1), ("stated", "event", 1), ("stated", "own_answer", 5)]
)
def test_an_order_an_event_and_few_clusters_are_not_decided_on(source: Source, about: str, cluster: int) -> None:
    """Forty clusters of five are forty, not two hundred."""
    assert if_decided(source, answered(200, values=4, cluster=cluster), about) is None
