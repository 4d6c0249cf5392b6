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
    assert numeric("5", item).grader == "numeric@2"


SAME_QUANTITY = [
    ("$18", "18", "equal"),
    ("18", "$18", "equal"),
    ("18 dollars", "$18", "equal"),
    ("-$5", "-5", "equal"),
    ("5 km", "5 kilometres", "equal"),
    ("5公里", "5 km", "equal"),
    ("5000 m", "5 km", "equal after conversion"),
    ("1 mile", "1.609344 km", "equal after conversion"),
    ("90 min", "1.5 hours", "equal after conversion"),
    ("50 cents", "$0.50", "equal after conversion"),
    ("95%", "0.95", "equal after conversion"),
    ("0.95", "95 percent", "equal after conversion"),
    ("1.2 million", "1,200,000", "equal"),
    ("$5m", "5 million dollars", "equal"),
    ("3 dozen eggs", "36", "equal"),
    ("12万", "120000", "equal"),
    ("60 km/h", "60 km/h", "equal"),
    ("5 km, so 5", "5", "equal"),
]


@pytest.mark.parametrize(("answer", "gold", "rule"), SAME_QUANTITY)
def test_one_quantity_in_two_units_is_right(answer: str, gold: str, rule: str) -> None:
    """A unit on one side is the question's own; two units meet by a factor that holds by definition."""
    grade = numeric(answer, Item("q", "?", (gold,)))

    assert (grade.verdict, grade.rule) == ("correct", rule)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("6 km", "5 km"), ("7", "5 km"), ("$17", "18"), ("96%", "0.95"), ("1.3 million", "1.2"), ("6000 m", "5 km")],
)
def test_what_no_unit_makes_right_is_wrong(answer: str, gold: str) -> None:
    """Were wrong answers with a unit left out, and right ones kept, accuracy would be too high."""
    assert verdict(answer, gold) == "wrong"


NOT_COMPARED = [
    ("5 kg", "5 km", "its unit kg cannot be converted to km"),
    ("€5", "$5", "its unit € cannot be converted to $"),
    ("5 km/h", "5 km", "its unit km/h cannot be converted to km"),
    ("212 °F", "100 °C", "its unit °F cannot be converted to °C"),
    ("5 pounds", "£5", "its unit pound cannot be converted to £"),
    ("1.2 million", "1.2", "equal but for a scale word"),
    ("1.2", "1.2 million", "equal but for a scale word"),
    ("5000", "5 km", "equal only in another unit, and one side has none"),
    ("120 minutes", "2", "equal only in another unit, and one side has none"),
    ("5 km or 5 m", "5 km", "one number with several units in the answer"),
]


@pytest.mark.parametrize(("answer", "gold", "rule"), NOT_COMPARED)
def test_what_another_unit_would_make_right_is_undecided(answer: str, gold: str, rule: str) -> None:
    """Never a silent wrong: the rule says what keeps the two apart."""
    grade = numeric(answer, Item("q", "?", (gold,)))

    assert (grade.verdict, grade.rule) == ("undecided", rule)


def test_the_tolerance_is_in_the_unit_of_the_gold() -> None:
    """5.05 km is 50 m away: within 0.1 km, not within 0.01 km."""
    assert verdict("5050 m", "5 km", tolerance=0.1) == "correct"
    assert verdict("5050 m", "5 km", tolerance=0.01) == "wrong"


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
