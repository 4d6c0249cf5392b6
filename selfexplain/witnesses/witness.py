"""What a witness is: one file, one function, and facts about it that decide when it can be called.

A function that is marked with :func:`witness` is found by its folder or by the entry-point group
`selfexplain.witnesses`; nothing else registers it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, cast

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.evidence import Evidence, Target, UnitKind
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.case import Case

Family = Literal["perturbation", "gradients", "attention"]
"""Agreement with one family is weaker than with two; attention is never alone behind it."""

Needs = Literal["provider", "token_probabilities", "white_box"]
"""What of the model: that it answers, the probabilities of its tokens, or a look at its inside."""


class Cost(NamedTuple):
    """Passes through the model; a backward pass costs one and a half to two forward passes."""

    forward: int
    backward: int = 0

    def __add__(self, other: object) -> "Cost":
        """Add two costs."""
        if not isinstance(other, Cost):
            return NotImplemented
        return Cost(self.forward + other.forward, self.backward + other.backward)


@dataclass(frozen=True)
class WitnessFacts:
    """What is known of a witness before it is called."""

    name: str
    family: Family
    needs: Needs
    cost: Callable[[int, int], Cost]
    """From the number of units and of tokens to passes, with the settings that are the defaults."""
    question: str
    """Which question about the answer it settles: `does the answer change without this word?`"""
    signed: bool = True
    """Whether a score below 0 speaks against the answer; norms and attention have no sign."""
    source: str = ""
    """Where it was published."""
    targets: tuple[Target, ...] = ("margin", "logprob", "prob")
    """What it can explain; the first is its default."""


class Witness(Protocol):
    """A function from a model and a Case to Evidence; every other setting has a default, and is a keyword."""

    facts: WitnessFacts

    def __call__(
        self,
        model: WhiteBox,
        text: str | Case,
        answer: str = "",
        units: UnitKind | Sequence[Span] = "word",
        **settings: Any,
    ) -> Evidence:
        """Look at one answer; `target` and, where there are draws, `seed` are among the settings."""
        ...


def witness(facts: WitnessFacts) -> Callable[[Callable[..., Evidence]], Witness]:
    """Attach facts to a function, which stays what it is."""

    def attach(function: Callable[..., Evidence]) -> Witness:
        marked = cast("Witness", function)
        marked.facts = facts
        return marked

    return attach


def require_target(facts: WitnessFacts, target: Target) -> None:
    """Raise InputError when a witness cannot explain a target."""
    if target not in facts.targets:
        raise InputError(f"{facts.name} cannot explain `{target}`", hint=f"it explains {', '.join(facts.targets)}")
