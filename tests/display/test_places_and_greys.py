"""Pictures stay in the place that they are given, take what the verbs return, and are read without colour."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import selfexplain as sx
from selfexplain.display import (
    ConfidenceByCorrectnessDisplay,
    CorpDisplay,
    DecisionDisplay,
    RecalibrationDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
)

CONFIDENCE = [0.5] * 40 + [0.8] * 60 + [0.9] * 60 + [1.0] * 100
CORRECT = [1, 0] * 20 + [1, 1, 0] * 20 + [1, 1, 1, 0] * 15 + [1] * 96 + [0] * 4
EVALUATION = sx.evaluate(CONFIDENCE, CORRECT)
DECISION = sx.decide(CONFIDENCE, CORRECT, error=0.15)

WITH_STRIP: dict[str, Any] = {
    "reliability": ReliabilityDisplay.from_evaluation(EVALUATION),
    "corp": CorpDisplay.from_evaluation(EVALUATION),
    "decision": DecisionDisplay.from_decision(DECISION),
}


def drawn(figure: Figure) -> Any:
    """Draw, and return what measures extents."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


@pytest.mark.parametrize("size", [(6.4, 4.8), (3.0, 5.0), (2.0, 1.5)])
@pytest.mark.parametrize("name", WITH_STRIP)
def test_a_strip_and_its_numbers_stay_inside_the_given_axes(name: str, size: tuple[float, float]) -> None:
    """On default axes, which leave little room above them; also where they are narrow or low."""
    figure = Figure(figsize=size)
    ax = figure.subplots()
    given = ax.get_position(original=True)
    WITH_STRIP[name].plot(ax)
    renderer = drawn(figure)
    (strip,) = ax.child_axes

    top = max(part.get_window_extent(renderer).y1 for part in (strip, *strip.texts, *strip.patches))
    assert top <= given.y1 * figure.bbox.height + 1
    assert ax.get_position().y1 < strip.get_window_extent(renderer).y0 / figure.bbox.height


def test_strips_in_a_grid_lie_over_nothing() -> None:
    """Each beside and above its neighbours; a layout that makes room for labels leaves none overlapping."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    panels = list(figure.subplots(2, 2).flat)
    for ax, display in zip(panels, [*WITH_STRIP.values(), WITH_STRIP["decision"]], strict=True):
        display.plot(ax)
    renderer = drawn(figure)
    boxes = [ax.get_tightbbox(renderer).padded(-1) for ax in panels]

    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_drawing_twice_takes_the_room_once() -> None:
    """A picture drawn again on the same axes does not shrink."""
    once, twice = Figure(), Figure()
    for figure, times in ((once, 1), (twice, 2)):
        ax = figure.subplots()
        for _ in range(times):
            WITH_STRIP["decision"].plot(ax)
        drawn(figure)

    assert once.axes[0].get_position().bounds == twice.axes[0].get_position().bounds


def test_displays_take_what_the_verbs_return_and_its_dicts() -> None:
    """No digging for the part that holds the numbers."""
    recalibration = sx.recalibrate(pd.DataFrame({"confidence": CONFIDENCE, "correct": CORRECT}))
    made = [RecalibrationDisplay.from_recalibration(each) for each in (recalibration, recalibration.to_dict())]

    assert made[0] == made[1] == RecalibrationDisplay.from_recalibration(recalibration.numbers)
    assert DecisionDisplay.from_decision(DECISION) == DecisionDisplay.from_decision(DECISION.to_dict())


def grey(colour: Any) -> float:
    """Return the brightness that a colour is printed with, from 0 to 255."""
    return float(np.dot((0.299, 0.587, 0.114), to_rgb(colour))) * 255


def bars(ax: Any) -> tuple[Any, Any]:
    """Return the colours of right and of wrong answers."""
    right, wrong = ax.containers
    return right[0].get_facecolor(), wrong[0].get_facecolor()


def threads(ax: Any) -> tuple[Any, Any]:
    """Return the colours of an interval that touches the diagonal and of one that does not."""
    upright = {line.get_xdata()[0]: line.get_color() for line in ax.lines if len(set(line.get_xdata())) == 1}
    return upright[0.5], upright[0.9]


def dots(ax: Any) -> tuple[Any, Any]:
    """Return the first and the last colour of dots, the key's left out."""
    faces = [each.get_facecolor()[0] for each in ax.collections if len(each.get_offsets())]
    return faces[0], faces[-1]


SURE = sx.evaluate([0.5] * 40 + [0.9] * 200, [1, 0] * 120)
CHOICE = {"error": 0.15, "threshold": 1.0}
ROW = {"coverage": 0.5, "observed": 0.1, "limit": 0.2}
PROMISE = CHOICE | {
    "thresholds": [ROW | {"threshold": 0.5, "promised": False}, ROW | {"threshold": 1.0, "promised": True}]
}
RELIABILITY = {"reliability": SURE.to_dict()["reliability"]}


@pytest.mark.parametrize(
    ("display", "kinds"),
    [
        (ConfidenceByCorrectnessDisplay.from_evaluation(EVALUATION), bars),
        (ReliabilityDisplay.from_evaluation(SURE), threads),
        (CorpDisplay.from_evaluation(SURE), threads),
        (DecisionDisplay.from_decision(PROMISE), dots),
        (RecalibrationDisplay.from_recalibration({"stated": RELIABILITY, "recalibrated": RELIABILITY}), dots),
    ],
    ids=["right and wrong", "sure and chance", "sure and chance, by value", "promised or not", "before and after"],
)
def test_marks_of_two_kinds_differ_in_grey(display: Any, kinds: Callable[[Any], tuple[Any, Any]]) -> None:
    """A quarter of all brightness lies between them: no colour is needed to tell them apart."""
    one, other = kinds(display.plot(Figure().subplots()))

    assert abs(grey(one) - grey(other)) > 64


def test_the_lines_of_risk_and_coverage_differ_without_colour() -> None:
    """The curve is drawn through; the ideal and the random one are broken, each in its own way."""
    ax = RiskCoverageDisplay.from_evaluation(EVALUATION).plot(Figure().subplots())
    styles = {str(getattr(line, "_unscaled_dash_pattern")) for line in ax.lines}  # noqa: B009 - matplotlib's own

    assert len(styles) == 3
