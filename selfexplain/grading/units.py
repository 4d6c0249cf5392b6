"""The units, scale words and currencies that the numeric grader knows, and the exact factors between them.

Only factors that hold by definition stand here, never an exchange rate. Pounds and ounces are money, weight or volume,
and temperatures differ by more than a factor: none of them is converted.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

FACTORS: dict[str, tuple[tuple[str, Fraction, str], ...]] = {
    "length": (
        ("mm", Fraction(1, 1000), "mm, millimet(?:er|re)s?, 毫米"),
        ("cm", Fraction(1, 100), "cm, centimet(?:er|re)s?, 厘米"),
        ("m", Fraction(1), "m, met(?:er|re)s?, 米"),
        ("km", Fraction(1000), "km, kms, kilomet(?:er|re)s?, 公里, 千米"),
        ("inch", Fraction(254, 10_000), "inch, inches"),
        ("ft", Fraction(3048, 10_000), "ft, foot, feet"),
        ("yd", Fraction(9144, 10_000), "yd, yards?"),
        ("mile", Fraction(1_609_344, 1000), "mi, miles?"),
    ),
    "mass": (
        ("mg", Fraction(1, 1000), "mg, milligrams?, 毫克"),
        ("g", Fraction(1), "g, grams?, 克"),
        ("kg", Fraction(1000), "kg, kgs, kilos?, kilograms?, 公斤, 千克"),
        ("lb", Fraction(45_359_237, 100_000), "lb, lbs"),
    ),
    "time": (
        ("ms", Fraction(1, 1000), "ms, milliseconds?, 毫秒"),
        ("s", Fraction(1), "s, sec, secs, seconds?, 秒"),
        ("min", Fraction(60), "min, mins, minutes?, 分钟"),
        ("h", Fraction(3600), "h, hr, hrs, hours?, 小时"),
        ("day", Fraction(86_400), "days?, 天"),
        ("week", Fraction(604_800), "weeks?, 周"),
    ),
    "calendar": (
        ("month", Fraction(1), "months?, 个月"),
        ("year", Fraction(12), "years?, yrs?, 年"),
    ),
    "volume": (
        ("ml", Fraction(1, 1000), "ml, mL, millilit(?:er|re)s?, 毫升"),
        ("l", Fraction(1), "l, L, lit(?:er|re)s?, 升"),
    ),
    "dollars": (
        ("cent", Fraction(1, 100), "cents?, ¢, 美分"),
        ("$", Fraction(1), "US\\$, \\$, USD, dollars?, 美元"),
    ),
    "euro": (("€", Fraction(1), "€, EUR, euros?, 欧元"),),
    "sterling": (("£", Fraction(1), "£, GBP"),),
    "pounds": (("pound", Fraction(1), "pounds?, 磅"),),
    "ounces": (("ounce", Fraction(1), "oz, ounces?"),),
    "yuan": (("yuan", Fraction(1), "CNY, RMB, yuan, 元, 人民币"),),
    "yen": (("yen", Fraction(1), "JPY, yen, 日元"),),
    "yen or yuan": (("¥", Fraction(1), "¥"),),
    "rupees": (("₹", Fraction(1), "₹, INR, rupees?"),),
    "Celsius": (("°C", Fraction(1), "°\\s?C, degrees? Celsius, 摄氏度"),),
    "Fahrenheit": (("°F", Fraction(1), "°\\s?F, degrees? Fahrenheit, 华氏度"),),
    "Kelvin": (("K", Fraction(1), "K, kelvins?"),),
    "percent": (("%", Fraction(1, 100), "%, percent, per cent, percentage points?, 百分点"),),
}
"""Dimension → its units: name, exact factor, how people write it. What has no dimension in common is never compared."""

SCALES: tuple[tuple[int, str], ...] = (
    (12, "dozen"),
    (10**2, "hundred"),
    (10**3, "thousand|(?<=[0-9])k(?![A-Za-z])"),
    (10**4, "万|萬"),
    (10**6, "million|mn|百万"),
    (10**8, "亿|億"),
    (10**9, "billion|bn|十亿"),
    (10**12, "trillion|万亿"),
)
MONEY_SCALES = {"m": 10**6, "b": 10**9}
"""Behind a currency sign, `$5m` and `$5B` are millions and billions."""

MONEY_SIGN = r"US\$|[$€£¥₹]|USD|EUR|GBP|CNY|RMB|JPY|INR"
SIGNED_MONEY = re.compile(r"(?<![\w)])([-−+])\s?((?:US)?[$€£¥₹])\s?(?=[.\d])")
"""A minus before the sign of a currency: -$5 is $-5."""

BEFORE = re.compile(rf"(?:{MONEY_SIGN})\s?$")
END = r"(?![A-Za-z])"
"""A unit is a whole word: 5 m, and not 5 melons."""


def _known() -> dict[re.Pattern[str], tuple[str, str, Fraction]]:
    """Return every way to write a unit, symbols in their case and words in any, with its name, dimension, factor."""
    known = {}
    for dimension, units in FACTORS.items():
        for name, factor, written in units:
            for form in written.split(", "):
                flags = re.IGNORECASE if re.match(r"[A-Za-z]{4}|[a-z]{3}", form) else re.NOFLAG
                end = END if form[-1].isascii() and form[-1] not in "$%" else ""
                known[re.compile(form + end, flags)] = (name, dimension, factor)
    return known


UNITS = _known()
SCALE_WORDS = [(re.compile(rf"(?:{written})", re.IGNORECASE), factor) for factor, written in reversed(SCALES)]
COMPOUND = re.compile(r"\s?(?:/|per )\s?[a-zA-Z]+|\^?[23²³]")


class Quantity(NamedTuple):
    """A number as it is written, the scale word and the unit behind it."""

    number: Decimal
    scale: int = 1
    unit: str = ""
    """The unit's one name; empty when none that is known here stands beside the number."""
    dimension: str = ""
    factor: Fraction = Fraction(1)

    @property
    def scaled(self) -> Fraction:
        """The number times its scale word, in its own unit."""
        return Fraction(self.number) * self.scale


