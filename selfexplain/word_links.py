"""What in a translated question says what in its original: links between words, written as text that people can review.

A link is a pair of pieces, `["首都", "capital"]`: one of the translation, one of the original. A piece that stands in
its question several times says which with a number behind it, `的[2]`. Words are compared as everywhere: whole ones,
without case; in scripts without spaces between words each character is one.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from selfexplain.words_in import Word, words_in

T = TypeVar("T", bound=Hashable)

Pairs = Iterable[tuple[str, str]]

NTH = re.compile(r"(.*\S)\s*\[([1-9]\d{0,3})\]", re.DOTALL)


class Misplaced(LookupError):  # noqa: N818 - what is said of a piece, caught by whoever knows its line and field
    """A piece does not name one place; its text says why, and how to mend it."""


def place_of(piece: str, words: Sequence[Word]) -> range:
    """Return the places of the words that a piece names.

    Parameters
    ----------
    piece : str
        Words that stand beside each other, as in the question; `的[2]` is the second place of 的. Only the last bracket
        counts: the piece `a[1]` of a question is written `a[1][1]`.
    words : sequence of Word
        Those of the question.

    Raises
    ------
    Misplaced
        When it stands nowhere, or in several places and does not say which.

    Examples
    --------
    >>> place_of("the capital", words_in("What is the capital of the Gambia?"))
    range(2, 4)
    >>> place_of("the[2]", words_in("What is the capital of the Gambia?"))
    range(5, 6)
    """
    numbered = NTH.fullmatch(piece.strip())
    text, nth = (numbered[1], int(numbered[2])) if numbered else (piece.strip(), None)
    sought = [word.text for word in words_in(text)]
    if not sought:
        raise Misplaced("it holds no word")
    written = [word.text for word in words]
    starts = [at for at in range(len(words) - len(sought) + 1) if written[at : at + len(sought)] == sought]
    if not starts:
        raise Misplaced("it does not stand there")
    if nth is None and len(starts) > 1:
        raise Misplaced(f"it stands there {len(starts)} times: write `{text}[1]` for the first")
    if nth is not None and nth > len(starts):
        raise Misplaced(f"`{text}` stands there {len(starts)} times")
    start = starts[(nth or 1) - 1]
    return range(start, start + len(sought))


def linked(pairs: Pairs, question: Sequence[Word], original: Sequence[Word]) -> list[tuple[range, range]]:
    """Return the places of each pair's words: in the translation, in the original.

    Raises
    ------
    Misplaced
        As :func:`place_of`; Items that were read from a file or asked have none such.

    Examples
    --------
    >>> linked([("秘鲁", "Peru")], words_in("秘鲁的首都是什么？"), words_in("What is the capital of Peru?"))
    [(range(0, 2), range(5, 6))]
    """
    return [(place_of(here, question), place_of(there, original)) for here, there in pairs]


def groups_of(links: Iterable[Collection[T]]) -> list[set[T]]:
    """Return links that share a word as one group: what is translated together.

    Examples
    --------
    >>> [sorted(group) for group in groups_of([{"a1", "b1"}, {"a2", "b2"}, {"a1", "b3"}])]
    [['a2', 'b2'], ['a1', 'b1', 'b3']]
    """
    groups: list[set[T]] = []
    for link in links:
        joined, apart = set(link), []
        for group in groups:
            if joined & group:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return groups
