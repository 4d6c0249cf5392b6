"""What of a reply is meant for the reader: the final channel, without the reasoning before it.

Everything read from a reply carries its place in the raw text, because the probabilities of exactly those tokens are
added later. So text is never copied about as a bare string here: it travels as `Located`, where each character
remembers the raw characters it came from.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BREAK = "\x1e"
"""Stands where something was taken out (the ASCII record separator); no value may reach across it."""

REASONING = r"think|thinking|thoughts?|reasoning|seed:think"
# Lengths are bounded and no part can match the other's characters, so that hostile text costs one pass.
TAG = re.compile(
    rf"<\s{{0,4}}(?P<close>/?)\s{{0,4}}(?:{REASONING})(?:\s[^<>\n]{{0,64}})?>"
    r"|(?P<open_mark>\[THINK\]|◁think▷|<\|begin_of_thought\|>|<\|START_THINKING\|>)"
    r"|(?P<close_mark>\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|END_THINKING\|>)",
    re.IGNORECASE,
)
CHANNEL = re.compile(r"<\|channel\|>(?P<name>[^<]{0,80})(?:<\|constrain\|>[^<]{0,40})?<\|message\|>")
CHANNEL_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
# The same two channels as some servers print them: special tokens dropped, the words left standing.
BARE_ANALYSIS = re.compile(r"\s{0,8}analysis(?=[A-Z\"'])")
BARE_FINAL = "assistantfinal"
# After these the model talks to itself as the next user; nothing behind them belongs to the reply.
TURN_END = re.compile(
    r"<\|(?:im_end|endoftext|eot_id|end_of_text|end|return|eom_id|END_RESPONSE|end_of_solution)\|>"
    r"|<end_of_turn>|<eos>|</s>|<｜end▁of▁sentence｜>"
)
TURN_START = re.compile(r"<\|(?:START_RESPONSE|begin_of_solution)\|>")


@dataclass(frozen=True, slots=True)
class Located:
    """Text of which each character knows where it stands in the raw reply.

    Parameters
    ----------
    text : str
        What is read.
    starts, stops : sequence of int, as long as `text`
        The raw characters `[starts[i], stops[i])` that `text[i]` came from; both never decrease.
    """

    text: str
    starts: Sequence[int]
    stops: Sequence[int]

    def raw_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the raw [start, end) of a non-empty stretch of the text."""
        return self.starts[start], self.stops[stop - 1]

    def replace(self, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> "Located":
        """Return the text with each match replaced; the new characters stand for all the raw ones they replace."""
        pieces: list[str] = []
        starts: list[int] = []
        stops: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = by(match)
            if new == match[0]:
                continue
            start, stop = match.span()
            pieces += self.text[done:start], new
            starts += self.starts[done:start]
            stops += self.stops[done:start]
            if stop > start:
                starts += [self.starts[start]] * len(new)
                stops += [self.stops[stop - 1]] * len(new)
            done = stop
        if not pieces:
            return self
        pieces.append(self.text[done:])
        starts += self.starts[done:]
        stops += self.stops[done:]
        return Located("".join(pieces), starts, stops)


@dataclass(frozen=True, slots=True)
class FinalText:
    """The final channel of a reply.

    Parameters
    ----------
    located : Located
        What the model meant to be read, with its place in the raw reply.
    truncated : bool
        The reply ended before (or outside) the final channel: an opened reasoning block was never closed.
    """

    located: Located
    truncated: bool


def final_text(reply: str) -> FinalText:
    """Return the final channel of a reply: what is left without reasoning, wherever the model put it.

    Closed reasoning blocks go. After a closing tag that was never opened (the opening stood in the prompt) only what
    follows the last one stays. An opening tag that is never closed means that the reply ended while the model still
    reasoned. Of the harmony format only the `final` channel stays.

    Parameters
    ----------
    reply : str
        The raw text, any text at all.

    Examples
    --------
    >>> final_text("<think>Rome? No.</think>Answer: Paris").located.text.strip()
    'Answer: Paris'
    >>> final_text("<think>Rome? Perhaps").truncated
    True
    """
    kept, truncated = _channels(reply) if CHANNEL.search(reply) else _without_reasoning(reply)
    return FinalText(_join(reply, kept), truncated)


def _channels(reply: str) -> tuple[list[tuple[int, int]], bool]:
    """Return the raw stretches of the harmony `final` channel, and whether there is none."""
    kept = []
    for opening in CHANNEL.finditer(reply):
        if opening["name"].strip().lower().startswith("final"):
            end = CHANNEL_END.search(reply, opening.end())
            kept.append((opening.end(), len(reply) if end is None else end.start()))
    return kept, not kept


def _without_reasoning(reply: str) -> tuple[list[tuple[int, int]], bool]:
    """Return the raw stretches outside reasoning tags, and whether the last block was never closed."""
    begin = 0
    if BARE_ANALYSIS.match(reply):
        bare = reply.rfind(BARE_FINAL)
        begin = bare + len(BARE_FINAL) if bare >= 0 else 0
    kept: list[tuple[int, int]] = []
    inside = False
    for tag in TAG.finditer(reply, begin):
        closes = bool(tag["close"] or tag["close_mark"])
        if closes and not inside:
            kept.clear()  # all that stood before a lone closing tag was reasoning
        elif not closes and not inside:
            kept.append((begin, tag.start()))
        inside = not closes
        begin = tag.end()
    if not inside:
        kept.append((begin, len(reply)))
    return _first_turn(reply, kept), inside


def _first_turn(reply: str, kept: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches up to the first end-of-turn token that has something before it."""
    turn = []
    spoken = False
    for start, stop in kept:
        begin = start
        for token in TURN_START.finditer(reply, start, stop):
            begin = token.end()
        for token in TURN_END.finditer(reply, begin, stop):
            spoken = spoken or bool(reply[begin : token.start()].strip())
            turn.append((begin, token.start()))
            begin = token.end()
            if spoken:
                return turn
        spoken = spoken or bool(reply[begin:stop].strip())
        turn.append((begin, stop))
    return turn


def _join(reply: str, kept: list[tuple[int, int]]) -> Located:
    """Return the kept stretches as one text, with a BREAK between them."""
    pieces: list[str] = []
    starts: list[int] = []
    stops: list[int] = []
    for start, stop in kept:
        if stop <= start:
            continue
        if pieces:
            pieces.append(BREAK)
            starts.append(stops[-1])
            stops.append(start)
        pieces.append(reply[start:stop])
        starts += range(start, stop)
        stops += range(start + 1, stop + 1)
    return Located("".join(pieces), starts, stops)
