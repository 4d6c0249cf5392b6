"""Gap, share right and AUROC of each way of asking, with their intervals: the numbers, and one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfexplain.display.groups import GroupForestDisplay

if TYPE_CHECKING:  # matplotlib and pandas cost half a second each: only who draws or frames pays
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = 0.42
"""Share of the width that the names take: a way of asking is called by its template and its source."""
LONGEST = 44
WIDTH = 8.0


@dataclass(frozen=True)
class WaysForestDisplay:
    """A forest plot: a line per way of asking, a panel per measure, and the reference as a dotted line through it.

    Parameters
    ----------
    forest : GroupForestDisplay
        Its groups are the ways.
    """

    forest: GroupForestDisplay

    @classmethod
    def of(
        cls, ways: Sequence[tuple[str, int, Mapping[str, Any]]], *, reference: int | None = None
    ) -> "WaysForestDisplay":
        """Take the name, the number of usable answers and the Estimates of each way.

        Examples
        --------
        >>> import selfexplain as sx
        >>> found = sx.evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1]).to_dict()
        >>> shown = WaysForestDisplay.of([("words", found["n"], found["metrics"])], reference=0)
        >>> shown.frame().query("metric == 'accuracy'").value.tolist()
        [0.75]
        """
        measures = ("gap", "accuracy", "auroc")
        first = {} if reference is None else ways[reference][2]
        return cls(
            GroupForestDisplay(
                {name: n for name, n, _ in ways},
                {(name, metric): found[metric] for name, _, found in ways for metric in measures if metric in found},
                {metric: first[metric]["value"] if metric in first else None for metric in measures},
                names=NAMES,
                longest=LONGEST,
                width=WIDTH,
            )
        )

    def frame(self) -> "pd.DataFrame":
        """Return the numbers behind the picture, one row for each way and metric."""
        return self.forest.frame().rename(columns={"group": "way"})

    def figure(self) -> "Figure":
        """Return the picture on a figure of its own, as high as there are ways, unknown to pyplot."""
        return self.forest.figure()

    def plot(self, ax: "Axes") -> "Axes":
        """Draw a panel for each measure inside `ax` and return it."""
        return self.forest.plot(ax)
