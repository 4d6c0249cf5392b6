"""One picture of all sources of confidence: a panel each, side by side, on the same scales."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from selfexplain.display.axes import Drawable
from selfexplain.display.palette import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# All in inches. A panel is small, so that its text stays readable when a page is narrow.
WIDTH, SIDE, LEFT, BOTTOM, OVER = 3.75, 2.8, 0.68, 0.55, 0.6
LINE_HEIGHT, NAME, TITLE, KEY = 0.165, 0.3, 0.45, 0.2
LINE_LENGTH = 47
"""Characters that fit over a panel."""
READING_KEY = (
    "Dot area: number of answers. Lines: exact intervals, all of a panel hold together with 95 %. "
    "Grey: the interval touches the diagonal, it may be chance."
)


class Labelled(Drawable, Protocol):
    """A display that says of which source of confidence it is."""

    @property
    def label(self) -> str:
        """The name of the source."""


def side_by_side(displays: Sequence[Labelled], captions: Sequence[Sequence[str]] = (), title: str = "") -> "Figure":
    """Draw one panel per source.

    Parameters
    ----------
    displays : sequence of displays with a label, such as ReliabilityDisplay
        One per source, drawn from left to right.
    captions : sequence of sequences of str, optional
        The sentences over each panel, the most important first. Without them, a panel has no heading.
    title : str, optional
        One line over all panels.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot: nothing needs closing, no global state is touched.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - `import selfexplain` must not pay for matplotlib

    wrapped = [[textwrap.wrap(sentence, LINE_LENGTH) for sentence in caption] for caption in captions]
    text_height = LINE_HEIGHT * max((sum(map(len, caption)) for caption in wrapped), default=0)
    heading = text_height + NAME if captions else 0.0
    # Counted from the bottom: a panel keeps its size and place whatever stands over it.
    bottom = BOTTOM + (KEY if captions else 0.0)
    top = bottom + SIDE + OVER + heading
    width, height = WIDTH * max(len(displays), 1), top + (TITLE if title else 0.0)
    figure = Figure(figsize=(width, height), facecolor="none")
    for column, display in enumerate(displays):
        x = (column * WIDTH + LEFT) / width
        # The strip of counts is part of the place: what remains below it is a square.
        display.plot(figure.add_axes((x, bottom / height, SIDE / width, (SIDE + OVER) / height), facecolor="none"))
        if not captions:
            continue
        figure.text(
            x, top / height, display.label, color=INK, fontsize=11, fontweight="bold", va="top", parse_math=False
        )
        y = top - NAME
        for rank, lines in enumerate(wrapped[column]):
            for line in lines:
                colour = MUTED if rank else INK
                figure.text(x, y / height, line, color=colour, fontsize=8.5, va="top", parse_math=False)
                y -= LINE_HEIGHT
    if captions:
        key = textwrap.fill(READING_KEY, 60 * len(displays))
        figure.text(LEFT / width, 0.09 / height, key, color=MUTED, fontsize=7.5, va="bottom", parse_math=False)
    if title:
        figure.text(LEFT / width, (height - 0.16) / height, title, color=MUTED, fontsize=9, va="top", parse_math=False)
    return figure
