"""What is missing is counted by what is known of it, and bounds every number."""

from pathlib import Path

import pandas as pd
import pytest

import selfexplain as sx
from selfexplain.pipeline.count import counted
from selfexplain.pipeline.evaluate import bounds_of
from selfexplain.records import Answered
from selfexplain.report.group_bounds import group_bounds
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
    found = bounds_of(counted(ROWS).counts, counted(ROWS).missing, "entropy")

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


@pytest.mark.parametrize("named", [True, False])
def test_each_group_has_bounds_of_its_own(*, named: bool) -> None:
    """Three of x say 0.5, one is right and one row is missing; y lacks nothing, and of z nothing can be used."""
    table = pd.DataFrame(
        {
            "confidence": [0.5, 0.5, 0.5, None, 0.75, None],
            "correct": [1, 0, 0, 1, 1, 0],
            "group": ["x", "x", "x", "x", "y", "z"],
        }
    )
    groups = sx.evaluate_file(table.assign(item=list("aabbcd")) if named else table).metrics["sources"]["given"][
        "groups"
    ]

    found = groups["x"]["worst_case"]
    assert (found["n"], found["missing"]) == (4, {"right": 1, "wrong": 0, "unknown": 0})
    assert found["accuracy"] == {"low": 0.5, "high": 0.5}
    assert found["gap"] == {"low": -0.125, "high": 0.125}  # Σ(c − y) is 0.5; a right one that says nothing adds −1 to 0
    assert "worst_case" not in groups["y"]
    assert "z" not in groups


def test_the_groups_that_lack_most_are_told_first() -> None:
    """Of 10 rows 2 are missing, of 40 one: 2.5 %; of 100 two are not worth a word."""
    sizes = {"small": (10, 2), "large": (40, 1), "enough": (100, 2)}
    rows = [(name, 0.5 if row >= lost else None) for name, (n, lost) in sizes.items() for row in range(n)]
    table = pd.DataFrame(rows, columns=["group", "confidence"]).assign(correct=True)

    assert group_bounds(sx.evaluate_file(table).metrics) == (
        "In small, 20 % are missing: the gap over all 10 lies between −60 and −40 points.",
        "In large, 2 % are missing: the gap over all 40 lies between −51 and −49 points.",
    )


def test_many_groups_that_lack_much_are_counted() -> None:
    """Five are told."""
    names = [f"g{n}" for n in range(7) for _ in range(2)]
    table = pd.DataFrame({"group": names, "confidence": [0.5, None] * 7, "correct": 1})

    told = group_bounds(sx.evaluate_file(table).metrics)

    assert len(told) == 6
    assert told[-1] == "In 2 more groups over 2 % are missing: `worst_case` in the JSON."


def test_nothing_missing_has_no_bounds(tmp_path: Path) -> None:
    """The numbers are those of all that was asked."""
    path = tmp_path / "t.csv"
    path.write_text("confidence,correct\n0.75,1\n0.5,0\n")

    assert "worst_case" not in sx.evaluate_file(path).metrics["sources"]["given"]
