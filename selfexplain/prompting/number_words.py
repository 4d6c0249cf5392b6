"""Numbers in words: English, Chinese and Japanese numerals, Sino-Korean ones, up to a hundred and some."""

import re
from fractions import Fraction

# One line each: quoted words in a column, twenty of them, hide what is missing.
_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES = {name: number for number, name in enumerate(_TO_NINETEEN.split())}
TENS = {name: 10 * number for number, name in enumerate(_TENS.split(), start=2)}
DIGIT_WORDS = "|".join(list(ONES)[:10])
BELOW_HUNDRED = rf"(?:(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(list(ONES)[1:10])})\b)?|(?:{'|'.join(reversed(ONES))}))"
ENGLISH = (
    rf"\b(?:(?:(?:an?|one)\ )?hundred(?:(?:\ and)?\ {BELOW_HUNDRED})?|{BELOW_HUNDRED})"
    rf"(?:\ point(?:\ (?:{DIGIT_WORDS})){{1,8}})?\b(?!-(?!(?:ish|to|{BELOW_HUNDRED})\b)[a-z])"  # not nine-fold
)

_PARTS = "half third quarter fourth fifth sixth seventh eighth ninth tenth"
PARTS = {name: Fraction(1, number) for name, number in zip(_PARTS.split(), (2, 3, 4, *range(4, 11)), strict=True)}
FRACTION = (
    rf"(?<![\w-])(?:(?P<times>an?|{'|'.join(list(ONES)[1:10])})[ -](?P<fraction_part>{'|'.join(PARTS)})s?"
    r"|(?P<half>half))"
    r"(?=[ ]?(?:$|[^\w\s-])|[ ](?:sure|certain|confident|confidence|certainty|chance|probability|likely|to|or|and)\b)"
)
"""A fraction in words: `half`, `a third`, `three-quarters`; neither `half of it` nor `a third source`."""

HAN = {**{digit: number for number, digit in enumerate("〇一二三四五六七八九")}, "零": 0, "两": 2, "兩": 2}
HAN_DIGIT = "".join(HAN)
HAN_NUMBER = rf"[{HAN_DIGIT}十百]{{1,8}}(?:[点點][{HAN_DIGIT}]{{1,8}})?"
HANGUL = dict(zip("영공일이삼사오육칠팔구십백", "零零一二三四五六七八九十百", strict=True))
HANGUL_NUMBER = rf"(?<![가-힣])[{''.join(HANGUL)}]{{1,6}}(?=\ ?(?:퍼센트|프로|%))"


def english(words: str) -> Fraction | None:
    """Return the number that English words up to one hundred and some write.

    Examples
    --------
    >>> english("eighty-five"), english("zero point nine")
    (Fraction(85, 1), Fraction(9, 10))
    """
    whole, _, decimals = words.lower().partition(" point ")
    total = 0
    for word in whole.replace("-", " ").split():
        total += ONES.get(word, 0) + TENS.get(word, 0) + (100 if word == "hundred" else 0)
    if "hundred" in whole and whole.startswith("one "):
        total -= 1
    tail = "".join(str(ONES[word]) for word in decimals.split())
    return Fraction(f"{total}.{tail or '0'}")


def fraction(times: str | None, part: str) -> Fraction:
    """Return the part of one that a fraction in words writes.

    >>> fraction("three", "quarter"), fraction(None, "half")
    (Fraction(3, 4), Fraction(1, 2))
    """
    return ONES.get((times or "one").lower(), 1) * PARTS[part.lower()]


def han(written: str) -> Fraction | None:
    """Return the number that Chinese numerals up to 999, Sino-Korean ones or ASCII digits write; None if ill-formed.

    Examples
    --------
    >>> han("八十五点五"), han("百"), han("팔십"), han("九九")
    (Fraction(171, 2), Fraction(100, 1), Fraction(80, 1), None)
    """
    if written[0].isdigit() and written.isascii():
        return Fraction(written)
    written = "".join(HANGUL.get(letter, letter) for letter in written).replace("點", "点")
    whole, _, decimals = written.partition("点")
    form = re.fullmatch(
        rf"(?:(?P<hundreds>[一二三四五六七八九两兩1]?)(?P<百>百)(?:[零〇](?!十))?)?(?:(?P<tens>[一二三四五六七八九]?)(?P<十>十))?(?P<ones>[{HAN_DIGIT}]?)",
        whole,
    )
    if form is None or not whole:
        return None
    total = 100 * (HAN.get(form["hundreds"], 1) if form["hundreds"] else 1) if form["百"] else 0
    if form["十"]:
        total += 10 * (HAN[form["tens"]] if form["tens"] else 1)
    total += HAN[form["ones"]] if form["ones"] else 0
    return Fraction(f"{total}.{''.join(str(HAN[digit]) for digit in decimals) or '0'}")
