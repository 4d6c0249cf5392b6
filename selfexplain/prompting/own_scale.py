"""The scale that a reply states for itself, as in `Confidence (1-10): 8`, where another one was asked for."""

import re
from dataclasses import dataclass
from fractions import Fraction

from selfexplain.prompting.single_numbers import Quantity

TOPS = {"probability": 1, "percent": 100, "0-20": 20}

RANGE = re.compile(
    r"(?<![\d.])(?P<low>[01](?:\.0{1,2})?)%?[ ]?(?:-{1,2}|~|to|and|through"
    r"|,|\.\.{1,2}|至|到)[ ]?(?P<high>\d{1,4}(?:\.0{1,2})?)(?![\d.]*\d)"
)
TOP = re.compile(
    r"(?:\bout of|/|\bof|\bmax(?:imum)?|\bscale(?: of)?|满分|滿分)[ ]?(?:an? )?(?P<high>\d{1,4})(?!\d)", re.IGNORECASE
)
UNIT = re.compile(r"[(\[][ ]?(?:as an? )?(?:probability|概率|decimal|小数)[ ]?[)\]]", re.IGNORECASE)
FROM_TO = re.compile(r"\b(?:from|between)[ ]\d[^:=]{1,12}[:=]", re.IGNORECASE)
IN_BRACKETS = re.compile(r"[(\[][^()\[\]\n]{1,60}[)\]]")
SCALE = re.compile(
    r"\bscale\b[^\d\n]{0,12}(?P<after>\d[^\n]{0,12})"
    r"|(?P<before>\b\d{1,2}(?:\.0)?[ ]?(?:-|to)[ ]?\d{1,4})[ ](?:point )?scale"
    r"|(?P<points>\d{1,3})-?(?:point|分|级)[ ]?(?:scale|制)",
    re.IGNORECASE,
)
# What the highest number means: (1=low, 5=high); 8, where 10 is certain.
HIGHEST = re.compile(
    r"(?:[(\[,;]|\bwhere|\bwith)[ ]?(?P<end>\d{1,4})[ ]?(?:=|is"
    r"|means|being)[ ]?(?:absolutely |completely |very |most )?"
    r"(?:certain|sure|high|highest|max|maximum|confident)\b",
    re.IGNORECASE,
)
# A place on a ladder, not a share: "level 3", "grade 4".
RUNG = re.compile(r"\b(?:level|grade|tier|stage|rank|category|class|band)[ :#]{0,3}$|[等档]级?$", re.IGNORECASE)
HIGH = re.compile(
    r"(?<!not )\b(?:very high|high|highest|maximum|max|extremely"
    r"|very (?:sure|certain|confident)|strong)\b|很高|最高|极高|非常",
    re.IGNORECASE,
)
MARKS = re.compile(r"[ ]?(?:points?\b|stars?\b|分|점|点|★)", re.IGNORECASE)
FEW = 10


@dataclass(frozen=True, slots=True)
class OwnScale:
    """The tops of the scales that a reply states, and whether it says that it states a probability."""

    tops: frozenset[Fraction]
    unit: bool = False

    def unlike(self, number: Quantity, asked: str, value: str) -> bool:
        """Tell whether a bare number stands on another scale than the one asked for, as far as one can see."""
        if number.unit != "bare" or asked == "words" or number.low is None:
            return False
        top = Fraction(TOPS[asked])
        if self.tops and self.tops != {top}:
            return True
        if RUNG.search(value[max(0, number.outer[0] - 12) : number.outer[0]]):
            return True
        few = asked == "percent" and 0 < number.low <= FEW and not self.tops
        return few and (MARKS.match(value, number.stop) is not None or HIGH.search(value) is not None)


NO_SCALE = OwnScale(frozenset())


def scale_said(reply: str) -> frozenset[Fraction]:
    """Return the top of the scale that a reply speaks of, if it does.

    >>> scale_said("On a scale of 1 to 10 it is 8")
    frozenset({Fraction(10, 1)})
    """
    ends = frozenset(Fraction(found["end"]) for found in HIGHEST.finditer(reply))
    found = SCALE.search(reply)
    if ends:
        return ends
    if found is None:
        return frozenset()
    return frozenset(
        {Fraction(found["points"])} if found["points"] else _tops(found["before"] or f"scale {found['after']}")
    )


def own_scale(label: str, value: str, said: frozenset[Fraction]) -> OwnScale:
    """Return the scale that a label or a value states, with what the reply said of one.

    Examples
    --------
    >>> own_scale("Confidence (1-10):", "8", frozenset()).tops
    frozenset({Fraction(10, 1)})
    """
    tops = set(said)
    for bracket in [
        *IN_BRACKETS.findall(label[:200]),
        *(one for one in IN_BRACKETS.findall(value[:300]) if _is_scale(one)),
    ]:
        tops |= _tops(bracket[1:-1])
    between = FROM_TO.search(label)
    tops |= _tops(between[0]) if between else set()
    return OwnScale(frozenset(tops), unit=UNIT.search(label) is not None)


def _is_scale(bracket: str) -> bool:
    """Tell a scale in brackets from a remark: `(0-100)` from `(3 of 4 sources)`, `(80-90)`."""
    return RANGE.fullmatch(bracket[1:-1].rstrip(" %之间").lstrip()) is not None or "scale" in bracket.lower()


def _tops(said: str) -> set[Fraction]:
    found = RANGE.search(said)
    if found:
        return {Fraction(found["high"])}
    found = TOP.search(said)
    if found:
        return {Fraction(found["high"])}
    return (
        {Fraction(100)}
        if said.strip().lower() in {"%", "percent", "in %", "as a percentage", "percentage", "百分比"}
        else set()
    )
