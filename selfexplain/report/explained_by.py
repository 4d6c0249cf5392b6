"""What witnesses say of a Run, as a short section of its report; the whole stands on a page of its own.

On the page it stands between two marks, each alone on its line, so that whoever looks later puts it in without drawing
the rest again. No text of a model can be such a line: every `<` of it is escaped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from selfexplain.report import evidence_words as say
from selfexplain.report.removed import habit

PAGE = "evidence.html"
"""Beside the report."""

BEGIN, END = "<!-- evidence begins -->", "<!-- evidence ends -->"


@dataclass(frozen=True)
class ExplainedBy:
    """The verdict on a Run's explanations, and what it rests on."""

    headline: str
    because: str
    sentences: tuple[str, ...]
    """One for each family of witnesses, claims about other questions, and the ceiling."""
    page: str = PAGE


def explained_by(numbers: Mapping[str, Any]) -> ExplainedBy | None:
    """Return what a report says of `witness.json`; None where no witness has looked."""
    if not numbers:
        return None
    told = (*say.sentences(numbers), say.targets(numbers), habit(numbers), say.ceiling(numbers))
    return ExplainedBy(say.headline(numbers), say.because(numbers), tuple(filter(None, told)))


def between(section: str) -> str:
    """Return a section between the two marks."""
    return f"{BEGIN}\n\n{section.strip()}\n\n{END}" if section.strip() else f"{BEGIN}\n{END}"


def put_in(text: str, section: str) -> str:
    r"""Return a report with this section in the place of the one that it has; unchanged where it has no place for one.

    >>> put_in(f"a\n{BEGIN}\nold\n{END}\nb", between("new")) == f"a\n{between('new')}\nb"
    True
    """
    lines = text.split("\n")
    if BEGIN not in lines or END not in lines[lines.index(BEGIN) :]:
        return text
    begin = lines.index(BEGIN)
    end = lines.index(END, begin)
    return "\n".join([*lines[:begin], section, *lines[end + 1 :]])
