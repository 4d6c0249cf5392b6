"""One self-contained page: no network, one script allowed by its hash, all that a model wrote escaped."""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from selfexplain.display.axes import alone
from selfexplain.display.two_sources import side_by_side
from selfexplain.report.cards import Card
from selfexplain.report.inline_svg import inline, with_dots
from selfexplain.report.language import language_of
from selfexplain.report.view import RunView
from selfexplain.report.visible import visible

FIRST = 100
"""So many Records stand in the page; a browser lays out more only when they are asked for."""
PRINTED = 40
"""So many Records are printed; the style sheet cuts there."""


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
    return fill(
        "run.html.j2",
        view=view,
        pictures=[pictures_of(card, rank) for rank, card in enumerate(view.cards)],
    )


def fill(name: str, **shown: Any) -> str:
    """Return a page from one of our own templates, with the style, the script and the policy that every page has."""
    script, style = _part("page.js"), _part("page.css")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"typeset": typeset, "coloured": coloured, "lang": lang}
    template = environment.get_template(name)
    return str(
        template.render(
            # Our own files and pictures drawn from numbers: nothing in them comes from a model or a data set.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            policy=_policy(script),
            percent=_length,
            first=FIRST,
            printed=PRINTED,
            **shown,
        )
    )


def pictures_of(card: Card, source: int) -> dict[str, Any]:
    """Return the pictures of a card as SVG for this page."""
    prefix = f"p{source}"
    diagram = inline(side_by_side([card.diagram.display]), prefix, card.diagram.alternative)
    return {
        "diagram": with_dots(diagram, prefix, card.diagram.dots, source, card.title),
        "corp": inline(side_by_side([card.corp.display]), f"{prefix}c", card.corp.alternative),
        "recalibration": card.recalibration
        and inline(alone(card.recalibration.display), f"{prefix}r", card.recalibration.alternative),
        "decision": card.decision and inline(alone(card.decision.display), f"{prefix}d", card.decision.alternative),
        "forest": card.forest and inline(card.forest.display.figure(), f"{prefix}g", card.forest.alternative),
        "apart": [
            inline(alone(shown.display), f"{prefix}{rank}", shown.alternative) for rank, shown in enumerate(card.apart)
        ],
    }


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


def lang(text: str) -> Markup:
    """Return the attribute that names a text's language, so that fonts and voices fit; nothing when it is not known.

    >>> str(lang("네, 동의합니다")), str(lang("Lima"))
    (' lang="ko"', '')
    """
    language = language_of(text)
    return Markup(f' lang="{language}"') if language else Markup()  # noqa: S704 - one of our own names


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
    """Read a part of the page."""
    return files("selfexplain.report").joinpath("page", name).read_text(encoding="utf-8")
