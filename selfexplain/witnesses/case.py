"""One answer to be explained: what was shown, cut into units, what was answered, and what else might have been."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.evidence import UnitKind
from selfexplain.marks import Origin
from selfexplain.prompting.parts import Layout, Part, Place, layout_of
from selfexplain.prompting.template import NOTHING, Template
from selfexplain.records import Item, Message, Record
from selfexplain.words_in import words_in

SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|(?<=[。！？])[”’」』）]*|\n+")
"""What parts two sentences."""

FORMS = ("{0.label}", "{0.text}", "{0.label}) {0.text}", "{0.label}. {0.text}", "({0.label})", "{0.label})")
"""How an answer names an option."""

PUNCTUATION, REMAINDER = "<punctuation>", "<template>"


class Unit(NamedTuple):
    """One thing that may have mattered."""

    text: str
    part: str
    spans: tuple[Span, ...]
    """In the part's own text."""
    places: tuple[Place, ...]
    """Where it stands in the messages."""
    label: str = ""
    """Of an example: the answer that it shows."""


class Case(NamedTuple):
    """One answer to be explained."""

    item: str
    repeat: int
    messages: tuple[Message, ...]
    """What was sent."""
    said: str
    """What the reply says before the answer: part of what the model had read when it answered."""
    answer: str
    """The answer that was given, in the reply's own letters; never the gold answer."""
    others: tuple[str, ...]
    """Answers that compete with it, written as it is; empty: whatever the model finds the next most probable."""
    kind: UnitKind
    units: tuple[Unit, ...]
    """Disjoint; what none of them holds is the template's."""


def case_of(
    layout: Layout,
    answer: str,
    *,
    said: str = "",
    others: Sequence[str] = (),
    kind: UnitKind = "word",
    item: str = "",
    repeat: int = 0,
) -> Case:
    """Return a Case from messages whose parts are known.

    Parameters
    ----------
    layout : Layout
        As `layout_of` makes it.
    answer : str
        As the model gave it.
    said : str
        What the reply says before it.
    others : sequence of str
        Competing answers.
    kind : str
        `word` and `sentence` cut the question, and leave each option and example whole; `option` and `example` leave
        the question whole, and look at options or examples alone beside it.
    item, repeat
        For the Evidence.

    Raises
    ------
    InputError
        When the answer is empty, or the question does not stand in the messages.
    """
    if not answer.strip():
        raise InputError("there is no answer to explain", hint="only Records whose answer was read have one")
    units = tuple(units_of(layout, kind))
    if not units:
        raise InputError("the question is empty: there is nothing that could have mattered", hint="leave it out")
    return Case(item, repeat, layout.messages, said, answer, tuple(others), kind, units)


def case_of_record(
    record: Record,
    item: Item,
    template: Template,
    sent: Sequence[Message],
    *,
    turn: int = 0,
    quoted: Mapping[str, Any] = NOTHING,
    kind: UnitKind = "word",
) -> Case:
    """Return the Case of a Record, from the Request that its answer came from.

    Parameters
    ----------
    record : Record
        One whose answer was read.
    item : Item
        What was asked.
    template : Template
        How, showing the Dataset's examples.
    sent : sequence of Message
        The whole conversation of that Request.
    turn : int
        Which of the template's turns it was.
    quoted : mapping of field to value
        What the turn quotes of earlier replies.
    kind : str
        How the text is cut.

    Raises
    ------
    InputError
        When no answer was read, or the messages are not those of the template.
    """
    reading = record.report.answer
    if reading.value is None or reading.span is None:
        raise InputError(f"{record.item!r} has no answer to explain: {reading.why}", hint="leave such Records out")
    reply = record.report.replies[record.report.read_in.get("answer", 0)]
    layout = layout_of(template, item, turn=turn, reply=quoted)
    n = len(layout.messages)
    # Behind them stand replies that could not be read, and what was said to them.
    start = next((at for at in range(len(sent) - n, -1, -1) if tuple(sent[at : at + n]) == layout.messages), None)
    if start is None:
        raise InputError(
            f"what was sent for {item.id!r} is not what {template.id} makes of it",
            hint="give the template and the dataset of the Run itself",
        )
    answer = reply[slice(*reading.span)]
    return case_of(
        layout.among(sent[:start], sent[start + n :]),
        answer,
        said=reply[: reading.span[0]],
        others=competing(item, answer),
        kind=kind,
        item=record.item,
        repeat=record.repeat,
    )


