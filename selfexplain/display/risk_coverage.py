"""How often answers are wrong when only those above a threshold are kept: the numbers, and one way to draw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from selfexplain.display.axes import in_percent, quiet
from selfexplain.display.evaluated import Evaluated, table_of
from selfexplain.display.palette import INK, LINE, MUTED, PAPER
from selfexplain.inference import clopper_pearson

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("threshold", "n_kept", "n_wrong", "coverage", "risk", "low", "high", "ideal_risk")
FEW = 24
"""Up to so many thresholds each has a dot; more would be a caterpillar."""
NAMED = 6
"""At most so many thresholds are written over the curve."""
APART = 0.13
"""Share of the width that one of them takes."""
DRAWN = 300
"""So many points are drawn of a longer curve; the numbers keep all."""


@dataclass(frozen=True)
class RiskCoverageDisplay:
    """Error among the answers kept, at each threshold that exists.

    Answers with the same confidence are kept or dropped together: no threshold can tell them apart, so the curve has
    one point per distinct confidence and none between (El-Yaniv and Wiener 2010, JMLR 11:1605; Geifman and El-Yaniv
    2017, arXiv 1705.08500).

    Parameters
    ----------
    label : str
        The name of the source of confidence.
    threshold : tuple of float
        Each distinct confidence, from the highest to the lowest, in [0, 1].
    n_kept, n_wrong : tuple of int
        Answers at or above the threshold, and the wrong ones among them.
    low, high : tuple of float
        Ends of the exact 95 % interval of each share wrong, one threshold at a time, for independent answers.
    event : bool
        Whether the confidence is about an event: then things do not happen, instead of being wrong.

    Examples
    --------
    >>> shown = RiskCoverageDisplay.from_evaluation({"table": [[0.5, 10, 5], [0.9, 10, 9]]}, "Stated confidence")
    >>> shown.threshold, shown.coverage, shown.risk, shown.ideal_risk
    ((0.9, 0.5), (0.5, 1.0), (0.1, 0.3), (0.0, 0.3))
    """

    label: str
    threshold: tuple[float, ...]
    n_kept: tuple[int, ...]
    n_wrong: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    event: bool = False

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluated, label: str = "confidence", *, event: bool = False
    ) -> "RiskCoverageDisplay":
        """Add up the counts of an evaluation, or of one source of a Run, from its highest confidence downwards."""
        table = table_of(evaluation)
        kept, wrong = np.cumsum(table.n[::-1]), np.cumsum(table.n_wrong[::-1])
        low, high = clopper_pearson(wrong, kept)
        return cls(
            label,
            threshold=tuple(table.confidence[::-1].tolist()),
            n_kept=tuple(kept.tolist()),
            n_wrong=tuple(wrong.tolist()),
            low=tuple(low.tolist()),
            high=tuple(high.tolist()),
            event=event,
        )

    @cached_property
    def coverage(self) -> tuple[float, ...]:
        """Share of the usable answers that each threshold keeps, in (0, 1]."""
        return tuple(kept / self.n_kept[-1] for kept in self.n_kept)

    @cached_property
    def risk(self) -> tuple[float, ...]:
        """Share wrong among the answers kept, in [0, 1]."""
        return tuple(wrong / kept for wrong, kept in zip(self.n_wrong, self.n_kept, strict=True))

    @cached_property
    def ideal_risk(self) -> tuple[float, ...]:
        """Least share wrong that as many kept answers could have: every right answer above every wrong one."""
        right = self.n_kept[-1] - self.n_wrong[-1] if self.n_kept else 0
        return tuple(max(kept - right, 0) / kept for kept in self.n_kept)

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row per threshold, the highest first."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({column: list(getattr(self, column)) for column in COLUMNS})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it, between the ideal order and a random one."""
        quiet(ax)
        top = self._scale()
        ax.set(xlim=(0, 1), ylim=(0, top))
        in_percent(ax.xaxis, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
        in_percent(ax.yaxis, [tick for tick in ax.get_yticks() if 0 <= tick <= top])
        kept = "forecasts kept, the highest first" if self.event else "answers kept, the surest first"
        ax.set_xlabel(kept, color=INK, fontsize=9, labelpad=5)
        ax.set_ylabel("did not happen" if self.event else "wrong among them", color=INK, fontsize=9, labelpad=5)
        if self.n_kept:
            self._references(ax)
            self._curve(ax)
            self._thresholds(ax)
        return ax

    def _scale(self) -> float:
        """Return where the vertical axis ends: intervals of a few answers may be cut, the curve may not."""
        overall = self.risk[-1] if self.n_kept else 0.0
        return min(1.0, max(1.35 * overall, 1.15 * max(self.risk, default=0.0), 0.1))

    def _references(self, ax: "Axes") -> None:
        """Draw what the best and what no knowledge would give with as many wrong answers."""
        overall = self.risk[-1]
        ax.axhline(overall, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
        kept = np.linspace(1 - overall, 1, 100) if overall < 1 else np.array([0.01, 1.0])
        ax.plot([0, *kept], [0, *(1 - (1 - overall) / kept)], color=MUTED, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
        names = [("random", (0.0, overall), (4, 3), "left")]
        if overall > 0:
            names.append(("ideal", (1 - overall, 0.0), (-2, 3), "right"))
        for name, place, shift, side in names:
            ax.annotate(name, place, shift, textcoords="offset points", ha=side, color=MUTED, fontsize=7.5, zorder=5)

    def _curve(self, ax: "Axes") -> None:
        """Draw the thresholds that exist; the line between them only guides the eye."""
        at = spread(self.coverage, DRAWN)
        x, y = ([column[i] for i in at] for column in (self.coverage, self.risk))
        low, high = ([column[i] for i in at] for column in (self.low, self.high))
        ax.fill_between(x, low, high, color=LINE, alpha=0.45, linewidth=0, zorder=1)
        ax.plot(x, y, color=INK, linewidth=1.4, zorder=3, clip_on=False)
        if len(self.threshold) <= FEW:
            ax.scatter(x, y, s=26, color=INK, edgecolors=PAPER, linewidths=0.8, zorder=4, clip_on=False)

    def _thresholds(self, ax: "Axes") -> None:
        """Write some thresholds over the frame, above the answers that they keep."""
        above = ax.get_xaxis_transform()
        last = 2.0
        for i in reversed(spread(self.coverage, NAMED)):
            x = self.coverage[i]
            if last - x < APART:
                continue
            last = x
            ax.plot([x, x], [1, 1.025], color=MUTED, linewidth=0.8, transform=above, clip_on=False)
            ax.text(x, 1.04, _short(self.threshold[i]), color=INK, fontsize=7.5, ha="center", transform=above)
        ax.text(-0.025, 1.04, "at least", color=MUTED, fontsize=8, ha="right", transform=ax.transAxes)


def spread(coverage: Sequence[float], most: int) -> list[int]:
    """Return the ranks of at most so many points, spread evenly over coverage; the last is always among them.

    >>> spread([0.1, 0.12, 0.13, 0.5, 1.0], 3)
    [2, 3, 4]
    """
    if len(coverage) <= most:
        return list(range(len(coverage)))
    # For each of the aims the last point that does not lie beyond it: whole blocks, never a part of one.
    aims = np.arange(1, most + 1) / most
    return sorted({max(int(np.searchsorted(coverage, aim * (1 + 1e-12), side="right")) - 1, 0) for aim in aims})


def _short(threshold: float) -> str:
    """Write a threshold so that it fits; 99.7 % is not 100 %.

    >>> _short(0.736), _short(0.997), _short(1.0)
    ('74 %', '99.7 %', '100 %')
    """
    return f"{100 * threshold:.{1 if 0 < threshold < 0.01 or 0.99 < threshold < 1 else 0}f} %"
