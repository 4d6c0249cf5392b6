"""Accuracy value by value, the best rising curve through it, and where both would lie by luck alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfexplain.calibration.consistency_band import band_of_curve, band_of_values
from selfexplain.calibration.isotonic_fit import fitted_accuracy
from selfexplain.calibration.resamples import coarsened
from selfexplain.display.evaluated import Evaluated, clusters_of, table_of
from selfexplain.display.palette import FAINT, INK, LINE, MUTED, PAPER
from selfexplain.display.square import area_of, counts_above, halves, side_colour, square, thread
from selfexplain.inference import clopper_pearson

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("confidence", "accuracy", "n", "n_correct", "low", "high", "curve", "band_low", "band_high")
FEW = 24
"""Up to so many confidences each has a dot, an interval and a band of its own; of more only the curve is drawn."""
HALF = 0.013
"""Half the width of a value's band."""


@dataclass(frozen=True)
class CorpDisplay:
    """The CORP reliability diagram: each confidence by itself, and the isotonic fit.

    The grey band is a consistency band, for a test: where the dots would lie 90 times in 100, one at a time, if every
    confidence were exactly right. With more than 24 confidences it is the band of the curve instead, by resampling:
    single answers are right or wrong, so the bands of their dots would say nothing. The line through a dot is its exact
    interval, about what was measured; all lines together hold with 95 %. Both take answers as independent.

    Parameters
    ----------
    label : str
        What the horizontal axis is: the name of the source of confidence.
    confidence : tuple of float, in [0, 1]
        Each distinct confidence, ascending; of more than 1,000, neighbours are joined and state their mean.
    n, n_correct : tuple of int
        Answers with each confidence, and those of them that are right.
    low, high : tuple of float
        Ends of each share's exact interval.
    curve : tuple of float
        The isotonic fit at each confidence: what it would have to say to be calibrated, without changing its order.
    band_low, band_high : tuple of float
        The consistency band about the diagonal.
    event : bool
        Whether the confidence is about an event: then answers are not right, things happen.
    clusters : int, optional
        In how many clusters the answers were drawn, which intervals and band do not know.

    References
    ----------
    Dimitriadis, Gneiting & Jordan 2021, PNAS 118:e2016191118 (arXiv 2008.03033). Bröcker & Smith 2007, Weather and
    Forecasting 22:651, for the band.

    Examples
    --------
    0.7 is right less often than 0.6, so the curve joins the two:

    >>> shown = CorpDisplay.from_evaluation({"table": [[0.6, 10, 6], [0.7, 10, 4], [0.9, 10, 9]]})
    >>> shown.accuracy, shown.curve
    ((0.6, 0.4, 0.9), (0.5, 0.5, 0.9))
    """

    label: str
    confidence: tuple[float, ...]
    n: tuple[int, ...]
    n_correct: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    curve: tuple[float, ...]
    band_low: tuple[float, ...]
    band_high: tuple[float, ...]
    event: bool = False
    clusters: int | None = None

    @classmethod
    def from_evaluation(cls, evaluation: Evaluated, label: str = "confidence", *, event: bool = False) -> "CorpDisplay":
        """Fit the counts of an evaluation, or of one source of a Run: `result.metrics["sources"]["stated"]`."""
        table = coarsened(table_of(evaluation)).pooled
        k = len(table.n)
        low, high = clopper_pearson(table.n_correct, table.n, level=0.95 ** (1 / max(k, 1)))
        band_low, band_high = band_of_values(table) if k <= FEW else band_of_curve(table)
        return cls(
            label,
            confidence=tuple(table.confidence.tolist()),
            n=tuple(table.n.tolist()),
            n_correct=tuple(table.n_correct.tolist()),
            low=tuple(low.tolist()),
            high=tuple(high.tolist()),
            curve=tuple(fitted_accuracy(table).tolist()) if k else (),
            band_low=tuple(band_low.tolist()),
            band_high=tuple(band_high.tolist()),
            event=event,
            clusters=clusters_of(evaluation),
        )

    @property
    def accuracy(self) -> tuple[float, ...]:
        """Share right at each confidence, in [0, 1]."""
        return tuple(right / n for right, n in zip(self.n_correct, self.n, strict=True))

    @property
    def has_dots(self) -> bool:
        """Whether each confidence has a dot of its own; then the band is that of the dots, else of the curve."""
        return len(self.n) <= FEW

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each confidence."""
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame pays for pandas

        return pd.DataFrame({column: list(getattr(self, column)) for column in COLUMNS})

    def plot(self, ax: "Axes") -> "Axes":
        """Draw on `ax` and return it; the counts stand in a strip above it."""
        halves(ax, event=self.event)
        if self.has_dots:
            for x, low, high in zip(self.confidence, self.band_low, self.band_high, strict=True):
                # A band of one point, as at a confidence of 100 %, is drawn too.
                height = max(high - low, 0.008)
                ax.bar(x, height, 2 * HALF, min(low, 1 - height), color=LINE, edgecolor=FAINT, linewidth=0.6, zorder=2)
            numbers = zip(self.confidence, self.accuracy, area_of(self.n), self.low, self.high, strict=True)
            for x, y, area, low, high in numbers:
                colour = side_colour(x, low, high)
                thread(ax, x, low, high, FAINT if colour == MUTED else colour)
                ax.scatter([x], [y], s=area, color=colour, edgecolors=PAPER, linewidths=1, zorder=4, clip_on=False)
        else:
            ax.fill_between(
                self.confidence, self.band_low, self.band_high, color=LINE, alpha=0.8, linewidth=0, zorder=2
            )
        ax.plot(self.confidence, self.curve, color=INK, linewidth=1.6, zorder=3.2, clip_on=False)
        self._counts(ax)
        square(ax, self.label, "actually happened" if self.event else "actually right")
        return ax

    def _counts(self, ax: "Axes") -> None:
        """Draw a bar for each confidence, or for each fiftieth of the scale where there are many."""
        if self.has_dots:
            counts_above(ax, self.confidence, self.n, width=2 * HALF)
            return
        counts = [0] * 50
        for value, n in zip(self.confidence, self.n, strict=True):
            counts[min(int(50 * value), 49)] += n
        counts_above(ax, [(i + 0.5) / 50 for i in range(50)], counts, width=0.016, written=False)
