"""The door and the counts behind it: what is let in, where confidences meet, and that tables add up."""

import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import CalibrationTable, ClusterTable
from selfexplain.calibration.rows import round_significant
from selfexplain.errors import InputError

ROWS = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.0, 0.3, 0.1 + 0.2, 0.9, 1.0]), st.floats(0, 1)), st.integers(0, 1)),
    max_size=40,
)


def table_of(rows: list[tuple[float, int]]) -> CalibrationTable:
    return CalibrationTable.from_rows([c for c, _ in rows], [y for _, y in rows])


def test_rows_are_counted_per_confidence_in_ascending_order() -> None:
    """0.9 was stated three times and right twice, 0.5 once and wrong."""
    table = CalibrationTable.from_rows([0.9, 0.5, 0.9, 0.9], [True, False, True, False])

    assert list(table.rows()) == [(0.5, 1, 0), (0.9, 3, 2)]
    assert table.total == 4


def test_rows_and_counts_make_the_same_table() -> None:
    """A confidence that was never stated is not in the table."""
    assert CalibrationTable.from_counts({0.9: (3, 2), 0.5: (1, 0), 0.7: (0, 0)}) == CalibrationTable.from_rows(
        [0.9, 0.5, 0.9, 0.9], [1, 0, 1, 0]
    )


@pytest.mark.parametrize(
    ("left", "right"), [(0.1 + 0.2, 0.3), (90 / 100, 0.9), (0.7 * 100 / 100, 0.7), (1 - 1e-13, 1.0), (-0.0, 0.0)]
)
def test_confidences_that_print_alike_are_one_value(left: float, right: float) -> None:
    """Two routes to one decimal differ by an ulp; at the door they meet."""
    assert len(CalibrationTable.from_rows([left, right], [1, 0]).confidence) == 1


def test_tiny_token_probabilities_survive_the_door() -> None:
    """A fixed grid of 10⁻¹² would make all three 0."""
    tiny = [1e-30, 3e-30, 5e-324]

    assert CalibrationTable.from_rows(tiny, [0, 0, 0]).confidence.tolist() == sorted(tiny)


@given(st.floats(0, 1))
def test_rounding_is_what_printing_twelve_digits_does(x: float) -> None:
    """The fast route by powers of ten ends at the double that text gives, or at its neighbour when digits tie."""
    (rounded,) = round_significant(np.array([x])).tolist()

    assert rounded == pytest.approx(float(f"{x:.12g}"), rel=1.1e-12, abs=0)
    assert rounded == float(f"{rounded:.12g}")


@given(st.integers(0, 10**6), st.sampled_from([10**2, 10**3, 10**6]))
def test_short_decimals_pass_the_door_unchanged(numerator: int, denominator: int) -> None:
    """What a model can state as a decimal is a fixed point of the rounding."""
    x = numerator % (denominator + 1) / denominator

    assert round_significant(np.array([x])).tolist() == [x]


def test_single_precision_is_read_as_the_decimal_it_prints() -> None:
    """float32(0.3) is 0.300000012 as a double and would leave its bin."""
    table = CalibrationTable.from_rows(np.array([0.3, 0.9, 0.9999999], dtype=np.float32), [1, 1, 1])

    assert table.confidence.tolist() == [0.3, 0.9, 0.9999999]


