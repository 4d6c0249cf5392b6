"""Asked in another order, or several at a time, the embedded model says something else now and then: no verdict turns.

`orders` holds the answers of the project's own set `selfgate` that then were others than in its committed baselines, as
`benchmarks/selfgate_noise.py --write` recorded them on one machine. So each file is small, and names what moved.
"""

from pathlib import Path

import pytest

from selfexplain.pipeline.gate import Outcome, gate
from selfexplain.records import Answered
from selfexplain.runs.baseline import read_baseline, rows_of
from selfexplain.settings import Policy
from sides import side

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).with_name("orders")
BASELINES = {"stated": "selfgate", "token": "selfgate-token"}
ASKED = [path.stem.rpartition("-")[::2] for path in sorted(HERE.glob("*.csv")) if path.stem.endswith(tuple(BASELINES))]
CASES: dict[str, Outcome] = {"sure-examples": "fail", "other-words": "inconclusive"}


def baseline(source: str = "stated") -> tuple[Answered, ...]:
    return read_baseline(ROOT / "results", BASELINES[source]).rows


def table(path: Path) -> list[Answered]:
    return rows_of(path.read_bytes(), path, "")


def again(before: tuple[Answered, ...], name: str) -> list[Answered]:
    """Return all answers of a time when some were others."""
    others = {row.item: row for row in table(HERE / f"{name}.csv")}
    return [others.get(row.item, row) for row in before]


def verdict(after: list[Answered], before: list[Answered]) -> Outcome:
    """Judge by the default tolerances."""
    return gate(side(after, name="run"), side(before, name="main"), Policy()).verdict


def test_what_is_stored_differs_from_what_is_committed() -> None:
    """Else these tests would compare runs with themselves."""
    for order, source in ASKED:
        others, known = table(HERE / f"{order}-{source}.csv"), set(baseline(source))
        assert others
        assert not known & set(others)
        assert {row.item for row in others} <= {row.item for row in known}


@pytest.mark.parametrize(("order", "source"), ASKED)
def test_an_unchanged_model_asked_in_another_order_passes(order: str, source: str) -> None:
    """Whichever of the two is the baseline."""
    first, second = list(baseline(source)), again(baseline(source), f"{order}-{source}")

    assert verdict(second, first) == "pass"
    assert verdict(first, second) == "pass"


@pytest.mark.parametrize("order", [order for order, source in ASKED if source == "stated"])
@pytest.mark.parametrize("case", CASES)
def test_a_baseline_asked_in_another_order_turns_neither_a_fail_nor_what_is_not_decided(case: str, order: str) -> None:
    rows = table(ROOT / "docs" / "cases" / f"{case}.csv")

    assert verdict(rows, list(baseline())) == CASES[case]
    assert verdict(rows, again(baseline(), f"{order}-stated")) == CASES[case]
