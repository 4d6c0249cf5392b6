"""What wrong gold labels could do: against every choice of labels, one by one."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import CalibrationTable, accuracy, brier, ece, gap
from selfexplain.calibration.wrong_gold import if_gold_is_wrong
from selfexplain.errors import InputError, Undefined

ROWS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.6, 0.9, 1.0]), st.booleans()), min_size=1, max_size=7)


@given(ROWS, st.integers(0, 7))
def test_the_range_is_that_over_every_choice_of_labels(rows: list[tuple[float, bool]], most: int) -> None:
    """All sets of at most so many flipped labels; the ECE only has to stay within its bounds."""
    confidence, correct = (np.array(column) for column in zip(*rows, strict=True))
    most = min(most, len(rows))
    found = if_gold_is_wrong(confidence, correct, rate=most / len(rows))
    reached: dict[str, list[float]] = {"accuracy": [], "gap": [], "brier": [], "ece": []}
    for size in range(most + 1):
        for flipped in combinations(range(len(rows)), size):
            labels = correct.copy()
            labels[list(flipped)] = ~labels[list(flipped)]
            for name, metric in (("accuracy", accuracy), ("gap", gap), ("brier", brier), ("ece", ece)):
                reached[name].append(metric(confidence, labels))

    for name in ("accuracy", "gap", "brier"):
        assert found[name] == pytest.approx((min(reached[name]), max(reached[name])), abs=1e-12)
    assert found["ece"][0] <= min(reached["ece"]) + 1e-12
    assert found["ece"][1] >= max(reached["ece"]) - 1e-12


def test_a_table_does_as_well_and_no_error_changes_nothing() -> None:
    table = CalibrationTable.from_counts({0.9: (10, 8), 0.5: (4, 1)})

    found = if_gold_is_wrong(table, rate=0.0)

    assert found["accuracy"] == (9 / 14, 9 / 14)
    assert found["brier"] == pytest.approx((brier(table), brier(table)))


def test_a_share_that_no_float_holds_still_counts_all_its_labels() -> None:
    """29 of 100, though 0.29 · 100 is 28.999999999999996."""
    assert if_gold_is_wrong([0.9] * 100, [1] * 50 + [0] * 50, rate=0.29)["accuracy"] == (0.21, 0.79)


def test_without_rows_there_is_nothing_that_labels_could_change() -> None:
    with pytest.raises(Undefined, match="no graded answer"):
        if_gold_is_wrong([], [], rate=0.1)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(InputError, match="rate is"):
        if_gold_is_wrong([0.5], [1], rate=rate)
