"""A metric over Runs: its value and interval for each, in the order in which they were asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from selfexplain.calibration.metric import MetricFacts
from selfexplain.display.palette import INK, LINE, MUTED, OVER, PAPER, UNDER
from selfexplain.pipeline.history import Point, Series

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 40
"""So many runs are drawn, the last ones; the numbers keep all."""
LABELS = 8
"""So many dates stand under a picture."""
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "*")
"""One for each model and template, so that they are told apart without colour; the last is for all that are left."""
LONGEST = 70
"""Characters of a name in the key."""
UNITS: Mapping[str, tuple[float, str]] = {
    "gap": (100.0, "Gap, in points: above 0\nsays more than is right"),
    "accuracy": (100.0, "Share right, %"),
    "mean_confidence": (100.0, "Mean confidence, %"),
    "auroc": (1.0, "AUROC: 0.5 is a coin"),
}
"""How an axis is scaled and called; other metrics have their title, and which way is better."""
REFERENCE = {"gap": 0.0, "auroc": 0.5}
"""Where nothing is wrong, or nothing there."""
COLUMNS = ("asked", "run", "model", "template", "n", "n_asked", "coverage", "value", "low", "high", "undefined")


@dataclass(frozen=True)
class HistoryDisplay:
    """One series: runs of one dataset, by one source of confidence.

    Parameters
    ----------
    title : str
        The dataset and the source.
    metric : str
    label : str
        What the axis says.
    points : tuple of Point
        In their order.
    baseline : Point, optional
        A line through all, with its interval as a band.
    reference : float, optional
        The value at which nothing is wrong or nothing is there; an interval that holds it proves nothing.
    """

    title: str
    metric: str
    label: str
    points: tuple[Point, ...]
    baseline: Point | None = None
    reference: float | None = None

    @classmethod
    def of(cls, series: Series, metric: str, facts: MetricFacts | None = None) -> "HistoryDisplay":
        """Take a series of a History, and of a metric that is none of :data:`UNITS` the facts."""
        label, reference = UNITS.get(metric, (1.0, metric))[1], REFERENCE.get(metric)
        if facts is not None and metric not in UNITS:
            better = {"higher": "\nhigher is better", "lower": "\nlower is better"}.get(facts.direction, "")
            label = f"{facts.title}{better}"
            reference = facts.best if facts.direction == "closer" else None
        if series.about == "event" and metric == "accuracy":
            label = "Share that happened, %"
        kind = " · ".join(filter(None, (series.dataset, f"{series.source} confidence", series.template)))
        return cls(kind, metric, label, series.points, series.baseline, reference)

    @property
    def drawn(self) -> tuple[Point, ...]:
        """The runs of the picture: all, or the last."""
        return self.points[-MOST:]

    @property
    def empty(self) -> bool:
        """Whether nothing in the picture has a value."""
        shown = self.drawn if self.baseline is None else (*self.drawn, self.baseline)
        return all(point.estimate.value is None for point in shown)

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each run; `undefined` says why there is no value."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        rows = [
            (
                *(point.asked, point.name, point.model, point.template, point.n, point.n_asked, point.coverage.value),
                *(point.estimate.value, point.estimate.low, point.estimate.high, point.estimate.undefined),
            )
            for point in self.points
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it: a dot and its interval for each run, hollow where it proves nothing."""
        scale = UNITS.get(self.metric, (1.0, ""))[0]
        if self.reference is not None and not self.empty:
            ax.axhline(scale * self.reference, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        self._draw_baseline(ax, scale)
        kinds = list(dict.fromkeys(kind_of(point) for point in self.drawn))
        for place, kind in enumerate(kinds):
            of_kind = [x for x, point in enumerate(self.drawn) if kind_of(point) == kind]
            found = {x: value for x in of_kind if (value := self.drawn[x].estimate.value) is not None}
            if kind:  # of FILEs nobody knows whether one model and template answered
                ax.plot(list(found), [scale * value for value in found.values()], color=LINE, linewidth=1, zorder=2)
            shape = SHAPES[min(place, len(SHAPES) - 1)]
            for x in found:
                self._draw_point(ax, x, shape, scale)
            if kind and (place < len(SHAPES) - 1 or len(kinds) == len(SHAPES)):
                ax.scatter([], [], s=34, marker=shape, color=MUTED, label=short(kind))
            elif kind and place == len(SHAPES) - 1:
                ax.scatter([], [], s=34, marker=shape, color=MUTED, label=f"{len(kinds) - place} more")
        for x, point in enumerate(self.drawn):
            if point.estimate.value is None:
                where = ax.get_xaxis_transform()
                ax.text(x, 0.02, "none", color=MUTED, fontsize=7.5, ha="center", va="bottom", transform=where)
        self._dress(ax)
        return ax

    def _draw_point(self, ax: "Axes", x: int, shape: str, scale: float) -> None:
        found = self.drawn[x].estimate
        value, low, high = found.value or 0.0, found.low, found.high
        sure = self.reference is None or (low is not None and high is not None and not low <= self.reference <= high)
        colour = MUTED if not sure else INK
        if sure and self.metric == "gap":
            colour = OVER if value > 0 else UNDER
        if low is not None and high is not None:
            ax.plot([x, x], [scale * low, scale * high], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
        ax.scatter(
            [x],
            [scale * value],
            s=38,
            marker=shape,
            facecolors=colour if sure else PAPER,
            edgecolors=colour,
            linewidths=1.2,
            zorder=4,
        )

    def _draw_baseline(self, ax: "Axes", scale: float) -> None:
        if self.baseline is None or self.baseline.estimate.value is None:
            return
        found = self.baseline.estimate
        if found.low is not None and found.high is not None:
            ax.axhspan(scale * found.low, scale * found.high, color=LINE, alpha=0.45, linewidth=0, zorder=0)
        ax.axhline(scale * self.baseline.estimate.value, color=INK, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
        ax.annotate(
            f"baseline\n{short(self.baseline.name, 18)}",
            (1, scale * self.baseline.estimate.value),
            (5, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color=INK,
            fontsize=7.5,
            va="center",
            parse_math=False,
        )

    def _dress(self, ax: "Axes") -> None:
        n = len(self.drawn)
        shown = range(n - 1, -1, -max(1, -(-n // LABELS)))  # evenly from the last one back, so that no two touch
        ax.set_xticks(shown, [dated(self.drawn[x]) for x in shown])
        ax.set_xlim(-0.6, max(n, 1) - 0.4)
        ax.margins(y=0.12)
        ax.tick_params(colors=MUTED, labelsize=7.5, length=0, pad=5)
        for text in ax.get_xticklabels():
            text.set(parse_math=False)
        ax.set_ylabel(self.label, color=INK, fontsize=8.5)
        if self.empty:
            ax.set_yticks([])  # nothing was measured, so numbers on this axis would be made up
        ax.set_xlabel(order_of(self.drawn), color=INK, fontsize=8.5)
        ax.set_title(short(self.title, 90), color=INK, fontsize=9, loc="left", pad=8, parse_math=False)
        for side, spine in ax.spines.items():
            spine.set(visible=side in {"left", "bottom"}, color=LINE, linewidth=0.8)


def stacked(displays: Sequence[HistoryDisplay]) -> "Figure":
    """Return a panel for each series under one another, with the key to all of them; not known to pyplot."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    keys = [min(len({kind_of(point) for point in display.drawn} - {""}), len(SHAPES)) for display in displays]
    heights = [3.25 + 0.17 * n for n in keys]
    height = sum(heights) + 0.45
    figure = Figure(figsize=(7.4, height), facecolor="none")
    top = height
    for display, tall, n in zip(displays, heights, keys, strict=True):
        ax = figure.add_axes((0.115, (top - tall + 0.77 + 0.17 * n) / height, 0.77, 2.1 / height), facecolor="none")
        display.plot(ax)
        if n:
            key = ax.legend(
                loc="upper left",
                bbox_to_anchor=(-0.01, -0.33),
                borderaxespad=0,
                frameon=False,
                fontsize=7.5,
                labelcolor=INK,
                handletextpad=0.3,
                labelspacing=0.35,
            )
            for text in key.get_texts():
                text.set(parse_math=False)
        top -= tall
    for row, caption in enumerate(captions(displays)):
        figure.text(0.02, (0.3 - 0.17 * row) / height, caption, color=MUTED, fontsize=7.5)
    return figure


def captions(displays: Sequence[HistoryDisplay]) -> list[str]:
    """Return how the picture is read."""
    read = "Mark: the value of a run; line: its 95 % interval; n: its usable answers."
    if any(display.reference is not None for display in displays):
        read += " Hollow: the interval holds the dashed line, it may be chance."
    rest = "Overlapping intervals do not prove that nothing changed."
    if any(display.baseline is not None for display in displays):
        rest += " Dotted: the baseline, grey its interval."
    kinds = [[kind for point in display.drawn if (kind := kind_of(point))] for display in displays]
    if any(len(set(each)) < len(each) for each in kinds):
        rest += " Thin: one model and template."
    if any(len(display.points) > MOST for display in displays):
        rest += f" The last {MOST} runs."
    return [read, rest]


def order_of(points: Sequence[Point]) -> str:
    """Return in which order runs stand: by when they were asked, which FILEs do not say."""
    dated = sum(point.asked is not None for point in points)
    if not points:
        return ""
    if not dated:
        return "FILEs in the order given: when they were asked is not known"
    asked = "runs in the order in which they were asked (UTC), not to scale"
    return asked if dated == len(points) else f"{asked}; then FILEs in the order given"


def kind_of(point: Point) -> str:
    """Return the model and the template of a run, empty for a table."""
    return " · ".join(filter(None, (point.model, point.template)))


def dated(point: Point) -> str:
    """Return when a run was asked, or what it is called, and how many answers it rests on."""
    moment: datetime | None = point.asked
    when = short(point.name.rsplit("/", 1)[-1], 14) if moment is None else f"{moment:%Y-%m-%d}\n{moment:%H:%M}"
    return f"{when}\nn = {point.n:,}"


def short(name: str, longest: int = LONGEST) -> str:
    """Return a name on one line, cut to a length.

    >>> short("a long name", 8)
    'a long …'
    """
    line = " ".join(name.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
