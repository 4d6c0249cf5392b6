"""How often each confidence was given, for right and for wrong answers: the numbers, and one way to draw them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from selfexplain.calibration.binning import equal_width
from selfexplain.calibration.table import total
from selfexplain.display.axes import in_percent, quiet
from selfexplain.display.evaluated import Evaluated, table_of
from selfexplain.display.palette import INK, MUTED, RIGHT, WRONG, WRONG_TINT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BINS = 20
"""Models like to state multiples of 5 %: each keeps a bar of its own."""
COLUMNS = ("left", "right", "n_correct", "n_wrong")


@dataclass(frozen=True)
class ConfidenceByCorrectnessDisplay:
    """Two histograms of confidence, back to back: right answers upwards, wrong ones downwards.

    Parameters
    ----------
    label : str
        What the horizontal axis is: the name of the source of confidence.
    left, right : tuple of float
        Edges of each non-empty bin of width 0.05; a bin holds its right edge, the first one its left edge too.
    n_correct, n_wrong : tuple of int
        Right and wrong answers in each bin.
    mean_correct, mean_wrong : float or None
        Mean confidence of the right and of the wrong answers, in [0, 1]; None where there are none.
    event : bool
        Whether the confidence is about an event: then things happen or do not.

    Examples
    --------
    >>> shown = ConfidenceByCorrectnessDisplay.from_evaluation({"table": [[0.9, 10, 8], [1.0, 4, 4]]})
    >>> shown.n_correct, shown.n_wrong, shown.mean_wrong
    ((8, 4), (2, 0), 0.9)
    """

    label: str
    left: tuple[float, ...]
    right: tuple[float, ...]
    n_correct: tuple[int, ...]
    n_wrong: tuple[int, ...]
    mean_correct: float | None
    mean_wrong: float | None
    event: bool = False

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluated, label: str = "confidence", *, event: bool = False
    ) -> "ConfidenceByCorrectnessDisplay":
        """Count the answers of an evaluation, or of one source of a Run."""
        table = table_of(evaluation)
        occupied, place = np.unique(equal_width(table.confidence, bins=BINS), return_inverse=True)
        return cls(
            label,
            left=tuple((occupied / BINS).tolist()),
            right=tuple(((occupied + 1) / BINS).tolist()),
            n_correct=tuple(total(place, table.n_correct, len(occupied)).tolist()),
            n_wrong=tuple(total(place, table.n_wrong, len(occupied)).tolist()),
            mean_correct=_mean(table.confidence, table.n_correct),
            mean_wrong=_mean(table.confidence, table.n_wrong),
            event=event,
        )

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each non-empty bin."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({column: list(getattr(self, column)) for column in COLUMNS})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it; both histograms share one scale of counts."""
        centres = [(left + right) / 2 for left, right in zip(self.left, self.right, strict=True)]
        ax.bar(centres, self.n_correct, width=0.042, color=RIGHT, linewidth=0)
        ax.bar(
            centres,
            [-n for n in self.n_wrong],
            width=0.042,
            facecolor=WRONG_TINT,
            edgecolor=WRONG,
            linewidth=[0.9 if n else 0 for n in self.n_wrong],
        )
        up, down = max(self.n_correct, default=0), max(self.n_wrong, default=0)
        # Room for the names, also where one of the two is empty.
        whole = max(up + down, 1)
        top, bottom = up + 0.16 * whole, down + 0.16 * whole
        ax.set(xlim=(0, 1), ylim=(-bottom, top))
        quiet(ax)
        in_percent(ax.xaxis, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
        ticks = [tick for tick in ax.get_yticks() if tick == round(tick) and -down <= tick <= up]
        ax.set_yticks(ticks, [f"{abs(tick):,.0f}" for tick in ticks])
        ax.axhline(0, color=MUTED, linewidth=0.8)
        above, below = ("happened", "did not happen") if self.event else ("right", "wrong")
        for y, va, name, n, colour in (
            (0.97, "top", above, sum(self.n_correct), RIGHT),
            (0.03, "bottom", below, sum(self.n_wrong), WRONG),
        ):
            where = ax.transAxes
            ax.text(0.03, y, f"{name}: {n:,}", color=colour, fontsize=8.5, fontweight="bold", va=va, transform=where)
        ax.set_xlabel(self.label, color=INK, fontsize=9, labelpad=5, parse_math=False)
        ax.set_ylabel("answers", color=INK, fontsize=9, labelpad=5)
        return ax


def _mean(confidence: "np.typing.NDArray[np.float64]", n: "np.typing.NDArray[np.int64]") -> float | None:
    """Return the mean confidence of so many answers each; None of none."""
    return float(confidence @ n / n.sum()) if n.sum() else None