@pytest.mark.parametrize(
    ("confidence", "correct", "message", "hint"),
    [
        ([0.5] * 17 + [95.0], [1] * 18, "`confidence[17]` is 95.0; expected a probability in [0, 1]", "divide percent"),
        ([0.5, math.nan], [1, 1], "`confidence[1]` is NaN (no value); expected a probability", "never fill them in"),
        ([0.5, None], [1, 1], "`confidence[1]` is NaN (no value)", "coverage"),
        ([-0.1], [1], "`confidence[0]` is -0.1; expected a probability in [0, 1]", "where this number comes from"),
        ([math.inf], [1], "`confidence[0]` is inf", "where this number comes from"),
        (["0.9"], [1], "`confidence[0]` is '0.9'; expected a probability", "turn text into numbers"),
        ([0.5, 0.5], [1], "`correct` has 1 rows and `confidence` has 2", "drop the same rows from both"),
        ([0.5, 0.5], [1, 2], "`correct[1]` is 2.0; expected 0 (wrong) or 1 (correct)", "undecided"),
        ([0.5], [math.nan], "`correct[0]` is NaN (no value)", "undecided"),
        ([[0.5]], [1], "`confidence` has 2 dimensions; expected one", None),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_what_to_do(
    confidence: Any, correct: Any, message: str, hint: str | None
) -> None:
    """Where, what was found, what was expected, and a hint."""
    with pytest.raises(InputError) as caught:
        CalibrationTable.from_rows(confidence, correct)

    assert caught.value.message.startswith(message)
    assert hint is None or hint in (caught.value.hint or "")


def test_percentages_are_probabilities_when_the_scale_says_so() -> None:
    """29 % is 0.29 and not 0.28999999999999998; 101 % is an error in the unit that was given."""
    table = CalibrationTable.from_rows([29, 57, 100], [0, 1, 1], scale="percent")

    assert table.confidence.tolist() == [0.29, 0.57, 1.0]
    with pytest.raises(InputError, match=r"`confidence\[0\]` is 101.0; expected a percentage in \[0, 100\]"):
        CalibrationTable.from_rows([101], [1], scale="percent")


def test_more_correct_than_stated_is_refused() -> None:
    """The counts are named by their confidence."""
    with pytest.raises(InputError, match=r"`counts\[0\.9\]` is \(2, 3\)"):
        CalibrationTable.from_counts({0.9: (2, 3)})


@given(ROWS, ROWS)
def test_shards_add_up_to_the_whole_in_any_order(one: list[tuple[float, int]], two: list[tuple[float, int]]) -> None:
    """Merge = count at once, and rows and shards may come in any order."""
    whole = table_of(one + two)

    assert table_of(one) + table_of(two) == whole
    assert table_of(two) + table_of(one) == whole
    assert table_of(list(reversed(one + two))) == whole


@given(ROWS, ROWS, st.integers(1, 5))
def test_cluster_tables_add_up_and_the_same_name_is_the_same_cluster(
    one: list[tuple[float, int]], two: list[tuple[float, int]], clusters: int
) -> None:
    """Clusters split over two shards come together again."""

    def counted(rows: list[tuple[float, int]], start: int) -> ClusterTable:
        names = [f"q{(start + place) % clusters}" for place in range(len(rows))]
        return ClusterTable.from_rows([c for c, _ in rows], [y for _, y in rows], names)

    whole = counted(one + two, 0)

    assert counted(one, 0) + counted(two, len(one)) == whole
    assert whole.pooled == table_of(one + two)
    assert int(whole.sizes.sum()) == whole.total == len(one) + len(two)


def test_a_row_without_a_cluster_is_refused() -> None:
    """Rows named None would quietly become one big cluster."""
    with pytest.raises(InputError, match=r"`cluster\[1\]` is None; expected a name"):
        ClusterTable.from_rows([0.5, 0.5], [1, 0], ["a", None])


def test_a_table_cannot_be_changed_behind_its_back() -> None:
    """Two holders of one table must see the same counts."""
    table = CalibrationTable.from_counts({0.5: (2, 1)})

    with pytest.raises(ValueError, match="read-only"):
        table.n[0] = 3


def test_a_million_rows_are_counted_in_well_under_a_second_of_processor_time() -> None:
    """Continuous confidences, the slowest kind: 0.3 s where this was written."""
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(10**6), rng.random(10**6) < 0.5
    started = time.process_time()

    assert CalibrationTable.from_rows(confidence, correct).total == 10**6
    assert time.process_time() - started < 2.0