def competing(item: Item, answer: str) -> tuple[str, ...]:
    """Return the other choices, written as the answer is: by letter, by text, or by both."""
    given = answer.strip().casefold()
    for form in FORMS:
        written = [form.format(option) for option in item.options]
        if given in {each.strip().casefold() for each in written}:
            return tuple(each for each in written if each.strip().casefold() != given)
    return ()


def as_case(text: "str | Case", answer: str, units: "UnitKind | Sequence[Span]", others: Sequence[str] = ()) -> Case:
    """Return what a witness was handed as a Case.

    Parameters
    ----------
    text : str or Case
        A Case, beside which the other arguments say nothing; or a question that is put as it is, in one turn.
    answer : str
        The answer that the model gave.
    units : str or sequence of (start, stop)
        How the text is cut, or where its units stand.
    others : sequence of str
        Competing answers, for a margin; none: whatever the model finds the next most probable.

    Raises
    ------
    InputError
        When the answer is empty, or the units overlap or do not stand in the text.
    """
    if isinstance(text, Case):
        return text
    layout = plain_layout(text)
    if isinstance(units, str):
        return case_of(layout, answer, others=others, kind=units)
    ends = [0, *(stop for _, stop in sorted(units))]
    for (start, stop), before in zip(sorted(units), ends, strict=False):
        if not before <= start < stop <= len(text):
            raise InputError(
                f"the unit ({start}, {stop}) overlaps another one, or stands outside a text of {len(text)} characters",
                hint="give disjoint units, each as (start, stop) with start < stop",
            )
    case = case_of(layout, answer, others=others)
    return case._replace(units=tuple(within(layout, sorted(units))))


def plain_layout(text: str, *, system: str | None = None) -> Layout:
    """Return the layout of a text that is asked as it is, after what the system turn says, if anything."""
    before = () if system is None else (Message("system", system),)
    here = tuple(Origin(0, place) for place in range(len(text)))
    layout = Layout((Message("user", text),), (Part("question", "question", text),), (here,), ((),))
    return layout.among(before)


def units_of(layout: Layout, kind: UnitKind) -> Iterable[Unit]:
    """Yield the units of a layout, in the order of its parts."""
    if not layout.places(0):
        raise InputError("the question does not stand in the messages", hint="use a template that shows {{ question }}")
    question = layout.parts[0].text
    if kind in {"option", "example"}:
        yield Unit(question, "question", ((0, len(question)),), layout.places(0))
    else:
        yield from within(layout, words(question) if kind == "word" else sentences(question))
    for name in dict.fromkeys(part.name for part in layout.parts[1:]):
        own = [part for part in layout.parts if part.name == name]
        left_out = {"option": "example", "example": "option"}.get(kind)
        places = layout.whole(name)
        if places and (left_out is None or not name.startswith(left_out)):
            label = next((part.text for part in own if part.kind == "answer"), "")
            yield Unit(own[0].text, name, ((0, len(own[0].text)),), places, label)


def within(layout: Layout, spans: Sequence[Span]) -> Iterable[Unit]:
    """Yield the units of the question at some spans, and one of the characters between them that are no white space."""
    question = layout.parts[0].text
    taken = {place for start, stop in spans for place in range(start, stop)}
    for start, stop in spans:
        yield Unit(question[start:stop], "question", ((start, stop),), layout.places(0, [(start, stop)]))
    rest = [place for place, letter in enumerate(question) if place not in taken and not letter.isspace()]
    if rest:
        between = tuple((place, place + 1) for place in rest)
        yield Unit(PUNCTUATION, "question", between, layout.places(0, between))


def words(text: str) -> list[Span]:
    """Return where the words of a text stand.

    >>> words("What is 6 / 2?")
    [(0, 4), (5, 7), (8, 9), (10, 11), (12, 13)]
    """
    return [(word.start, word.stop) for word in words_in(text)]


def sentences(text: str) -> list[Span]:
    """Return where the sentences of a text stand, with what ends them.

    >>> sentences("It rained. We stayed, as ever!  Why?")
    [(0, 10), (11, 30), (32, 36)]
    """
    found, start = [], 0
    for end in [*SENTENCE_END.finditer(text), None]:
        stop = len(text) if end is None else end.start() + len(end.group().rstrip())
        piece = text[start:stop]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            found.append((left, start + len(piece.rstrip())))
        start = stop if end is None else end.end()
    return found
