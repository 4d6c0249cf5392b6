"""What must hold of Items before one is asked: replies are paid for, and gold that nobody can match wastes them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from selfexplain.errors import InputError
from selfexplain.records import Dataset, Grade, Item

Graders = Mapping[str, Callable[[str, Item], Grade]]


class Flaw(NamedTuple):
    """What is wrong with one field of an Item."""

    field: str
    found: Any
    expected: str


def flaws_of(item: Item, graders: Graders) -> Iterator[Flaw]:
    """Yield what would keep an Item from being graded: no such grader, or gold that its grader does not call right."""
    grader = graders.get(item.graded_by)
    if grader is None:
        yield Flaw("grader", item.graded_by, f"expected one of {', '.join(sorted(graders))}")
        return
    for gold in item.gold:
        grade = grader(gold, item)
        if grade.verdict != "correct":
            yield Flaw("gold", gold, f"expected a text that the grader `{item.graded_by}` calls right ({grade.rule})")


def require_askable(dataset: Dataset, graders: Graders) -> None:
    """Raise InputError for the first Item of a Dataset that could not be told apart or graded."""
    seen: set[str] = set()
    for item in dataset.items:
        if item.id in seen:
            raise InputError(
                f"Dataset {dataset.name}: two Items are called {item.id!r}", hint="give every Item an id of its own"
            )
        seen.add(item.id)
        for flaw in flaws_of(item, graders):
            raise InputError(
                f"Dataset {dataset.name}, Item {item.id!r}: `{flaw.field}` is {flaw.found!r}; {flaw.expected}"
            )
