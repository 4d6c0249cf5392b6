"""What is known of a metric apart from its value."""

from collections.abc import Mapping
from typing import Protocol


class Fact(Protocol):
    """What is known of a metric apart from its value."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def best(self) -> float | None:
        """The value of a perfect model; None or NaN when no value is better than another."""

    @property
    def meaning(self) -> str:
        """One plain sentence."""


Facts = Mapping[str, Fact]


def title_of(name: str, facts: Facts) -> str:
    """Return a metric's name for people; one without a fact is called by its own name."""
    return facts[name].title if name in facts else name.replace("_", " ").capitalize()
