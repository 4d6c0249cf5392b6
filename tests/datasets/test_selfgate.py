"""The set for the project's own gate: its gold answers by other ways, its hash, and the baselines that rest on it."""

import calendar
import operator
import re
from collections import Counter
from pathlib import Path

import pytest

from selfexplain.datasets.quickstart import quickstart
from selfexplain.datasets.selfgate import selfgate
from selfexplain.prompting import template as templates
from selfexplain.prompting.number_words import english
from selfexplain.records import Item, Source
from selfexplain.runs.answers import asked
from selfexplain.runs.baseline import baselines, read_baseline

ROOT = Path(__file__).parents[2]
TEMPLATES = [ROOT / "prompts" / "few-shot.md", *(ROOT / "docs" / "cases").glob("*.md")]

ITEMS = selfgate().items


def of_group(group: str) -> list[Item]:
    return [item for item in ITEMS if item.group == group]


def numbers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]


def test_there_are_nine_kinds_in_turn() -> None:
    """40 of each, but 38 of the calendar: twelve months and seven days, each after and before."""
    groups = Counter(item.group for item in ITEMS)

    assert sorted(groups.values()) == [38] + [40] * 8
    assert len({item.group for item in ITEMS[:9]}) == 9


def test_no_question_stands_twice_in_this_set_the_quickstart_or_a_template() -> None:
    """Also not with its words in another order, as 3 + 8 and 8 + 3."""
    shown = [
        message.content
        for path in TEMPLATES
        for message in templates.load(path).render(Item("q", "{}", ("!",)))
        if message.role == "user"
    ]
    words = [frozenset(Counter(re.findall(r"[\w+]+", item.question.casefold())).items()) for item in ITEMS]
    elsewhere = {
        frozenset(Counter(re.findall(r"[\w+]+", text.casefold())).items())
        for text in [*shown, *(item.question for item in quickstart().items)]
    }

    assert len(shown) == 6 * len(TEMPLATES)
    assert len(set(words)) == len(ITEMS)
    assert not elsewhere & set(words)


def test_sums_products_and_comparisons_are_right() -> None:
    """Counted again from the words of the question."""
    for group, form, count in (
        ("sums", "What is {} + {}?", operator.add),
        ("products", "What is {} x {}?", operator.mul),
        ("larger", "Which is larger, {} or {}?", max),
    ):
        for item in of_group(group):
            a, b = numbers(item.question)
            assert item.question == form.format(a, b)
            assert (item.gold, item.grader) == ((str(count(a, b)),), "numeric")
            assert group != "larger" or a != b


def test_numbers_in_words_are_right() -> None:
    """Read by the parser of replies, hundreds apart from the rest."""
    for item in of_group("number words"):
        words = item.question.removeprefix("Which number is ").removesuffix("?")
        hundreds, hundred, rest = words.rpartition(" hundred")
        value = 100 * (english(hundreds) or 0) + (english(rest.removeprefix(" and ")) or 0 if rest else 0)
        assert item.gold == (str(value),), words
        assert bool(hundred) == (value >= 100)


def test_the_calendar_is_that_of_the_standard_library() -> None:
    """Before and after, around the end of the year and the week."""
    for item in of_group("calendar"):
        unit, where, name = re.findall(r"Which (month|day) comes (after|before) (\w+)\?", item.question)[0]
        names = list(calendar.day_name) if unit == "day" else list(calendar.month_name)[1:]
        there = names.index(item.gold[0])
        assert names[(there - 1 if where == "after" else there + 1) % len(names)] == name


def test_no_capital_belongs_to_two_countries() -> None:
    """And a continent is one of three, with about as many countries each: the Americas are named in two ways."""
    capitals = [item.gold[0] for item in of_group("capitals")]
    continents = Counter(item.gold for item in of_group("continents"))

    assert len(set(capitals)) == 40
    assert continents == {("Africa",): 13, ("Asia",): 13, ("Europe",): 14}


def test_no_gold_answer_stands_in_its_question() -> None:
    """But in a comparison, which must show both numbers, and where a day or month is asked for by another."""
    for item in ITEMS:
        if item.group != "larger":
            assert item.gold[0].casefold() not in re.findall(r"\w+", item.question.casefold()), item.id


def test_the_set_is_the_published_one() -> None:
    """Whoever changes an Item must raise the version, this hash with it, and set the baselines again."""
    dataset = selfgate()

    assert (dataset.name, dataset.version) == ("selfgate", "1")
    assert dataset.content_hash == "73248f677d1813f36377cb926171560a6e26306927221c63328edff86b2e68a4"


@pytest.mark.parametrize(("name", "source"), [("selfgate", "stated"), ("selfgate-token", "token")])
def test_the_committed_baselines_are_of_these_questions(name: str, source: Source) -> None:
    """Else every gate would be not comparable. If this fails: set them again, as docs/gate.md says."""
    frozen = read_baseline(ROOT / "results", name)

    assert frozen.source == source
    assert frozen.provenance.dataset_hash == selfgate().content_hash
    assert frozen.provenance.items == {item.id: asked(item) for item in ITEMS}
    assert [row.item for row in frozen.rows] == sorted(item.id for item in ITEMS)
    assert {row.item: row.group for row in frozen.rows} == {item.id: item.group for item in ITEMS}
    assert 0.4 < sum(bool(row.correct) for row in frozen.rows) / len(ITEMS) < 0.8


def test_there_is_no_other_baseline() -> None:
    """A forgotten one would look as if it were judged."""
    assert baselines(ROOT / "results") == ["selfgate", "selfgate-token"]
