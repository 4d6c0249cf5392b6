"""What every elicitation promises."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol, cast

from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, SelfReport


class Sampling(NamedTuple):
    """How a provider is asked to draw; None leaves it to the provider."""

    temperature: float | None
    seed: int | None

    def seed_of(self, repeat: int, draw: int = 0) -> int | None:
        """Return the seed of one draw of one repeat: each has another, as long as there are fewer than 1,000 repeats.

        >>> Sampling(1.0, 1).seed_of(repeat=2), Sampling(1.0, 1).seed_of(repeat=2, draw=3)
        (3, 3003)
        """
        return None if self.seed is None else self.seed + repeat + 1_000 * draw


class Elicitation(Protocol):
    """An async function that asks one Item, once; `repeat` tells repetitions of the whole thing apart."""

    name: str

    def __call__(
        self, item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int
    ) -> Awaitable[SelfReport]:
        """Ask an Item."""
        ...


def elicitation(name: str) -> Callable[[Callable[..., Awaitable[SelfReport]]], Elicitation]:
    """Attach the name that templates use; registers nothing, wraps nothing."""

    def attach(function: Callable[..., Awaitable[SelfReport]]) -> Elicitation:
        named = cast("Elicitation", function)
        named.name = name
        return named

    return attach
