"""Words and their places: what is compared, and what never is."""

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.prompting.named_words import named_in
from selfexplain.words_in import stem, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What is the capital of Peru?", ["what", "is", "the", "capital", "of", "peru"]),
        ("8 + 7 − 5", ["8", "+", "7", "-", "5"]),
        ("well-known, state–of–the–art", ["well", "known", "state", "of", "the", "art"]),
        ("10-5", ["10", "-", "5"]),
        ("ＰＥＲＵ ﬁsh ①", ["peru", "fish", "1"]),
        ("it’s l'eau 'quoted'", ["it's", "l'eau", "quoted"]),
        ("秘鲁的首都", ["秘", "鲁", "的", "首", "都"]),
        ("大きい!", ["大", "き", "い"]),
        ("snake_case **bold**", ["snake", "case", "*", "*", "bold", "*", "*"]),
        ("zero\u200bwidth", ["zerowidth"]),
        ("  ?! … \n", []),
    ],
)
def test_these_are_the_words(text: str, words: list[str]) -> None:
    """Case, width, typographic forms and punctuation do not matter; signs that mean something do."""
    assert [word.text for word in words_in(text)] == words


def test_composed_and_decomposed_letters_are_one() -> None:
    """`é` as one character or as two; kana with its mark apart."""
    for text in ("Café", "がく"):
        forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
        assert len(set(forms)) == 2
        assert len({tuple(word.text for word in words_in(form)) for form in forms}) == 1


@given(st.text())
@settings(deadline=None)  # a loaded machine is no bug
def test_every_word_stands_where_it_says(text: str) -> None:
    """In order, without overlap, each read again from its own characters alone."""
    words = words_in(text)

    assert all(a.stop <= b.start for a, b in itertools.pairwise(words))
    for word in words:
        assert text[word.start : word.stop].strip()
        again = words_in(text[word.start : word.stop])
        assert "".join(each.text for each in again) == word.text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("capital", "capitals", True),
        ("city", "cities", True),
        ("run", "running", True),
        ("bake", "baked", True),
        ("peru", "peru's", True),
        ("quick", "quickly", True),
        ("this", "thi", False),
        ("glass", "glas", False),
        ("bus", "bu", False),
        ("big", "bigger", False),
        ("首都", "首", False),
        ("wing", "w", False),
    ],
)
def test_this_is_what_inflected_means(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """A rule that fits on a line, and nothing cleverer."""
    assert (stem(one) == stem(other)) is same


def test_a_rationale_names_content_words_whatever_their_endings() -> None:
    """`of` and `the` are named by every text, so they say nothing."""
    question = words_in("What is the capital of Peru?")

    assert named_in("The capitals of the Andes: Peru's is Lima.", question) == [3, 5]
    assert named_in("What is the of", question) == []
