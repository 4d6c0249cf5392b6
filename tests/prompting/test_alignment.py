"""Where the units of a claim stand: worked out by hand, and against a slow second implementation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.claims import Place, Unit
from selfexplain.prompting.alignment import MOST_PLACES, Told, align, occurrences

PERU = "What is the capital of Peru?"
TWICE = "Is the capital of Peru the capital of Chile?"


def one(text: str, question: str = PERU) -> Unit:
    (unit,) = align([Told(text)], question)
    return unit


@pytest.mark.parametrize(
    ("text", "question", "place", "spans", "notes"),
    [
        ("capital", PERU, "placed", ((12, 19),), ()),
        ("CAPITAL", PERU, "placed", ((12, 19),), ()),
        ("ｃａｐｉｔａｌ", PERU, "placed", ((12, 19),), ()),
        ("the capital, of", PERU, "placed", ((8, 22),), ()),
        ("Peru?", PERU, "placed", ((23, 27),), ()),
        ("“Peru”", PERU, "placed", ((23, 27),), ("quotes_stripped",)),
        ('"Peru".', PERU, "placed", ((23, 27),), ("quotes_stripped",)),
        ("capitals", PERU, "placed", ((12, 19),), ("inflected",)),
        ("Peru's capital", PERU, "not_in_text", (), ()),
        ("capit", PERU, "not_in_text", (), ()),
        ("Lima", PERU, "not_in_text", (), ()),
        ("首都", PERU, "not_in_text", (), ("other_script",)),
        ("?", PERU, "not_in_text", (), ()),
        ("", PERU, "not_in_text", (), ()),
        ("capital", TWICE, "ambiguous", ((7, 14), (27, 34)), ()),
        ("首都", "秘鲁的首都是哪里？", "placed", ((3, 5),), ()),
        ("秘鲁的首都是哪里？再问一次", "秘鲁的首都", "not_in_text", (), ()),
        ("capital", "秘鲁的首都", "not_in_text", (), ("other_script",)),
        ("7", "What is 17 + 7?", "placed", ((13, 14),), ()),
        ("CO₂", "Does CO2 warm?", "placed", ((5, 8),), ()),
    ],
)
def test_a_unit_is_placed_or_says_why_not(
    text: str, question: str, place: Place, spans: tuple[tuple[int, int], ...], notes: tuple[str, ...]
) -> None:
    """Whole words only, so `7` is not in 17; in a script without spaces, any part of the text."""
    unit = one(text, question)

    assert (unit.text, unit.place, unit.spans, unit.notes) == (text, place, spans, notes)


def test_duplicates_are_said_once_and_take_no_rank() -> None:
    """In another case, in another form, and when neither is in the text."""
    units = align([Told(text) for text in ("Peru", "city", "PERU", "peru’s", "City", "of")], PERU)

    assert [(unit.place, unit.rank) for unit in units] == [
        ("placed", 1),
        ("not_in_text", 2),
        ("duplicate", None),
        ("duplicate", None),
        ("duplicate", None),
        ("placed", 3),
    ]
    assert units[3].notes == ("inflected",)
    assert units[2].spans == ()


def test_a_score_for_every_word_goes_through_the_places_in_order() -> None:
    """The second `the` is the second one in the question; a third is one too many."""
    told = [Told("the", 0.1), Told("the", 0.2), Told("the", 0.3), Told("Peru", 0.9)]
    units = align(told, TWICE, ranked=False, in_order=True)

    assert [(unit.place, unit.spans, unit.score) for unit in units] == [
        ("placed", ((3, 6),), 0.1),
        ("placed", ((23, 26),), 0.2),
        ("duplicate", (), 0.3),
        ("placed", ((18, 22),), 0.9),
    ]


def test_so_many_places_are_kept() -> None:
    """The others are noted: a page must not be buried under one letter."""
    unit = one("a", "a " * (MOST_PLACES + 5))

    assert len(unit.spans) == MOST_PLACES
    assert unit.notes == ("more_places",)


LETTERS = st.sampled_from("ab")


@given(st.lists(st.lists(LETTERS, min_size=1, max_size=4).map(tuple), max_size=6, unique=True), st.lists(LETTERS))
@settings(deadline=None)  # a loaded machine is no bug
def test_all_occurrences_are_found_in_one_pass(patterns: list[tuple[str, ...]], words: list[str]) -> None:
    """The same as looking for each at each place; the first three of each when no more are wanted."""
    slow = {p: [i for i in range(len(words)) if tuple(words[i : i + len(p)]) == p] for p in patterns}
    for most in (3, 1000):
        fast: dict[tuple[str, ...], list[int]] = {pattern: [] for pattern in patterns}
        for pattern, place in occurrences(patterns, words, most=most):
            fast[pattern].append(place)

        assert fast == {pattern: places[:most] for pattern, places in slow.items()}


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=60))
@settings(deadline=None)  # a loaded machine is no bug
def test_whatever_is_claimed_spans_lie_in_the_question(texts: list[str], question: str) -> None:
    """And a unit without a span says why."""
    for unit in align([Told(text) for text in texts], question):
        assert all(0 <= start < stop <= len(question) for start, stop in unit.spans)
        assert bool(unit.spans) == unit.in_text


@given(st.text(min_size=1, max_size=60), st.data())
@settings(deadline=None)  # a loaded machine is no bug
def test_every_part_between_word_limits_is_found(question: str, data: st.DataObject) -> None:
    """A quote that was copied is never `not in the text`."""
    from selfexplain.words_in import words_in

    words = words_in(question)
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    copied = question[words[first].start : words[last].stop]

    if [word.text for word in words_in(copied)] == [word.text for word in words[first : last + 1]]:
        assert one(copied, question).in_text
