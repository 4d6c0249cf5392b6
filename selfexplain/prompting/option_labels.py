"""Where a reply holds the label of an option, and what probability its tokens give to each label."""

import math
import re
import unicodedata
from collections.abc import Sequence

from selfexplain.records import Reading, Response, Token


def unable(response: Response, written: Reading[str], labels: Sequence[str]) -> str:
    """Return why there can be no probability of a label; empty when there can."""
    reasons = {
        "no token probabilities": not response.tokens,
        "no alternatives to the tokens": not any(token.top for token in response.tokens),
        "no answer was read": written.span is None or written.value is None,
        "labels of several characters": any(len(label) > 1 for label in labels),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def label_places(text: str, written: Reading[str], labels: Sequence[str]) -> dict[str, int]:
    """Return the labels that an answer holds, each with its first place in the reply's text."""
    start, stop = written.span or (0, 0)
    wanted = re.compile(standing_alone(labels), re.IGNORECASE if stop - start <= 4 else 0)  # `(b)` is B, a dog is no A
    places: dict[str, int] = {}
    for found in wanted.finditer(text, start, stop):
        places.setdefault(next(label for label in labels if plain(label) == plain(found[0])), found.start())
    return places


def token_at(tokens: Sequence[Token], position: int) -> Token:
    """Return the token that holds the character at a position; tokens join to the text."""
    for token in tokens:
        if position < len(token.text):
            return token
        position -= len(token.text)
    return tokens[-1]


def standing_alone(labels: Sequence[str]) -> str:
    """Return a pattern for labels that are no part of a word, nor the words `A` and `I` before another word.

    >>> re.findall(standing_alone(["A", "B"]), "A dog, or 选B: A) or AB?")
    ['B', 'A']
    """
    either = "|".join(re.escape(label) + (r"(?!\s+[a-z])" if label in {"A", "I"} else "") for label in labels)
    return rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])"


def label_masses(token: Token, labels: Sequence[str]) -> dict[str, float]:
    """Return the probability of each label in a token's place, summed over the ways to write it."""
    there = {other.text: other.logprob for other in token.top}
    there.setdefault(token.text, token.logprob)  # what was written may be outside the most probable ones
    return {
        label: math.fsum(math.exp(logprob) for text, logprob in there.items() if plain(text) == plain(label))
        for label in labels
    }


def plain(text: str) -> str:
    """Return a label as its variants are compared.

    >>> plain(" (b)") == plain("Ｂ") == plain("B.")
    True
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