def quantity(number: Decimal, text: str, start: int, stop: int) -> Quantity:
    """Return the number that stands at [start, stop) of a text with its scale word and unit.

    Examples
    --------
    >>> text = "$1.5 million"
    >>> found = quantity(Decimal("1.5"), text, 1, 4)
    >>> found.scale, found.unit, quantity(Decimal(5), "5 km/h", 0, 1).unit, quantity(Decimal(5), "5 apples", 0, 1).unit
    (1000000, '$', 'km/h', '')
    """
    sign = BEFORE.search(text, max(0, start - 5), start)
    name, dimension, factor = unit_at(sign[0].strip(), 0)[:3] if sign else ("", "", Fraction(1))
    place = after_space(text, stop)
    scale = 1
    letter = text[place : place + 1].lower()
    if sign and letter in MONEY_SCALES and not text[place + 1 : place + 2].isalnum():
        scale, place = MONEY_SCALES[letter], place + 1
    else:
        for written, power in SCALE_WORDS:
            if (found := written.match(text, place)) is not None:
                scale, place = power, after_space(text, found.end())
                break
    if not sign:
        name, dimension, factor, end = unit_at(text, place)
        compound = COMPOUND.match(text, end) if name else None
        if compound is not None:  # km/h and m² are units of their own
            name, dimension, factor = name + "".join(compound[0].split()), name + compound[0], Fraction(1)
    return Quantity(number, scale, name, dimension, factor)


def after_space(text: str, place: int) -> int:
    """Return the place after at most one space or hyphen: `5 km`, `5-km`."""
    return place + 1 if text[place : place + 1] in {" ", "-", "\N{NO-BREAK SPACE}"} else place


def unit_at(text: str, place: int) -> tuple[str, str, Fraction, int]:
    """Return name, dimension, factor and end of the longest unit that begins at a place; no name where none does."""
    best = ("", "", Fraction(1), place)
    for written, (name, dimension, factor) in UNITS.items():
        found = written.match(text, place)
        if found is not None and found.end() > best[3]:
            best = (name, dimension, factor, found.end())
    return best


def siblings(dimension: str) -> list[Fraction]:
    """Return the factors of all units of a dimension."""
    return [factor for _, factor, _ in FACTORS.get(dimension, ())]
