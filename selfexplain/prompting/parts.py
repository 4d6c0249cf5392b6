"""Where the question, each option and each example stand in the messages that a template makes of them.

Known from how the messages are made, never from searching in them: see [marks](../marks.py). Whoever takes a word out
of the question, or asks what the model made of an example's label, starts here.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

import jinja2.nodes
from msgspec.structs import replace

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.marks import Origin, trace
from selfexplain.prompting.template import NOTHING, Example, Template
from selfexplain.prompting.turns import ENVIRONMENT, UNRENDERABLE
from selfexplain.records import Item, Message, Option

QUESTION = "question"

PartKind = Literal["question", "option", "example", "answer", "label", "example_option"]
"""`example` is an example's question, `answer` and `label` what is shown as the reply to it."""


class Part(NamedTuple):
    """One value that a template shows."""

    name: str
    """`question`, `option A` or `example 2`, counted from 1; all that is shown of an example has its name."""
    kind: PartKind
    text: str
    """As the Item has it; spans are counted in it."""


class Place(NamedTuple):
    """Characters [start, stop) of one message."""

    message: int
    start: int
    stop: int


class Layout(NamedTuple):
    """The messages that a template makes of an Item, and where its parts stand in them."""

    messages: tuple[Message, ...]
    parts: tuple[Part, ...]
    origins: tuple[tuple[Origin | None, ...], ...]
    """For each character of each message, the part (its number) and the place in its text; None for the template's."""
    repeats: tuple[tuple[Place, ...], ...]
    """What one pass of a loop in the template wrote, by message, outer ones before inner ones."""

    def places(self, number: int, spans: Iterable[Span] | None = None) -> tuple[Place, ...]:
        """Return where a part stands, or only some spans of its text; several times where the template repeats it.

        Parameters
        ----------
        number : int
            Which of the parts.
        spans : iterable of (start, stop), optional
            In the part's own text; default all of it.
        """
        wanted = None if spans is None else {place for start, stop in spans for place in range(start, stop)}

        def belongs(origin: Origin | None) -> bool:
            return origin is not None and origin.value == number and (wanted is None or origin.place in wanted)

        found = []
        for message, origins in enumerate(self.origins):
            for is_in, run in groupby(enumerate(origins), key=lambda pair: belongs(pair[1])):
                if is_in:
                    places = [place for place, _ in run]
                    found.append(Place(message, places[0], places[-1] + 1))
        return tuple(found)

    def whole(self, name: str) -> tuple[Place, ...]:
        """Return all that belongs to a part's name: the passes of loops and the messages that show nothing else.

        Of an example that is its question and its answer with the words around them, such as `Answer:`; of an option
        its line with its letter. What cannot be told apart from other parts stays the template's.
        """
        own = {number for number, part in enumerate(self.parts) if part.name == name}

        def is_own(place: Place) -> bool:
            shown = {origin.value for origin in self.origins[place.message][place.start : place.stop] if origin}
            return bool(shown) and shown <= own

        everywhere = (Place(number, 0, len(origins)) for number, origins in enumerate(self.origins))
        messages = [place for place in everywhere if name != QUESTION and is_own(place)]
        passes = [place for row in self.repeats for place in row if is_own(place)]
        letters = [place for number in own for place in self.places(number)]
        found: list[Place] = []
        for place in [*messages, *passes, *letters]:  # from the largest to the smallest
            if not any(place.message == other.message and other.start <= place.start < other.stop for other in found):
                found.append(place)
        return tuple(sorted(found))

    def among(self, earlier: Sequence[Message], later: Sequence[Message] = ()) -> "Layout":
        """Return the layout of a conversation with other messages around these, whose parts are not looked for."""
        n = len(earlier)
        moved = tuple(tuple(Place(each.message + n, each.start, each.stop) for each in row) for row in self.repeats)
        return Layout(
            messages=(*earlier, *self.messages, *later),
            parts=self.parts,
            origins=(*map(of_nobody, earlier), *self.origins, *map(of_nobody, later)),
            repeats=(*(() for _ in earlier), *moved, *(() for _ in later)),
        )


