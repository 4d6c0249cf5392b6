"""How every picture's axes look: percent, no tick marks, a thin frame; and a figure for one picture alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from selfexplain.display.palette import LINE, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 3.75, 2.75
"""Inches: small, so that text stays readable when a page is narrow."""


class Drawable(Protocol):
    """Whatever draws itself on given axes."""

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it."""


def quiet(ax: "Axes") -> None:
    """Take away what says nothing, and mute the rest."""
    ax.tick_params(colors=MUTED, labelsize=8, length=0, pad=5)
    for spine in ax.spines.values():
        spine.set(color=LINE, linewidth=0.8)


def in_percent(axis: "Axis", ticks: Sequence[float]) -> None:
    """Mark shares in [0, 1] as percentages."""
    axis.set_ticks(list(ticks), [f"{100 * tick:.0f} %" for tick in ticks])


def alone(display: Drawable) -> "Figure":
    """Return one picture with two axes on a figure of its own, unknown to pyplot."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="none")
    display.plot(figure.add_axes((0.68 / WIDTH, 0.5 / HEIGHT, 2.9 / WIDTH, 2.1 / HEIGHT), facecolor="none"))
    return figure
