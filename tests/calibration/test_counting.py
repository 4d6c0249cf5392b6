"""Counting rows in slots or by sorting: the same counts as one by one, whatever the doubles."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import CalibrationTable
from selfexplain.calibration import counting as module
from selfexplain.calibration.counting import count_alike, distinct
from selfexplain.errors import InputError

STATED = st.one_of(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0, 5e-324]), st.floats(0, 1))


def by_hand(confidence: list[float], correct: list[bool]) -> list[tuple[float, int, int]]:
    """Count with a dictionary."""
    n, right = Counter(confidence), Counter(c for c, y in zip(confidence, correct, strict=True) if y)
    return sorted((value, times, right[value]) for value, times in n.items())


def counted(confidence: list[float], correct: list[bool]) -> list[tuple[float, int, int]]:
    """Count as the product does."""
    value, n, n_correct = count_alike(np.array(confidence), np.array(correct, dtype=np.int8))
    return sorted(zip(value.tolist(), n.tolist(), n_correct.tolist(), strict=True))


@given(rows=st.lists(st.tuples(STATED, st.booleans()), max_size=60), few=st.sampled_from([0, 500]))
def test_rows_are_counted_as_one_by_one(rows: list[tuple[float, bool]], few: int) -> None:
    """In slots, and by sorting where no number of values is few enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW", few)
        confidence, correct = [c for c, _ in rows], [y for _, y in rows]

        assert counted(confidence, correct) == by_hand(confidence, correct)


@given(rows=st.lists(st.tuples(STATED, st.booleans()), max_size=40))
def test_values_that_meet_in_a_slot_are_not_taken_for_each_other(rows: list[tuple[float, bool]]) -> None:
    """Two slots, three rows at a time, and only the first row looked at: nearly everything meets."""
    with pytest.MonkeyPatch.context() as patch:
        for name, small in (("SLOT_BITS", 1), ("SLOTS", 2), ("BLOCK", 3), ("LOOKED_AT", 1)):
            patch.setattr(module, name, small)
        confidence, correct = [c for c, _ in rows], [y for _, y in rows]

        assert counted(confidence, correct) == by_hand(confidence, correct)


def test_a_value_that_comes_late_is_counted_too() -> None:
    """In the second block, when the slots have been chosen."""
    confidence = [0.9] * module.BLOCK + [0.7, 0.9, 0.7]

    assert counted(confidence, [True] * len(confidence)) == [(0.7, 2, 2), (0.9, module.BLOCK + 1, module.BLOCK + 1)]


@pytest.mark.parametrize("kind", [bool, np.int64, np.int8, np.uint8, np.float64])
def test_outcomes_of_any_kind_of_number_make_the_same_table(kind: type) -> None:
    """0.1 + 0.2 and 0.3 are one value, and −0.0 is 0.0."""
    confidence = np.array([0.3, 0.1 + 0.2, -0.0, 0.0])

    assert CalibrationTable.from_rows(confidence, np.array([1, 0, 1, 1], dtype=kind)) == CalibrationTable.from_counts(
        {0.0: (2, 2), 0.3: (2, 1)}
    )


@pytest.mark.parametrize(
    ("confidence", "correct", "told"),
    [
        ([0.5, np.nan], [1, 1], r"`confidence\[1\]` is NaN"),
        ([0.5, -0.5], [1, 1], r"`confidence\[1\]` is -0.5"),
        ([0.5, 1.5], [1, 1], r"`confidence\[1\]` is 1.5"),
        ([0.5, 0.5], [1, 2], r"`correct\[1\]` is 2.0"),
        ([0.5, 0.5], [1, -1], r"`correct\[1\]` is -1.0"),
        ([0.5, 0.5], [1], "`correct` has 1 rows and `confidence` has 2"),
    ],
)
@pytest.mark.parametrize("few", [0, 500])
def test_the_row_that_cannot_be_used_is_still_named(
    monkeypatch: pytest.MonkeyPatch, confidence: list[float], correct: list[int], told: str, few: int
) -> None:
    """Though rows are counted before any of them is read; sorted, −0.5 must not be taken for 0.5."""
    monkeypatch.setattr(module, "FEW", few)
    with pytest.raises(InputError, match=told):
        CalibrationTable.from_rows(np.array(confidence), np.array(correct))


@given(keys=st.lists(st.integers(-(2**62), 2**62)))
def test_distinct_whole_numbers_are_those_of_a_set(keys: list[int]) -> None:
    """In order."""
    assert distinct(np.array(keys, dtype=np.int64)).tolist() == sorted(set(keys))
