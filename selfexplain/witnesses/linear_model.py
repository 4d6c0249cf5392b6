"""A model whose inside can be worked out by hand: every word adds its weight to the logit of `yes` over `no`.

For examples, tests and whoever writes a witness: what a method must find in it is known before it looks.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from selfexplain.errors import InputError
from selfexplain.records import Message
from selfexplain.white_box import Aim, Attention, Cut, Floats, Input, Valued
from selfexplain.words_in import words_in

TURN, YES, NO = 0, 1, 2
FIRST_WORD = 3


class LinearModel:
    """A white box with s = bias + Σ weight of each word, p(yes) = 1 / (1 + exp(−s)).

    A word is one token, with the embedding row (its weight, 1); s is the sum of the first numbers of all rows. Each
    turn begins with a token of the chat format, whose row is (0, 0). Every token attends to all before it alike.

    Parameters
    ----------
    weights : mapping of word to float
        Of words without case; others weigh nothing.
    bias : float

    Examples
    --------
    >>> model = LinearModel({"good": 2.0})
    >>> cut = model.cut([Message("user", "a good plot")], "", "yes")
    >>> model.values([Input(cut.ids)], Aim("margin", cut.answer)).values
    array([2.])
    """

    name = "glass/linear"

    def __init__(self, weights: Mapping[str, float], *, bias: float = 0.0) -> None:
        self._weights, self._bias = dict(weights), bias
        self._words = dict.fromkeys(self._weights)
        self._ids = {word: number for number, word in enumerate(self._words, FIRST_WORD)}

    def cut(self, messages: Sequence[Message], said: str, answer: str) -> Cut:
        """Return one token for each turn and each word; the answer is `yes` or `no`."""
        ids, places = list[int](), list[tuple[tuple[int, int], ...]]()
        for number, content in enumerate([*(message.content for message in messages), said]):
            ids.append(TURN)
            places.append(())
            for word in words_in(content):
                ids.append(self._ids.setdefault(word.text, len(self._ids) + FIRST_WORD))
                places.append(tuple((number, place) for place in range(word.start, word.stop)))
        answers = {"yes": YES, "no": NO}
        if answer.strip().casefold() not in answers:
            raise InputError(f"the linear model answers yes or no, never {answer!r}", hint="explain one of these")
        return Cut(tuple(ids), tuple(places), (answers[answer.strip().casefold()],))

    def text(self, ids: Sequence[int]) -> str:
        """Return words with spaces between them."""
        known = {TURN: "", YES: "yes", NO: "no"} | {number: word for word, number in self._ids.items()}
        return " ".join(known[each] for each in ids)

    def embeddings(self, ids: Sequence[int]) -> Floats:
        """Return (weight, 1) for each word, and (0, 0) for the chat format; shape (n, 2)."""
        known = {number: (self._weights.get(word, 0.0), 1.0) for word, number in self._ids.items()}
        return np.array([known.get(each, (0.0, 0.0)) for each in ids], dtype=float).reshape(len(ids), 2)

    def mean_embedding(self) -> Floats:
        """Return the mean over the words that have a weight, of shape (2,)."""
        mean: Floats = self.embeddings([self._ids[word] for word in self._weights]).mean(axis=0)
        return mean

    def told(self, given: Input, tokens: Sequence[int]) -> tuple[Floats, Floats]:
        """Return the log-probability of a one-word answer, and that of the more probable one."""
        both = [float(self.values([given], Aim("logprob", (each,))).values[0]) for each in (tokens[0], YES, NO)]
        return np.array(both[:1]), np.array([max(both)])

    def values(self, inputs: Sequence[Input], aim: Aim) -> Valued:
        """Return f at each Input."""
        sums = np.array([self._rows(given)[:, 0].sum() + self._bias for given in inputs])
        signed = sums if aim.answer[0] == YES else -sums
        settled = Aim(aim.kind, aim.answer, ((NO if aim.answer[0] == YES else YES,),)) if aim.kind == "margin" else aim
        return Valued(applied(aim.kind, signed), settled)

    def gradients(self, inputs: Sequence[Input], aim: Aim, positions: Sequence[int]) -> Valued:
        """Return f at each Input, and its gradient: the same for every token."""
        values, settled, _ = self.values(inputs, aim)
        logits = self.values(inputs, Aim("margin", aim.answer)).values
        sign = 1.0 if aim.answer[0] == YES else -1.0
        slopes = np.zeros((len(inputs), len(positions), 2))
        slopes[:, :, 0] = (sign * slope(aim.kind, logits))[:, None]
        return Valued(values, settled, slopes)

    def attention(self, given: Input, aim: Aim | None = None, *, norms: bool = False) -> Attention:
        """Return even attention over all earlier tokens, in one layer and one head."""
        n = len(given.ids)
        even = np.tril(np.ones((n, n)) / np.arange(1, n + 1)[:, None])[None, None]
        moved = (even[0, 0, -1] * np.linalg.norm(self._rows(given), axis=1))[None, None].repeat(2, axis=1)
        if aim is None:  # attention is paid before there is a target
            return Attention(even, moved if norms else None)
        value, settled, _ = self.values([given], aim)
        return Attention(even, moved if norms else None, float(value[0]), settled, np.ones_like(even))

    def hidden_states(self, given: Input) -> Floats:
        """Return the embeddings alone, of shape (1, T, 2)."""
        return self._rows(given)[None]

    @contextmanager
    def shuffled(self, layers: int, *, seed: int) -> Iterator[None]:  # noqa: ARG002 - the protocol has it
        """Give the words each other's weights in reverse, whatever the seed, until the context ends."""
        kept = self._weights
        self._weights = dict(zip(kept, reversed(kept.values()), strict=True)) if layers else kept
        try:
            yield
        finally:
            self._weights = kept

    def _rows(self, given: Input) -> Floats:
        rows = self.embeddings(given.ids)
        for position, row in given.rows.items():
            rows[position] = row
        for position in given.blocked:
            rows[position] = 0.0
        return rows


def applied(kind: str, logits: Floats) -> Floats:
    """Return the target at logits of the answer over the other one."""
    logprob: Floats = -np.logaddexp(0.0, -logits)
    return {"margin": logits, "logprob": logprob, "prob": np.exp(logprob)}[kind]


def slope(kind: str, logits: Floats) -> Floats:
    """Return the derivative of the target by the logit."""
    p = 1 / (1 + np.exp(-logits))
    return {"margin": np.ones_like(logits), "logprob": 1 - p, "prob": p * (1 - p)}[kind]
