"""Two histograms back to back: what was right above, what was wrong below."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from selfexplain.calibration.evaluation import Evaluation
from selfexplain.calibration.table import CalibrationTable
from selfexplain.display.confidence_by_correctness import ConfidenceByCorrectnessDisplay

TABLE = CalibrationTable.from_counts({0.0: (1, 0), 0.9: (10, 8), 0.91: (2, 1), 1.0: (4, 4)})


of = ConfidenceByCorrectnessDisplay.from_evaluation


def test_a_bin_holds_its_right_edge_and_the_first_one_zero() -> None:
    """0.9 ends (0.85, 0.9]; 0.91 begins (0.9, 0.95]; 1 ends the last, 0 lies in the first."""
    shown = of(Evaluation(TABLE, {}), "x")

    assert shown.left == pytest.approx((0.0, 0.85, 0.9, 0.95))
    assert shown.right == pytest.approx((0.05, 0.9, 0.95, 1.0))
    assert shown.n_correct == (0, 8, 1, 4)
    assert shown.n_wrong == (1, 2, 1, 0)


def test_the_means_are_those_of_the_answers_not_of_the_bins() -> None:
    """Right: (8 · 0.9 + 0.91 + 4) / 13; wrong: (0 + 2 · 0.9 + 0.91) / 4."""
    shown = of(Evaluation(TABLE, {}), "x")

    assert shown.mean_correct == pytest.approx(12.11 / 13)
    assert shown.mean_wrong == pytest.approx(2.71 / 4)


def test_there_is_no_mean_of_nothing() -> None:
    """All right: no wrong answer has a confidence."""
    shown = ConfidenceByCorrectnessDisplay.from_evaluation(
        Evaluation(CalibrationTable.from_counts({0.9: (2, 2)}), {}), "x"
    )

    assert (shown.mean_correct, shown.mean_wrong) == (0.9, None)


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=60))
def test_no_answer_is_lost_or_counted_twice(rows: list[tuple[int, bool]]) -> None:
    """Every whole percentage, whatever binary fractions make of it, falls in the bin that integers say."""
    shown = ConfidenceByCorrectnessDisplay.from_evaluation(
        Evaluation(CalibrationTable.from_rows([p / 100 for p, _ in rows], [c for _, c in rows]), {}), "x"
    )

    assert sum(shown.n_correct) == sum(correct for _, correct in rows)
    assert sum(shown.n_wrong) == sum(not correct for _, correct in rows)
    expected = sorted({max(-(-p // 5) - 1, 0) for p, _ in rows})
    assert [round(20 * left) for left in shown.left] == expected


def test_right_answers_stand_up_and_wrong_ones_hang_down_on_one_scale() -> None:
    """Solid above, hollow below: readable without colour."""
    ax = of(Evaluation(TABLE, {}), "x").plot(Figure().add_subplot())

    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [bar.get_height() for bar in bars] == [0, 8, 1, 4, -1, -2, -1, 0]
    assert bars[1].get_facecolor() != bars[5].get_facecolor()
    assert bars[1].get_linewidth() == 0
    assert bars[5].get_linewidth() > 0
    assert {text.get_text() for text in ax.texts} == {"right: 13", "wrong: 4"}


def test_an_event_happens_or_does_not() -> None:
    """No right and wrong."""
    ax = of(Evaluation(TABLE, {}), "x", event=True).plot(Figure().add_subplot())

    assert {text.get_text() for text in ax.texts} == {"happened: 13", "did not happen: 4"}
