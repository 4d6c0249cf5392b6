"""Which fields a message asks for, and what the question is: read from the templates' own words, and no others."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from selfexplain.errors import ProviderError
from selfexplain.records import Message

LABEL = re.compile(r"`([A-Z][A-Za-z ]*):`")
"""Templates name the lines of a reply so: `Answer:`."""

KNOWN = (
    *("Answer", "Because", "Confidence", "Words", "Scores", "Quotes", "Steps"),
    *("Redacted question", "Other answer", "Edited question"),
)
"""Lines that a model of glass can write."""

PLAIN = ("Answer", "Confidence")
"""What it writes where no line is named, as templates do that show the form by examples."""

HOW_MANY = re.compile(r"the (\d{1,2}) words")

Scale = Literal["percent", "0-20", "probability"]


class Form(NamedTuple):
    """What a message wants."""

    question: str
    fields: tuple[str, ...]
    scale: Scale
    top: int
    """How many words are to be named."""
    may_be_unknown: bool
    """Whether it offers the answer `unknown`."""


def form_of(messages: Sequence[Message]) -> Form:
    """Return what the last message asks for.

    The question is the last message's text up to its first empty line; where only a confidence is asked for, of the
    user's message before. Examples that are shown as turns are passed over.

    Raises
    ------
    ProviderError
        When a line is asked for that models of glass do not write.

    Examples
    --------
    >>> from selfexplain.prompting.template import named
    >>> from selfexplain.records import Item
    >>> form = form_of(named("top-words").render(Item("q", "A dull plot.", ("negative",))))
    >>> form.question, form.fields, form.scale, form.top
    ('A dull plot.', ('Answer', 'Words', 'Confidence'), 'percent', 3)
    """
    told = [message.content for message in messages if message.role == "user"]
    asked = told[-1] if told else ""
    fields = tuple(dict.fromkeys(LABEL.findall(asked))) or PLAIN
    strange = [field for field in fields if field not in KNOWN]
    if strange:
        raise ProviderError(
            f"a model of glass writes no line `{strange[0]}:`",
            kind="bad_request",
            hint=f"it writes {', '.join(KNOWN)}: take top-words, word-scores, quotes, redact, counterfactual or "
            "answer-why-confidence",
        )
    about = told[-2] if fields == ("Confidence",) and len(told) > 1 else asked
    counted = HOW_MANY.search(asked)
    shown = [message.content for message in messages if message.role == "assistant"]
    words = "\n".join([*(message.content for message in messages if message.role == "system"), *shown[-1:]])
    return Form(
        question=first_paragraph(about),
        fields=fields,
        scale=scale_of(asked if LABEL.search(asked) else words),
        top=int(counted[1]) if counted else 3,
        may_be_unknown="the word unknown" in asked,
    )


def first_paragraph(text: str) -> str:
    """Return a text up to its first empty line."""
    return text.split("\n\n", 1)[0].strip()


def scale_of(text: str) -> Scale:
    """Return how a confidence is wanted, in words or as an example shows it."""
    if "0 to 100" in text or "percent" in text:
        return "percent"
    if "0 to 20" in text:
        return "0-20"
    return "probability" if "between 0 and 1" in text or "Confidence: 0." in text else "percent"
