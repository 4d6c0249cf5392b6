"""The quickstart set: its counts, its sums, and what it must not give away."""

import re
from collections import Counter

import msgspec

from selfexplain.datasets.quickstart import quickstart
from selfexplain.grading.exact import exact, without_accents
from selfexplain.prompting import template
from selfexplain.records import Item

WRITTEN_BY_A_SMALL_MODEL = re.compile(r"[A-Za-z0-9 .'-]{1,24}")
"""Letters, digits and length that a plain grammar allows an answer, so that no gold text is out of reach."""


def test_there_are_ninety_items_in_turn() -> None:
    """30 of each group, and the first three already show all."""
    items = quickstart().items

    assert Counter(item.group for item in items) == {"capitals": 30, "sums": 30, "opposites": 30}
    assert [item.group for item in items[:6]] == ["capitals", "sums", "opposites"] * 2


def test_no_id_and_no_question_stands_twice() -> None:
    """Also not in other letters, and no sum the other way round."""
    items = quickstart().items
    sums = [frozenset(map(int, re.findall(r"\d+", item.question))) for item in items if item.group == "sums"]

    assert len({item.id for item in items}) == 90
    assert len({item.question.casefold() for item in items}) == 90
    assert len(set(sums)) == 30


def test_the_sums_are_right() -> None:
    """Added again from the words of the question."""
    for item in quickstart().items:
        if item.group == "sums":
            a, b = map(int, re.findall(r"\d+", item.question))
            assert item.question == f"What is {a} + {b}?"
            assert item.gold == (str(a + b),)
            assert item.grader == "numeric"


def test_the_sums_grow_from_easy_to_hard() -> None:
    """Ten with one digit each, ten with two and one, ten with two and two."""
    digits = [tuple(map(len, re.findall(r"\d+", item.question))) for item in quickstart().items if item.group == "sums"]

    assert digits == [(1, 1)] * 10 + [(2, 1)] * 10 + [(2, 2)] * 10


def test_every_item_says_where_its_fact_can_be_looked_up() -> None:
    """And no gold text stands in its own question."""
    for item in quickstart().items:
        assert item.source
        assert item.gold[0].casefold() not in item.question.casefold().split()


def test_the_few_shot_examples_are_not_in_the_set() -> None:
    """Neither an example's question nor, for sums, the same numbers in the other order."""
    shown = [
        message.content
        for message in template.named("few-shot").render(Item("q", "?", ("!",)))
        if message.role == "user"
    ]
    numbers = {frozenset(re.findall(r"\d+", text)) for text in shown if "+" in text}

    assert len(shown) == 6
    assert len(numbers) == 2
    for item in quickstart().items:
        assert item.question not in shown
        assert frozenset(re.findall(r"\d+", item.question)) not in numbers


def test_every_gold_answer_can_be_written_in_plain_letters() -> None:
    """A small model writes Brasilia; without its accent the answer is still right."""
    for item in quickstart().items:
        plain = without_accents(item.gold[0])
        assert WRITTEN_BY_A_SMALL_MODEL.fullmatch(plain), item.id
        assert exact(plain, item).verdict == "correct"


def test_the_set_is_the_published_one() -> None:
    """Whoever changes an Item must raise the version, and this hash with it."""
    dataset = quickstart()

    assert (dataset.name, dataset.version) == ("quickstart", "1")
    assert dataset.content_hash == "1ccca04092be26543f83b798ac43795d2520fca0cad455baee0808e4de004377"


def test_the_hash_follows_every_field_and_the_order() -> None:
    """The same Items in another order, or with another gold, are another set."""
    dataset = quickstart()
    other = msgspec.structs.replace(dataset.items[0], gold=("Lyon",))

    hashes = {
        msgspec.structs.replace(dataset, items=items).content_hash
        for items in (dataset.items, dataset.items[::-1], (other, *dataset.items[1:]))
    }
    assert len(hashes) == 3
