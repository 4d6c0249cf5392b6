"""Print the tables of docs/witness_study.md and draw its picture: `python docs/witness_study.py witness.json`.

The file is what `selfexplain witness RUN -w … --json` prints; the page's own lies in `docs/asked`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfexplain.display.palette import FAINT, INK, LINE, MUTED, OVER, PAPER, UNDER
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
    """Yield the rows of what the verdict rests on, and of the second null."""
    yield "| family | AUROC of the named words | above random content words | above claims about other sentences |"
    yield "|---|---|---|---|"
    for family, found in numbers["verdicts"]["words"]["families"].items():
        yield f"| {family} | {found['value']:.2f} | {above(found)} | {above(found['other_item'])} |"
    ceiling = numbers["ceiling"]
    yield f"| *witnesses of two families beside each other* | {ceiling['value']:.2f} | {above(ceiling)} | |"


def removal_table(numbers: Numbers) -> Iterator[str]:
    """Yield the rows of what the answer's probability loses without some words, and with nothing but them."""
    whole, alone = (numbers["removals"]["measures"][name] for name in ("comprehensiveness", "sufficiency"))
    yield "| words | lost without them | more than random | lost with nothing but them | less than random |"
    yield "|---|---|---|---|---|"
    named = [("named by the model", whole["named"], alone["named"])]
    tops = [
        (f"top words of `{name}`", whole["witnesses"][name], alone["witnesses"][name]) for name in whole["witnesses"]
    ]
    for words, without, only in named + tops:
        yield f"| {words} | {without['value']:.2f} | {above(without)} | {only['value']:.2f} | {above(only)} |"
    yield f"| random content words | {whole['random']['value']:.2f} | | {alone['random']['value']:.2f} | |"


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
    """Return by how much the named words beat random content words, and claims about other sentences."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - the tables need none

    figure = Figure(figsize=(7.6, 5.2))
    axes = figure.add_axes((0.25, 0.16, 0.72, 0.72))
    rows = {name: (found["family"], found["agreement"][MEASURE]) for name, found in numbers["witnesses"].items()}
    for place, (family, found) in enumerate(rows.values()):
        draw(axes, place - 0.15, found, COLOURS[family], MARKERS[family])
        draw(axes, place + 0.2, found["other_item"], COLOURS[family], MARKERS[family], is_hollow=True)
    draw(axes, len(rows) + 0.3, numbers["ceiling"], INK, "D")
    axes.axhline(len(rows) - 0.4, color=LINE, linewidth=0.8)
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.set_xlim(-0.13, 0.3)
    axes.set_yticks([*range(len(rows)), len(rows) + 0.3], [*rows, "witness beside witness"], fontsize=8.5)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_xlabel(
        "difference of AUROC, 95 % interval\n← the others' words score higher     the model's named words do →",
        fontsize=8.5,
    )
    axes.set_title("Do the words that the model names move its answer?", loc="left", fontsize=10.5, color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    for family, marker in MARKERS.items():
        axes.plot([], [], marker=marker, color=COLOURS[family], linestyle="", label=family, markersize=5)
    axes.plot([], [], marker="o", color=INK, linestyle="", markersize=5, label="beside random content words")
    axes.plot(
        [],
        [],
        marker="o",
        color=INK,
        fillstyle="none",
        linestyle="",
        markersize=5,
        label="beside claims about other\nsentences, same place",
    )
    axes.legend(loc="upper right", fontsize=7.5, frameon=False)
    return figure


def draw(axes: "Axes", place: float, found: Numbers, colour: str, marker: str, *, is_hollow: bool = False) -> None:
    """Draw a value with its interval on one line."""
    limits, width = found["above_chance"], 1.0 if is_hollow else 1.8
    axes.plot([limits["low"], limits["high"]], [place, place], color=colour, linewidth=width, zorder=1)
    filling = PAPER if is_hollow else colour
    axes.plot(limits["value"], place, marker=marker, color=colour, markerfacecolor=filling, markersize=5.5)


def tables(numbers: Numbers) -> Iterator[str]:
    """Yield the lines of all tables."""
    for table in (agreement_table, family_table, removal_table, pair_table):
        yield from table(numbers)
        yield ""


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(tables(read)))
    write_picture(picture(read), Path(__file__).with_name("witness_study.png"))
