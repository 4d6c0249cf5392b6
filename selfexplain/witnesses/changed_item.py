"""An Item and its template as they are without some units: what the template then shows is made anew."""

from collections.abc import Sequence

from msgspec.structs import replace

from selfexplain.prompting.parts import QUESTION
from selfexplain.prompting.template import Template
from selfexplain.records import Item
from selfexplain.witnesses.case import FORMS, Unit
from selfexplain.witnesses.removal import filled


def without(
    item: Item, template: Template, units: Sequence[Unit], instead: Sequence[str] | None = None
) -> tuple[Item, Template]:
    """Return an Item and a template that do not show some units.

    Of the question, letters are dropped and the gap is closed. An option or an example goes whole, and the others
    move up: their letters change. With other texts in their place, an option keeps its letter and an example its
    place in the conversation, its question and answer both replaced.

    Parameters
    ----------
    item : Item
    template : Template
        Showing its examples.
    units : sequence of Unit
        Which are gone, as `case.units_of` cuts them.
    instead : sequence of str, optional
        What stands in the place of each.

    Examples
    --------
    >>> from selfexplain.prompting.parts import layout_of
    >>> from selfexplain.prompting.template import named
    >>> from selfexplain.witnesses.case import units_of
    >>> item = Item("q", "What is the capital of Peru?", ("Lima",))
    >>> units = list(units_of(layout_of(named("answer-confidence"), item), "word"))
    >>> without(item, named("answer-confidence"), units[4:6])[0].question
    'What is the capital?'
    >>> without(item, named("answer-confidence"), units[5:6], ["___"])[0].question
    'What is the capital of ___?'
    """
    texts = [""] * len(units) if instead is None else list(instead)
    gaps = [
        (start, stop, text)
        for unit, text in zip(units, texts, strict=True)
        if unit.part == QUESTION
        for start, stop in unit.spans
    ]
    item = replace(item, question=filled(item.question, gaps))
    gone = {unit.part: text for unit, text in zip(units, texts, strict=True) if unit.part != QUESTION}
    choices = (gone.get(f"option {option.label}", option.text) for option in item.options)
    item = replace(item, choices=tuple(choice for choice in choices if choice))
    examples = []
    for number, example in enumerate(template.examples, 1):
        text = gone.get(f"example {number}")
        if text is None:
            examples.append(example)
        elif text:
            examples.append(replace(example, question=text, answer=text))
    return item, replace(template, examples=tuple(examples))


def written_out(answer: str, item: Item) -> str:
    """Return an answer as the text of the option that it names; as it is where it names none.

    Letters change when an option goes, so two answers are compared by what they say.

    >>> item = Item("q", "Where?", ("A",), choices=("Lyon", "Paris"))
    >>> [written_out(answer, item) for answer in ("b", "A) Lyon", "Nice")]
    ['Paris', 'Lyon', 'Nice']
    """
    said = answer.strip().rstrip(".").casefold()
    named = [option.text for option in item.options if said in {form.format(option).casefold() for form in FORMS}]
    return named[0] if len(named) == 1 else answer
