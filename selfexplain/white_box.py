"""What a model has to give to be looked into: tokens with their places, values of a target, gradients, attention.

Structural: whatever has these methods is a white box. Arrays are numpy's, so that a witness needs no torch, and a model
with a dozen numbers in it can stand in for a large one.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, runtime_checkable

from selfexplain.records import Message

if TYPE_CHECKING:  # numpy, which `--help` must not load
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
else:
    Floats = Any

Differentiable = Literal["logprob", "margin", "prob"]
"""Targets that are functions of a model's logits."""


class Cut(NamedTuple):
    """A conversation as the model reads it, up to the first token of an answer; and the tokens of the answer."""

    ids: tuple[int, ...]
    """Tokens of the prompt, and of what the reply says before the answer."""
    places: tuple[tuple[tuple[int, int], ...], ...]
    """For each of them the characters that it covers, as (message, character); the reply counts as one more message.
    Empty for tokens of the chat format. White space counts only for tokens that are nothing else."""
    answer: tuple[int, ...]
    """Tokens of the answer itself."""


@dataclass(frozen=True, eq=False)
class Input:
    """Tokens to be read, and what is different about some of them."""

    ids: tuple[int, ...]
    rows: Mapping[int, Floats] = field(default_factory=dict)
    """Embedding rows, each of shape (d,), that stand in for those of the tokens at these positions."""
    blocked: frozenset[int] = frozenset()
    """Positions that no later token attends to, in any layer; each still attends to itself."""


@dataclass(frozen=True)
class Aim:
    """The scalar f that is explained, as a function of what a model computes.

    With a = `answer` and c the `others`: `logprob` is the sum of log p(a_k | x, a_<k); `prob` its exponential;
    `margin` is logprob(a) minus the greatest logprob(c), of whole sequences, or of first tokens alone where
    `first_token` says so, which is the difference of two logits.
    """

    kind: Differentiable
    answer: tuple[int, ...]
    others: tuple[tuple[int, ...], ...] = ()
    """Of a margin; empty until the model has found the most probable other token where the answer begins."""

    @property
    def first_token(self) -> bool:
        """Whether only first tokens are compared: a margin over others that all begin otherwise."""
        return self.kind == "margin" and all(other[0] != self.answer[0] for other in self.others)


class Valued(NamedTuple):
    """f at some Inputs, and what it was: an Aim whose rivals are known now."""

    values: Floats
    """Of shape (n,)."""
    aim: Aim
    gradients: Floats | None = None
    """By the embedding rows at the positions that were asked for, of shape (n, positions, d)."""


class Attention(NamedTuple):
    """Attention in every layer and head over T tokens; row i = receiver, column j = source."""

    weights: Floats
    """After softmax, of shape (layers, heads, T, T); 0 where j > i."""
    norms: Floats | None = None
    """Norms of alpha_j W_O W_V h_j, received by the last position, of shape (layers, heads + 1, T); the last row of the
    heads is the norm of their sum."""
    value: float | None = None
    aim: Aim | None = None
    gradients: Floats | None = None
    """Of the target by the weights, of their shape."""


@runtime_checkable
class WhiteBox(Protocol):
    """A model that can be looked into."""

    name: str
    """As Providers are named, `prefix/NAME`."""

    def cut(self, messages: Sequence[Message], said: str, answer: str) -> Cut:
        """Return a conversation in tokens, the reply begun with `said` and going on with `answer`.

        Raises
        ------
        InputError
            When the chat format cannot take it, or it is too long.
        """
        ...

    def text(self, ids: Sequence[int]) -> str:
        """Return what tokens are as text."""
        ...

    def embeddings(self, ids: Sequence[int]) -> Floats:
        """Return the embedding rows of tokens, of shape (n, d)."""
        ...

    def mean_embedding(self) -> Floats:
        """Return the mean embedding row of the vocabulary, of shape (d,)."""
        ...

    def told(self, given: Input, tokens: Sequence[int]) -> tuple[Floats, Floats]:
        """Return the log-probability of each of the tokens that follow, and of the most probable one in its place."""
        ...

    def values(self, inputs: Sequence[Input], aim: Aim) -> Valued:
        """Return f at each Input, together what each would give alone. One forward pass for each.

        A margin without rivals is taken against the runner-up at the first Input.
        """
        ...

    def gradients(self, inputs: Sequence[Input], aim: Aim, positions: Sequence[int]) -> Valued:
        """Return f at each of some Inputs of one length, and its gradient by the embedding rows at some positions."""
        ...

    def attention(self, given: Input, aim: Aim | None = None, *, norms: bool = False) -> Attention:
        """Return the attention over one Input; with its gradients when there is an Aim."""
        ...

    def hidden_states(self, given: Input) -> Floats:
        """Return the residual stream, of shape (layers + 1, T, d): the embeddings, and what each layer leaves."""
        ...

    def shuffled(self, layers: int, *, seed: int) -> AbstractContextManager[None]:
        """Shuffle the numbers within each weight of the last layers, until the context ends: noise of the same size."""
        ...
