"""Right when the answer is the gold number, within the Item's tolerance."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.records import Grade, Item

FACTS = GraderFacts("numeric", 1)

NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?(?![\d])|(?<![\w.,])[-+]?\.\d+")


@grader(FACTS)
def numeric(answer: str, item: Item) -> Grade:
    """Compare the one number of an answer with the gold numbers.

    An equation is worth its right-hand side (`8 + 5 = 13` answers 13). An answer that holds no number, or several
    different ones, is undecided: choosing one would be guessing.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "What is 20 * 60?", gold=("1200",), grader="numeric")
    >>> [numeric(text, item).verdict for text in ("1,200", "20 * 60 = 1200.0", "1300", "12 or 13", "many")]
    ['correct', 'correct', 'wrong', 'undecided', 'undecided']
    """
    found = numbers_in(answer.rpartition("=")[2])
    if len(found) != 1:
        return FACTS.grade("undecided", f"{len(found) or 'no'} numbers in the answer")
    (number,) = found
    tolerance = Decimal(repr(item.tolerance))
    for gold in item.gold:
        for wanted in numbers_in(gold):
            if abs(number - wanted) <= tolerance:
                return FACTS.grade("correct", "equal" if number == wanted else f"within {item.tolerance:g}")
    return FACTS.grade("wrong", "no gold number is near enough")


def numbers_in(text: str) -> set[Decimal]:
    """Return the different numbers in a text; decimals are exact, so 0.1 + 0.2 is no trap here.

    >>> sorted(numbers_in("between 1,200 and -3.50"))
    [Decimal('-3.50'), Decimal('1200')]
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-")
    found = set()
    for match in NUMBER.finditer(plain):
        try:
            found.add(Decimal(match[0].replace(",", "")))
        except InvalidOperation:
            continue
    return found
