"""What it means that a unit is not there: five baselines, each part of what is measured."""

import random
from collections.abc import Collection, Iterable, Sequence
from typing import Literal, get_args

from msgspec.structs import replace

from selfexplain.errors import InputError
from selfexplain.evidence import UnitKind
from selfexplain.records import Message
from selfexplain.white_box import Input, WhiteBox
from selfexplain.witnesses.case import Case, Unit, sentences
from selfexplain.witnesses.subject import Subject
from selfexplain.words_in import words_in

Baseline = Literal["delete", "mask", "embed", "replace", "attention_block"]
"""`delete`: the unit's letters are dropped, and the gap is closed. `mask`: they become `___`. `replace`: they become
what stands in other texts. `embed`: its tokens' embeddings become the mean of the vocabulary. `attention_block`: no
later token attends to it."""

BASELINES: tuple[Baseline, ...] = get_args(Baseline)

INSIDE: frozenset[Baseline] = frozenset({"embed", "attention_block"})
"""Baselines that keep every token in its place, and can take the template away too."""

MASK = "___"

CLOSING = frozenset(" ,.;:?!)]}»”’。，？！；：）")


def without_units(
    model: WhiteBox,
    subject: Subject,
    baseline: Baseline,
    groups: Sequence[Collection[int]],
    *,
    texts: Sequence[Sequence[str]] | None = None,
) -> list[Input]:
    """Return an Input for each group of units that is not there.

    Parameters
    ----------
    model : WhiteBox
    subject : Subject
    baseline : str
        What stands in their place.
    groups : sequence of collections of int
        Which units are taken away together; the number after the last is the template's.
    texts : sequence of sequences of str, optional
        For `replace`: for each group what each unit becomes.

    Raises
    ------
    InputError
        When the model reads the answer otherwise without them.
    """
    if baseline in INSIDE:
        gone = [frozenset(position for unit in group for position in subject.tokens[unit]) for group in groups]
        if baseline == "attention_block":
            return [Input(subject.cut.ids, blocked=positions) for positions in gone]
        mean = model.mean_embedding()
        return [Input(subject.cut.ids, rows=dict.fromkeys(sorted(positions), mean)) for positions in gone]
    found = []
    for number, group in enumerate(groups):
        instead = [MASK] * len(subject.case.units) if baseline == "mask" else texts[number] if texts else None
        messages = rewritten(subject.case, group, instead)
        cut = model.cut(messages, subject.case.said, subject.case.answer)
        if cut.answer != subject.cut.answer:
            raise InputError(
                f"the answer {subject.case.answer!r} is cut into other tokens without a unit",
                hint="take the baseline `embed`, which leaves every token in its place",
            )
        found.append(Input(cut.ids))
    return found


def rewritten(case: Case, group: Collection[int], instead: Sequence[str] | None = None) -> tuple[Message, ...]:
    """Return the messages without some units, or with other texts in their place; emptied messages are dropped.

    Parameters
    ----------
    case : Case
    group : collection of int
        Which units.
    instead : sequence of str, optional
        What each unit becomes, by its number.

    Examples
    --------
    >>> from selfexplain.witnesses.case import case_of, plain_layout
    >>> case = case_of(plain_layout("What is the capital of Peru?"), "Lima")
    >>> [rewritten(case, {unit})[0].content for unit in (0, 4, 5)]
    ['is the capital of Peru?', 'What is the capital Peru?', 'What is the capital of?']
    """
    gaps: dict[int, list[tuple[int, int, str]]] = {}
    for number in group:
        for place in case.units[number].places:
            text = "" if instead is None else instead[number]
            gaps.setdefault(place.message, []).append((place.start, place.stop, text))
    found = []
    for number, message in enumerate(case.messages):
        content = filled(message.content, gaps.get(number, ()))
        is_left = content.strip() or not message.content.strip() or number == len(case.messages) - 1
        if is_left:
            found.append(replace(message, content=content))
    return tuple(found)


def filled(text: str, gaps: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with others in the place of some of its characters; where that is nothing, the gap is closed.

    Parameters
    ----------
    text : str
    gaps : iterable of (start, stop, str)
        Disjoint.

    Examples
    --------
    >>> filled("a dull, slow plot", [(2, 6, ""), (8, 12, "___")])
    'a, ___ plot'
    """
    for start, stop, instead in sorted(gaps, reverse=True):
        before, behind = text[:start], text[stop:]
        if not instead:
            before, behind = closed(before, behind)
        text = before + instead + behind
    return text


def closed(before: str, behind: str) -> tuple[str, str]:
    """Return the texts around a gap with one space less, where there is one too many."""
    if before.endswith(" ") and (not behind or behind[0] in CLOSING or behind[0] == "\n"):
        return before[:-1], behind
    if behind.startswith(" ") and (not before or before.endswith("\n")):
        return before, behind[1:]
    return before, behind


def drawn_texts(case: Case, pool: Sequence[str], *, seed: int) -> list[str]:
    """Return for each unit of a Case what may stand in its place, as `drawn_texts_of` says."""
    return drawn_texts_of(case.units, case.kind, pool, seed=seed)


def drawn_texts_of(units: Sequence[Unit], kind: UnitKind, pool: Sequence[str], *, seed: int) -> list[str]:
    """Return for each unit what may stand in its place: a word or sentence of another text that looks like it.

    Of words, one of the same kind: a number, one with a capital, or another one; where there is none, any. Of other
    units, a whole text.

    Raises
    ------
    InputError
        When there is nothing in the pool.
    """
    draw = random.Random(seed)  # noqa: S311 - repeatable draws, which protect nothing
    words = sorted({text[word.start : word.stop] for text in pool for word in words_in(text)})
    whole = sorted({text[start:stop] for text in pool for start, stop in sentences(text)})
    if not words:
        raise InputError(
            "`replace` needs other texts to take words from", hint="hand over `pool`, such as the other questions"
        )
    found = []
    for unit in units:
        others = words if kind == "word" and unit.part == "question" else whole
        alike = [each for each in others if kind_of(each) == kind_of(unit.text) and each != unit.text]
        choice = alike or [each for each in others if each != unit.text] or others
        found.append(choice[int(draw.random() * len(choice))] if unit.text != "<punctuation>" else "")
    return found


def kind_of(text: str) -> str:
    """Return what a word looks like."""
    return "number" if text[:1].isdigit() else "name" if text[:1].isupper() else "word"
