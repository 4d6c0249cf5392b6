"""What all displays have in common: numbers first, drawn on request, nothing else touched."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from selfexplain import display
from selfexplain.calibration.evaluation import Evaluation
from selfexplain.calibration.table import CalibrationTable
from selfexplain.display.picture import one_panel, svg_text

Make = Callable[[CalibrationTable], Any]


def made_from(name: str) -> Make:
    """Return how a display is made from a table by whoever has evaluated it."""
    return lambda table: getattr(display, name).from_evaluation(Evaluation(table, {}))


OTHERWISE = {"DecisionDisplay", "GroupForestDisplay", "RecalibrationDisplay"}
"""Those that need more than counts have tests of their own."""
DISPLAYS: dict[str, Make] = {name: made_from(name) for name in display.__all__ if name not in OTHERWISE}
EMPTY = Evaluation(CalibrationTable.from_counts({}), {}).to_dict()["reliability"]
TABLES = {
    "several values": CalibrationTable.from_counts({0.0: (3, 0), 0.5: (10, 6), 0.95: (7, 7), 1.0: (80, 48)}),
    "one value": CalibrationTable.from_counts({1.0: (5, 5)}),
    "one wrong answer": CalibrationTable.from_counts({0.0: (1, 0)}),
    "500 values": CalibrationTable.from_counts({i / 500: (3, i % 4) for i in range(501)}),
    "nothing": CalibrationTable.from_counts({}),
}

each_display = pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS)
each_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@each_display
@each_table
def test_a_display_draws_on_the_axes_it_was_given_and_leaves_settings_alone(
    make: Make, table: CalibrationTable
) -> None:
    """Also with one answer, and with none."""
    before = dict(mpl.rcParams)
    ax = Figure().add_subplot()

    assert make(table).plot(ax) is ax
    assert dict(mpl.rcParams) == before


@each_display
@each_table
def test_a_frame_has_one_row_per_point_and_no_missing_number(make: Make, table: CalibrationTable) -> None:
    """At most one row per distinct confidence."""
    frame = make(table).frame()

    assert len(frame) <= len(table.n)
    assert (len(frame) > 0) == (table.total > 0)
    assert not frame.isna().any().any()


@each_display
def test_a_picture_is_the_same_text_twice(make: Make) -> None:
    """A page in version control changes only when its numbers do."""
    first, second = (svg_text(one_panel(make(TABLES["several values"]).plot)) for _ in range(2))

    assert first == second


@each_display
@each_table
def test_a_run_and_an_evaluation_in_memory_make_the_same_display(make: Make, table: CalibrationTable) -> None:
    """The numbers that `metrics.json` holds are those of `sx.evaluate`."""
    in_memory = make(table)

    assert type(in_memory).from_evaluation(Evaluation(table, {}).to_dict()) == in_memory


def test_importing_displays_imports_neither_matplotlib_nor_pandas() -> None:
    """Only who draws or frames pays."""
    code = "import sys, selfexplain.display; print(sorted({'matplotlib', 'pandas'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_drawing_never_loads_pyplot() -> None:
    """Pyplot would choose a window system and keep figures alive."""
    code = (
        "import sys; from selfexplain import display; from selfexplain.display.picture import one_panel; "
        f"[one_panel(getattr(display, n).from_evaluation({{'table': [[0.5, 4, 2]], 'reliability': {EMPTY}}}).plot) "
        f"for n in {sorted(DISPLAYS)}]; print('matplotlib.pyplot' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
