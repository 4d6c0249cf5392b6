"""A display holds the numbers it was given and draws them without touching anything else."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from selfexplain.display import palette
from selfexplain.display.picture import svg_text, write_picture
from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.display.two_sources import side_by_side

NUMBERS: dict[str, list[float]] = {
    "left": [0.2, 0.5, 0.9],
    "right": [0.3, 0.6, 1.0],
    "mean_confidence": [0.3, 0.6, 1.0],
    "accuracy": [0.9, 0.5, 0.6],
    "n": [10, 10, 80],
    "n_correct": [9, 5, 48],
    "low": [0.55, 0.19, 0.48],
    "high": [0.99, 0.81, 0.71],
}


@pytest.fixture
def display() -> ReliabilityDisplay:
    return ReliabilityDisplay.from_evaluation({"reliability": NUMBERS}, "Stated confidence")


def dots(display: ReliabilityDisplay) -> list[PathCollection]:
    """Return the dots of a drawn display."""
    ax = display.plot(Figure().add_subplot())
    return [artist for artist in ax.collections if isinstance(artist, PathCollection)]


def test_the_frame_holds_the_numbers_that_were_given(display: ReliabilityDisplay) -> None:
    """Nothing is computed on the way."""
    assert display.frame().to_dict(orient="list") == NUMBERS


def test_each_dot_stands_where_its_numbers_say_and_its_area_is_its_share(display: ReliabilityDisplay) -> None:
    """80 answers have eight times the area of 10."""
    drawn = dots(display)

    places = [tuple(np.asarray(dot.get_offsets())[0].tolist()) for dot in drawn]
    assert places == [(0.3, 0.9), (0.6, 0.5), (1.0, 0.6)]
    areas = [float(dot.get_sizes()[0]) for dot in drawn]
    assert areas[2] == pytest.approx(8 * areas[0])


def test_only_what_an_interval_shows_is_coloured(display: ReliabilityDisplay) -> None:
    """0.3 lies below 0.55: under. 0.6 lies inside: grey. 1.0 lies above 0.71: over."""
    colours = [to_hex(tuple(np.asarray(dot.get_facecolor())[0])) for dot in dots(display)]

    assert colours == [palette.UNDER, palette.MUTED, palette.OVER]


def test_plot_draws_on_the_axes_it_was_given_and_returns_them(display: ReliabilityDisplay) -> None:
    """Nobody else's figure appears."""
    ax = Figure().add_subplot()

    assert display.plot(ax) is ax
    assert ax.get_xlim() == ax.get_ylim() == (0, 1)


def test_missing_intervals_and_empty_tables_are_drawn(tmp_path: Path) -> None:
    """A dot without a band; no dot at all."""
    bare = ReliabilityDisplay("x", (0.2,), (0.3,), (0.3,), (0.5,), (2,), (1,), (None,), (None,))
    empty = ReliabilityDisplay("y", (), (), (), (), (), (), (), ())

    path = write_picture(side_by_side([bare, empty]), tmp_path / "picture.png")

    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_picture_is_the_same_text_twice_and_settings_stay(display: ReliabilityDisplay, tmp_path: Path) -> None:
    """No dates, no random names, no global state."""
    before = dict(mpl.rcParams)
    captions = [("Says 87 % sure, is right 61 %: overconfident.", "AUROC $0.53$ & more.")]

    first, second = (svg_text(side_by_side([display], captions, "quickstart")) for _ in range(2))
    write_picture(side_by_side([display]), tmp_path / "picture.svg")

    assert first == second
    assert "Says 87 % sure" in first  # text stays text
    assert "AUROC $0.53$ &amp; more." in first  # and is not read as a formula
    assert dict(mpl.rcParams) == before


def test_the_counts_stand_in_the_middle_of_their_tenth() -> None:
    """A mean of 0.3 in (0.2, 0.3]: the bar is centred at 0.25, wherever the mean lies."""
    display = ReliabilityDisplay("x", (0.2,), (0.3,), (0.1 + 0.2,), (0.5,), (2,), (1,), (0.1,), (0.9,))
    ax = display.plot(Figure().add_subplot())

    (strip,) = ax.child_axes
    assert strip.patches[0].get_x() + strip.patches[0].get_width() / 2 == pytest.approx(0.25)  # type: ignore[attr-defined]


def test_importing_a_display_does_not_import_matplotlib_or_pandas() -> None:
    """Only who draws pays."""
    code = (
        "import sys, selfexplain.display.two_sources, selfexplain.display.picture; "
        "print(sorted({'matplotlib', 'pandas'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_drawing_never_loads_pyplot(tmp_path: Path) -> None:
    """Pyplot would choose a window system and keep figures alive."""
    code = (
        "import sys; from pathlib import Path; "
        "from selfexplain.display.picture import write_picture; "
        "from selfexplain.display.reliability import ReliabilityDisplay as D; "
        "from selfexplain.display.two_sources import side_by_side; "
        "d = D('x', (0.4,), (0.5,), (0.5,), (0.5,), (2,), (1,), (0.1,), (0.9,)); "
        f"write_picture(side_by_side([d]), Path({str(tmp_path / 'x.png')!r})); "
        "print('matplotlib.pyplot' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
