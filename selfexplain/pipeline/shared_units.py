"""What a claim can name in the questions of two Items: their words or, in a translation, linked groups of words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from selfexplain.prompting.named_words import content_words, named_in
from selfexplain.records import Item
from selfexplain.word_links import groups_of, linked
from selfexplain.words_in import UNSPACED, Word, words_in

Node = tuple[str, int]
"""A word: of which text, at which place."""


@dataclass(frozen=True)
class Units:
    """The words of one question as units that both questions have.

    Where both ask the same text a unit is a word; in a translation it is a group of linked words on both sides.
    """

    words: Sequence[Word]
    unit_of: Mapping[int, int]
    """By a word's place, its unit; a word outside every link has none."""

    @property
    def n_outside(self) -> int:
        """How many words of the question stand in no link."""
        return len(self.words) - len(self.unit_of)

    def units_at(self, places: Iterable[int]) -> list[int]:
        """Return the units of words in their order, each once."""
        return list(dict.fromkeys(self.unit_of[place] for place in places if place in self.unit_of))

    def outside(self, places: Iterable[int]) -> int:
        """Return how many of the words at some places have no unit."""
        return sum(place not in self.unit_of for place in places)

    def content_units(self) -> dict[int, list[int]]:
        """Return the content words of each unit that has any."""
        found: dict[int, list[int]] = {}
        for place in content_words(list(self.words)):
            if place in self.unit_of:
                found.setdefault(self.unit_of[place], []).append(place)
        return found

    def named_in(self, text: str, among: Collection[int]) -> tuple[list[int], int]:
        """Return the units that a free text names, and how many content words it names besides.

        All content words of a unit must be named and, in scripts without spaces, as they stand: a character of a
        Chinese word stands in many others.
        """
        named = set(named_in(text, list(self.words)))
        said = between([word.text for word in words_in(text)])
        units = [
            unit
            for unit, places in self.content_units().items()
            if unit in among and named.issuperset(places) and all(run in said for run in self.unspaced_runs(unit))
        ]
        return units, sum(self.unit_of.get(place) not in among for place in named)

    def unspaced_runs(self, unit: int) -> list[str]:
        """Return the parts of a unit that are written without spaces, such as 首都, where they hold a content word."""
        content = set(self.content_units().get(unit, ()))
        runs: list[list[int]] = []
        for place in sorted(place for place, of in self.unit_of.items() if of == unit):
            if not UNSPACED.match(self.words[place].text):
                continue
            if runs and runs[-1][-1] == place - 1:
                runs[-1].append(place)
            else:
                runs.append([place])
        return [between([self.words[place].text for place in run]) for run in runs if content.intersection(run)]


@dataclass(frozen=True)
class Shared:
    """The units of two questions."""

    a: Units
    b: Units
    n: int
    aligned: bool
    """Whether they are units of a translation; else both questions are the same text."""

    @property
    def with_content(self) -> list[int]:
        """The units that hold a content word on both sides: what a free text can name."""
        others = self.b.content_units()
        return sorted(unit for unit in self.a.content_units() if unit in others)


def between(words: Sequence[str]) -> str:
    """Return words so that some of them, side by side, are found as a part."""
    return "\0".join(["", *words, ""])


def translates(one: Item, other: Item) -> bool:
    """Tell whether one Item is stated to ask what the other asks, in other words or another language."""
    return one.question != other.question and bool(asked_in(one) & asked_in(other))


def translations(one: Mapping[str, Item], other: Mapping[str, Item], among: Iterable[str]) -> frozenset[str]:
    """Return the Items, by id, that one side asks in translation."""
    return frozenset(name for name in among if translates(one[name], other[name]))


def asked_in(item: Item) -> set[str]:
    """Return the texts in which an Item's question is known: its own and, of a translation, the original."""
    return {item.question, item.original} - {""}


def shared_units(one: Item, other: Item) -> Shared | None:
    """Return the units of two Items' questions; None where they are other texts and no links say what is what.

    Parameters
    ----------
    one, other : Item
        The same text; or one the stated original of the other; or both translations of the same original.

    Examples
    --------
    >>> peru = Item("peru", "What is the capital of Peru?", ("Lima",))
    >>> same = (("秘鲁", "Peru"), ("首都", "capital"))
    >>> zh = Item("peru", "秘鲁的首都是什么？", ("利马",), original=peru.question, aligned=same)
    >>> found = shared_units(peru, zh)
    >>> found.n, dict(found.a.unit_of), dict(found.b.unit_of)
    (2, {3: 0, 5: 1}, {3: 0, 4: 0, 0: 1, 1: 1})
    """
    words_a, words_b = words_in(one.question), words_in(other.question)
    if one.question == other.question:
        each = {place: place for place in range(len(words_a))}
        return Shared(Units(words_a, each), Units(words_b, each), len(words_a), aligned=False)
    if not translates(one, other):
        return None
    groups = groups_of([*links_of(one, "a", other.question, "b"), *links_of(other, "b", one.question, "a")])
    both = [sorted(group) for group in groups if {side for side, _ in group} >= {"a", "b"}]
    in_order = sorted(both, key=lambda group: next(place for side, place in group if side == "a"))
    of_a, of_b = (
        {place: unit for unit, group in enumerate(in_order) for side, place in group if side == mine} for mine in "ab"
    )
    return Shared(Units(words_a, of_a), Units(words_b, of_b), len(in_order), aligned=True)


def links_of(item: Item, side: str, other: str, other_side: str) -> list[set[Node]]:
    """Return an Item's links; its original is the other question, or a text that both translate."""
    there = other_side if item.original == other else "original"
    pairs = linked(item.aligned, words_in(item.question), words_in(item.original)) if item.original else []
    return [{*((side, place) for place in here), *((there, place) for place in original)} for here, original in pairs]
