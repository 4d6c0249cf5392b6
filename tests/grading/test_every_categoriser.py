"""What every categoriser promises, and what the two that a file defines do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.grading.categoriser import Categoriser
from selfexplain.records import Item

CATEGORISERS = plugins.categorisers()
EVERY = pytest.mark.parametrize("categoriser", CATEGORISERS.values(), ids=CATEGORISERS.keys())
TEA: dict[str, tuple[str, ...]] = {"for": ("yes", "with pleasure"), "against": ("no", "not for me")}
ITEM = Item("q", "Tea?", choices=("tea", "coffee", "neither of them"), categories=TEA)


@EVERY
def test_a_categoriser_is_found_by_its_own_name_and_documented(categoriser: Categoriser) -> None:
    """No grader has that name, since both stand in the field `grader`."""
    assert CATEGORISERS[categoriser.facts.name] is categoriser
    assert not CATEGORISERS.keys() & plugins.graders().keys()
    assert categoriser.facts.version >= 1
    assert ">>>" in (categoriser.__doc__ or "")


@EVERY
@given(answer=st.text(st.characters(exclude_categories=[])))
def test_any_text_falls_into_a_declared_category_or_is_undecided(categoriser: Categoriser, answer: str) -> None:
    """Total, pure and signed; half characters included."""
    category = categoriser(answer, ITEM)

    assert category == categoriser(answer, ITEM)
    assert category.name in {*categoriser.facts.names(ITEM), "undecided"}
    assert category.categoriser == f"{categoriser.facts.name}@{categoriser.facts.version}"
    assert category.rule


@EVERY
def test_an_answer_without_words_is_undecided(categoriser: Categoriser) -> None:
    for nothing in ("", " ", "?!"):
        assert categoriser(nothing, ITEM).name == "undecided"


@pytest.mark.parametrize(
    ("answer", "name", "rule"),
    [
        ("Yes.", "for", "phrase"),
        ("not for me", "against", "phrase"),
        ("With pleasure, thanks", "for", "clause"),
        ("No, because yes is boring", "against", "clause"),
        ("not yes", "undecided", "a phrase is mentioned, not said alone"),
        ("yes, not no", "undecided", "a phrase is mentioned, not said alone"),
        ("yes and no", "undecided", "phrases of several categories"),
        ("yesterday", "undecided", "no declared phrase"),
    ],
)
def test_a_declared_phrase_counts_when_it_is_said_alone(answer: str, name: str, rule: str) -> None:
    category = CATEGORISERS["phrases"](answer, ITEM)

    assert (category.name, category.rule) == (name, rule)


@pytest.mark.parametrize(
    ("answer", "name", "rule"),
    [
        ("B", "coffee", "letter"),
        ("coffee", "coffee", "text"),
        ("A) tea", "tea", "letter and text"),
        ("A) coffee", "undecided", "letter and text disagree"),
        ("D", "undecided", "no choice has this letter"),
        ("not tea", "undecided", "a choice is mentioned, none is named alone"),
    ],
)
def test_an_option_is_the_category(answer: str, name: str, rule: str) -> None:
    category = CATEGORISERS["option"](answer, ITEM)

    assert (category.name, category.rule) == (name, rule)
