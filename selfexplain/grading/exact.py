"""Right when the answer is one of the gold texts, after a normalisation that changes no meaning."""

import re
import unicodedata

from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.records import Grade, Item

FACTS = GraderFacts("exact", 1)

ARTICLES = re.compile(r"^(?:the|an?)\s+")
PUNCTUATION_AND_SPACE = re.compile(r"[\W_]+")
QUOTES = str.maketrans("", "", "'’‘ʼ`´")


@grader(FACTS)
def exact(answer: str, item: Item) -> Grade:
    """Compare an answer with every gold text, first as written, then ever more leniently.

    Rules, in order: `verbatim`; `normalised` (Unicode form, case, a leading article, punctuation and spaces);
    `accents` (the same without the accents of Latin letters). A rule that applies to an alias, that is to any gold
    text but the first, says so. An answer with no letter or digit left is undecided.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "Where is the Louvre?", gold=("Paris", "Paris, France"))
    >>> exact("the PARIS.", item).verdict, exact("paris france", item).rule
    ('correct', 'normalised, alias')
    >>> exact("Lyon", item).verdict, exact("?!", item).verdict
    ('wrong', 'undecided')
    """
    if not normalised(answer):
        return FACTS.grade("undecided", "no letter or digit in the answer")
    for rule, form in (("verbatim", str.strip), ("normalised", normalised), ("accents", without_accents)):
        for place, gold in enumerate(item.gold):
            if form(answer) == form(gold):
                return FACTS.grade("correct", rule if place == 0 else f"{rule}, alias")
    return FACTS.grade("wrong", "no gold text is equal")


def normalised(text: str) -> str:
    """Return the text in compatibility form, case folded, without leading article, punctuation and spaces.

    Signs that change a number are kept apart from punctuation: -5 is not 5, and 1.5 is not 15.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().strip().replace("−", "-")
    folded = re.sub(r"(?<![\w.])-(?=\.?\d)", "minus ", folded)
    folded = re.sub(r"(?<=\d)\.(?=\d)", "point", folded)
    words = PUNCTUATION_AND_SPACE.sub(" ", folded.translate(QUOTES)).strip()
    return ARTICLES.sub("", words)


def without_accents(text: str) -> str:
    """Return the normalised text with the marks of Latin letters taken off; other scripts keep theirs.

    In Japanese or Hindi a combining mark makes another letter; in the Latin script people often leave it out.
    """
    kept: list[str] = []
    on_latin = False
    for character in unicodedata.normalize("NFD", normalised(text)):
        if unicodedata.combining(character):
            if not on_latin:
                kept.append(character)
            continue
        on_latin = "LATIN" in unicodedata.name(character, "")
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))
