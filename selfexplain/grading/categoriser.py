"""What every categoriser promises: it sorts the answers of a survey, which has no right answer."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from selfexplain.records import Category, Item

UNDECIDED = "undecided"
"""The category of an answer that cannot be told; every survey has it."""


class CategoriserFacts(NamedTuple):
    """A categoriser's name, as Items use it in `grader`, and the version of its rules."""

    name: str
    version: int
    names: Callable[[Item], tuple[str, ...]]
    """The categories of an Item in the order in which people read them, without `undecided`."""
    needs: str = ""
    """The field that an Item must hold: `choices` or `categories`; empty when none."""

    def category(self, name: str | None, rule: str) -> Category:
        """Return a Category signed by this categoriser."""
        return Category(name, f"{self.name}@{self.version}", rule)


class Categoriser(Protocol):
    """A pure function from an answer and its Item to a Category."""

    facts: CategoriserFacts

    def __call__(self, answer: str, item: Item) -> Category:
        """Sort an answer."""
        ...


def categoriser(facts: CategoriserFacts) -> Callable[[Callable[[str, Item], Category]], Categoriser]:
    """Attach facts to a function, so that it is found by its name; registers nothing, wraps nothing."""

    def attach(function: Callable[[str, Item], Category]) -> Categoriser:
        function.facts = facts  # type: ignore[attr-defined]  # what this decorator is for
        return function  # type: ignore[return-value]  # it is a Categoriser from here on

    return attach
