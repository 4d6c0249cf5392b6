"""A line per group, a panel per measure: at the numbers that were measured, and none where there is none."""

import warnings
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import selfexplain as sx
from selfexplain.display import palette
from selfexplain.display.groups import MOST, GroupForestDisplay
from selfexplain.display.picture import svg_text

Made = dict[str, Any]


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> Made:
    return {"value": value, "low": low, "high": high, "undefined": None if value is not None else "one class"}


def numbers(**groups: Made) -> Made:
    pooled = {"gap": estimate(0.1), "accuracy": estimate(0.6), "auroc": estimate(0.7)}
    return {"metrics": pooled, "groups": {name: {"n": 10, "metrics": metrics} for name, metrics in groups.items()}}


THREE = numbers(
    over={"gap": estimate(0.3, 0.1, 0.5), "accuracy": estimate(0.5, 0.2, 0.8), "auroc": estimate(None)},
    under={"gap": estimate(-0.3, -0.5, -0.1), "accuracy": estimate(0.9, 0.6, 1.0), "auroc": estimate(0.8, 0.6, 0.9)},
    open={"gap": estimate(0.05, -0.1, 0.2), "accuracy": estimate(0.7, 0.4, 0.9), "auroc": estimate(0.6)},
)


def panels(made: Made) -> list[Any]:
    return GroupForestDisplay.from_evaluation(made).plot(Figure().add_subplot()).child_axes


def dots(panel: Any) -> list[Any]:
    return [artist for artist in panel.collections if isinstance(artist, PathCollection)]


def places(panel: Any) -> list[float]:
    """Return where each dot lies, across and then down."""
    return [number for dot in dots(panel) for number in dot.get_offsets()[0]]


def test_each_group_stands_in_its_row_at_its_numbers() -> None:
    """From the top in the order given; gap and accuracy in points, AUROC as it is."""
    gap, accuracy, auroc = panels(THREE)

    assert places(gap) == pytest.approx([30, 0, -30, 1, 5, 2])
    assert places(accuracy) == pytest.approx([50, 0, 90, 1, 70, 2])
    assert places(auroc) == pytest.approx([0.8, 1, 0.6, 2])
    assert [text.get_text() for text in gap.get_yticklabels()] == ["over", "under", "open"]
    assert gap.get_ylim()[0] > gap.get_ylim()[1]


def test_what_is_undefined_is_said_and_not_drawn_at_nought() -> None:
    assert [(text.get_text(), text.get_position()[1]) for text in panels(THREE)[2].texts] == [("none", 0)]


def test_only_a_gap_whose_interval_shows_it_is_coloured() -> None:
    colours = [to_hex(dot.get_facecolor()[0]) for dot in dots(panels(THREE)[0])]

    assert colours == [palette.OVER, palette.UNDER, palette.MUTED]


def test_all_answers_together_are_a_dotted_line() -> None:
    """At 10 points, 60 % and 0.7."""
    places = [
        [line.get_xdata()[0] for line in panel.lines if line.get_linestyle() == ":" or line.is_dashed()]
        for panel in panels(THREE)
    ]

    assert [place[-1] for place in places] == pytest.approx([10, 60, 0.7])


def test_the_scale_of_the_gap_holds_every_interval_and_nought() -> None:
    for low, high in ((-0.97, 0.99), (0.3, 0.5), (-0.21, -0.2), (0.0, 0.0)):
        (panel,) = panels(
            {
                "metrics": {"gap": estimate(0.1)},
                "groups": {name: {"n": 1, "metrics": {"gap": estimate(low, low, high)}} for name in "ab"},
            }
        )

        left, right = panel.get_xlim()
        assert left <= min(100 * low, 0)
        assert right >= max(100 * high, 0)


def test_only_what_was_measured_has_a_panel() -> None:
    made = numbers(a={"gap": estimate(0.1)}, b={"gap": estimate(0.2)})
    made["metrics"] = {"gap": estimate(0.1)}

    assert len(panels(made)) == 1


def test_the_frame_keeps_the_reason_of_what_is_missing() -> None:
    frame = GroupForestDisplay.from_evaluation(THREE).frame()

    row = frame[(frame["group"] == "over") & (frame["metric"] == "auroc")].iloc[0]
    assert (row["undefined"], row["n"]) == ("one class", 10)
    assert len(frame) == 9


def test_of_very_many_groups_the_largest_are_drawn_and_all_are_kept() -> None:
    groups = {f"g{i}": {"n": i, "metrics": {"gap": estimate(0.1)}} for i in range(1, 101)}
    shown = GroupForestDisplay.from_evaluation({"metrics": {"gap": estimate(0.1)}, "groups": groups})

    assert shown.drawn == [f"g{i}" for i in range(101 - MOST, 101)]
    assert len(shown.frame()) == 100


def test_an_evaluation_in_a_notebook_is_drawn_and_settings_stay() -> None:
    before = dict(mpl.rcParams)
    evaluation = sx.evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1], group=["a", "a", "b", "b"])
    ax = Figure().add_subplot()

    assert GroupForestDisplay.from_evaluation(evaluation).plot(ax) is ax
    assert dict(mpl.rcParams) == before


def test_names_are_text_and_no_formula_no_markup_and_may_be_of_any_script() -> None:
    """A name comes from a file."""
    made = numbers(**{"$x^2$ <b>": {"gap": estimate(0.1)}, "历史\n与法律": {"gap": estimate(0.1)}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = svg_text(GroupForestDisplay.from_evaluation(made).figure())

    assert "$x^2$ &lt;b&gt;" in text
    assert "历史 与法律" in text
