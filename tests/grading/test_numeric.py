"""The numeric grader: which number an answer states, and how near it must be."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.grading.numeric import numeric
from selfexplain.records import Item, Verdict


def verdict(answer: str, *gold: str, tolerance: float = 0.0) -> Verdict:
    return numeric(answer, Item("q", "?", gold, grader="numeric", tolerance=tolerance)).verdict


EQUAL = [
    ("1200", "1200"),
    ("1,200", "1200"),
    ("1200", "1,200"),
    ("1,234,567.5", "1234567.5"),
    ("1200.0", "1200"),
    ("1200.", "1200"),
    ("The answer is 1200.", "1200"),
    ("$1200 (USD)", "1200"),
    ("95%", "95"),
    ("1.2e3", "1200"),
    ("1.2E+3", "1200"),
    ("+5", "5"),
    ("-5", "-5"),
    ("−5", "-5"),
    (".5", "0.5"),
    ("１２００", "1200"),
    ("١٢٠٠", "1200"),
    ("8 + 5 = 13", "13"),
    ("8+5＝13", "13"),
    ("20 * 60 = 2 * 600 = 1200", "1200"),
    ("x = 13, so x = 13", "13"),
    ("12 or rather 12.0", "12"),
    ("1200 m²", "1200"),
    ("0.1000000000000000000000000000000000000001", "0.1000000000000000000000000000000000000001"),
]


@pytest.mark.parametrize(("answer", "gold"), EQUAL)
def test_a_number_is_read_however_it_is_written(answer: str, gold: str) -> None:
    """Thousands, signs, exponents, scripts, equations, words around."""
    assert verdict(answer, gold) == "correct"


OTHER = [
    ("1300", "1200"),
    ("-5", "5"),
    ("−5", "5"),
    ("15", "1.5"),
    ("8 + 5 = 14", "13"),
    ("1200 = 1201", "1200"),
    ("0.1000000000000000000000000000000000000001", "0.1"),
    ("1e999", "1"),
    ("1e-999", "0"),
]


@pytest.mark.parametrize(("answer", "gold"), OTHER)
def test_another_number_is_wrong(answer: str, gold: str) -> None:
    """Decimals are exact, so the fortieth place counts."""
    assert verdict(answer, gold) == "wrong"


UNREAD = [
    ("", "12"),
    ("many", "12"),
    ("twelve", "12"),
    ("12 or 13", "12"),
    ("between 10 and 12", "12"),
    ("10-12", "12"),
    ("10–12", "12"),
    ("12:00", "12"),
    ("1/2", "0.5"),
    ("8 + 5", "13"),
    ("12 =", "12"),
    ("x = 13 or y = 14", "14"),
    ("1.2.3", "1.2"),
    ("0,5", "0"),
    ("12,00", "12"),
    ("1,2,3", "1"),
    ("1_200", "1"),
    ("1 200", "1200"),
    ("5²", "52"),
    ("x = 5²", "52"),
    ("1½", "5.5"),
    ("v12", "12"),
    ("1e1234", "1"),
    ("1e999999999999", "1"),
    ("nan", "12"),
    ("inf", "12"),
]


@pytest.mark.parametrize(("answer", "gold"), UNREAD)
def test_no_number_or_several_are_undecided(answer: str, gold: str) -> None:
    """To choose one, or to read a part of one, would be to guess."""
    assert verdict(answer, gold) == "undecided"


@pytest.mark.parametrize(
    ("answer", "gold", "tolerance", "expected"),
    [
        ("0.3", "0.2", 0.1, "correct"),
        ("0.1", "0.2", 0.1, "correct"),
        ("0.5", "0.2", 0.3, "correct"),
        ("0.30000000001", "0.2", 0.1, "wrong"),
        ("0.09999999999", "0.2", 0.1, "wrong"),
        ("105", "100", 5, "correct"),
        ("106", "100", 5, "wrong"),
        ("1e999", "1", 1e300, "wrong"),
        ("5e999", "1e999", sys.float_info.max, "wrong"),
    ],
)
def test_the_tolerance_is_met_exactly_at_its_limit(answer: str, gold: str, tolerance: float, expected: Verdict) -> None:
    """In binary, 0.3 - 0.2 is less than 0.1, and a tolerance of 0.3 less than 3 tenths: here all are on the limit."""
    assert verdict(answer, gold, tolerance=tolerance) == expected


def test_the_rule_says_how_near() -> None:
    """Equal comes before near, also when the near one stands first."""
    item = Item("q", "?", ("4.5", "5"), grader="numeric", tolerance=0.5)

    assert numeric("5", item).rule == "equal"
    assert numeric("5.25", item).rule == "within 0.5"
    assert numeric("9", item).rule == "no gold number is near enough"
    assert numeric("1 2 3", item).rule == "3 numbers in the answer"
    assert numeric("?", item).rule == "no numbers in the answer"
    assert numeric("5", item).grader == "numeric@1"


def test_a_gold_text_without_a_number_decides_nothing() -> None:
    """A question marked numeric by mistake must not make every answer wrong."""
    item = Item("q", "?", ("five",), grader="numeric")

    assert numeric("5", item).verdict == "undecided"
    assert numeric("5", item).rule == "no number in the gold texts"


@pytest.mark.parametrize(
    "hostile",
    ["9" * 100_000, "1," * 50_000, "1,111" * 20_000, "-" * 100_000, "1e" * 50_000, "=" * 100_000, "1.1" * 40_000],
)
def test_hostile_answers_end_in_a_grade(hostile: str) -> None:
    """A reply of 100,000 characters takes milliseconds; a regular expression that backtracks would never end."""
    assert verdict(hostile, "1") in {"wrong", "undecided"}


NUMBERS = st.one_of(st.integers().map(str), st.decimals(allow_nan=False, allow_infinity=False, places=5).map(str))


@given(
    gold=NUMBERS,
    before=st.sampled_from(["", "x = ", "= ", "$", "is ("]),
    after=st.sampled_from(["", ".", " %", ")", "\n"]),
)
def test_the_gold_number_is_right_whatever_stands_around_it(gold: str, before: str, after: str) -> None:
    """Words, signs and spaces on either side change no number."""
    assert verdict(before + gold + after, gold) == "correct"


@given(number=st.integers(min_value=-(10**18), max_value=10**18))
def test_thousands_commas_change_nothing(number: int) -> None:
    """Python's own grouping, read back."""
    assert verdict(f"{number:,}", str(number)) == "correct"


@given(answer=st.text(), gold=st.text(), tolerance=st.floats(0, allow_infinity=False))
def test_any_text_gets_a_grade(answer: str, gold: str, tolerance: float) -> None:
    """Total: no text a model writes may end a Run."""
    assert verdict(answer, gold, tolerance=tolerance) in {"correct", "wrong", "undecided"}


@given(
    answer=st.text(alphabet="0123456789.,-+eE= ", max_size=30), gold=st.text(alphabet="0123456789.,-+eE= ", max_size=30)
)
def test_any_text_of_digits_and_signs_gets_a_grade(answer: str, gold: str) -> None:
    """Where random texts seldom get."""
    assert verdict(answer, gold, tolerance=1e-9) in {"correct", "wrong", "undecided"}
