"""Print the tables of docs/witness_study.md and draw its picture: `python docs/witness_study.py witness.json`.

The file is what `selfexplain witness RUN -w … --json` prints; the page's own lies in `docs/asked`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfexplain.display.palette import FAINT, INK, LINE, MUTED, OVER, UNDER
from selfexplain.display.picture import write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = Mapping[str, Any]

MEASURE = "named_auroc"

COLOURS = {"perturbation": OVER, "gradients": UNDER, "attention": MUTED}
MARKERS = {"perturbation": "o", "gradients": "s", "attention": "^"}


def plus(value: float) -> str:
    """Return a number with its sign and two decimals."""
    return f"{value:+.2f}".replace("-", "−")


def above(found: Numbers) -> str:
    """Return how far something is above chance, with its interval."""
    above_chance = found["above_chance"]
    low, high = plus(above_chance["low"]), plus(above_chance["high"])
    return f"{plus(above_chance['value'])} ({low} to {high})"


def agreement_table(numbers: Numbers) -> Iterator[str]:
    """Yield the rows of what the model named beside each witness."""
    yield "| witness | family | AUROC of the named words | random content words | above these | overlap | answers |"
    yield "|---|---|---|---|---|---|---|"
    for name, found in numbers["witnesses"].items():
        auroc, overlap = found["agreement"][MEASURE], found["agreement"]["overlap_at_k"]
        yield (
            f"| `{name}` | {found['family']} | {auroc['value']:.2f} | {auroc['chance']:.2f} | {above(auroc)} | "
            f"{overlap['value']:.2f}, chance {overlap['chance']:.2f} | {auroc['n']} |"
        )


def family_table(numbers: Numbers) -> Iterator[str]:
    """Yield the rows of what the verdict rests on."""
    yield "| family | AUROC of the named words | above random content words |"
    yield "|---|---|---|"
    for family, found in numbers["verdicts"]["words"]["families"].items():
        yield f"| {family} | {found['value']:.2f} | {above(found)} |"
    ceiling = numbers["ceiling"]
    yield f"| *witnesses of two families beside each other* | {ceiling['value']:.2f} | {above(ceiling)} |"


def pair_table(numbers: Numbers) -> Iterator[str]:
    """Yield how far each two witnesses agree above chance, as a triangle."""
    names = list(numbers["witnesses"])
    pairs = {frozenset(pair.split(" | ")): found for pair, found in numbers["pairs"].items()}
    yield f"| | {' | '.join(f'{place}' for place in range(1, len(names)))} |"
    yield "|---" * len(names) + "|"
    for place, name in enumerate(names):
        cells = [plus(pairs[frozenset({name, other})]["above_chance"]["value"]) for other in names[:place]]
        yield f"| {place + 1} `{name}` | {' | '.join(cells + [''] * (len(names) - 1 - place))} |"


def picture(numbers: Numbers) -> "Figure":
    """Return how far the named words are above random content words, by each witness."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - the tables need none

    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.add_axes((0.27, 0.2, 0.7, 0.68))
    rows = {name: (found["family"], found["agreement"][MEASURE]) for name, found in numbers["witnesses"].items()}
    for place, (family, found) in enumerate(rows.values()):
        draw(axes, place, found, COLOURS[family], MARKERS[family])
    draw(axes, len(rows) + 0.4, numbers["ceiling"], INK, "D")
    axes.axhline(len(rows) - 0.3, color=LINE, linewidth=0.8)
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.set_yticks([*range(len(rows)), len(rows) + 0.4], [*rows, "witness beside witness"], fontsize=8.5)
    axes.set_xlim(-0.1, 0.24)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_xlabel(
        "AUROC above that of random content words, 95 % interval\n← chance names better     the model names better →",
        fontsize=8.5,
    )
    axes.set_title("Do the named words move the answer?", loc="left", fontsize=10.5, color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    for family, marker in MARKERS.items():
        axes.plot([], [], marker=marker, color=COLOURS[family], linestyle="", label=family, markersize=5)
    axes.legend(loc="upper right", fontsize=8, frameon=False)
    return figure


def draw(axes: "Axes", place: float, found: Numbers, colour: str, marker: str) -> None:
    """Draw a value with its interval on one line."""
    above_chance = found["above_chance"]
    axes.plot([above_chance["low"], above_chance["high"]], [place, place], color=colour, linewidth=1.6)
    axes.plot(above_chance["value"], place, marker=marker, color=colour, markersize=5.5)


def tables(numbers: Numbers) -> Iterator[str]:
    """Yield the lines of all tables."""
    for table in (agreement_table, family_table, pair_table):
        yield from table(numbers)
        yield ""


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(tables(read)))
    write_picture(picture(read), Path(__file__).with_name("witness_study.png"))
