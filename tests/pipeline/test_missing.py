"""What is missing is counted by what is known of it, and bounds every number."""

from pathlib import Path

import pandas as pd
import pytest

import selfexplain as sx
from selfexplain.pipeline.count import counted
from selfexplain.pipeline.evaluate import bounds_of
from selfexplain.records import Answered
from selfexplain.report.sentences import worst_case

ROWS = [
    *(Answered(f"a{i}", f"a{i}", None, 0.9, i < 6, "ok") for i in range(8)),
    Answered("r", "r", None, None, correct=True, status="no_confidence"),
    Answered("w", "w", None, None, correct=False, status="no_confidence"),
    Answered("u", "u", None, None, None, "failed"),
]


def test_missing_answers_are_counted_by_their_correctness() -> None:
    """One is known to be right, one to be wrong, and of one nothing is known."""
    assert counted(ROWS).missing == (1, 1, 1)


def test_an_order_has_bounds_of_its_accuracy_and_auroc_only() -> None:
    """Its numbers are no probabilities."""
    found = bounds_of(counted(ROWS), "entropy")

    assert set(found) == {"n", "missing", "accuracy", "auroc"}


@pytest.mark.parametrize("named", [True, False])
def test_the_json_holds_the_bounds_and_the_text_the_same_numbers(*, named: bool) -> None:
    """Four say 0.75 and two are right, so Σ(c − y) is 1; a wrong one that says nothing adds 0 to 1."""
    table = pd.DataFrame({"confidence": [0.75] * 4 + [None], "correct": [1, 1, 0, 0, 0]})
    result = sx.evaluate_file(table.assign(item=list("abcde")) if named else table).metrics
    found = result["sources"]["given"]["worst_case"]

    assert found["missing"] == {"right": 0, "wrong": 1, "unknown": 0}
    assert found["accuracy"] == {"low": 0.4, "high": 0.4}
    assert found["gap"] == {"low": 0.2, "high": 0.4}
    assert found["auroc"]["low"] == pytest.approx((2 * 2 / 2) / 6)
    assert found["auroc"]["high"] == pytest.approx((2 * 2 / 2 + 2) / 6)
    assert worst_case(result, "given").endswith("the gap over all 5 lies between +20 and +40 points")


def test_nothing_missing_has_no_bounds(tmp_path: Path) -> None:
    """The numbers are those of all that was asked."""
    path = tmp_path / "t.csv"
    path.write_text("confidence,correct\n0.75,1\n0.5,0\n")

    assert "worst_case" not in sx.evaluate_file(path).metrics["sources"]["given"]
