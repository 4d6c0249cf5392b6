"""Before and after, and thresholds: displays hold their numbers and draw nothing but them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from selfexplain.display import palette
from selfexplain.display.decision import DecisionDisplay
from selfexplain.display.picture import one_panel, svg_text, write_picture
from selfexplain.display.recalibration import RecalibrationDisplay
from selfexplain.display.reliability import COLUMNS

STATED = (0.8, 0.9, 0.9, 0.6, 100, 60, 0.5, 0.7)
MAPPED = (0.5, 0.6, 0.6, 0.6, 100, 60, 0.5, 0.7)

NUMBERS: dict[str, Any] = {
    name: {"reliability": {column: [number] for column, number in zip(COLUMNS, numbers, strict=True)}}
    for name, numbers in (("stated", STATED), ("recalibrated", MAPPED))
}

DECISION: dict[str, Any] = {
    "error": 0.1,
    "threshold": 0.9,
    "thresholds": [
        {"threshold": 0.5, "coverage": 1.0, "observed": 0.2, "limit": 0.25, "promised": False},
        {"threshold": 0.9, "coverage": 0.4, "observed": 0.05, "limit": 0.09, "promised": True},
        {"threshold": 1.0, "coverage": 0.1, "observed": 0.0, "limit": 0.2, "promised": False},
    ],
}


def places(ax: Any) -> list[tuple[float, float]]:
    """Return the middle of every dot, the key's left out."""
    return [tuple(xy) for dots in ax.collections for xy in np.asarray(dots.get_offsets()).tolist() if len(xy)]


def test_the_frame_says_which_confidence_each_row_is_of() -> None:
    frame = RecalibrationDisplay.from_recalibration(NUMBERS).frame()

    assert frame["confidence"].tolist() == ["stated", "recalibrated"]
    assert frame["mean_confidence"].tolist() == [0.9, 0.6]


def test_a_hollow_dot_is_what_was_stated_and_a_full_one_what_became_of_it() -> None:
    """Both at their own confidence, and at the same share right."""
    ax = RecalibrationDisplay.from_recalibration(NUMBERS).plot(Figure().add_subplot())
    faces = [to_hex(np.asarray(dots.get_facecolor())[0]) for dots in ax.collections if np.size(dots.get_offsets())]

    assert places(ax) == [(0.9, 0.6), (0.6, 0.6)]
    assert faces[0] == palette.PAPER
    assert palette.INK in faces
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["as stated", "recalibrated, out of fold"]


def test_a_decision_is_drawn_from_its_error_to_its_limit() -> None:
    display = DecisionDisplay.from_decision(DECISION)
    ax = display.plot(Figure().add_subplot())
    lines = [tuple(np.asarray(line.get_ydata(), dtype=float).tolist()) for line in ax.lines]

    assert places(ax) == [(0.0, 0.2), (1.0, 0.05), (2.0, 0.0)]
    assert {(0.2, 0.25), (0.05, 0.09), (0.0, 0.2), (0.1, 0.1)} <= set(lines)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "0.9", "1"]
    (strip,) = ax.child_axes
    assert [bar.get_height() for bar in strip.patches] == [1.0, 0.4, 0.1]  # type: ignore[attr-defined]
    assert display.frame()["promised"].tolist() == [False, True, False]


def test_only_what_is_promised_is_drawn_in_ink() -> None:
    ax = DecisionDisplay.from_decision(DECISION).plot(Figure().add_subplot())

    colours = [to_hex(tuple(np.asarray(dots.get_facecolor())[0])) for dots in ax.collections]
    assert colours == [palette.MUTED, palette.INK, palette.MUTED]


def test_a_dot_on_the_axis_is_drawn_whole() -> None:
    """No error at all is the best that can be seen: half a dot would look like a mistake."""
    ax = DecisionDisplay.from_decision(DECISION).plot(Figure().add_subplot())

    assert ax.get_ylim()[0] == 0.0
    assert [dots.get_clip_on() for dots in ax.collections] == [False] * 3


@pytest.mark.parametrize("thresholds", [0, 1, 150])
def test_none_one_and_many_thresholds_can_be_drawn(thresholds: int, tmp_path: Path) -> None:
    rows = [DECISION["thresholds"][0] | {"threshold": at / 150} for at in range(thresholds)]
    display = DecisionDisplay.from_decision({"error": 0.05, "threshold": None, "thresholds": rows})
    ax = display.plot(Figure().add_subplot())

    assert len(ax.get_xticks()) <= 25
    assert write_picture(one_panel(display.plot), tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "display", [RecalibrationDisplay.from_recalibration(NUMBERS), DecisionDisplay.from_decision(DECISION)], ids=type
)
def test_a_picture_is_the_same_twice_and_nothing_else_is_touched(display: Any) -> None:
    """No dates, no global settings."""
    before = dict(mpl.rcParams)
    ax = Figure().add_subplot()

    assert display.plot(ax) is ax
    assert svg_text(one_panel(display.plot)) == svg_text(one_panel(display.plot))
    assert dict(mpl.rcParams) == before


def test_importing_them_loads_neither_matplotlib_nor_pandas() -> None:
    code = (
        "import sys, selfexplain.display.recalibration, selfexplain.display.decision; "
        "print(sorted({'matplotlib', 'pandas'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
