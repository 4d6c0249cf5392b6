"""Right when the answer is the gold number, within the Item's tolerance."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.grading.units import SIGNED_MONEY, Quantity, quantity, siblings
from selfexplain.records import Grade, Item, Verdict

FACTS = GraderFacts("numeric", 2)

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

    Scale words, units, currencies and % beside a number are read (`selfexplain/grading/units.py` lists them), other
    words are not. Where both sides have a unit, they are compared after an exact conversion, or undecided when there
    is none (km and kg, $ and €). Where one side has none, the same number is right and any other is wrong, except one
    that would be right in another unit or at another scale: that is undecided.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "What is 20 * 60?", gold=("1200",), grader="numeric")
    >>> [numeric(text, item).verdict for text in ("1,200", "20 * 60 = 1200.0", "1300", "12 or 13", "many")]
    ['correct', 'correct', 'wrong', 'undecided', 'undecided']
    >>> item = Item("q", "How far is it?", gold=("5 km",), grader="numeric")
    >>> [numeric(text, item).verdict for text in ("5", "5000 m", "6 km", "5000", "5 kg")]
    ['correct', 'correct', 'wrong', 'undecided', 'undecided']
    """
    found = merged(each for side in right_hand_sides(answer) for each in quantities_in(side))
    golds = {each for gold in item.gold for each in merged(quantities_in(gold))}
    if not golds:
        return FACTS.grade("undecided", "no number in the gold texts")
    if (count := len({each.number for each in found})) != 1:
        return FACTS.grade("undecided", f"{count or 'no'} numbers in the answer")
    if len(found) != 1:
        return FACTS.grade("undecided", "one number with several units in the answer")
    (said,) = found
    compared = [compare(said, gold, Fraction(Decimal(repr(item.tolerance)))) for gold in golds]
    for rule in ("equal", "equal after conversion", "within"):
        if ("correct", rule) in compared:
            return FACTS.grade("correct", f"within {item.tolerance:g}" if rule == "within" else rule)
    unclear = sorted(rule for verdict, rule in compared if verdict == "undecided")
    if unclear:
        return FACTS.grade("undecided", unclear[0])
    return FACTS.grade("wrong", "no gold number is near enough")


def compare(said: Quantity, gold: Quantity, tolerance: Fraction) -> tuple[Verdict, str]:
    """Return whether a quantity is the gold one, and by which rule; the tolerance is in the gold text's unit.

    >>> read = lambda text: quantities_in(text)[0]
    >>> compare(read("1.2 million"), read("1200000"), Fraction(0)), compare(read("2 h"), read("2 km"), Fraction(0))
    (('correct', 'equal'), ('undecided', 'its unit h cannot be converted to km'))
    """
    if said.unit and gold.unit and said.dimension != gold.dimension:
        return "undecided", f"its unit {said.unit} cannot be converted to {gold.unit}"
    if huge(said.number) or huge(gold.number):  # powers beyond 10^1000 are compared without factors
        same_number = said.number == gold.number
        return ("correct", "equal") if same_number else ("wrong", "no gold number is near enough")
    both = bool(said.unit and gold.unit)
    factor = said.factor / gold.factor if both else Fraction(1)
    distance = abs(said.scaled * factor - gold.scaled)
    if distance <= tolerance:
        same = said.unit == gold.unit or not both
        return "correct", "within" if distance else "equal" if same else "equal after conversion"
    if percent(said, gold) and abs(said.scaled * said.factor - gold.scaled * gold.factor) <= tolerance * gold.factor:
        return "correct", "equal after conversion"
    unclear = "equal but for a scale word" if differ_in_scale(said, gold) else ""
    if not unclear and not both and equal_in_another_unit(said, gold):
        unclear = "equal only in another unit, and one side has none"
    return ("undecided", unclear) if unclear else ("wrong", "no gold number is near enough")


def equal_in_another_unit(said: Quantity, gold: Quantity) -> bool:
    """Tell whether the side without unit is the other one in some unit: 5000 and 5 km."""
    units, bare = (said, gold) if said.unit else (gold, said)
    return units.unit != "%" and any(
        units.scaled * units.factor == bare.scaled * sibling for sibling in siblings(units.dimension)
    )


def differ_in_scale(said: Quantity, gold: Quantity) -> bool:
    """Tell whether two quantities are equal as written, and only one has a scale word: 1.2 and 1.2 million."""
    return said.number == gold.number and said.scale != gold.scale and 1 in {said.scale, gold.scale}


def percent(said: Quantity, gold: Quantity) -> bool:
    """Tell whether one is a percentage and the other a bare number: 95 % and 0.95."""
    return {said.unit, gold.unit} == {"%", ""}


def huge(number: Decimal) -> bool:
    """Tell whether a number's exact fraction would fill the memory."""
    return abs(number.adjusted()) > 1000 or len(number.as_tuple().digits) > 2000


def merged(quantities: Iterable[Quantity]) -> set[Quantity]:
    """Return the different quantities; a number without unit is the same one as that number with its unit."""
    found = set(quantities)
    clothed = {each.number for each in found if each.unit or each.scale > 1}
    return {each for each in found if each.unit or each.scale > 1 or each.number not in clothed}


def right_hand_sides(answer: str) -> list[str]:
    """Return the parts of an answer that state a result: what follows the last `=`, and the end of any sentence before.

    >>> right_hand_sides("20 * 60 = 2 * 600 = 1200"), right_hand_sides("x = 13 or y = 14")
    ([' 1200'], [' 13 or y ', ' 14'])
    """
    *before, last = re.split("[=＝]", answer)
    return [*(side for side in before[1:] if LETTER.search(side)), last]


def quantities_in(text: str) -> list[Quantity]:
    """Return the numbers of a text with what stands beside them; decimals are exact, so 0.1 + 0.2 is no trap here.

    >>> [(each.number, each.unit) for each in quantities_in("between 1,200 m and -$3.50")]
    [(Decimal('1200'), 'm'), (Decimal('-3.50'), '$')]
    """
    plain = unicodedata.normalize("NFKC", RAISED.sub("^", text)).replace("−", "-")
    plain = SIGNED_MONEY.sub(r"\2\1", plain)
    return [
        quantity(Decimal(match[0].replace(",", "")), plain, match.start(), match.end())
        for match in NUMBER.finditer(plain)
    ]
