"""From a Figure to bytes that are the same each time: no dates, no random identifiers, text that stays text."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def svg_text(figure: "Figure") -> str:
    """Return a Figure as SVG, the same text each time.

    matplotlib takes the salt of its identifiers and the kind of text from its global settings only: they are set for
    the length of one call and put back.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    out = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "selfexplain"}), warnings.catch_warnings():
        # A name in a script that matplotlib's font lacks stays text, and whoever shows it has a font that has it.
        warnings.filterwarnings("ignore", r"Glyph \d+", UserWarning)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def write_picture(figure: "Figure", path: Path) -> Path:
    """Write a Figure as `.svg` or `.png`, on white, and return the path."""
    from selfexplain.display.palette import PAPER  # noqa: PLC0415

    figure.set_facecolor(PAPER)
    if path.suffix == ".svg":
        path.write_text(svg_text(figure), encoding="utf-8", newline="\n")
    else:
        figure.savefig(path, dpi=200, metadata={"Software": None})
    return path


def one_panel(plot: "Callable[[Axes], Axes]") -> "Figure":
    """Return a Figure with one panel that `plot` draws on; not known to pyplot."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    figure = Figure(figsize=(4.4, 4.6))
    plot(figure.add_axes((0.19, 0.13, 0.72, 0.8)))
    return figure
