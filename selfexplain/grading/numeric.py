"""Right when the answer is the gold number, within the Item's tolerance."""

import re
import unicodedata
from decimal import Decimal

from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.records import Grade, Item

FACTS = GraderFacts("numeric", 1)

NUMBER = re.compile(
    r"""(?<![\w.,])                                        # not the end of a word, a version or a list
    [-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)
    (?:[eE][-+]?\d{1,3})?                                 # larger powers answer no question, and Decimal overflows
    (?!\d|_|[.,]\d|[eE][-+]?\d)                           # nor its beginning: 1.2.3 and 0,5 are no numbers here
    """,
    re.VERBOSE,
)
RAISED = re.compile(r"(?<=\d)(?=[⁰¹²³⁴-⁹½⅓⅔¼¾])")
"""Where a number goes on in small figures: 5² is not 52, 1½ is not 11/2."""
LETTER = re.compile(r"[^\W\d_]")


@grader(FACTS)
def numeric(answer: str, item: Item) -> Grade:
    """Compare the one number of an answer with the gold numbers.

    An equation is worth its right-hand side (`8 + 5 = 13` answers 13). An answer that holds no number, or several
    different ones, is undecided: choosing one would be guessing. So is every answer while no gold text holds a number.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "What is 20 * 60?", gold=("1200",), grader="numeric")
    >>> [numeric(text, item).verdict for text in ("1,200", "20 * 60 = 1200.0", "1300", "12 or 13", "many")]
    ['correct', 'correct', 'wrong', 'undecided', 'undecided']
    """
    found = {number for side in right_hand_sides(answer) for number in numbers_in(side)}
    golds = {number for gold in item.gold for number in numbers_in(gold)}
    if not golds:
        return FACTS.grade("undecided", "no number in the gold texts")
    if len(found) != 1:
        return FACTS.grade("undecided", f"{len(found) or 'no'} numbers in the answer")
    (number,) = found
    tolerance = Decimal(repr(item.tolerance))
    near = [gold for gold in golds if abs(number - gold) <= tolerance]
    if near:
        return FACTS.grade("correct", "equal" if number in near else f"within {item.tolerance:g}")
    return FACTS.grade("wrong", "no gold number is near enough")


def right_hand_sides(answer: str) -> list[str]:
    """Return the parts of an answer that state a result: what follows the last `=`, and the end of any sentence before.

    >>> right_hand_sides("20 * 60 = 2 * 600 = 1200"), right_hand_sides("x = 13 or y = 14")
    ([' 1200'], [' 13 or y ', ' 14'])
    """
    *before, last = re.split("[=＝]", answer)
    return [*(side for side in before[1:] if LETTER.search(side)), last]


def numbers_in(text: str) -> set[Decimal]:
    """Return the different numbers in a text; decimals are exact, so 0.1 + 0.2 is no trap here.

    >>> sorted(numbers_in("between 1,200 and -3.50"))
    [Decimal('-3.50'), Decimal('1200')]
    """
    plain = unicodedata.normalize("NFKC", RAISED.sub("^", text)).replace("−", "-")
    return {Decimal(match[0].replace(",", "")) for match in NUMBER.finditer(plain)}
