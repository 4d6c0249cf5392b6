"""A mark for each run at its number, in order; what proves nothing is hollow, what has no value is said."""

from datetime import UTC, datetime
from typing import Any

import matplotlib as mpl
import msgspec
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from selfexplain.choosing import metric_facts
from selfexplain.display import palette
from selfexplain.display.history import LABELS, MOST, HistoryDisplay, stacked
from selfexplain.display.picture import svg_text
from selfexplain.inference import Estimate
from selfexplain.pipeline.history import Point, Series


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> Estimate:
    if value is None:
        return Estimate.missing("one class", n=0, level=0.95)
    return Estimate(value=value, low=low, high=high, level=0.95, method="t interval", n=50)


def point(found: Estimate, day: int = 1, model: str = "m", name: str = "r") -> Point:
    return Point(
        name=name,
        asked=datetime(2026, 11, day % 28 + 1, 9, 30, tzinfo=UTC),
        asked_last=None,
        model=model,
        template="t@1",
        n=50,
        n_asked=60,
        coverage=estimate(50 / 60, 0.7, 0.9),
        estimate=found,
    )


def display(*points: Point, metric: str = "gap", **more: Any) -> HistoryDisplay:
    series = Series(dataset="d", source="stated", about=more.pop("about", "own_answer"), points=points, **more)
    return HistoryDisplay.of(series, metric, metric_facts()[metric])


FOUR = display(
    point(estimate(0.1, 0.05, 0.15)),
    point(estimate(-0.1, -0.15, -0.05), 2, "n"),
    point(estimate(0.02, -0.03, 0.07), 3),
    point(estimate(None), 4),
)


def axes() -> Any:
    return Figure().add_subplot()


def marks(ax: Any) -> list[Any]:
    """Return the marks of runs, without those of the key."""
    drawn: list[Any] = [each for each in ax.collections if isinstance(each, PathCollection)]
    return [each for each in drawn if len(each.get_offsets())]


def test_each_run_stands_at_its_number_in_its_order() -> None:
    """In points; runs are drawn model by model, and the third run is of the first model."""
    ax: Any = FOUR.plot(axes())

    places = sorted(tuple(mark.get_offsets()[0]) for mark in marks(ax))
    assert np.allclose(places, [(0, 10), (1, -10), (2, 2)])
    assert [text.get_text() for text in ax.texts] == ["none"]
    assert ax.texts[0].get_position()[0] == 3


def test_an_interval_that_holds_nought_is_hollow_and_has_no_side() -> None:
    ax: Any = FOUR.plot(axes())

    faces = {float(mark.get_offsets()[0][0]): to_hex(mark.get_facecolor()[0]) for mark in marks(ax)}
    assert faces == {0: palette.OVER, 1: palette.UNDER, 2: palette.PAPER}


def test_models_differ_by_shape_and_runs_of_one_are_joined() -> None:
    ax: Any = FOUR.plot(axes())

    shapes = {float(mark.get_offsets()[0][0]): len(mark.get_paths()[0].vertices) for mark in marks(ax)}
    assert shapes[0] == shapes[2] != shapes[1]
    assert [0, 2] in [list(line.get_xdata()) for line in ax.lines]


def test_files_are_neither_joined_nor_given_a_time() -> None:
    """Two FILEs may be of two models: a line from one to the other would say that they are one."""
    files = [
        msgspec.structs.replace(point(estimate(value, 0.0, 0.2), name="f.csv"), asked=None, model="", template="")
        for value in (0.1, 0.12)
    ]
    alone, beside = display(*files), display(point(estimate(0.1, 0.0, 0.2)), *files)
    ax: Any = alone.plot(axes())

    assert not any(list(line.get_xdata()) == [0, 1] for line in ax.lines if line.get_color() == palette.LINE)
    assert ax.get_xlabel() == "FILEs in the order given: when they were asked is not known"
    assert beside.plot(axes()).get_xlabel().endswith("; then FILEs in the order given")
    assert "UTC" in FOUR.plot(axes()).get_xlabel()
    assert "one model and template" not in " ".join(text.get_text() for text in stacked([alone]).texts)


