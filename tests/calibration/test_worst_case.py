"""Bounds over missing answers: by hand, and by trying everything that a few missing answers could have been."""

import contextlib
from itertools import chain, combinations_with_replacement, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.calibration import CalibrationTable, accuracy, auroc, brier, ece, gap
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.worst_case import Missing, worst_case
from selfexplain.errors import Undefined

GRID = (0.0, 0.05, 0.35, 0.65, 0.95, 1.0)
"""Both ends, where the extremes of accuracy, gap, Brier score and AUROC lie, and some between."""

ROWS = st.lists(st.tuples(st.sampled_from(GRID), st.integers(0, 1)), max_size=6)
MISSING = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)).filter(any)


def filled(rows: list[tuple[float, int]], missing: Missing) -> list[CalibrationTable]:
    """Return a table for everything on the grid that the missing answers could have been, in whatever order."""
    kinds = (((1,), missing.right), ((0,), missing.wrong), ((0, 1), missing.unknown))
    ways = [combinations_with_replacement(list(product(GRID, correct)), n) for correct, n in kinds]
    whole = ([*rows, *chain.from_iterable(each)] for each in product(*ways))
    return [CalibrationTable.from_rows([c for c, _ in each], [y for _, y in each]) for each in whole]


def tried(metric: Metric[...], tables: list[CalibrationTable]) -> list[float]:
    """Return the metric of each table that has one."""
    found = []
    for table in tables:
        with contextlib.suppress(Undefined):
            found.append(metric(table))
    return found


@given(ROWS, MISSING)
@settings(max_examples=25, deadline=None)
def test_the_bounds_are_what_trying_everything_finds(rows: list[tuple[float, int]], counts: tuple[int, ...]) -> None:
    """Attained at both ends by four numbers."""
    missing = Missing(*counts)
    tables = filled(rows, missing)
    bounds = worst_case(CalibrationTable.from_rows([c for c, _ in rows], [y for _, y in rows]), missing)

    for metric in (accuracy, gap, brier):
        values = tried(metric, tables)
        assert getattr(bounds, metric.__name__) == pytest.approx((min(values), max(values)), abs=1e-12)
    values = tried(auroc, tables)
    assert (bounds.auroc is None) == (not values)
    if bounds.auroc is not None:
        assert bounds.auroc == pytest.approx((min(values), max(values)), abs=1e-12)
    values = tried(ece, tables)
    assert bounds.ece[0] - 1e-12 <= min(values)
    assert max(values) <= bounds.ece[1] + 1e-12


def test_the_bounds_by_hand() -> None:
    """0.8 · 10 with 6 right: Σ(c − y) = 2, Σ(c − y)² = 6 · 0.04 + 4 · 0.64 = 2.8, N·ECE = 2; 5 more are asked for."""
    table = CalibrationTable.from_counts({0.8: (10, 6)})
    bounds = worst_case(table, Missing(right=2, wrong=1, unknown=2))

    assert bounds.n == 15
    assert bounds.accuracy == pytest.approx((8 / 15, 10 / 15))
    assert bounds.gap == pytest.approx(((2 - 2 - 2) / 15, (2 + 1 + 2) / 15))
    assert bounds.brier == pytest.approx((2.8 / 15, 7.8 / 15))
    assert bounds.ece == pytest.approx((0.0, 7 / 15))


def test_where_the_outcome_is_known_the_accuracy_is_and_the_gap_is_half_as_wide() -> None:
    """Six missing answers, all known to be right, can only be said too little of."""
    table = CalibrationTable.from_counts({0.9: (14, 7)})
    known, unknown = worst_case(table, Missing(right=6)), worst_case(table, Missing(unknown=6))

    assert known.accuracy == (13 / 20, 13 / 20)
    assert known.gap[1] - known.gap[0] == pytest.approx((unknown.gap[1] - unknown.gap[0]) / 2)


def test_many_missing_answers_are_divided_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for any size of a step."""
    table, missing = CalibrationTable.from_counts({0.0: (3, 1), 0.8: (10, 6), 1.0: (4, 3)}), Missing(unknown=9)
    whole = worst_case(table, missing)
    monkeypatch.setattr("selfexplain.calibration.worst_case.STEP", 2)

    assert worst_case(table, missing) == whole


def test_nothing_asked_has_no_bounds() -> None:
    with pytest.raises(ValueError, match="nothing was asked"):
        worst_case(CalibrationTable.from_counts({}), Missing())
