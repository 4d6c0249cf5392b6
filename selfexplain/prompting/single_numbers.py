"""Single numbers as models write them, with their unit: digits, and words in four languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from selfexplain.prompting.number_words import (
    ENGLISH,
    FRACTION,
    HAN,
    HAN_DIGIT,
    HAN_NUMBER,
    HANGUL_NUMBER,
    english,
    fraction,
    han,
)

Unit = Literal["bare", "percent", "tenths", "share"]
Kind = Literal["point", "range", "bound", "unreadable"]

WORTH: dict[Unit, int] = {"percent": 100, "tenths": 10, "share": 1}
"""What a number is divided by to become a share; a bare number has no worth of its own."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number, range or bound as it is written.

    Parameters
    ----------
    low, high : Fraction or None
        The limits in the unit; equal for a point, one of them None for a bound, both None when unreadable.
    unit : str
        `bare` (the scale decides), `percent`, `tenths` (成, 割, 할) or `share` (already a part of one: 8/10).
    approx : bool
        The model said "about".
    start, stop : int
        Where the number stands, unit included.
    outer : tuple of int
        The same with the words that belong to it ("about", "at least").
    kind : str
        `point`, `range`, `bound`, or `unreadable`: digits that are no confidence, such as a date, a price or `80x`.
    decimal : bool
        Written with a decimal point: on a scale of whole numbers, 0.8 may then mean 80 %.
    strict : bool
        A bound that excludes its limit.
    idiom : bool
        `50/50` and its like: a fraction by the letter, odds (or two tries) by custom; nobody can tell which.
    spelled : bool
        Written in words without a unit, so that in running text it may be no number at all ("the one that").
    """

    low: Fraction | None
    high: Fraction | None
    unit: Unit
    approx: bool
    start: int
    stop: int
    outer: tuple[int, int]
    kind: Kind = "point"
    decimal: bool = False
    strict: bool = False
    idiom: bool = False
    spelled: bool = False


ASCII_DIGITS = r"\d[\d.,]*+|\.\d[\d.,]*+"
EXPONENT = r"(?:[eE](?P<exponent>[-+]?\d{1,3})(?![\w.]))?"

NUMBER = re.compile(
    rf"""(?P<per>千|{HAN_NUMBER}|\d{{1,4}})分之\ ?(?P<part>{HAN_NUMBER}|\d{{1,4}}(?:\.\d{{1,8}})?)
    |百分百(?P<whole>)
    |(?P<even>五五开|五五開|一半(?!的))
    |(?P<fraction>{FRACTION})
    |(?P<tenths>\d{{1,3}}(?:\.\d{{1,8}})?|{HAN_NUMBER}
       |(?<![一两兩大小多])半(?=成))\ ?(?P<tenth>成(?![功员員本为為长長年人立果绩績就语語])|割|할)
       (?:(?P<hundredth>[\d{HAN_DIGIT}半])(?![\d.]|\ ?[成割])\ ?[分푼]?(?:(?P<thousandth>[\d{HAN_DIGIT}])[厘毛리])?)?
    |(?P<before>(?<!\d)(?<!\d\ )(?<!%)%\ ?)?(?P<sign>(?<![\w%).\]-])[-+](?=[\d.]))?
     (?<![A-Za-z0-9_.])(?<!\d,)(?P<digits>{ASCII_DIGITS}){EXPONENT}
    |(?P<english>{ENGLISH})
    |(?P<hangul>{HANGUL_NUMBER})
    |(?P<han>{HAN_NUMBER})
    """,
    re.IGNORECASE | re.VERBOSE,
)
PERCENT = re.compile(
    r"[ ]{0,2}[>\]})]{0,2}[ ]?(?:(?:%[ ]?){1,3}|(?:per[ ]?cent|percentage|pct)\b(?:[ ]points?\b)?|p\.c\.?|퍼센트"
    r"|프로(?![가-힣]{2})|パーセント|个百分点|個百分點)",
    re.IGNORECASE,
)
TO_A_HUNDRED = r"(?:100|a hundred|one hundred|hundred|10|ten|20|twenty|5|five)"
OUT_OF = re.compile(
    r"[ ]{0,2}(?:/[ ]?|[(]?(?:times[ ])?out[ ]of[ ](?:a[ ](?:possible|maximum|total)[ ](?:of[ ])?)?"
    rf"|in[ ](?={TO_A_HUNDRED}\b(?!%|[ ]percent))"
    rf"|in[ ](?=(?:[2-9]|two|three|four|six|seven|eight|nine)[ ]{{0,2}}(?:$|[.,;)!])))"
    r"(?P<of>\d{1,6}(?:\.\d{1,8})?(?![\d.]*[\w])|(?:a[ ])?[a-z]{2,8}\b)(?!/\d)",
    re.IGNORECASE,
)
# What makes digits something else: a price, GPT-4, No. 7 before them; 80x, 3rd, 10:30, 7-day, a footnote mark after.
NO_CONFIDENCE_BEFORE = re.compile(r"(?:[$€£¥₹₩₽#][ ]?|[A-Za-z]-)$")
GLUED = re.compile(r"[A-Za-z_°^‰‱]|[?!]{1,3}[ ]?%|[^\x00-\x7f](?<=[⁰¹²³⁴-⁹₀-₉])|[-/.:]\d|-(?=[A-Za-z])")
NOT_GLUED = re.compile(r"-?ish\b|percent|per ?cent|pct|and\b|or\b|to\b", re.IGNORECASE)
STRAIGHT_RANGE = re.compile(r"-{1,2}\d[\d.]{0,12}(?!\d|-\d|[A-Za-z])")
MAX_DIGITS = 40
"""Longer numbers are cut here: no confidence needs more, and reading 100,000 digits exactly takes time."""


def numbers(text: str) -> Iterator[Quantity]:
    """Yield single numbers with their units."""
    position = 0
    while match := NUMBER.search(text, position):
        position = max(match.end(), position + 1)
        for found in _read(text, match):
            position = max(position, found.stop)
            yield found


def _read(text: str, match: re.Match[str]) -> Iterator[Quantity]:
    """Yield what one match of NUMBER says; two numbers when a comma only lists them."""
    if match["digits"] is not None:
        yield from _digits(text, match)
        return
    start, stop = match.span()
    if match["per"] is not None:
        per = Fraction(1000) if match["per"] == "千" else han(match["per"])
        part = han(match["part"])
        if per is None or part is None or per == 0:
            yield _unreadable(start, stop)
        elif per == 100:
            yield _point(part, "percent", start, stop)
        else:
            yield _point(part / per, "share", start, stop)
    elif match["whole"] is not None:
        yield _point(Fraction(100), "percent", start, stop)
    elif match["even"] is not None:
        yield _point(Fraction(1, 2), "share", start, stop)
    elif match["fraction"] is not None:
        yield replace(
            _point(fraction(match["times"], match["fraction_part"] or match["half"]), "share", start, stop),
            spelled=True,
        )
    elif match["tenths"] is not None:
        yield _tenths(match)
    else:
        value = english(match["english"]) if match["english"] else han(match["hangul"] or match["han"])
        if value is None:
            yield _unreadable(start, stop)
        else:
            decimal = re.search(r"\bpoint\b|[点點]", match[0], re.IGNORECASE) is not None
            yield _with_unit(text, replace(_point(value, "bare", start, stop, decimal=decimal), spelled=True))


def _digits(text: str, match: re.Match[str]) -> Iterator[Quantity]:
    """Yield what ASCII digits say: decimals, a decimal comma, thousands, or two numbers in a list."""
    written = match["digits"]
    start = match.start("digits")
    body = written.rstrip(".,")
    stop = match.end() if match["exponent"] else start + len(body)
    begin = match.start()
    percent = match["before"] is not None or PERCENT.match(text, stop) is not None
    other = NO_CONFIDENCE_BEFORE.search(text[max(0, begin - 3) : begin]) or (
        GLUED.match(text, stop) and not any(joined.match(text, stop) for joined in (NOT_GLUED, STRAIGHT_RANGE, OUT_OF))
    )
    sign = -1 if match["sign"] == "-" else 1
    value, decimal = _value(body, percent=percent)
    if match["exponent"] and value is not None:
        value, decimal = min(value * Fraction(10) ** int(match["exponent"]), Fraction(10) ** MAX_DIGITS), True
    if value is None and not other and re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?,\d{1,6}(?:\.\d{1,6})?", body):
        left, right = body.split(",")
        middle = start + len(left)
        yield _point(Fraction(left), "bare", begin, middle, decimal="." in left)
        yield _with_unit(text, _point(Fraction(right), "bare", middle + 1, stop, decimal="." in right))
    elif value is None or other:
        yield _unreadable(begin, stop)
    else:
        # Whoever writes 0,85 writes a part of one, whatever scale was asked for: nobody states 0,85 of a hundred so.
        comma = not percent and body.startswith("0,")
        unit: Unit = "percent" if match["before"] else "share" if comma else "bare"
        point = _point(sign * value, unit, begin, stop, decimal=decimal)
        yield _with_unit(text, point)


def _value(body: str, *, percent: bool) -> tuple[Fraction | None, bool]:
    """Return the number that digits, points and commas write, and whether it has decimals; None if they do not say."""
    if "," in body:
        if body.count(",") == 1 and re.fullmatch(r"0,\d{1,2}" if not percent else r"\d{1,3},\d{1,2}", body):
            body = body.replace(",", ".")
        elif re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", body):
            body = body.replace(",", "")
        else:
            return None, False
    if body.count(".") > 1:
        return None, False
    whole, _, decimals = body.partition(".")
    whole = whole.lstrip("0")
    if len(whole) > MAX_DIGITS:
        return Fraction(10) ** MAX_DIGITS, False
    return Fraction(f"{whole or '0'}.{decimals[:MAX_DIGITS] or '0'}"), bool(decimals)


def _tenths(match: re.Match[str]) -> Quantity:
    """Return 八成, 8割5分 or 九成九; 七八成 is a range, as it is in speech."""
    start, stop = match.span()
    written = match["tenths"]
    if len(written) == 2 and all(HAN.get(digit, 0) for digit in written):
        low, high = (Fraction(HAN[digit]) for digit in written)
        return replace(_point(low, "tenths", start, stop), high=high, kind="range")
    value = Fraction(1, 2) if written == "半" else han(written)
    # 九成九 is how Chinese says 99 %; with 分 behind it is how Japanese says it, and in Chinese nothing clear.
    if value is None or (match["tenth"][0] == "成" and match[0].endswith("分")):
        return _unreadable(start, stop)
    for name, worth in (("hundredth", 10), ("thousandth", 100)):
        digit = match[name]
        if digit:
            value += Fraction(5 if digit == "半" else HAN.get(digit, 0) or int(digit if digit.isascii() else 0), worth)
    return _point(value, "tenths", start, stop)


def _point(value: Fraction, unit: Unit, start: int, stop: int, *, decimal: bool = False) -> Quantity:
    return Quantity(value, value, unit, approx=False, start=start, stop=stop, outer=(start, stop), decimal=decimal)


def _unreadable(start: int, stop: int) -> Quantity:
    return Quantity(None, None, "bare", approx=False, start=start, stop=stop, outer=(start, stop), kind="unreadable")


def _with_unit(text: str, number: Quantity) -> Quantity:
    """Return the number with the unit that follows it: a percent sign, or what it is out of."""
    value = number.low
    if value is None:
        return number
    percent = PERCENT.match(text, number.stop)
    if percent:
        stop = number.stop + len(percent[0].rstrip())
        number = replace(number, unit="percent", stop=stop, outer=(number.start, stop), spelled=False)
    return _out_of(text, number, value)


def _out_of(text: str, number: Quantity, value: Fraction) -> Quantity:
    """Return the number as a share when the text goes on with what it is out of, else as it is."""
    found = OUT_OF.match(text, number.stop)
    whole = _whole(found["of"]) if found else None
    if found is None or whole is None:
        return number
    stop = found.end()
    closing = PERCENT.match(text, stop)
    if closing:  # 80/100% and 80% out of 100% say the hundred twice; 8/10% says nothing that two people read alike
        stop += len(closing[0].rstrip())
    outer = (number.start, stop)
    if closing or number.unit == "percent":
        same = replace(number, unit="percent", stop=stop, outer=outer, spelled=False)
        return same if whole == 100 else _unreadable(*outer)
    if whole == 0:
        return _unreadable(*outer)
    # 90/10 are odds by custom and 70/80 may be two tries: with a slash, only customary wholes make a clear fraction.
    unclear = (
        "/" in found[0] and whole != 100 and (value + whole == 100 or (20 < whole < 100 and whole not in {25, 50}))
    )
    return replace(_point(value / whole, "share", *outer), idiom=unclear)


def _whole(written: str) -> Fraction | None:
    """Return what stands behind "out of" as a number."""
    if written[0].isdigit():
        return Fraction(written)
    return english(written) if re.fullmatch(ENGLISH, written, re.IGNORECASE | re.VERBOSE) else None