def of_nobody(message: Message) -> tuple[Origin | None, ...]:
    """Return the origins of a message that shows no part."""
    return (None,) * len(message.content)


def layout_of(template: Template, item: Item, *, turn: int = 0, reply: Mapping[str, Any] = NOTHING) -> Layout:
    """Return the messages of :meth:`Template.render`, and where the question, options and examples stand in them.

    Parameters
    ----------
    template, item, turn, reply
        As for `Template.render`; what `reply` quotes is the template's.

    Raises
    ------
    InputError
        When the template cannot be rendered, or makes other texts of marked questions than of plain ones.

    Examples
    --------
    >>> from selfexplain.prompting.template import named
    >>> found = layout_of(named("few-shot"), Item("q", "What is the capital of Peru?", gold=("Lima",)))
    >>> found.parts[0].name, found.places(0, [(23, 27)])
    ('question', (Place(message=11, start=23, stop=27),))
    """
    messages = template.render(item, turn=turn, reply=reply)
    parts = parts_of(template, item)
    blocks = template.turns[turn].blocks

    def render(values: Sequence[str], signs: tuple[str, str]) -> list[str]:
        marked, shown = with_values(template, item, values)
        names = {
            "question": marked.question,
            "choices": marked.choices,
            "options": marked.options,
            "examples": shown,
            "reply": reply,
        }
        return [with_signs(block.text, *signs).render(names) for block in blocks]

    try:
        traced = trace([part.text for part in parts], render)
    except UNRENDERABLE:
        traced = None
    if traced is None or [each.text for each in traced] != [message.content for message in messages]:
        raise InputError(
            f"the template {template.id} changes what it shows, so nobody can tell where the question stands",
            hint="leave out filters and conditions that look into the question's letters",
        )
    return Layout(
        messages,
        parts,
        tuple(each.origins for each in traced),
        tuple(tuple(Place(number, *bracket) for bracket in each.brackets) for number, each in enumerate(traced)),
    )


def parts_of(template: Template, item: Item) -> tuple[Part, ...]:
    """Return all values that a template may show of an Item, in a fixed order."""
    found = [Part(QUESTION, "question", item.question)]
    found += [Part(f"option {option.label}", "option", option.text) for option in item.options]
    for number, example in enumerate(template.examples, 1):
        name = f"example {number}"
        found.append(Part(name, "example", example.question))
        found.append(Part(name, "answer", example.answer))
        if example.label:
            found.append(Part(name, "label", example.label))
        found += [Part(name, "example_option", option.text) for option in example.options]
    return tuple(found)


def with_values(template: Template, item: Item, values: Sequence[str]) -> tuple[Item, tuple[Example, ...]]:
    """Return an Item and examples that show other values, in the order of `parts_of`."""
    rest = iter(values)
    marked = replace(item, question=next(rest), choices=tuple(next(rest) for _ in item.choices))
    examples = []
    for example in template.examples:
        question, answer = next(rest), next(rest)
        label = next(rest) if example.label else ""
        options = tuple(Option(option.label, next(rest)) for option in example.options)
        examples.append(Example(question, answer, label, options))
    return marked, tuple(examples)


@functools.lru_cache
def with_signs(text: str, before: str, behind: str) -> jinja2.Template:
    """Return a block that prints two signs around each pass of its loops."""
    tree = ENVIRONMENT.parse(text)
    for loop in tree.find_all(jinja2.nodes.For) if before else ():
        signs = [jinja2.nodes.Output([jinja2.nodes.TemplateData(sign)]) for sign in (before, behind)]
        loop.body = [signs[0], *loop.body, signs[1]]
    return ENVIRONMENT.from_string(tree)
