"""What a model of glass is: from the words of a sentence to an answer, and how much each word counts for it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

POSITIVE, NEGATIVE = "positive", "negative"

PAIRS = (
    ("superb", "awful"),
    ("delightful", "tedious"),
    ("great", "dull"),
    ("charming", "boring"),
    ("clever", "clumsy"),
    ("good", "bad"),
    ("warm", "cold"),
    ("funny", "slow"),
    ("fine", "loud"),
    ("not", "truly"),
    ("never", "always"),
    ("hardly", "fully"),
)

OPPOSITES: Mapping[str, str] = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}
"""What is written in a word's place to change the answer."""


class Judged(NamedTuple):
    """An answer and what is known of it."""

    answer: str
    confidence: float
    """The model's own probability of its answer, in [0.5, 1)."""
    counts: tuple[float, ...]
    """For each word how much it counts, in [−1, 1]: above 0 for the answer, below 0 against it, 0 not at all."""
    knows: bool
    """Whether there is any word that it knows."""


class Thinking(Protocol):
    """A model of glass."""

    name: str
    contents: Any
    """All that decides its answers, as plain data."""
    opposites: Mapping[str, str]

    def judged(self, words: Sequence[str]) -> Judged:
        """Return the answer to a sentence, given its words in lower case."""
        ...
