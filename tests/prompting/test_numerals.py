from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.prompting.characters import normalise
from selfexplain.prompting.final_text import final_text
from selfexplain.prompting.number_words import english, han
from selfexplain.prompting.numerals import scan
from selfexplain.prompting.single_numbers import Quantity, Unit


def quantities(text: str) -> list[Quantity]:
    return list(scan(normalise(final_text(text).located).text))


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("80", "80", "bare"),
        ("80.", "80", "bare"),
        ("0.80", "4/5", "bare"),
        (".8", "4/5", "bare"),
        ("8e-1", "4/5", "bare"),
        ("+80", "80", "bare"),
        ("-5", "-5", "bare"),
        ("−5 %", "-5", "percent"),
        ("1,000", "1000", "bare"),
        ("80%", "80", "percent"),
        ("%80", "80", "percent"),
        ("80 %%", "80", "percent"),
        ("80 percent", "80", "percent"),
        ("80 per cent", "80", "percent"),
        ("85,5%", "171/2", "percent"),
        ("0,85", "17/20", "share"),
        ("８０．５％", "161/2", "percent"),
        ("٨٠٪", "80", "percent"),
        ("8\u20630%", "80", "percent"),
        ("**80**%", "80", "percent"),
        ("8/10", "4/5", "share"),
        ("80/100%", "80", "percent"),
        ("80% out of 100%", "80", "percent"),
        ("8.5 out of 10", "17/20", "share"),
        ("nine times out of ten", "9/10", "share"),
        ("9 in 10", "9/10", "share"),
        ("½", "1/2", "share"),
        ("0/100", "0", "share"),
        ("eighty", "80", "bare"),
        ("Eighty-Five percent", "85", "percent"),
        ("a hundred percent", "100", "percent"),
        ("one hundred and five percent", "105", "percent"),
        ("ninety-nine point five percent", "199/2", "percent"),
        ("百分之八十", "80", "percent"),
        ("百分之80", "80", "percent"),
        ("百分之八十五点五", "171/2", "percent"),
        ("百分之百", "100", "percent"),
        ("百分百", "100", "percent"),
        ("十分之九", "9/10", "share"),
        ("八成", "8", "tenths"),
        ("8成", "8", "tenths"),
        ("八成五", "17/2", "tenths"),
        ("八成半", "17/2", "tenths"),
        ("九成九", "99/10", "tenths"),
        ("十成", "10", "tenths"),
        ("8割", "8", "tenths"),
        ("8割5分", "17/2", "tenths"),
        ("八割五分三厘", "853/100", "tenths"),
        ("80パーセント", "80", "percent"),
        ("80퍼센트", "80", "percent"),
        ("80프로", "80", "percent"),
        ("팔십오 퍼센트", "85", "percent"),
        ("8할", "8", "tenths"),
        ("零点八", "4/5", "bare"),
    ],
)
def test_one_number_is_read_as_it_is_written(text: str, number: str, unit: Unit) -> None:
    (found,) = quantities(text)

    assert (found.kind, found.low, found.high, found.unit) == ("point", Fraction(number), Fraction(number), unit)
    assert not found.approx


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("80-90", 80, 90, "bare"),
        ("90-80", 80, 90, "bare"),
        ("80 -90", 80, 90, "bare"),
        ("80–90%", 80, 90, "percent"),
        ("80% to 90%", 80, 90, "percent"),
        ("between 80 and 90 percent", 80, 90, "percent"),
        ("80～90％", 80, 90, "percent"),
        ("七八成", 7, 8, "tenths"),
        ("八到九成", 8, 9, "tenths"),
        ("百分之八十到九十", 80, 90, "percent"),
        ("eighty-ninety percent", 80, 90, "percent"),
        ("8割から9割", 8, 9, "tenths"),
    ],
)
def test_a_range_keeps_both_ends_and_is_never_a_minus(text: str, low: int, high: int, unit: Unit) -> None:
    (found,) = quantities(text)

    assert found.kind == "range"
    assert [found.low, found.high, found.unit] == [low, high, unit]


