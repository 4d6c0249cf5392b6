"""How every picture's axes look: percent, no tick marks, a thin frame; and a figure for one picture alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from selfexplain.display.palette import LINE, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

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


APART = 0.035
"""Distance of a strip from the picture below it, as a share of that picture's height."""
ROOM = 10.0
"""Points that the numbers over a strip take."""


@dataclass(frozen=True)
class BelowStrip:
    """Leaves room for a strip at the top of the place that axes were given, so that nothing sticks out of it."""

    given: Callable[[Any, Any], "Bbox"] | None
    """Where the axes were placed before; None for their own position."""
    height: float
    """Of the strip, as a share of the height that remains."""

    def __call__(self, ax: Any, renderer: Any) -> "Bbox":
        """Return the lower part of the place."""
        from matplotlib.transforms import Bbox  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

        place = self.given(ax, renderer) if self.given else ax.get_position(original=True)
        points = place.height * ax.figure.bbox.height * 72 / ax.figure.dpi
        # Axes too low for numbers keep at least half of their height.
        kept = max((points - ROOM) / (1 + APART + self.height), points / 2) / points if points else 1.0
        return Bbox.from_bounds(place.x0, place.y0, place.width, kept * place.height)


def strip_above(ax: "Axes", height: float) -> "Axes":
    """Return new axes above a picture, inside the place that the picture was given, which becomes lower for it.

    Parameters
    ----------
    height : float
        Share of the picture's height.
    """
    given = ax.get_axes_locator()
    if not isinstance(given, BelowStrip):
        ax.set_axes_locator(BelowStrip(given, height))
    return ax.inset_axes((0, 1 + APART, 1, height))


def alone(display: Drawable) -> "Figure":
    """Return one picture with two axes on a figure of its own, unknown to pyplot."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="none")
    display.plot(figure.add_axes((0.68 / WIDTH, 0.5 / HEIGHT, 2.9 / WIDTH, 2.1 / HEIGHT), facecolor="none"))
    return figure
