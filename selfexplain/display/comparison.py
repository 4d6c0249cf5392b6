"""Two runs side by side: how sure and how right each was, and by how much they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from selfexplain.display.palette import FAINT, INK, LINE, MUTED, PAPER
from selfexplain.inference import Estimate

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {
    "accuracy": "Accuracy",
    "gap": "Gap",
    "brier": "Brier score",
    "auroc": "AUROC",
    "coverage": "Coverage",
    "ece": "ECE (for information)",
}

BEST_HIGH = frozenset({"accuracy", "auroc", "coverage"})
NO_DIRECTION = frozenset({"gap"})
"""A gap is best at 0: whether a rise is good depends on where it began."""

BINS = ("left", "mean_confidence", "accuracy", "n")

Direction = Literal["", "better", "worse", "rose", "fell"]


def direction(name: str, difference: Estimate) -> Direction:
    """Return what a difference surely is; empty where its interval holds 0 or is missing.

    >>> fell = Estimate(value=-0.1, low=-0.2, high=-0.05, level=0.95, method="t interval", n=100)
    >>> direction("accuracy", fell), direction("brier", fell), direction("gap", fell)
    ('worse', 'better', 'fell')
    """
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return ""
    rose = difference.low > 0
    if name in NO_DIRECTION:
        return "rose" if rose else "fell"
    return "better" if rose == (name in BEST_HIGH) else "worse"


@dataclass(frozen=True)
class PairedReliabilityDisplay:
    """How often answers are right at each tenth of the confidence scale, of A and of B.

    Parameters
    ----------
    side : tuple of str
        A or B, of each non-empty tenth.
    left : tuple of float
        Where each tenth begins.
    mean_confidence, accuracy : tuple of float
        In [0, 1].
    n : tuple of int
        Answers in each tenth.
    """

    side: tuple[str, ...]
    left: tuple[float, ...]
    mean_confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    n: tuple[int, ...]

    @classmethod
    def of(cls, reliability: Mapping[str, Mapping[str, Sequence[Any]]]) -> "PairedReliabilityDisplay":
        """Take the numbers from the `reliability` part of a comparison."""
        side = tuple(letter for key, letter in (("a", "A"), ("b", "B")) for _ in reliability[key]["n"])
        return cls(side, *((*reliability["a"][column], *reliability["b"][column]) for column in BINS))

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each non-empty tenth of each side."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({"side": self.side, **{column: getattr(self, column) for column in BINS}})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it: A hollow, B filled, a thread between dots of the same tenth."""
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        rows = list(zip(self.side, self.left, self.mean_confidence, self.accuracy, self.n, strict=True))
        dots = {(side, left): (x, y) for side, left, x, y, _ in rows}
        for (side, left), (x, y) in dots.items():
            if side == "A" and ("B", left) in dots:
                to_x, to_y = dots["B", left]
                ax.plot([x, to_x], [y, to_y], color=FAINT, linewidth=1, zorder=2, clip_on=False)
        most = max(self.n, default=1)
        for side, _, x, y, n in rows:
            face, edge = (PAPER, MUTED) if side == "A" else (INK, PAPER)
            ax.scatter(
                [x], [y], s=18 + 160 * n / most, color=face, edgecolors=edge, linewidths=1.2, zorder=3, clip_on=False
            )
        for y, side, face, edge in ((0.94, "A", PAPER, MUTED), (0.87, "B", INK, INK)):
            ax.scatter([0.06], [y], s=45, color=face, edgecolors=edge, linewidths=1.2, zorder=3)
            ax.text(0.11, y, side, color=INK, fontsize=9, va="center")
        ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        names = [f"{100 * tick:.0f} %" for tick in ticks]
        ax.set_xticks(ticks, names)
        ax.set_yticks(ticks, names)
        ax.tick_params(colors=MUTED, labelsize=8, length=0, pad=5)
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        ax.set_xlabel("confidence", color=INK, fontsize=9)
        ax.set_ylabel("actually right", color=INK, fontsize=9)
        for spine in ax.spines.values():
            spine.set(color=LINE, linewidth=0.8)
        return ax


@dataclass(frozen=True)
class DifferenceForestDisplay:
    """By how much B differs from A in each metric, with intervals.

    Parameters
    ----------
    metric : tuple of str
    value, low, high : tuple of float or None
        B − A and the ends of its interval; None where there is none.
    change : tuple of str
        What each difference surely is: better, worse, rose, fell; empty where nothing is sure.
    """

    metric: tuple[str, ...]
    value: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    change: tuple[Direction, ...]

    @classmethod
    def of(cls, differences: Mapping[str, Estimate]) -> "DifferenceForestDisplay":
        """Take the difference of each metric by name."""
        found = list(differences.values())
        return cls(
            metric=tuple(differences),
            value=tuple(each.value for each in found),
            low=tuple(each.low for each in found),
            high=tuple(each.high for each in found),
            change=tuple(direction(name, each) for name, each in differences.items()),
        )

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each metric."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        columns = ("metric", "value", "low", "high", "change")
        return pd.DataFrame({column: getattr(self, column) for column in columns})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it; what is not sure is grey."""
        ax.axvline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        for row, (value, low, high, change) in enumerate(
            zip(self.value, self.low, self.high, self.change, strict=True)
        ):
            colour = INK if change else FAINT
            if low is not None and high is not None:
                ax.plot([100 * low, 100 * high], [row, row], color=colour, linewidth=2, solid_capstyle="butt", zorder=2)
            if value is not None:
                ax.scatter([100 * value], [row], s=36, color=colour, edgecolors=PAPER, linewidths=1, zorder=3)
            note = change or ("undefined" if value is None else "no interval" if low is None else "not sure")
            ax.annotate(
                note,
                (1, row),
                (6, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                color=INK if change else MUTED,
                fontsize=8.5,
                va="center",
            )
        ends = [abs(100 * end) for end in (*self.low, *self.high, *self.value) if end is not None]
        reach = 1.1 * max([*ends, 1.0])
        ax.set_yticks(range(len(self.metric)), [TITLES.get(name, name) for name in self.metric])
        ax.set(xlim=(-reach, reach), ylim=(len(self.metric) - 0.5, -0.5))
        ax.set_xlabel("B − A, in hundredths", color=INK, fontsize=9)
        ax.tick_params(axis="x", colors=MUTED, labelsize=8, length=0, pad=5)
        ax.tick_params(axis="y", colors=INK, labelsize=9, length=0, pad=5)
        for side, spine in ax.spines.items():
            spine.set(visible=side == "bottom", color=LINE, linewidth=0.8)
        return ax


def picture(
    reliability: PairedReliabilityDisplay, forest: DifferenceForestDisplay, captions: Sequence[str] = ()
) -> "Figure":
    """Draw both side by side, with a line per caption under them; the Figure is not known to pyplot."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    figure = Figure(figsize=(9.2, 4.3 + 0.2 * len(captions)), facecolor="none")
    height = figure.get_figheight()
    bottom = (0.65 + 0.2 * len(captions)) / height
    reliability.plot(figure.add_axes((0.075, bottom, 3.4 / 9.2, 3.4 / height), facecolor="none"))
    forest.plot(figure.add_axes((0.655, bottom, 0.25, 3.4 / height), facecolor="none"))
    for row, caption in enumerate(reversed(captions)):
        figure.text(0.075, (0.1 + 0.2 * row) / height, caption, color=MUTED, fontsize=8, parse_math=False)
    return figure
