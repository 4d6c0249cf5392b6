"""Pairs of answers to the same question: counted once, added up, resampled together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import CalibrationTable
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.errors import InputError

Pair = tuple[float, int, float, int, str]

PAIR = st.tuples(
    st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    st.integers(0, 1),
    st.sampled_from([0.1, 0.9, 1.0]),
    st.integers(0, 1),
    st.sampled_from("abc"),
)


def table(pairs: list[Pair], *, clustered: bool = False) -> PairedTable:
    confidence_a, correct_a, confidence_b, correct_b, cluster = zip(*pairs, strict=True)
    return PairedTable.from_rows(confidence_a, correct_a, confidence_b, correct_b, cluster if clustered else None)


def test_equal_pairs_are_counted_and_the_margins_are_the_tables_of_each_run() -> None:
    both = table([(0.9, 1, 1.0, 1, "a"), (0.9, 1, 1.0, 1, "b"), (0.3, 0, 0.9, 1, "a")])

    assert (both.total, len(both.n)) == (3, 2)
    assert both.a == CalibrationTable.from_counts({0.9: (2, 2), 0.3: (1, 0)})
    assert both.b == CalibrationTable.from_counts({1.0: (2, 2), 0.9: (1, 1)})


def test_which_answer_belongs_to_which_is_kept() -> None:
    # The margins of these two are the same; only the pairing differs.
    together = table([(0.9, 1, 0.9, 1, "a"), (0.3, 0, 0.1, 0, "b")])
    crossed = table([(0.9, 1, 0.1, 0, "a"), (0.3, 0, 0.9, 1, "b")])

    assert together.a == crossed.a
    assert together.b == crossed.b
    assert together != crossed


@given(st.lists(PAIR, min_size=1, max_size=20), st.lists(PAIR, min_size=1, max_size=20), st.booleans())
def test_counting_parts_and_adding_is_counting_the_whole(
    one: list[Pair],
    other: list[Pair],
    clustered: bool,  # noqa: FBT001 - drawn, not passed
) -> None:
    whole = table(one + other, clustered=clustered)
    parts = table(one, clustered=clustered), table(other, clustered=clustered)
    if clustered and not (whole.clusters and parts[0].clusters and parts[1].clusters):
        return  # clusters of one row are rows: the parts forgot their names

    assert parts[0] + parts[1] == whole
    assert parts[1] + parts[0] == whole


def test_a_resample_draws_whole_clusters_and_keeps_the_pairs_together() -> None:
    both = table([(0.9, 1, 1.0, 1, "a"), (0.9, 1, 1.0, 1, "a"), (0.3, 0, 0.1, 0, "b")], clustered=True)
    seen = set()
    for seed in range(60):
        a, b = both.resample(np.random.default_rng(seed))
        seen.add((str(a), str(b)))

    # Two clusters drawn twice: a and a, a and b, b and b. Nothing else can occur.
    assert len(seen) == 3
    assert (
        str(CalibrationTable.from_counts({0.3: (2, 0)})),
        str(CalibrationTable.from_counts({0.1: (2, 0)})),
    ) in seen


def test_runs_of_different_length_are_no_pairs() -> None:
    with pytest.raises(InputError, match="expected pairs"):
        PairedTable.from_rows([0.9, 0.8], [1, 1], [0.9], [1])


def test_a_confidence_out_of_range_is_named_with_its_run() -> None:
    with pytest.raises(InputError, match=r"confidence_b\[1\]` is 90"):
        PairedTable.from_rows([0.9, 0.8], [1, 1], [0.9, 90.0], [1, 1])


def test_tables_with_and_without_clusters_do_not_add_up() -> None:
    pairs = [(0.9, 1, 1.0, 1, "a"), (0.9, 1, 1.0, 0, "a")]
    with pytest.raises(InputError, match="expected both alike"):
        table(pairs) + table(pairs, clustered=True)
