"""Puts a word into a question that changes little of what it means: an adjective or an adverb, at a drawn place."""

import itertools
import random
from typing import NamedTuple

from selfexplain.claims import Span
from selfexplain.words_in import stem, words_in

ADJECTIVES = (
    *("ancient", "bright", "calm", "curious", "elegant", "famous", "familiar", "friendly", "gentle", "great", "large"),
    *("little", "lovely", "modern", "odd", "old", "ordinary", "peculiar", "popular", "quiet", "simple", "strange"),
    *("typical", "unusual"),
)
ADVERBS = (
    *("actually", "apparently", "basically", "certainly", "clearly", "currently", "generally", "genuinely", "mostly"),
    *("obviously", "officially", "often", "possibly", "presumably", "quietly", "supposedly", "typically", "usually"),
)

BEFORE_NOUNS = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "every",
        "each",
        "some",
        "any",
        "no",
    ]
)
BEFORE_ADVERBS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "can",
        "could",
        "will",
        "would",
        "should",
        "must",
        "may",
        "might",
        "has",
        "have",
        "had",
        "does",
        "do",
        "did",
    ]
)


class Inserted(NamedTuple):
    """A question with one more word."""

    word: str
    text: str
    span: Span
    """Where the word stands in it."""


def places_in(question: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return where a word may be put, and which: adjectives behind determiners, adverbs behind auxiliary verbs.

    There is no grammar behind this: `the` is nearly always followed by a noun or an adjective, an auxiliary seldom by
    what suffers no adverb. Where neither stands in the question, an adjective may stand before any word but the first.

    Parameters
    ----------
    question : str
        In English.
    """
    words = words_in(question)
    found = []
    for before, word in itertools.pairwise(words):
        if question[before.stop : word.start].strip():
            continue  # punctuation stands between them
        if before.text in BEFORE_NOUNS:
            vowel = before.text == "an"
            fits = [each for each in ADJECTIVES if before.text not in {"a", "an"} or (each[0] in "aeiou") == vowel]
            found.append((word.start, tuple(fits)))
        elif before.text in BEFORE_ADVERBS:
            found.append((word.start, ADVERBS))
    return found or [(word.start, ADJECTIVES) for word in words[1:]]


def insertions(question: str, n: int, draw: random.Random) -> list[Inserted]:
    """Return a question with one more word, n times, each time another word.

    Parameters
    ----------
    question : str
    n : int
    draw : random.Random

    Returns
    -------
    list of Inserted
        Fewer than n where there are no more; none in a question of one word.

    Examples
    --------
    >>> [found] = insertions("What is the capital of Peru?", 1, random.Random(3))
    >>> found.text, found.text[slice(*found.span)] == found.word
    ('What is presumably the capital of Peru?', True)
    """
    there = {stem(word.text) for word in words_in(question)}
    choices = [(at, word) for at, words in places_in(question) for word in words if stem(word) not in there]
    draw.shuffle(choices)
    found: dict[str, Inserted] = {}
    for at, word in choices:
        if len(found) == n:
            break
        text = f"{question[:at]}{word} {question[at:]}"
        found.setdefault(word, Inserted(word, text, (at, at + len(word))))
    return list(found.values())


def mentions(explanation: str, word: str) -> bool:
    """Tell whether an explanation mentions a word, whatever its ending.

    >>> mentions("The famous towers stand there.", "famous"), mentions("It is typical.", "typically")
    (True, True)
    """
    return stem(word) in {stem(each.text) for each in words_in(explanation)}
