"""Accuracy at each tenth of the confidence scale: the numbers, and one way to draw them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfexplain.display.evaluated import Evaluated, clusters_of, numbers_of
from selfexplain.display.palette import FAINT, MUTED, PAPER
from selfexplain.display.square import area_of, counts_above, halves, side_colour, square, thread

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("left", "right", "mean_confidence", "accuracy", "n", "n_correct", "low", "high")
DOT, BAR = "dot-", "bar-"
"""How the dot and the bar of each tenth are called in an SVG, with its rank behind: so that a page can open them."""


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
        Ends of each share's exact interval, which takes answers for independent; None where there is none.
    event : bool
        Whether the confidence is about an event: then answers are not right, things happen.
    clusters : int, optional
        In how many clusters the answers were drawn, which its intervals do not know.

    Examples
    --------
    >>> import selfexplain as sx
    >>> from matplotlib.figure import Figure  # or `_, ax = pyplot.subplots()`
    >>> evaluation = sx.evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1])
    >>> shown = ReliabilityDisplay.from_evaluation(evaluation, "Stated confidence")
    >>> _ = shown.plot(Figure().add_subplot())
    >>> shown.mean_confidence, shown.accuracy
    ((0.6, 0.9), (1.0, 0.5))
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
    clusters: int | None = None

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluated, label: str = "confidence", *, event: bool = False
    ) -> "ReliabilityDisplay":
        """Take the numbers of an evaluation, or of one source of a Run: `result.metrics["sources"]["stated"]`."""
        reliability = numbers_of(evaluation)["reliability"]
        columns = {column: tuple(reliability[column]) for column in COLUMNS}
        return cls(label, **columns, event=event, clusters=clusters_of(evaluation))

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each non-empty tenth."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({column: list(getattr(self, column)) for column in COLUMNS})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it; the counts stand in a strip above it."""
        halves(ax, event=self.event)
        self._dots(ax)
        centres = [(left + right) / 2 for left, right in zip(self.left, self.right, strict=True)]
        for rank, bar in enumerate(counts_above(ax, centres, self.n, width=0.085)):
            bar.set_gid(f"{BAR}{rank}")
        square(ax, self.label, "actually happened" if self.event else "actually right")
        return ax

    def _dots(self, ax: "Axes") -> None:
        """Draw each tenth; only a dot whose interval excludes the diagonal takes a side's colour."""
        numbers = zip(self.mean_confidence, self.accuracy, area_of(self.n), self.low, self.high, strict=True)
        for rank, (x, y, area, low, high) in enumerate(numbers):
            colour = side_colour(x, low, high)
            thread(ax, x, low, high, FAINT if colour == MUTED else colour)
            dot = ax.scatter([x], [y], s=area, color=colour, edgecolors=PAPER, linewidths=1, zorder=4, clip_on=False)
            dot.set_gid(f"{DOT}{rank}")
