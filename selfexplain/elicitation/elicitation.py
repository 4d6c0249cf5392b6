"""What every elicitation promises."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol, cast

from selfexplain.errors import InputError
from selfexplain.prompting.template import Template
from selfexplain.prompting.turns import Field
from selfexplain.records import Ask, Item, SelfReport


class Sampling(NamedTuple):
    """How replies are asked for, whatever the template; None leaves it to the provider."""

    temperature: float | None
    seed: int | None
    effort: str | None = None
    """How much a reasoning model is to think, in the provider's own word."""
    again: int = 0
    """How often a turn is asked once more when its reply cannot be read."""

    def seed_of(self, repeat: int, draw: int = 0) -> int | None:
        """Return the seed of one draw of one repeat: each has another, as long as there are fewer than 1,000 repeats.

        >>> Sampling(1.0, 1).seed_of(repeat=2), Sampling(1.0, 1).seed_of(repeat=2, draw=3)
        (3, 3003)
        """
        return None if self.seed is None else self.seed + repeat + 1_000 * draw


class SameAnswer(Protocol):
    """Tells whether two answers to an Item say the same, without knowing which is right."""

    def __call__(self, one: str, other: str, item: Item) -> bool:
        """Compare two answers; an equivalence only with what joins chains of them, as `clusters` does."""
        ...

    def rule(self, item: Item) -> str:
        """Return name and version of the rule, as it stands in the notes of what rests on it."""
        ...


class Elicitation(Protocol):
    """An async function that asks one Item, once; `repeat` tells repetitions of the whole thing apart."""

    name: str

    def __call__(
        self, item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int
    ) -> Awaitable[SelfReport]:
        """Ask an Item."""
        ...


def elicitation(
    name: str, *, compares: bool = False, asks: Callable[..., Awaitable[Any]] | None = None
) -> Callable[[Callable[..., Awaitable[SelfReport]]], Elicitation]:
    """Attach the name that templates use; registers nothing, wraps nothing.

    One that `compares` answers takes one more argument, `same`, a SameAnswer; who looks it up by its name gets it with
    the project's own already in place. One that only reads what came back once everything is asked says what `asks`:
    a function that sends the same and returns what was said, turn by turn, so that a Run is asked without reading it.
    """

    def attach(function: Callable[..., Awaitable[SelfReport]]) -> Elicitation:
        named = cast("Elicitation", function)
        named.name = name
        named.compares = compares  # type: ignore[attr-defined]  # for the look-up alone
        named.asks = asks  # type: ignore[attr-defined]  # for who asks a Run alone
        return named

    return attach


def require_turns(template: Template, *turns: tuple[Field, ...], by: str) -> None:
    """Raise InputError unless the turns of a template elicit these fields, each turn at least its own.

    Parameters
    ----------
    template : Template
    turns : tuple of field names, for each turn
    by : str
        The elicitation that needs them.
    """
    found = [set(turn.elicits) for turn in template.turns]
    if len(found) != len(turns) or not all(set(wanted) <= there for wanted, there in zip(turns, found, strict=True)):
        wanted = ", ".join(f"[{', '.join(turn)}]" for turn in turns)
        raise InputError(
            f"the template {template.id} does not elicit what {by} asks for",
            hint=f"let its turns elicit [{wanted}], as the template that ships with {by} does",
        )
