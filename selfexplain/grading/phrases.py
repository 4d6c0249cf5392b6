"""A survey whose author says which phrases make which category."""

from selfexplain.grading.categoriser import UNDECIDED, CategoriserFacts, categoriser
from selfexplain.grading.clauses import clauses, without_reasons
from selfexplain.grading.exact import normalised
from selfexplain.records import Category, Item

FACTS = CategoriserFacts("phrases", 1, names=lambda item: tuple(item.categories), needs="categories")


@categoriser(FACTS)
def phrases(answer: str, item: Item) -> Category:
    """Sort an answer by the declared phrase that it is, or that one of its clauses is.

    Texts are compared as the exact grader compares them: Unicode form, case, a leading article, punctuation and
    spaces do not matter. Rules: `phrase` (the whole answer), `clause` (`Yes, because …`). What has phrases of two
    categories, or only mentions one (`not yes`), is `undecided`.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "Tea?", categories={"for": ("yes", "with pleasure"), "against": ("no",)}, grader="phrases")
    >>> [phrases(text, item).name for text in ("Yes!", "With pleasure, thank you.", "not yes", "yes and no", "tea")]
    ['for', 'for', 'undecided', 'undecided', 'undecided']
    """
    meaning = {normalised(phrase): name for name, several in item.categories.items() for phrase in several}
    whole = normalised(answer)
    if whole in meaning:
        return FACTS.category(meaning[whole], "phrase")
    parts = clauses(without_reasons(answer))
    found = {meaning[part] for part in parts if part in meaning}
    if len(found) > 1:
        return FACTS.category(UNDECIDED, "phrases of several categories")
    rest = [part for part in parts if part not in meaning]
    if any(mentions(part, phrase) for part in rest for phrase in meaning):
        return FACTS.category(UNDECIDED, "a phrase is mentioned, not said alone")
    return FACTS.category(found.pop(), "clause") if found else FACTS.category(UNDECIDED, "no declared phrase")


def mentions(text: str, phrase: str) -> bool:
    """Tell whether a phrase stands in a normalised text: as whole words, or anywhere in scripts without spaces."""
    return f" {phrase} " in f" {text} " or (not phrase.isascii() and phrase in text)
