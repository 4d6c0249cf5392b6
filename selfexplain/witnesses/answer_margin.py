"""By how much an answer is more probable than its rivals where it begins, read from a reply's token probabilities."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from selfexplain.records import Reading, Response, Token


class Margin(NamedTuple):
    """log p(answer) − max log p(rival), in nats; None where a reply does not tell."""

    value: float | None
    bounded: bool = False
    """Whether one of them was not among the alternatives: then the least returned log-probability stands in for it."""


def margin_of(response: Response, reading: Reading[str], answer: str, others: Sequence[str]) -> Margin:
    """Return the margin of an answer over its rivals, at the token where the answer of a reply begins.

    An alternative counts for the one answer that it is the beginning of, case and spaces aside. What is not among the
    alternatives has at most the least log-probability that was returned, and that is taken.

    Parameters
    ----------
    response : Response
        A reply with alternatives to its tokens; it may give another answer.
    reading : Reading of str
        The answer read from it, with its span.
    answer : str
        The answer that is explained.
    others : sequence of str
        Its rivals.

    Examples
    --------
    >>> from selfexplain.records import Alternative
    >>> top = tuple(Alternative(text, math.log(p)) for text, p in ((" yes", 0.6), (" no", 0.3), (" I", 0.05)))
    >>> reply = Response("completed", "Answer: yes", (Token("Answer:", 0.0), Token(" yes", math.log(0.6), top)))
    >>> round(margin_of(reply, Reading("yes", "read", span=(8, 11)), "yes", ["no"]).value, 4)  # log 2
    0.6931
    >>> margin_of(reply, Reading("yes", "read", span=(8, 11)), "maybe", ["yes"]).bounded
    True
    """
    token = None if reading.span is None else beginning_at(response.tokens, reading.span[0])
    if token is None or not token.top or not others:
        return Margin(None)
    there = {each.text: each.logprob for each in token.top}
    there.setdefault(token.text, token.logprob)
    least = min(there.values())
    names = [each.strip().casefold() for each in (answer, *others)]
    found: list[list[float]] = [[] for _ in names]
    for text, logprob in there.items():
        begun = text.strip().casefold()
        meant = [place for place, name in enumerate(names) if begun and name.startswith(begun)]
        if len(meant) == 1:
            found[meant[0]].append(logprob)
    if not any(found):
        return Margin(None)
    own, *rivals = (together(each) if each else least for each in found)
    return Margin(own - max(rivals), bounded=not all(found))


def together(logprobs: Sequence[float]) -> float:
    """Return the log-probability of any of several tokens."""
    most = max(logprobs)
    return most + math.log(math.fsum(math.exp(each - most) for each in logprobs))


def beginning_at(tokens: Sequence[Token], start: int) -> Token | None:
    """Return the token with which the text from a place on begins, white space before it aside; None in mid-token."""
    at = 0
    for token in tokens:
        first = at + len(token.text) - len(token.text.lstrip())
        at += len(token.text)
        if at > start:
            return token if first == start else None
    return None
