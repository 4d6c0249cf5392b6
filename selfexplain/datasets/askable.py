"""What must hold of Items before one is asked: replies are paid for, and gold that nobody can match wastes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from selfexplain.errors import InputError
from selfexplain.records import Dataset, Grade, Item
from selfexplain.word_links import Misplaced, place_of
from selfexplain.words_in import words_in

Graders = Mapping[str, Callable[[str, Item], Grade]]


class SurveyFacts(Protocol):
    """What must be known of a categoriser here; `grading` lies above this floor."""

    @property
    def needs(self) -> str:
        """The field that an Item must hold."""


class Sorts(Protocol):
    """A categoriser, as far as an Item has to suit it."""

    @property
    def facts(self) -> SurveyFacts:
        """Its facts."""


Categorisers = Mapping[str, Sorts]

NO_CATEGORISERS: Categorisers = MappingProxyType({})


class Flaw(NamedTuple):
    """What is wrong with one field of an Item."""

    field: str
    found: Any
    expected: str


def flaws_of(item: Item, graders: Graders, categorisers: Categorisers = NO_CATEGORISERS) -> Iterator[Flaw]:
    """Yield what would keep an Item from being graded or sorted.

    No such grader, or gold that its grader does not call right; in a survey, no such categoriser, or nothing to sort
    into; in a translation, links to what does not stand in it or in its original.
    """
    yield from link_flaws_of(item)
    if item.is_survey:
        yield from survey_flaws_of(item, categorisers)
        return
    grader = graders.get(item.graded_by)
    if grader is None:
        survey = "; that one sorts the answers of a survey, which has no gold" if item.grader in categorisers else ""
        yield Flaw("grader", item.graded_by, f"expected one of {', '.join(sorted(graders))}{survey}")
        return
    if item.categories:
        yield Flaw("categories", item.categories, "expected them only in a survey, whose rows have no gold")
    for gold in item.gold:
        grade = grader(gold, item)
        if grade.verdict != "correct":
            yield Flaw("gold", gold, f"expected a text that the grader `{item.graded_by}` calls right ({grade.rule})")


def link_flaws_of(item: Item) -> Iterator[Flaw]:
    """Yield what would keep a translation from being aligned with its original."""
    if item.original and not item.aligned:
        yield Flaw("aligned", None, "expected pairs of a piece of `question` and one of `original`")
    elif item.aligned and not item.original:
        yield Flaw("original", None, "expected the question that `aligned` links this one to")
    elif item.aligned:
        texts = {name: words_in(getattr(item, name)) for name in ("question", "original")}
        for pair in item.aligned:
            for piece, (name, words) in zip(pair, texts.items(), strict=True):
                try:
                    place_of(piece, words)
                except Misplaced as why:
                    yield Flaw("aligned", piece, f"expected a piece of `{name}` {getattr(item, name)!r}: {why}")


def survey_flaws_of(item: Item, categorisers: Categorisers) -> Iterator[Flaw]:
    """Yield what would keep the answers to an Item of a survey from being sorted."""
    categoriser = categorisers.get(item.grader or "")
    if categoriser is None:
        known = ", ".join(sorted(categorisers))
        yield Flaw(
            "gold", None, f"expected a text; in a survey, which has none, a `grader` that sorts: {known or 'none'}"
        )
        return
    needs = categoriser.facts.needs
    if needs and not getattr(item, needs):
        yield Flaw(needs, None, f"expected some, which the grader `{item.grader}` sorts into")
    if item.categories and needs != "categories":
        yield Flaw("categories", item.categories, "expected `grader` to be phrases beside them")
    owners: dict[str, str] = {}
    for name, phrases in item.categories.items():
        for phrase in phrases:
            if owners.setdefault(phrase.strip().casefold(), name) != name:
                yield Flaw("categories", phrase, "expected each phrase in one category only")


def flaws_among(items: Sequence[Item], examples: Sequence[Item]) -> Iterator[tuple[Item, Flaw]]:
    """Yield what is wrong with Items because of others: half a survey, or an example that gives an answer away."""
    if {item.is_survey for item in items} == {True, False}:
        other = next(item for item in items if not item.is_survey)
        told = Flaw("gold", None, f"expected a text, as {other.id!r} has one: all questions are a survey, or none")
        yield from ((item, told) for item in items if item.is_survey)
    # The examples are few, the Items may be very many: these are passed by, not kept.
    shown = {asked_as(example) for example in examples}
    same_as = {asked_as(item): item.id for item in items if asked_as(item) in shown} if shown else {}
    for example in examples:
        if asked_as(example) in same_as:
            same = same_as[asked_as(example)]
            yield (
                example,
                Flaw("question", example.question, f"expected another than that of {same!r}, which is asked"),
            )
        if example.is_survey:
            yield example, Flaw("gold", None, "expected a text: an example shows its answer")
        elif example.choices and example.gold_option is None:
            yield (
                example,
                Flaw("gold", example.gold[0], "expected the label or the text of a choice: an example shows it"),
            )


def asked_as(item: Item) -> tuple[str, tuple[str, ...]]:
    """Return what makes two questions the same, whatever they are called."""
    return item.question.strip().casefold(), item.choices


def require_askable(dataset: Dataset, graders: Graders, categorisers: Categorisers = NO_CATEGORISERS) -> None:
    """Raise InputError for the first Item of a Dataset that could not be told apart, graded or sorted."""
    seen: set[str] = set()
    if not dataset.items:
        raise InputError(f"Dataset {dataset.name} holds no question to ask", hint="give it Items, beside its examples")
    for item in (*dataset.items, *dataset.examples):
        if item.id in seen:
            raise InputError(
                f"Dataset {dataset.name}: two Items are called {item.id!r}", hint="give every Item an id of its own"
            )
        seen.add(item.id)
    alone = (
        (item, flaw) for item in (*dataset.items, *dataset.examples) for flaw in flaws_of(item, graders, categorisers)
    )
    for flaws in (alone, flaws_among(dataset.items, dataset.examples)):
        for item, flaw in flaws:
            raise InputError(
                f"Dataset {dataset.name}, Item {item.id!r}: `{flaw.field}` is {flaw.found!r}; {flaw.expected}"
            )
