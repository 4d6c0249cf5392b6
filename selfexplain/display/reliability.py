"""Accuracy at each tenth of the confidence scale: the numbers, and one way to draw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfexplain.display.axes import in_percent, quiet
from selfexplain.display.palette import FAINT, INK, LINE, MUTED, OVER, OVER_TINT, PAPER, UNDER, UNDER_TINT

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("left", "right", "mean_confidence", "accuracy", "n", "n_correct", "low", "high")
DOT, BAR = "dot-", "bar-"
"""How the dot and the bar of each tenth are called in an SVG, with its rank behind: so that a page can open them."""
DOT_AREA = 460.0
"""Area in square points of a dot that holds all answers."""
SMALLEST_DOT = 14.0
"""A single answer among thousands must stay visible."""


@dataclass(frozen=True)
class ReliabilityDisplay:
    """How often answers are right, at each level of confidence.

    Parameters
    ----------
    label : str
        What the horizontal axis is: the name of the source of confidence.
    left, right : tuple of float
        Edges of each non-empty tenth.
    mean_confidence, accuracy : tuple of float
        Mean confidence and share correct of each non-empty tenth, in [0, 1].
    n, n_correct : tuple of int
        Answers in each tenth, and those of them that are right.
    low, high : tuple of float or None
        Ends of each share's exact interval; None where there is none.
    event : bool
        Whether the confidence is about an event: then answers are not right, things happen.
    """

    label: str
    left: tuple[float, ...]
    right: tuple[float, ...]
    mean_confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    n: tuple[int, ...]
    n_correct: tuple[int, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    event: bool = False

    @classmethod
    def of(cls, reliability: Mapping[str, Sequence[Any]], label: str, *, event: bool = False) -> "ReliabilityDisplay":
        """Take the numbers from the `reliability` part of a metrics object."""
        numbers = {column: tuple(reliability[column]) for column in COLUMNS}
        return cls(label, **numbers, event=event)

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each non-empty tenth."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({column: list(getattr(self, column)) for column in COLUMNS})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it; the counts stand in a strip above it."""
        self._halves(ax)
        self._dots(ax)
        self._strip(ax)
        ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        in_percent(ax.xaxis, ticks)
        in_percent(ax.yaxis, ticks)
        quiet(ax)
        ax.set_xlabel(self.label, color=INK, fontsize=9, labelpad=5, parse_math=False)
        ax.set_ylabel("actually happened" if self.event else "actually right", color=INK, fontsize=9, labelpad=5)
        return ax

    def _halves(self, ax: "Axes") -> None:
        """Tint and name the two ways to be off, and draw the line between them."""
        ax.fill_between([0, 1], [0, 1], [1, 1], color=UNDER_TINT, linewidth=0, zorder=0)
        ax.fill_between([0, 1], [0, 0], [0, 1], color=OVER_TINT, linewidth=0, zorder=0)
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        below, above = ("too low", "too high") if self.event else ("underconfident", "overconfident")
        truth = "happens" if self.event else "it is right"
        for x, y, ha, colour, tint, name, meaning in (
            (0.03, 0.905, "left", UNDER, UNDER_TINT, below, f"says less than {truth}"),
            (0.97, 0.035, "right", OVER, OVER_TINT, above, f"says more than {truth}"),
        ):
            # Over the intervals, on a patch of its own ground: the words stay readable wherever the dots are.
            ground = {"facecolor": tint, "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
            ax.text(x, y + 0.055, name, color=colour, fontsize=8, fontweight="bold", ha=ha, bbox=ground, zorder=3.4)
            ax.text(x, y, meaning, color=colour, fontsize=7.5, ha=ha, bbox=ground, zorder=3.5)

    def _dots(self, ax: "Axes") -> None:
        """Draw each tenth; only a dot whose interval excludes the diagonal takes a side's colour."""
        total = sum(self.n) or 1
        numbers = zip(self.mean_confidence, self.accuracy, self.n, self.low, self.high, strict=True)
        for rank, (x, y, n, low, high) in enumerate(numbers):
            colour = _side(x, low, high)
            if low is not None and high is not None:
                # In front of the frame, because confidences of 100 % lie on it.
                thread = FAINT if colour == MUTED else colour
                ax.plot([x, x], [low, high], color=thread, linewidth=1.5, zorder=3, clip_on=False)
            area = max(DOT_AREA * n / total, SMALLEST_DOT)
            dot = ax.scatter([x], [y], s=area, color=colour, edgecolors=PAPER, linewidths=1, zorder=4, clip_on=False)
            dot.set_gid(f"{DOT}{rank}")

    def _strip(self, ax: "Axes") -> None:
        """Show how many answers stand behind each dot."""
        strip = ax.inset_axes((0, 1.035, 1, 0.13))
        centres = [(left + right) / 2 for left, right in zip(self.left, self.right, strict=True)]
        bars = strip.bar(centres, self.n, width=0.085, color=LINE, linewidth=0)
        for rank, bar in enumerate(bars):
            bar.set_gid(f"{BAR}{rank}")
        for x, n in zip(centres, self.n, strict=True):
            strip.annotate(_short(n), (x, n), (0, 2), textcoords="offset points", ha="center", color=INK, fontsize=7.5)
        strip.set(xlim=(0, 1), ylim=(0, max(self.n, default=1)), xticks=[], yticks=[])
        strip.patch.set_visible(False)
        for side, spine in strip.spines.items():
            spine.set(visible=side == "bottom", color=LINE, linewidth=0.8)
        strip.text(-0.025, 0, "answers", color=MUTED, fontsize=8, ha="right", transform=strip.transAxes)


def _side(confidence: float, low: float | None, high: float | None) -> str:
    """Return the colour of a dot: that of over- or underconfidence if its interval shows it, else a neutral one."""
    if high is not None and high < confidence:
        return OVER
    return UNDER if low is not None and low > confidence else MUTED


def _short(n: int) -> str:
    """Write a count so that it fits over a bar.

    >>> _short(66), _short(12_345)
    ('66', '12k')
    """
    return str(n) if n < 10_000 else f"{n / 1000:.0f}k"
