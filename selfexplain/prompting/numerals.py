"""Numbers as models write them: one grammar for digits and for words in four languages.

The grammar says what is written, not what it is worth: `8/10` is a share, `80%` a percentage, `80` a bare number whose
value depends on the scale that was asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from selfexplain.prompting.single_numbers import Kind, Quantity, Unit, numbers

TO = re.compile(r"[ ]{0,3}(?:-{1,2}|~|\bto\b|\bthrough\b|\bup to\b|至|到|から|에서)[ ]{0,3}", re.IGNORECASE)
AND = re.compile(r"[ ]{0,3}(?:\band\b|和|与|與|と)[ ]{0,3}", re.IGNORECASE)
DASH = re.compile(r"[ ]{1,3}-{1,2}[ ]{1,3}")
COUNTED = re.compile(
    r"(?:[ ](?:out )?of \d{1,4})?[ ](?!(?:confident|sure|certain|likely|percent|points?|out|of|or|and|in"
    r"|because|since|as)\b)[A-Za-z]{3}",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"(?:\bbetween|介于|介於|在)[ ]{0,3}$", re.IGNORECASE)
RANGE_AFTER = re.compile(r"[ ]?(?:之间|之間|の間|사이)")
PLUS_MINUS = re.compile(r"[ ]{0,3}[(,]?[ ]{0,2}(?:±|\+/-|\+-)[ ]{0,3}")

APPROX_BEFORE = re.compile(
    r"(?:(?<![A-Za-z])(?:about|around|roughly|approximately|approx\.?|circa|ca\.|(?-i:c\.)|nearly|almost"
    r"|close to|some|etwa|ungefähr|rund|environ|aproximadamente|alrededor de|cerca de|около|примерно)(?: an?)?"
    r"|[~≈≒]|大约|大約|约|約|(?<![最附就])近|大概|差不多|将近|將近|接近|几乎|幾乎|およそ|ほぼ|약|대략|거의)[ ]{0,2}$",
    re.IGNORECASE,
)
APPROX_AFTER = re.compile(
    r"[ ]{0,2}(?:-?ish\b|or so\b|or thereabouts\b|give or take\b|左右|上下|くらい|ぐらい|程度|ほど|前後|정도|쯤|내외)",
    re.IGNORECASE,
)
AT_LEAST = (
    "at least|minimum of|min|no less than|not less than|no lower than"
    "|至少有?|起码有?|不低于|不少于|少なくとも|적어도|최소"
)
AT_MOST = (
    "at most|up to|maximum of|max|no more than|not more than|no higher than|至多有?|最多有?|不超过|不超過|不高于|최대"
)
ABOVE = "(?:more|greater|higher) than|over|above|exceeding|upwards of|north of|超过|超過|高于|高於|大于|大於"
BELOW = "(?:less|lower|fewer) than|under|below|south of|不到|不足|低于|低於|小于|小於|未满|未滿"
BOUND_BEFORE = re.compile(
    rf"(?:(?P<low_in>=?>=|=>|(?<![A-Za-z])(?:{AT_LEAST}))|(?P<high_in><=|=<|(?<![A-Za-z])(?:{AT_MOST}))"
    rf"|(?P<low_ex>(?<![-=])>|(?<![A-Za-z])(?:{ABOVE}))|(?P<high_ex><|(?<![A-Za-z])(?:{BELOW})))[ ]{{0,2}}$",
    re.IGNORECASE,
)
MAYBE = r"[,(]?[ ]?(?:(?:or|and|if not|possibly|maybe|perhaps|probably|even|slightly|a bit|a little)[ ]?){1,3}(?<=[ ])"
NO_MORE = r"(?! (?:precisely|exactly|specifically|accurately|likely|confident|certain|sure)\b)"
BOUND_AFTER = re.compile(
    rf"[ ]{{0,2}}(?:(?P<low_ex>\+(?![\d/-])|[<‹](?![/A-Za-z])|超|초과|(?<=[成割])[多余])"
    rf"|(?P<low_in>,?[ ]?(?:at (?:the )?(?:very )?(?:least|worst)|min(?:imum)?\b\.?"
    rf"|as a (?:minimum|floor))|{MAYBE}(?:more|higher|above|greater|over|up|better)\b{NO_MORE}|以上|이상)"
    rf"|(?P<high_in>,?[ ]?(?:at (?:the )?(?:very )?(?:most|best)|tops\b|max(?:imum)?\b\.?|as a (?:maximum"
    rf"|ceiling))|{MAYBE}(?:less|lower|below|fewer|under)\b{NO_MORE}|以下|以内|以內|이하)|(?P<high_ex>未満|未满|미만))",
    re.IGNORECASE,
)
LOOK_BACK = 24
"""Longer than any qualifier; keeps the search before a number short."""


def scan(text: str) -> Iterator[Quantity]:
    """Yield every number, range and bound of a normalised text, from left to right, as it is written.

    Parameters
    ----------
    text : str
        Normalised text.

    Examples
    --------
    >>> [(str(found.low), found.unit) for found in scan("八成五, or 85 percent")]
    [('17/2', 'tenths'), ('85', 'percent')]
    """
    pending: Quantity | None = None
    for number in numbers(text):
        if pending is not None:
            joined = _range(text, pending, number)
            if joined is not None:
                pending = joined
                continue
            yield _qualified(text, pending)
        pending = number
    if pending is not None:
        yield _qualified(text, pending)


def _range(text: str, left: Quantity, right: Quantity) -> Quantity | None:
    """Return two numbers as one range where a dash or "to" joins them, 80±5 as about 80, else None."""
    first, second = left.low, right.low
    if left.kind != "point" or right.kind != "point" or first is None or second is None:
        return None
    between = text[left.stop : min(right.start, left.stop + 16)]
    if DASH.fullmatch(between) and second < first and COUNTED.match(text, right.stop):
        return None  # "85 - 3 sources agree": a remark behind a dash
    unit = _shared_unit(left, right)
    left = replace(left, stop=right.stop, outer=(left.start, right.stop), spelled=left.spelled and right.spelled)
    if PLUS_MINUS.fullmatch(between):
        return replace(left, approx=True, unit=unit or left.unit)
    before = BETWEEN.search(text[max(0, left.start - LOOK_BACK) : left.start])
    minus = second < 0 and not between.strip()  # "80 -90": nobody states eighty and then minus ninety
    if not (TO.fullmatch(between) or (before and AND.fullmatch(between)) or minus):
        return None
    decimal = left.decimal or right.decimal
    if unit is None:
        return replace(left, low=None, high=None, unit="bare", kind="range", decimal=decimal)
    low, high = sorted((first, abs(second)))
    kind: Kind = "point" if low == high and not minus else "range"  # fifty-fifty says one number
    return replace(left, low=low, high=high, unit=unit, kind=kind, decimal=decimal)


def _shared_unit(left: Quantity, right: Quantity) -> Unit | None:
    """Return the unit of a range: that of the one end that names it, or of both; None when they do not agree."""
    if left.unit == right.unit:
        return left.unit
    units = {left.unit, right.unit} - {"bare"}
    return units.pop() if len(units) == 1 and "share" not in units else None


def _qualified(text: str, number: Quantity) -> Quantity:
    """Return the number with what stands around it: "about", "at least", "or more"."""
    if number.kind == "unreadable":
        return number
    first, last = number.outer
    approx, bound = number.approx, ""
    for _ in range(2):
        before = text[max(0, first - LOOK_BACK) : first]
        about = APPROX_BEFORE.search(before)
        limit = BOUND_BEFORE.search(before)
        if limit and before.endswith("<") and ">" in text[number.start : last + 1]:
            limit = None  # <48> copies the brackets of the template
        found = about or limit
        if found:
            first -= len(before) - found.start()
        approx = approx or about is not None
        bound = bound or (limit.lastgroup or "" if limit and not about else "")
    if number.kind == "range" and (suffix := RANGE_AFTER.match(text, last)):
        last = suffix.end()
    for after in (APPROX_AFTER, BOUND_AFTER):
        suffix = after.match(text, last)
        if suffix:
            last = suffix.end()
            approx = approx or after is APPROX_AFTER
            bound = bound or suffix.lastgroup or ""
    number = replace(number, approx=approx, outer=(first, last))
    if not bound or number.kind == "range":
        return number
    side, strict = bound.split("_")[0], bound.endswith("ex")
    return replace(
        number,
        low=number.low if side == "low" else None,
        high=number.high if side == "high" else None,
        kind="bound",
        strict=strict,
    )
