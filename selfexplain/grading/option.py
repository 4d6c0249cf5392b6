"""A survey with options: the category is the option that was chosen."""

from selfexplain.grading.categoriser import UNDECIDED, CategoriserFacts, categoriser
from selfexplain.grading.choice import named
from selfexplain.records import Category, Item

FACTS = CategoriserFacts("option", 1, names=lambda item: item.choices, needs="choices")


@categoriser(FACTS)
def option(answer: str, item: Item) -> Category:
    """Sort an answer by the choice that it names, by label, by text or by both, as the choice grader reads it.

    What names no choice, several, or only mentions one is `undecided`; the rule says which.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "Tea or coffee?", choices=("tea", "coffee"), grader="option")
    >>> [option(text, item).name for text in ("B", "Tea.", "A) tea", "not tea", "water")]
    ['coffee', 'tea', 'tea', 'undecided', 'undecided']
    """
    found = named(answer, item.choices)
    if not found.clear or len(found.places) != 1:
        return FACTS.category(UNDECIDED, found.rule)
    (place,) = found.places
    return FACTS.category(item.choices[place], found.rule)
