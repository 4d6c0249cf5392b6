"""What every grader promises."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from selfexplain.records import Grade, Item, Verdict


class GraderFacts(NamedTuple):
    """A grader's name, as Items use it, and the version of its rules."""

    name: str
    version: int

    def grade(self, verdict: Verdict, rule: str) -> Grade:
        """Return a Grade signed by this grader."""
        return Grade(verdict, f"{self.name}@{self.version}", rule)


class Grader(Protocol):
    """A pure function from an answer and its Item to a Grade."""

    facts: GraderFacts

    def __call__(self, answer: str, item: Item) -> Grade:
        """Grade an answer."""
        ...


def grader(facts: GraderFacts) -> Callable[[Callable[[str, Item], Grade]], Grader]:
    """Attach facts to a function, so that it is found by its name; registers nothing, wraps nothing."""

    def attach(function: Callable[[str, Item], Grade]) -> Grader:
        function.facts = facts  # type: ignore[attr-defined]  # what this decorator is for
        return function  # type: ignore[return-value]  # it is a Grader from here on

    return attach
