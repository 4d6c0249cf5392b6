"""Links between a translation and its original: pieces of text that name one place each, joined into groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.word_links import Misplaced, groups_of, linked, place_of
from selfexplain.words_in import words_in

GAMBIA = words_in("What is the capital of the Gambia?")


@pytest.mark.parametrize(
    ("piece", "question", "places"),
    [
        ("Gambia", "What is the capital of the Gambia?", [6]),
        ("THE CAPITAL", "What is the capital of the Gambia?", [2, 3]),
        ("the[1]", "What is the capital of the Gambia?", [2]),
        (" the [2] ", "What is the capital of the Gambia?", [5]),
        ("首都", "秘鲁的首都是什么？", [3, 4]),
        ("８", "8 + 7 等于多少？", [0]),
        ("“大”", "“大”的反义词是什么？", [0]),
        ("a[1][1]", "Is a[1] more than b[1]?", [1, 2]),
    ],
)
def test_a_piece_is_found_by_its_words(piece: str, question: str, places: list[int]) -> None:
    assert list(place_of(piece, words_in(question))) == places


@pytest.mark.parametrize(
    ("piece", "why"),
    [
        ("Peru", "it does not stand there"),
        ("Gam", "it does not stand there"),  # whole words only
        ("capital Gambia", "it does not stand there"),  # they do not touch
        ("the", "it stands there 2 times: write `the[1]` for the first"),
        ("the[3]", "`the` stands there 2 times"),
        ("?", "it holds no word"),
        ("", "it holds no word"),
    ],
)
def test_a_piece_that_names_no_one_place_says_why(piece: str, why: str) -> None:
    with pytest.raises(Misplaced) as told:
        place_of(piece, GAMBIA)

    assert str(told.value) == why


@given(st.lists(st.sampled_from(["big", "the", "首", "都", "8", "+"]), min_size=1, max_size=12), st.data())
def test_every_run_of_words_can_be_written(texts: list[str], data: st.DataObject) -> None:
    """With a number where it has several places: of those at which it begins, counted from the left."""
    words = words_in(" ".join(texts))
    start = data.draw(st.integers(0, len(words) - 1))
    stop = data.draw(st.integers(start + 1, len(words)))
    nth = sum(texts[at : at + stop - start] == texts[start:stop] for at in range(start + 1))

    assert place_of(f"{' '.join(texts[start:stop])}[{nth}]", words) == range(start, stop)


def test_a_pair_has_a_place_in_each_question() -> None:
    words = words_in("冈比亚的首都是哪里？")

    assert linked([("冈比亚", "Gambia"), ("首都", "the[1]")], words, GAMBIA) == [
        (range(3), range(6, 7)),
        (range(4, 6), range(2, 3)),
    ]


def links() -> st.SearchStrategy[list[set[int]]]:
    return st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=3), max_size=8)


@given(links())
def test_groups_share_no_word_and_hold_every_link(found: list[set[int]]) -> None:
    groups = groups_of(found)

    assert sum(map(len, groups)) == len(set().union(*groups)) == len(set().union(*found))
    assert all(any(link <= group for group in groups) for link in found)


@given(links())
def test_two_words_are_of_one_group_when_a_chain_of_links_joins_them(found: list[set[int]]) -> None:
    """Walked from word to word, which is another way than joining sets."""
    reached = {word: {word} for link in found for word in link}
    for _ in reached:
        for link in found:
            for word in link:
                reached[word] = reached[word].union(*(reached[other] for other in link))

    assert {frozenset(each) for each in reached.values()} == {frozenset(group) for group in groups_of(found)}