def test_where_nothing_was_measured_no_axis_is_made_up() -> None:
    nothing: Any = display(point(estimate(None)), point(estimate(None), 2)).plot(axes())
    held: Any = display(point(estimate(None)), baseline=point(estimate(0.04, 0.01, 0.07))).plot(axes())

    assert (list(nothing.get_yticks()), len(nothing.texts)) == ([], 2)
    assert not any(line.is_dashed() for line in nothing.lines)
    assert len(held.get_yticks()) > 0


def test_a_metric_without_a_side_has_no_dashed_line_and_says_which_way_is_better() -> None:
    brier = display(point(estimate(0.1, 0.05, 0.15)), metric="brier")
    ax = brier.plot(axes())

    assert brier.reference is None
    assert not any(line.is_dashed() for line in ax.lines)
    assert "lower is better" in ax.get_ylabel()
    assert to_hex(marks(ax)[0].get_facecolor()[0]) == palette.INK
    assert display(point(estimate(0.6)), metric="auroc").reference == 0.5
    assert display(point(estimate(1.0)), metric="calibration_slope_clip_5e-3").reference == 1.0
    bare = HistoryDisplay.of(Series(dataset="d", source="stated", about="own_answer", points=()), "gap")
    assert (bare.reference, bare.label) == (0.0, FOUR.label)
    assert "happened" in display(point(estimate(0.6)), metric="accuracy", about="event").label


def test_a_baseline_is_a_line_and_a_band_with_its_name() -> None:
    shown = display(point(estimate(0.1, 0.0, 0.2)), baseline=point(estimate(0.04, 0.01, 0.07), name="main"))
    ax: Any = shown.plot(axes())

    assert 4.0 in [line.get_ydata()[0] for line in ax.lines]
    (band,) = ax.patches
    assert np.allclose([band.get_y(), band.get_y() + band.get_height()], [1, 7])
    assert "baseline\nmain" in [text.get_text() for text in ax.texts]


def test_the_frame_keeps_every_run_and_the_reason_of_what_is_missing() -> None:
    frame = FOUR.frame()

    assert frame["value"].tolist()[:3] == [0.1, -0.1, 0.02]
    assert frame["undefined"].tolist()[3] == "one class"
    assert (frame["n"] == 50).all()


@pytest.mark.parametrize("n", [1, 2, 9, 17, 100])
def test_labels_are_evenly_apart_and_the_last_run_has_one(n: int) -> None:
    many = display(*(point(estimate(0.1, 0.05, 0.15), place) for place in range(n)))
    ax = many.plot(axes())
    ticks = [int(tick) for tick in ax.get_xticks()]
    labels = {tick: text.get_text() for tick, text in zip(ticks, ax.get_xticklabels(), strict=True)}

    assert len(many.frame()) == n
    assert max(ticks) == min(n, MOST) - 1
    assert labels[max(ticks)].startswith(f"2026-11-{(n - 1) % 28 + 1:02d}"), "of very many the last are drawn"
    assert 1 <= len(ticks) <= LABELS
    assert len(set(np.diff(sorted(ticks)))) <= 1


def test_many_models_share_the_last_shape_and_are_counted() -> None:
    many = display(*(point(estimate(0.1, 0.05, 0.15), place, f"m{place}") for place in range(12)))
    ax = many.plot(axes())

    labels = ax.get_legend_handles_labels()[1]
    assert len(labels) == 8
    assert labels[-1] == "5 more"


def test_the_picture_explains_itself_in_grey_and_leaves_settings_alone() -> None:
    before = dict(mpl.rcParams)
    figure = stacked([FOUR, display(point(estimate(0.1, 0.0, 0.2)), baseline=point(estimate(0.04, 0.01, 0.07)))])
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    said = " ".join(text.get_text() for text in figure.texts)

    assert dict(mpl.rcParams) == before
    assert "95 % interval" in said
    assert "Hollow: the interval holds the dashed line" in said
    assert "Dotted: the baseline" in said
    width = figure.bbox.width
    assert all(text.get_window_extent().x1 <= width for text in figure.texts)
    assert svg_text(stacked([FOUR])) == svg_text(stacked([FOUR]))


def test_names_are_text_and_no_formula() -> None:
    hostile = display(
        point(estimate(0.1, 0.0, 0.2), model="$x^2$ <b>", name="$y$"), baseline=point(estimate(0.04), name="$z$")
    )
    text = svg_text(stacked([hostile]))

    assert "$x^2$ &lt;b&gt;" in text
    assert "$z$" in text
