"""What each threshold answers and promises: the numbers, and one picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfexplain.calibration.decision import Decision
from selfexplain.display.axes import strip_above
from selfexplain.display.palette import FAINT, INK, LINE, MUTED, OVER, PAPER

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes

MOST_NAMES = 24
"""Thresholds whose names fit below the axis; of more, every second or third is named."""

COLUMNS = ("threshold", "coverage", "observed", "limit", "promised")


@dataclass(frozen=True)
class DecisionDisplay:
    """Coverage, error and its limit over thresholds.

    Parameters
    ----------
    error : float
        The error rate that was asked for.
    chosen : float or None
        The threshold to use.
    threshold : tuple of float
        Ascending.
    coverage, observed, limit : tuple of float, in [0, 1]
        Share answered, share wrong among those, and the limit of that share.
    promised : tuple of bool
        Whether the limit is at most the error.
    """

    error: float
    chosen: float | None
    threshold: tuple[float, ...]
    coverage: tuple[float, ...]
    observed: tuple[float, ...]
    limit: tuple[float, ...]
    promised: tuple[bool, ...]

    @classmethod
    def from_decision(cls, decision: Decision | Mapping[str, Any]) -> "DecisionDisplay":
        """Take the numbers of what `sx.decide` returns, or of its `.to_dict()`."""
        numbers = decision.to_dict() if isinstance(decision, Decision) else decision
        columns = {name: tuple(row[name] for row in numbers["thresholds"]) for name in COLUMNS}
        return cls(numbers["error"], numbers["threshold"], **columns)

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each threshold."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({name: list(getattr(self, name)) for name in COLUMNS})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it: a dot is the error seen, its line ends at the limit; the strip is coverage.

        Thresholds stand side by side, evenly: models state 0.9, 0.95, 0.99 and 1, which would lie on top of each other.
        """
        places = range(len(self.threshold))
        for x, seen, limit, promised in zip(places, self.observed, self.limit, self.promised, strict=True):
            colour = INK if promised else FAINT
            ax.plot([x, x], [seen, limit], color=colour, linewidth=1.5, zorder=2)
            ax.plot([x - 0.12, x + 0.12], [limit, limit], color=colour, linewidth=1.5, zorder=2)
            dot = ax.scatter(
                [x], [seen], s=40, color=INK if promised else MUTED, edgecolors=PAPER, linewidths=1, zorder=3
            )
            dot.set_clip_on(False)  # no error at all lies on the axis, which would hide half of the dot
        ax.axhline(self.error, color=OVER, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        ax.text(
            1.0,
            self.error,
            f" {100 * self.error:g} % ",
            transform=ax.get_yaxis_transform(),
            color=OVER,
            fontsize=8,
            va="center",
        )
        if self.chosen is not None:
            ax.axvspan(self.threshold.index(self.chosen) - 0.3, len(places) - 0.5, color=LINE, alpha=0.35, linewidth=0)
        top = max((*self.limit, self.error), default=1.0)
        ax.set(xlim=(-0.5, max(len(places), 1) - 0.5), ylim=(0, min(1.0, 1.05 * top)))
        every = -(-len(places) // MOST_NAMES) or 1
        ax.set_xticks(list(places)[::every], [f"{t:g}" for t in self.threshold[::every]])
        ticks = [tick for tick in ax.get_yticks() if 0 <= tick <= min(1.0, 1.05 * top)]
        ax.set_yticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
        ax.tick_params(colors=MUTED, labelsize=8, length=0, pad=5)
        if len(places) > 12:
            ax.tick_params(axis="x", rotation=90)
        ax.set_xlabel("answer when the confidence is at least", color=INK, fontsize=9, labelpad=5)
        ax.set_ylabel("wrong among them", color=INK, fontsize=9, labelpad=5)
        for spine in ax.spines.values():
            spine.set(color=LINE, linewidth=0.8)
        self._strip(ax)
        return ax

    def _strip(self, ax: "Axes") -> None:
        """Show how much each threshold answers."""
        strip = strip_above(ax, 0.16)
        strip.bar(range(len(self.coverage)), self.coverage, width=0.6, color=LINE, linewidth=0)
        if len(self.coverage) <= 12:
            for x, share in enumerate(self.coverage):
                strip.annotate(
                    f"{100 * share:.0f} %",
                    (x, share),
                    (0, 2),
                    textcoords="offset points",
                    ha="center",
                    color=INK,
                    fontsize=7.5,
                )
        strip.set(xlim=ax.get_xlim(), ylim=(0, 1), xticks=[], yticks=[])
        strip.patch.set_visible(False)
        for side, spine in strip.spines.items():
            spine.set(visible=side == "bottom", color=LINE, linewidth=0.8)
        strip.text(-0.025, 0, "answered", color=MUTED, fontsize=8, ha="right", transform=strip.transAxes)
