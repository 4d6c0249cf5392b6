"""From the numbers of tokens to their texts: pieces that join to the reply, each with what might have stood there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from selfexplain.records import Alternative, Token

HALF = "\N{REPLACEMENT CHARACTER}"
"""What a tokenizer writes for bytes that are no whole character."""


@dataclass
class Written:
    """What a model wrote after one prompt."""

    ids: list[int] = field(default_factory=list)
    """The tokens' numbers, with the one that ended the turn."""
    logprobs: list[float] = field(default_factory=list)
    """Natural log-probability of each, of the model's own distribution: before temperature."""
    top: list[list[tuple[int, float]]] = field(default_factory=list)
    """For each the most probable tokens in its place, most probable first; empty lists when none were asked for."""
    ended: bool = False
    """Whether the model ended its turn, rather than being cut off."""


def pieces_of(tokenizer: Any, written: Written) -> tuple[Token, ...]:
    """Return what was written as pieces of text with their log-probabilities.

    A character that spans several tokens is one piece with the summed log-probability and without alternatives; tokens
    without text are left out, and so is the one that ended the turn.

    A token's text is what it adds behind the piece before it: alone it may read otherwise (a tokenizer of words drops
    the space before the first).
    """
    ids, pieces = written.ids[: -1 if written.ended else None], list[Token]()
    before, start, logprob = 0, 0, 0.0  # ids[before:start] is the last piece, and what has no text behind it
    for end in range(1, len(ids) + 1):
        logprob += written.logprobs[end - 1]
        known = text_of(tokenizer, ids[before:start])
        added = text_of(tokenizer, ids[before:end])[len(known) :]
        if added.endswith(HALF) and end < len(ids):
            continue
        if added:
            top = written.top[start] if end - start == 1 and HALF not in added else []
            others = alternatives(tokenizer, ids[before:start], known, top)
            pieces.append(Token(added, min(logprob, 0.0), tuple(others)))
            before = start
        start, logprob = end, 0.0
    return tuple(pieces)


def alternatives(
    tokenizer: Any, behind: Sequence[int], known: str, top: Sequence[tuple[int, float]]
) -> Iterator[Alternative]:
    """Yield what might have stood behind a piece; what is half a character is left out."""
    for other, logprob in top:
        text = text_of(tokenizer, [*behind, other])[len(known) :]
        if HALF not in text:
            yield Alternative(text, min(logprob, 0.0))


def text_of(tokenizer: Any, ids: Sequence[int]) -> str:
    """Return the text of tokens; what is no text to a reader, such as the end of a turn, is left out."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))
