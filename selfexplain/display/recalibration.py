"""How often answers are right at each stated and at each recalibrated confidence: the numbers, and one picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from selfexplain.display.palette import FAINT, INK, LINE, MUTED, PAPER
from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.display.square import area_of, diagonal, square

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes


class Recalibrated(Protocol):
    """What `sx.recalibrate` returns."""

    @property
    def numbers(self) -> Mapping[str, Any]:
        """Stated and recalibrated side by side."""


@dataclass(frozen=True)
class RecalibrationDisplay:
    """Reliability before and after recalibration, the latter out of fold.

    Parameters
    ----------
    stated, recalibrated : ReliabilityDisplay
        The same answers, by what the model said and by what a map made of it that had not seen them.
    """

    stated: ReliabilityDisplay
    recalibrated: ReliabilityDisplay

    @classmethod
    def from_recalibration(cls, recalibration: Recalibrated | Mapping[str, Any]) -> "RecalibrationDisplay":
        """Take the numbers of what `sx.recalibrate` returns, of its `.numbers` or of its `.to_dict()`."""
        numbers = recalibration if isinstance(recalibration, Mapping) else recalibration.numbers
        return cls(
            ReliabilityDisplay.from_evaluation(numbers["stated"], "as stated"),
            ReliabilityDisplay.from_evaluation(numbers["recalibrated"], "recalibrated, out of fold"),
        )

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each non-empty tenth, and which confidence it is of."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        parts = {"stated": self.stated.frame(), "recalibrated": self.recalibrated.frame()}
        return pd.concat(parts, names=["confidence"]).reset_index(level=0).reset_index(drop=True)

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it: hollow dots as stated, full ones recalibrated; area is the number of answers."""
        diagonal(ax)
        for display, face, edge, thread in ((self.stated, PAPER, MUTED, LINE), (self.recalibrated, INK, PAPER, FAINT)):
            for x, low, high in zip(display.mean_confidence, display.low, display.high, strict=True):
                if low is not None and high is not None:
                    ax.plot([x, x], [low, high], color=thread, linewidth=1.5, zorder=2, clip_on=False)
            ax.scatter(
                display.mean_confidence,
                display.accuracy,
                s=area_of(display.n),
                facecolors=face,
                edgecolors=edge,
                linewidths=1,
                zorder=3,
                clip_on=False,
            )
            # The key shows a dot of one size, whatever the data.
            ax.scatter([], [], s=50, facecolors=face, edgecolors=edge if face == PAPER else face, label=display.label)
        square(ax, "confidence", "actually right")
        ax.legend(loc="lower left", bbox_to_anchor=(-0.03, 1), ncols=2, frameon=False, fontsize=8, labelcolor=INK)
        return ax
