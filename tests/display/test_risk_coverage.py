"""Error among the answers kept: at the thresholds that exist, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from selfexplain.calibration.evaluation import Evaluation
from selfexplain.calibration.table import CalibrationTable
from selfexplain.display.risk_coverage import RiskCoverageDisplay, spread

ROWS = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.7, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)


def drawn_from(table: CalibrationTable, *, event: bool = False) -> RiskCoverageDisplay:
    return RiskCoverageDisplay.from_evaluation(Evaluation(table, {}), "x", event=event)


def of(rows: list[tuple[float, bool]]) -> RiskCoverageDisplay:
    confidence, correct = zip(*rows, strict=True)
    return drawn_from(CalibrationTable.from_rows(confidence, correct))


def test_the_curve_of_ten_answers_by_hand() -> None:
    """0.9: 4 answers, 1 wrong; 0.5: 4 more, 3 wrong; 0.2: 2 more, both wrong. Ideal: the 4 right ones first."""
    shown = RiskCoverageDisplay.from_evaluation(
        Evaluation(CalibrationTable.from_counts({0.5: (4, 1), 0.9: (4, 3), 0.2: (2, 0)}), {}), "x"
    )

    assert shown.threshold == (0.9, 0.5, 0.2)
    assert (shown.n_kept, shown.n_wrong) == ((4, 8, 10), (1, 4, 6))
    assert shown.coverage == (0.4, 0.8, 1.0)
    assert shown.risk == (0.25, 0.5, 0.6)
    assert shown.ideal_risk == (0.0, 0.5, 0.6)


def test_the_interval_of_no_error_among_four_is_the_exact_one() -> None:
    """The upper end p solves (1 − p)⁴ = 0.025."""
    shown = drawn_from(CalibrationTable.from_counts({0.9: (4, 4)}))

    assert shown.low == (0.0,)
    assert shown.high == pytest.approx((1 - 0.025 ** (1 / 4),))


@given(ROWS, st.randoms())
def test_ties_are_never_split_and_the_order_of_rows_means_nothing(rows: list[tuple[float, bool]], rng: object) -> None:
    """One point per distinct confidence, whoever comes first."""
    shuffled = list(rows)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types no more than an object

    shown = of(rows)

    assert shown == of(shuffled)
    assert shown.threshold == tuple(sorted({confidence for confidence, _ in rows}, reverse=True))


@given(ROWS)
def test_each_point_is_what_asking_again_above_its_threshold_gives(rows: list[tuple[float, bool]]) -> None:
    """A second way: for each threshold, go through the rows."""
    shown = of(rows)

    for threshold, coverage, risk, ideal in zip(
        shown.threshold, shown.coverage, shown.risk, shown.ideal_risk, strict=True
    ):
        kept = [correct for confidence, correct in rows if confidence >= threshold]
        best = sorted((correct for _, correct in rows), reverse=True)[: len(kept)]
        assert coverage == len(kept) / len(rows)
        assert risk == kept.count(False) / len(kept)
        assert ideal == best.count(False) / len(kept)
        assert ideal <= risk


def test_dots_stand_only_where_a_threshold_exists() -> None:
    """Two distinct confidences: two dots, at their own coverage and risk."""
    ax = RiskCoverageDisplay.from_evaluation(
        Evaluation(CalibrationTable.from_counts({0.9: (10, 9), 0.5: (10, 5)}), {}), "x"
    ).plot(Figure().add_subplot())

    (dots,) = [artist for artist in ax.collections if isinstance(artist, PathCollection)]
    assert np.asarray(dots.get_offsets()).tolist() == [[0.5, 0.1], [1.0, 0.3]]


def test_a_long_curve_is_thinned_by_whole_thresholds_and_keeps_its_end() -> None:
    """1,000 thresholds, 10 points: evenly over coverage, the last one at everything."""
    coverage = [(i + 1) / 1000 for i in range(1000)]

    assert spread(coverage, 10) == [99, 199, 299, 399, 499, 599, 699, 799, 899, 999]
    assert spread([0.9, 1.0], 1) == [1]


def test_an_event_is_not_called_wrong() -> None:
    """Words of an outcome on both axes."""
    table = CalibrationTable.from_counts({0.9: (10, 9), 0.5: (10, 5)})
    ax = drawn_from(table, event=True).plot(Figure().add_subplot())

    assert (ax.get_xlabel(), ax.get_ylabel()) == ("forecasts kept, the highest first", "did not happen")
