"""A picture as part of a page: SVG that takes the page's colours and fonts, and whose dots can be opened."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from selfexplain.display import palette
from selfexplain.display.picture import svg_text
from selfexplain.display.reliability import BAR, DOT
from selfexplain.report.figures import Dot
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

THEME = {
    palette.INK: "--ink",
    palette.MUTED: "--muted",
    palette.FAINT: "--faint",
    palette.LINE: "--bar",
    palette.OVER: "--over",
    palette.OVER_TINT: "--over-tint",
    palette.UNDER: "--under",
    palette.UNDER_TINT: "--under-tint",
    palette.RIGHT: "--right",
    palette.WRONG: "--wrong",
    palette.WRONG_TINT: "--wrong-tint",
    palette.PAPER: "--paper",
}
"""Which colour of a picture is which colour of the page: so the same picture works on light and on dark ground."""

REACH = 10
"""Radius around a dot that still counts as the dot, in SVG units: fingers are larger than the smallest dot."""


def inline(drawing: "Drawing", prefix: str, alternative: str) -> Markup:
    """Return a figure as SVG for the inside of a page.

    Parameters
    ----------
    drawing : matplotlib.figure.Figure
    prefix : str
        Keeps the identifiers of several pictures on one page apart.
    alternative : str
        The text alternative, raw.
    """
    svg = svg_text(drawing)
    svg = svg[svg.index("<svg") :]
    # What concerns only files of their own: metadata, and a style sheet that would reach the whole page.
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    for colour, variable in THEME.items():
        svg = svg.replace(colour, f"var({variable})")
    name = escape(visible(alternative))
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{name}"', 1))  # noqa: S704 - drawn from numbers


def with_dots(svg: Markup, prefix: str, dots: Sequence[Dot], source: int, title: str) -> Markup:
    """Mark the dots and bars of an inline reliability diagram, so that the script can make them open their answers.

    Without the script they stay a picture: no dead button.
    """
    text = str(svg)
    for rank, dot in enumerate(dots):
        told = escape(visible(f"Only {title}: {dot.range}".replace(" %", "\u202f%")))
        marks = f'data-source="{source}" data-tenth="{dot.tenth}"'
        reach = rf'\1<circle class="reach" cx="\2" cy="\3" r="{REACH}"/>'
        place = rf'(<g id="{prefix}-{DOT}{rank}">.*?<use [^>]*? x="([\d.]+)" y="([\d.]+)"[^>]*/>)'
        text = re.sub(place, reach, text, count=1, flags=re.DOTALL)
        text = text.replace(
            f'<g id="{prefix}-{DOT}{rank}">',
            f'<g id="{prefix}-{DOT}{rank}" class="dot" {marks} data-label="{escape(dot.label)}" data-told="{told}">',
        )
        text = text.replace(f'<g id="{prefix}-{BAR}{rank}">', f'<g id="{prefix}-{BAR}{rank}" class="bar" {marks}>')
    return Markup(text)  # noqa: S704 - drawn from numbers, its words escaped above
