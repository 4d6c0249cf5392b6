"""Gap, accuracy and AUROC of each group with their intervals, beside all answers: the numbers, and one picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfexplain.display.axes import WIDTH, quiet
from selfexplain.display.evaluated import Evaluated, numbers_of
from selfexplain.display.palette import FAINT, INK, LINE, MUTED, OVER, PAPER, UNDER

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEASURES = {"gap": ("Gap, points", 0.0), "accuracy": ("Right", None), "auroc": ("AUROC", 0.5)}
"""What is drawn, its name, and the value that means nothing is there: no gap, a coin."""
MOST = 30
"""So many groups are drawn, those with the most answers; the numbers keep all."""
LONGEST = 16
"""Characters of a name beside the picture."""
NAMES = 0.27
"""Share of the width that the names take."""
ROW, ABOVE, BELOW = 0.24, 0.32, 0.28
"""Inches that a group, the titles and the ticks take."""
COLUMNS = ("group", "n", "metric", "value", "low", "high", "undefined")


@dataclass(frozen=True)
class GroupForestDisplay:
    """A forest plot: a line per group, a panel per measure, and all answers as a dotted line through it.

    Parameters
    ----------
    n : mapping of str to int
        Answers of each group, by its name.
    estimates : mapping of (str, str) to mapping
        For each group and metric the Estimate: `value`, `low`, `high`, and the reason why there is none, `undefined`.
    pooled : mapping of str to float or None
        The value over all answers, of each metric that was measured.
    event : bool
        Whether the confidence is about an event: then answers are not right, things happen.
    names : float
        Share of the width that the names take.
    longest : int
        Characters of a name beside the picture.
    width : float
        Of the figure, in inches.

    Examples
    --------
    >>> import selfexplain as sx
    >>> evaluation = sx.evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1], group=["sums", "sums", "dates", "dates"])
    >>> shown = GroupForestDisplay.from_evaluation(evaluation)
    >>> dict(shown.n), shown.pooled["accuracy"]
    ({'dates': 2, 'sums': 2}, 0.75)
    """

    n: Mapping[str, int]
    estimates: Mapping[tuple[str, str], Mapping[str, Any]]
    pooled: Mapping[str, float | None]
    event: bool = False
    names: float = NAMES
    longest: int = LONGEST
    width: float = WIDTH

    @classmethod
    def from_evaluation(cls, evaluation: Evaluated, *, event: bool = False) -> "GroupForestDisplay":
        """Take the groups of an evaluation, or of one source of a Run: `result.metrics["sources"]["stated"]`."""
        numbers = numbers_of(evaluation)
        groups = numbers["groups"]
        return cls(
            {name: group["n"] for name, group in groups.items()},
            {
                (name, metric): group["metrics"][metric]
                for name, group in groups.items()
                for metric in MEASURES
                if metric in group["metrics"]
            },
            {metric: numbers["metrics"][metric]["value"] for metric in MEASURES if metric in numbers["metrics"]},
            event,
        )

    @property
    def drawn(self) -> list[str]:
        """The groups of the picture, in their order: all, or the largest."""
        largest = sorted(self.n, key=lambda name: -self.n[name])[:MOST]
        return [name for name in self.n if name in set(largest)]

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each group and metric; `undefined` says why none."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        rows = [
            (name, self.n[name], metric, *(estimate.get(column) for column in COLUMNS[3:]))
            for (name, metric), estimate in self.estimates.items()
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def figure(self) -> "Figure":
        """Return the picture on a figure of its own, as high as it has groups, unknown to pyplot."""
        from matplotlib.figure import Figure  # noqa: PLC0415 - only who draws pays for matplotlib

        height = BELOW + ROW * max(len(self.drawn), 1) + ABOVE
        figure = Figure(figsize=(self.width, height), facecolor="none")
        self.plot(figure.add_axes((0.01, BELOW / height, 0.98, (height - BELOW - ABOVE) / height)))
        return figure

    def plot(self, ax: "Axes") -> "Axes":
        """Draw a panel for each measure inside `ax` and return it."""
        ax.set_axis_off()
        names, measures = self.drawn, list(self.pooled)
        width = (1 - self.names) / max(len(measures), 1)
        for column, metric in enumerate(measures):
            panel = ax.inset_axes((self.names + column * width, 0, width - 0.04, 1), facecolor="none")
            self._panel(panel, metric, names)
            panel.set_yticks(
                range(len(names)), [_short(name, self.longest) for name in names] if not column else [""] * len(names)
            )
            for text in panel.get_yticklabels():
                text.set(color=INK, fontsize=8, parse_math=False)
        return ax

    def _panel(self, panel: "Axes", metric: str, names: list[str]) -> None:
        title, nothing = MEASURES[metric]
        if metric == "accuracy" and self.event:
            title = "Happened"
        quiet(panel)
        scale = 1.0 if metric == "auroc" else 100.0
        if nothing is not None:
            panel.axvline(scale * nothing, color=FAINT, linewidth=1, zorder=1)
        pooled = self.pooled[metric]
        if pooled is not None:
            panel.axvline(scale * pooled, color=MUTED, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
        for y, name in enumerate(names):
            found = self.estimates.get((name, metric), {})
            value, low, high = (found.get(part) for part in ("value", "low", "high"))
            if value is None:
                where = panel.get_yaxis_transform()
                panel.text(0.5, y, "none", color=MUTED, fontsize=7, ha="center", va="center", transform=where)
                continue
            colour = _colour(metric, low, high)
            if low is not None and high is not None:
                panel.plot([scale * low, scale * high], [y, y], color=colour, linewidth=1.6, zorder=3, clip_on=False)
            at = scale * value
            panel.scatter([at], [y], s=30, color=colour, edgecolors=PAPER, linewidths=0.8, zorder=4, clip_on=False)
        panel.set_ylim(max(len(names), 1) - 0.5, -0.5)
        _ends(panel, metric)
        ends = panel.get_xticklabels()
        for text, side in zip(ends, ("left", "center", "right"), strict=True):
            text.set(ha=side, fontsize=7.5)  # inside their panel: the next one begins at once
        panel.set_title(title, color=INK, fontsize=8, pad=5)
        panel.spines[["left", "right", "top"]].set_visible(False)
        panel.spines["bottom"].set_color(LINE)


def _ends(panel: "Axes", metric: str) -> None:
    """Choose where a panel begins and ends: shares from 0 to all; the gap as far as it goes, 0 always inside."""
    if metric == "gap":
        low, high = panel.dataLim.intervalx
        reach = [low, high, -10.0, 10.0]
        low, high = (20 * round(end(reach) / 20 + 0.49 * sign) for end, sign in ((min, -1), (max, 1)))
        panel.set_xlim(low, high)
        apart = 0.3 * (high - low)  # the name of an end beside the 0 would be written over it
        named = {low: -low >= apart, 0: True, high: high >= apart}
        names = [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in named]
        panel.set_xticks(
            list(named), [name if shown else "" for name, shown in zip(names, named.values(), strict=True)]
        )
    elif metric == "accuracy":
        panel.set_xlim(0, 100)
        panel.set_xticks([0, 50, 100], ["0", "", "100 %"])
    else:
        panel.set_xlim(0, 1)
        panel.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def _colour(metric: str, low: float | None, high: float | None) -> str:
    """Return the side's colour for a gap whose interval shows one, else a neutral one."""
    if metric != "gap" or low is None or high is None:
        return INK if metric != "gap" else MUTED
    return OVER if low > 0 else UNDER if high < 0 else MUTED


def _short(name: str, longest: int = LONGEST) -> str:
    r"""Return a name on one line that fits beside the picture.

    >>> _short("history of the\nlate Roman republic")
    'history of…ublic'
    """
    line = " ".join(name.split())
    if len(line) <= longest:
        return line
    last = (longest - 1) // 3  # names often differ only in their last words: "…, stated", "…, token"
    return f"{line[: longest - 1 - last]}…{line[-last:]}"
