"""Where each character of a rendered text comes from: told by marks that travel through the rendering, not by search.

Two ways, each believed only if the text without its marks is exactly the text that is rendered without any. First each
character of a value is replaced by a private one of its own, which survives trimming, slicing, wrapping and loops.
Where that changes the text, as under a filter that changes case, each value is wrapped in two marks instead.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

PRIVATE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
"""Characters that Unicode gives no meaning to."""

Render = Callable[[Sequence[str], tuple[str, str]], Sequence[str]]
"""From values, and two signs that may be printed anywhere, to texts."""


class Origin(NamedTuple):
    """A character of a value."""

    value: int
    place: int


class Traced(NamedTuple):
    """A rendered text, and where its characters come from."""

    text: str
    origins: tuple[Origin | None, ...]
    """One for each character; None for what the rendering itself wrote, and for white space at the edge of a value."""
    brackets: tuple[tuple[int, int], ...]
    """What stood between the two signs, each as [start, stop), in the order of their starts."""


def trace(values: Sequence[str], render: Render) -> list[Traced] | None:
    """Render values, and tell of each character which value it comes from and where it stood there.

    Parameters
    ----------
    values : sequence of str
        What is handed to the rendering.
    render : callable
        Gets the values and two signs, and returns texts; it may print the signs around what it repeats.

    Returns
    -------
    list of Traced
        One for each text; None where the rendering does other things with marked values than with plain ones.

    Examples
    --------
    >>> (found,) = trace(["  Peru ", "Lima"], lambda values, signs: [f"{values[0].strip()}: {values[1].join(signs)}"])
    >>> found.text, found.origins[:2], found.origins[4], found.brackets
    ('Peru: Lima', (Origin(value=0, place=2), Origin(value=0, place=3)), None, ((6, 10),))
    """
    plain = list(render(values, ("", "")))
    written = set(chain(*values, *plain))
    free = (letter for numbers in PRIVATE for letter in map(chr, numbers) if letter not in written)
    signs = (next(free), next(free))

    def signed(marked: Sequence[str]) -> Sequence[str]:
        return render(marked, signs)

    for traced in by_character, by_value:
        found = traced(values, signed, free, signs)
        if found is not None and [each.text for each in found] == plain:
            return found
    return None


def by_character(
    values: Sequence[str], render: Callable[[Sequence[str]], Sequence[str]], free: Iterator[str], signs: tuple[str, str]
) -> list[Traced] | None:
    """Trace with a private character in the place of each one that is no white space; None where there are too few."""
    known: dict[str, tuple[Origin, str]] = {}
    marked = []
    for number, value in enumerate(values):
        letters = list(value)
        for place, letter in enumerate(value):
            if letter.isspace():
                continue
            mark = next(free, None)
            if mark is None:
                return None
            known[mark] = (Origin(number, place), letter)
            letters[place] = mark
        marked.append("".join(letters))
    found = []
    for text in render(marked):
        bare, brackets = without_signs(text, signs)
        pairs = [known.get(letter, (None, letter)) for letter in bare]
        plain = "".join(letter for _, letter in pairs)
        found.append(Traced(plain, joined([origin for origin, _ in pairs], plain, values), brackets))
    return found


def joined(origins: list[Origin | None], text: str, values: Sequence[str]) -> tuple[Origin | None, ...]:
    """Give an origin to what stands between two characters of a value, and stood between them there."""
    last: tuple[int, Origin] | None = None
    for place, origin in enumerate(list(origins)):
        if origin is None:
            continue
        if last is not None and origin.value == last[1].value and origin.place - last[1].place == place - last[0]:
            start, stop = last[1].place + 1, origin.place
            if values[origin.value][start:stop] == text[last[0] + 1 : place]:
                origins[last[0] + 1 : place] = [Origin(origin.value, each) for each in range(start, stop)]
        last = (place, origin)
    return tuple(origins)


def by_value(
    values: Sequence[str], render: Callable[[Sequence[str]], Sequence[str]], free: Iterator[str], signs: tuple[str, str]
) -> list[Traced] | None:
    """Trace with a mark before and behind each value; None where there are too few, or one of two is gone."""
    opening = {mark: number for number, mark in zip(range(len(values)), free, strict=False)}
    end = next(free, None)
    if end is None:
        return None
    marks = list(opening)
    found = []
    for text in render([f"{mark}{value}{end}" for mark, value in zip(marks, values, strict=True)]):
        bare, brackets = without_signs(text, signs, others=frozenset({end, *marks}))
        letters: list[str] = []
        origins: list[Origin | None] = []
        open_at: tuple[int, int] | None = None
        for letter in without(text, signs):
            if letter in opening:
                open_at = (opening[letter], len(letters))
            elif letter == end:
                if open_at is None:
                    return None
                number, start = open_at
                origins[start:] = matched(number, values[number], "".join(letters[start:]))
                open_at = None
            else:
                letters.append(letter)
                origins.append(None)
        if open_at is not None:
            return None
        found.append(Traced(bare, tuple(origins), brackets))
    return found


def matched(number: int, value: str, shown: str) -> list[Origin | None]:
    """Return the origins of what a value became between its marks: letter by letter, or where the two agree."""
    if len(value) == len(shown):
        return [Origin(number, place) for place in range(len(value))]
    origins: list[Origin | None] = [None] * len(shown)
    for block in difflib.SequenceMatcher(None, value, shown, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            origins[block.b + step] = Origin(number, block.a + step)
    return origins


def without(text: str, letters: Sequence[str]) -> str:
    """Return a text without some letters."""
    return "".join(letter for letter in text if letter not in letters)


def without_signs(
    text: str, signs: tuple[str, str], others: frozenset[str] = frozenset()
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return a text without its signs and other marks, and what stood between two signs, inner ones too."""
    letters: list[str] = []
    brackets: list[tuple[int, int]] = []
    open_at: list[int] = []
    for letter in text:
        if letter == signs[0]:
            open_at.append(len(letters))
        elif letter == signs[1]:
            if open_at:  # a filter may have cut off the other one
                brackets.append((open_at.pop(), len(letters)))
        elif letter not in others:
            letters.append(letter)
    return "".join(letters), tuple(sorted(brackets, key=lambda bracket: (bracket[0], -bracket[1])))