@pytest.mark.parametrize(
    ("text", "low", "high", "strict"),
    [
        (">90%", 90, None, True),
        ("≥ 90%", 90, None, False),
        ("at least 90", 90, None, False),
        ("more than 90", 90, None, True),
        ("90+", 90, None, True),
        ("90% or higher", 90, None, False),
        ("90%以上", 90, None, False),
        ("超过九成", 9, None, True),
        ("90 퍼센트 이상", 90, None, False),
        ("<10%", None, 10, True),
        ("up to 90", None, 90, False),
        ("不到五成", None, 5, True),
        ("80%未満", None, 80, True),
        ("不超过 60%", None, 60, False),
    ],
)
def test_a_bound_keeps_its_limit_and_its_side(text: str, low: int | None, high: int | None, strict: bool) -> None:  # noqa: FBT001 - a column of the table
    (found,) = quantities(text)

    assert (found.kind, found.low, found.high, found.strict) == ("bound", low, high, strict)


@pytest.mark.parametrize(
    "text",
    [
        "约80%",
        "~80%",
        "about 80%",
        "roughly 80%",
        "80ish",
        "80% or so",
        "80%左右",
        "80%くらい",
        "약 80%",
        "80±5",
    ],
)
def test_about_is_noted_and_is_no_bound(text: str) -> None:
    (found,) = quantities(text)

    assert found.kind == "point"
    assert found.low == 80
    assert found.approx


@pytest.mark.parametrize(
    "text", ["$83", "80x", "3rd", "GPT-4", "10:30", "80¹", "8/10/2024", "7-day", "1.2.3", "100 out of 0"]
)
def test_digits_that_are_no_confidence_are_unreadable(text: str) -> None:
    """A price, a date, a footnote mark: found, so that they are not skipped, and not read."""
    assert quantities(text)[0].kind == "unreadable"


@pytest.mark.parametrize(("text", "numbers"), [("90,70", [90, 70]), ("8½", [8, Fraction(1, 2)]), ("90 … 70", [90, 70])])
def test_two_numbers_stay_two(text: str, numbers: list[Fraction]) -> None:
    assert [found.low for found in quantities(text)] == numbers


@pytest.mark.parametrize("text", ["50/50", "90/10", "20/80"])
def test_odds_are_marked_because_nobody_can_tell_them_from_fractions(text: str) -> None:
    assert quantities(text)[0].idiom


DIGITS = "零一二三四五六七八九"
NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
WORDS = NAMES.split()


@settings(deadline=None)  # a loaded machine is no bug
@given(st.integers(0, 99))
def test_number_words_say_the_number_that_wrote_them(number: int) -> None:
    """A second implementation, from numbers to words, in two languages."""
    tens, ones = divmod(number, 10)
    word = WORDS[number] if number < 20 else WORDS[18 + tens] + (f"-{WORDS[ones]}" if ones else "")
    numeral = (DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (DIGITS[ones] if ones or not tens else "")

    assert english(word) == number
    assert han(numeral) == number
    assert [found.low for found in quantities(f"{word} percent")] == [number]
    assert [found.low for found in quantities(f"百分之{numeral}")] == [number]


@settings(deadline=None)  # a loaded machine is no bug
@given(st.text(alphabet="0123456789.,-+~<>%/() 八成百分之十eighty to on", max_size=60))
def test_numbers_come_in_order_and_inside_the_text(text: str) -> None:
    done = 0
    for found in scan(text):
        assert done <= found.start < found.stop <= len(text)
        assert found.outer[0] <= found.start
        assert found.stop <= found.outer[1] <= len(text)
        done = found.stop


@pytest.mark.parametrize("letter", ["8", "８", "é", "ﾊﾟ", "‘", "½", "\ud800", "e\u0301"])
def test_normalised_characters_still_know_the_raw_ones(letter: str) -> None:
    raw = f"a {letter} b"
    view = normalise(final_text(raw).located)
    start = view.text.index("a") + 2

    assert raw[slice(*view.raw_span(start, len(view.text) - 2))].strip() == letter
