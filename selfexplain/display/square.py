"""The square in which confidence is compared with what came true: its halves, its dots, and the counts above it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from selfexplain.display.axes import in_percent, quiet, strip_above
from selfexplain.display.palette import INK, LINE, MUTED, OVER, OVER_TINT, UNDER, UNDER_TINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

DOT_AREA = 460.0
"""Area in square points of a dot that holds all answers."""
SMALLEST_DOT = 14.0
"""A single answer among thousands must stay visible."""
APART = 0.075
"""Share of the width that a count above the square takes; of two that are closer the larger one is written."""


def square(ax: "Axes", across: str, upwards: str) -> None:
    """Make both axes run from 0 to 100 % and name them."""
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    in_percent(ax.xaxis, ticks)
    in_percent(ax.yaxis, ticks)
    quiet(ax)
    ax.set_xlabel(across, color=INK, fontsize=9, labelpad=5, parse_math=False)
    ax.set_ylabel(upwards, color=INK, fontsize=9, labelpad=5)


def diagonal(ax: "Axes") -> None:
    """Draw where confidence can be taken at its word."""
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)


def halves(ax: "Axes", *, event: bool) -> None:
    """Tint and name the two ways to be off, and draw the line between them."""
    ax.fill_between([0, 1], [0, 1], [1, 1], color=UNDER_TINT, linewidth=0, zorder=0)
    ax.fill_between([0, 1], [0, 0], [0, 1], color=OVER_TINT, linewidth=0, zorder=0)
    diagonal(ax)
    below, above = ("too low", "too high") if event else ("underconfident", "overconfident")
    truth = "happens" if event else "it is right"
    for x, y, ha, colour, tint, name, meaning in (
        (0.03, 0.905, "left", UNDER, UNDER_TINT, below, f"says less than {truth}"),
        (0.97, 0.035, "right", OVER, OVER_TINT, above, f"says more than {truth}"),
    ):
        # Over the intervals, on a patch of its own ground: the words stay readable wherever the dots are.
        ground = {"facecolor": tint, "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
        ax.text(x, y + 0.055, name, color=colour, fontsize=8, fontweight="bold", ha=ha, bbox=ground, zorder=3.4)
        ax.text(x, y, meaning, color=colour, fontsize=7.5, ha=ha, bbox=ground, zorder=3.5)


def area_of(n: Sequence[int]) -> list[float]:
    """Return the area of each dot, in square points: its share of the answers."""
    total = sum(n) or 1
    return [max(DOT_AREA * each / total, SMALLEST_DOT) for each in n]


def thread(ax: "Axes", x: float, low: float | None, high: float | None, colour: str) -> None:
    """Draw an interval, if there is one; in front of the frame, because confidences of 100 % lie on it."""
    if low is not None and high is not None:
        ax.plot([x, x], [low, high], color=colour, linewidth=1.5, zorder=3, clip_on=False)


def side_colour(confidence: float, low: float | None, high: float | None) -> str:
    """Return the colour of a dot: that of over- or underconfidence if its interval shows it, else a neutral one."""
    if high is not None and high < confidence:
        return OVER
    return UNDER if low is not None and low > confidence else MUTED


def counts_above(
    ax: "Axes", places: Sequence[float], n: Sequence[int], *, width: float, written: bool = True
) -> "list[Rectangle]":
    """Show in a strip above the square how many answers stand behind each dot, and return the bars."""
    strip = strip_above(ax, 0.13)
    bars = strip.bar(places, n, width=width, color=LINE, linewidth=0, clip_on=False)
    taken: list[float] = []
    for count, x in sorted(zip(n, places, strict=True), reverse=True) if written else ():
        if all(abs(x - other) >= APART for other in taken):
            taken.append(x)
            at = (x, count)
            strip.annotate(short(count), at, (0, 2), textcoords="offset points", ha="center", color=INK, fontsize=7.5)
    strip.set(xlim=(0, 1), ylim=(0, max(n, default=1)), xticks=[], yticks=[])
    strip.patch.set_visible(False)
    for side, spine in strip.spines.items():
        spine.set(visible=side == "bottom", color=LINE, linewidth=0.8)
    strip.text(-0.025, 0, "answers", color=MUTED, fontsize=8, ha="right", transform=strip.transAxes)
    return list(bars)


def short(n: int) -> str:
    """Write a count so that it fits over a bar.

    >>> short(66), short(12_345)
    ('66', '12k')
    """
    return str(n) if n < 10_000 else f"{n / 1000:.0f}k"
