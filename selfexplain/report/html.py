"""One self-contained page: no network, one script allowed by its hash, all that a model wrote escaped."""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from selfexplain.display import palette
from selfexplain.display.picture import svg_text
from selfexplain.display.two_sources import side_by_side
from selfexplain.report.view import Card, RunView
from selfexplain.report.visible import visible

THEME = {
    palette.INK: "--ink",
    palette.MUTED: "--muted",
    palette.FAINT: "--faint",
    palette.LINE: "--bar",
    palette.OVER: "--over",
    palette.OVER_TINT: "--over-tint",
    palette.UNDER: "--under",
    palette.UNDER_TINT: "--under-tint",
    palette.PAPER: "--paper",
}
"""Which colour of a picture is which colour of the page: so the same picture works on light and on dark ground."""


def render(view: RunView) -> str:
    """Return the page as text.

    Parameters
    ----------
    view : RunView
        All that is shown; its texts are raw.

    Returns
    -------
    str
        HTML that fetches nothing and runs nothing but the filter of its own table.
    """
    pictures = [inline_picture(card, f"p{rank}") for rank, card in enumerate(view.cards)]
    return fill("run.html.j2", view=view, pictures=pictures)


def fill(name: str, **shown: Any) -> str:
    """Return a page from one of our own templates, with the style, the script and the policy that every page has."""
    script, style = _part("run.js"), _part("run.css")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, finalize=_finalize, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"typeset": typeset, "coloured": coloured}
    template = environment.from_string(_part(name))
    return str(
        template.render(
            # Our own files and pictures drawn from numbers: nothing in them comes from a model or a data set.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            policy=_policy(script),
            percent=_length,
            **shown,
        )
    )


def inline_picture(card: Card, prefix: str) -> Markup:
    """Return the reliability diagram of a card as SVG that takes the page's colours and fonts.

    `prefix` keeps the identifiers of several pictures on one page apart.
    """
    svg = svg_text(side_by_side([card.display]))
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
    title = escape(visible(_in_words(card)))
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1))  # noqa: S704 - drawn from numbers


def typeset(text: str) -> Markup:
    """Escape a sentence and keep on one line what belongs together: a number and its percent sign, an interval.

    >>> typeset("right 61 % (52–72) <b>") == 'right 61\u202f% <span class="together">(52–72)</span> &lt;b&gt;'
    True
    """
    safe = re.sub(r"(?<=\d) %", "\u202f%", str(escape(visible(text))))
    return Markup(re.sub(r"\([^()&]{1,24}\)", r'<span class="together">\g<0></span>', safe))  # noqa: S704 - escaped above


def coloured(text: str) -> Markup:
    """Typeset a sentence and give the two ways to be off the colours that they have in the pictures."""
    words = r"\b(over|under)confident( by [\d.]+ points)?"

    def paint(found: re.Match[str]) -> str:
        return f'<span class="{found[1].lower()}">{found[0]}</span>'

    return Markup(re.sub(words, paint, str(typeset(text)), flags=re.IGNORECASE))  # noqa: S704 - escaped by typeset


def _in_words(card: Card) -> str:
    """Return the text alternative of a diagram: its dots in order."""
    sure, truth = ("expected", "happened") if card.display.event else ("sure", "right")
    dots = [
        f"{100 * says:.0f} % {sure}, {100 * right:.0f} % {truth}, {n:,} answers"
        for says, right, n in zip(card.display.mean_confidence, card.display.accuracy, card.display.n, strict=True)
    ]
    return f"Reliability diagram, {card.title}: {'; '.join(dots) or 'no answers'}."


def _finalize(value: Any) -> Any:
    """Make hidden characters of every printed text visible, so that no place in the template can forget it."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _length(share: float) -> str:
    """Write a share as a length for SVG, kept inside the picture."""
    return f"{100 * min(max(share, 0.0), 1.0):.2f}%"


def _policy(script: str) -> str:
    """Forbid everything but our own script and style; pictures are inline, the icon is an empty data address."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Style attributes cannot be allowed by hash, and the pictures' colours stand in them.
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _part(name: str) -> str:
    """Read a file that lies beside this one."""
    return files("selfexplain.report").joinpath(name).read_text(encoding="utf-8")
