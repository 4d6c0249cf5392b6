"""A decision tree over words: a few questions, each about the presence of some words, one after the other."""

from collections.abc import Sequence
from typing import NamedTuple, Union

from selfexplain.glass.thinking import NEGATIVE, OPPOSITES, POSITIVE, Judged

NEGATIONS = ("not", "never", "hardly")
GOOD = ("superb", "delightful", "great", "charming", "clever", "good", "warm", "funny", "fine")
BAD = ("awful", "tedious", "dull", "boring", "clumsy", "bad", "cold", "slow", "loud")
STRONG = ("superb", "delightful", "great")


class Leaf(NamedTuple):
    """Where the questions end."""

    answer: str
    confidence: float


class Fork(NamedTuple):
    """A question: whether any of these words is there."""

    words: tuple[str, ...]
    yes: Union["Fork", Leaf]
    no: Union["Fork", Leaf]


TREE = Fork(
    NEGATIONS,
    yes=Fork(
        GOOD,
        yes=Leaf(NEGATIVE, 0.88),
        no=Fork(BAD, yes=Leaf(POSITIVE, 0.76), no=Leaf(NEGATIVE, 0.55)),
    ),
    no=Fork(
        BAD,
        yes=Fork(STRONG, yes=Leaf(POSITIVE, 0.68), no=Leaf(NEGATIVE, 0.92)),
        no=Fork(GOOD, yes=Leaf(POSITIVE, 0.94), no=Leaf(POSITIVE, 0.52)),
    ),
)


class Tree:
    """Walks down the tree; what decided are the words that answered a question with yes on the way.

    Each counts by what the answer's probability would lose without the words that answered its question, all together:
    of two good words each would do, and both decide. What answered yes and speaks against the answer is below 0.

    Examples
    --------
    >>> judged = Tree().judged(["not", "a", "dull", "plot"])
    >>> judged.answer, judged.confidence, [round(count, 2) for count in judged.counts]
    ('positive', 0.76, [0.68, 0.0, 0.31, 0.0])
    """

    name = "tree"
    contents = TREE
    opposites = OPPOSITES

    def judged(self, words: Sequence[str]) -> Judged:
        """Return the answer at the leaf that a sentence comes to."""
        leaf, passed = walked(words)
        counts = {
            word: leaf.confidence - probability(leaf.answer, [each for each in words if each not in asked])
            for asked in passed
            for word in asked
        }
        return Judged(
            answer=leaf.answer,
            confidence=leaf.confidence,
            counts=tuple(counts.get(word, 0.0) for word in words),
            knows=bool(passed),
        )


def walked(words: Sequence[str]) -> tuple[Leaf, list[tuple[str, ...]]]:
    """Return where a sentence comes to, and the words of the questions that it answered with yes."""
    node: Fork | Leaf = TREE
    passed: list[tuple[str, ...]] = []
    while isinstance(node, Fork):
        is_there = not set(node.words).isdisjoint(words)
        if is_there:
            passed.append(node.words)
        node = node.yes if is_there else node.no
    return node, passed


def probability(answer: str, words: Sequence[str]) -> float:
    """Return the probability that the tree gives an answer to a sentence."""
    leaf, _ = walked(words)
    return leaf.confidence if leaf.answer == answer else 1 - leaf.confidence
