"""The exact grader: which differences change nothing, and which change the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.grading.exact import exact, normalised
from selfexplain.records import Item


def item(*gold: str) -> Item:
    return Item("q", "?", gold)


RIGHT = [
    ("Paris", "Paris", "verbatim"),
    ("  Paris\n", "Paris", "verbatim"),
    ("PARIS", "paris", "normalised"),
    ("Paris.", "Paris", "normalised"),
    ("**Paris**", "Paris", "normalised"),
    ("Paris ❤️", "Paris", "normalised"),
    ("the Netherlands", "Netherlands", "normalised"),
    ("An apple", "apple", "normalised"),
    ("Guinea Bissau", "Guinea-Bissau", "normalised"),
    ("NDjamena", "N'Djamena", "normalised"),
    ("N’Djamena", "N'Djamena", "normalised"),
    ("STRASSE", "Straße", "normalised"),
    ("ﬁsh", "fish", "normalised"),
    ("Ｐａｒｉｓ", "Paris", "normalised"),
    ("co\u00adope\u200bration", "cooperation", "normalised"),
    ("e\u0301", "é", "normalised"),
    ("−5", "-5", "normalised"),
    ("minus 5", "-5", "normalised"),
    (".5", "0.5", "normalised"),
    ("c plus plus", "C++", "normalised"),
    ("Sao Tome", "São Tomé", "accents"),
    ("São Tomé", "Sao Tome", "accents"),
    ("Lodz", "Łódź", "accents"),
    ("Istanbul", "İstanbul", "accents"),
    ("+", "+", "verbatim"),
    ("😀", "😀", "verbatim"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "gold", "rule"), RIGHT)
def test_a_difference_without_meaning_is_right(answer: str, gold: str, rule: str) -> None:
    """The rule is the first, strictest one that applies."""
    grade = exact(answer, item(gold))

    assert (grade.verdict, grade.rule, grade.grader) == ("correct", rule, "exact@1")


WRONG = [
    ("Lyon", "Paris"),
    ("Paris, France", "Paris"),
    ("5", "-5"),
    ("−5", "5"),
    ("(-5)", "5"),
    ("15", "1.5"),
    ("5", ".5"),
    ("1.50", "1.5"),
    ("52", "5²"),
    ("11/2", "1½"),
    ("12", "1/2"),
    ("1,200", "1200"),
    ("C", "C++"),
    ("C#", "C++"),
    ("O-", "O+"),
    ("an", "a"),
    ("カ", "ガ"),
    ("か", "が"),
    ("и", "й"),
    ("ह", "हि"),
    ("หู", "หา"),
    ("α", "ά"),
    ("سَلِم", "سلم"),
]


@pytest.mark.parametrize(("answer", "gold"), WRONG)
def test_a_difference_with_meaning_is_wrong_either_way_round(answer: str, gold: str) -> None:
    """Vowel signs of Hindi and Thai are marks to Unicode and letters to their readers."""
    assert exact(answer, item(gold)).verdict == "wrong"
    assert exact(gold, item(answer)).verdict == "wrong"


def test_an_alias_is_named_in_the_rule() -> None:
    """Any gold text but the first; a stricter rule on an alias comes before a laxer one on the first."""
    assert exact("Lutetia", item("Paris", "Lutetia")).rule == "verbatim, alias"
    assert exact("lutetia!", item("Paris", "Lutetia")).rule == "normalised, alias"
    assert exact("paris", item("Paris", "paris")).rule == "verbatim, alias"


@pytest.mark.parametrize("answer", ["", "   ", "?!", "—", "\ud800", "❤️", "\u200b"])
def test_an_answer_without_letter_or_digit_is_undecided(answer: str) -> None:
    """It is not wrong: nothing was answered that could be compared."""
    grade = exact(answer, item("Paris"))

    assert (grade.verdict, grade.rule) == ("undecided", "no letter or digit in the answer")


def test_two_texts_of_signs_are_not_equal_for_having_no_letters() -> None:
    """Both normalise to nothing."""
    assert exact("-", item("+")).verdict == "undecided"
    assert exact("", item("")).verdict == "undecided"


TEXTS = st.text(max_size=20)
GOLDS = st.one_of(TEXTS, st.sampled_from(["Paris", "-5", "1.5", "São Tomé", "the Who", "C++", "हि"]))


@given(gold=GOLDS.filter(str.strip), others=st.lists(TEXTS, max_size=2))
def test_every_gold_text_is_right(gold: str, others: list[str]) -> None:
    """Whatever it is made of, wherever it stands among the aliases."""
    assert exact(gold, item(*others, gold)).verdict == "correct"


@given(
    gold=GOLDS.filter(normalised),
    before=st.text(" \t\n*\"'(", max_size=3),
    after=st.text(" \t\n*\"').,;:!?", max_size=3),
)
def test_space_and_punctuation_around_never_make_it_wrong(gold: str, before: str, after: str) -> None:
    """What people and models put round an answer."""
    assert exact(before + gold + after, item(gold)).verdict == "correct"


@given(gold=GOLDS.filter(normalised))
def test_case_never_makes_it_wrong(gold: str) -> None:
    """Case folding, not lower case: ß and SS meet, and so do the sigmas."""
    assert exact(gold.casefold(), item(gold)).verdict == "correct"


@given(answer=st.text(), gold=st.lists(st.text(), min_size=1, max_size=3))
def test_any_text_gets_a_grade(answer: str, gold: list[str]) -> None:
    """Total: no text a model writes may end a Run."""
    assert exact(answer, item(*gold)).verdict in {"correct", "wrong", "undecided"}


@given(text=st.text())
def test_normalising_twice_is_normalising_once_but_for_the_article(text: str) -> None:
    """The second time can only find another leading article."""
    once = normalised(text)

    assert once.endswith(normalised(once))
