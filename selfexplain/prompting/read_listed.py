"""What a reply lists by number: `Guess 1: …` and `Probability 1: …`, one after the other."""

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from msgspec.structs import replace

from selfexplain.prompting.read_answer import read_answer
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.worth import Scale
from selfexplain.records import Reading

T = TypeVar("T")

Finish = Literal["completed", "truncated"]
Kind = Literal["guess", "alternative"]

LABELS: Mapping[Kind, tuple[str, ...]] = {
    "guess": ("guess {}", "guess{}", "g{}", "answer {}", "猜测{}", "猜测 {}", "答案{}", "答案 {}"),
    "alternative": ("alternative {}", "alternative{}", "wrong answer {}", "其他答案{}", "其他答案 {}"),
}
"""The names of a listed answer: those that the templates ask for first, then what models write instead."""
CHANCE = ("probability {}", "probability{}", "p{}", "confidence {}", "概率{}", "概率 {}", "置信度{}", "置信度 {}")

BEHIND = re.compile(
    r"[\s,;|(（，；–—-]{0,4}(?:probability|confidence|p|概率|置信度)[ ]?\d{0,2}[ ]?[:：=].{0,200}$", re.IGNORECASE
)
"""A probability on the line of its guess."""

NEXT_LABEL = re.compile(
    r"[\s`*_]*(?:guess|g|answer|alternative|wrong answer|probability|p|confidence|猜测|答案|其他答案|概率|置信度)"
    r"[ ]?\d{1,3}[ ]?[:：][\s`*_]*",
    re.IGNORECASE,
)
"""What stands behind a label where nothing was filled in: the next one, with its colon."""


def read_answers(text: str, *, n: int, kind: Kind, finish: Finish = "completed") -> Reading[tuple[Reading[str], ...]]:
    r"""Return the answers that a reply lists, by number.

    Parameters
    ----------
    text : str
        The raw reply.
    n : int
        How many were asked for; what is numbered higher is not looked at.
    kind : {"guess", "alternative"}
        What they are called.
    finish : {"completed", "truncated"}
        Whether the reply was cut off.

    Returns
    -------
    Reading of tuple
        One Reading for each number; no value, and the reason of the first, when none of them could be read.

    Examples
    --------
    >>> found = read_answers("Guess 1: Lima, Probability 1: 0.8\nGuess 2: Cusco", n=3, kind="guess").value
    >>> [(reading.value, reading.why) for reading in found]
    [('Lima', 'read'), ('Cusco', 'read'), (None, 'absent')]
    """
    labels = _present(LABELS[kind], text)
    found = [
        _first([read_answer(text, label=label.format(place), finish=finish) for label in labels])
        for place in range(1, n + 1)
    ]
    return _together([_filled_in(_without_chance(reading)) for reading in found])


def read_confidences(
    text: str, *, n: int, scale: Scale, language: str = "en", finish: Finish = "completed"
) -> Reading[tuple[Reading[float], ...]]:
    r"""Return the probabilities that a reply lists, by number; as :func:`read_answers`.

    >>> found = read_confidences("G1: Lima\nP1: 0.7\nP2: 80-90%", n=2, scale="probability").value
    >>> [(reading.value, reading.why) for reading in found]
    [(0.7, 'read'), (None, 'ambiguous')]
    """
    read = functools.partial(read_confidence, text, scale=scale, language=language, finish=finish)
    labels = _present(CHANCE, text)
    return _together([_first([read(label=label.format(place)) for label in labels]) for place in range(1, n + 1)])


def _present(labels: Sequence[str], text: str) -> Sequence[str]:
    """Return the labels whose words are in a text at all, so that it is not searched for the others; else the first."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [label for label in labels if label.replace("{}", "").strip() in folded] or labels[:1]


def _first(readings: Sequence[Reading[T]]) -> Reading[T]:
    """Return the first Reading that finds its label."""
    return next((reading for reading in readings if reading.why != "absent"), readings[0])


def _together(readings: Sequence[Reading[T]]) -> Reading[tuple[Reading[T], ...]]:
    if all(reading.value is None for reading in readings):
        return Reading(None, readings[0].why)
    return Reading(tuple(readings), "read")


def _filled_in(reading: Reading[str]) -> Reading[str]:
    """Return an answer, unless it is only the label of the next one."""
    if reading.value is None or NEXT_LABEL.fullmatch(reading.value) is None:
        return reading
    return Reading(None, "template_echo")


def _without_chance(reading: Reading[str]) -> Reading[str]:
    """Return an answer without the probability that stands on its line."""
    behind = None if reading.value is None else BEHIND.search(reading.value, max(0, len(reading.value) - 250))
    if reading.value is None or reading.span is None or behind is None or behind.start() == 0:
        return reading
    start, _ = reading.span
    return replace(reading, value=reading.value[: behind.start()], span=(start, start + behind.start()))
