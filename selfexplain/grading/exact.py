"""Right when the answer is one of the gold texts, after a normalisation that changes no meaning."""

import re
import unicodedata

from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.records import Grade, Item

FACTS = GraderFacts("exact", 1)

ARTICLES = re.compile(r"^(?:the|an?)\s+")
QUOTES = str.maketrans("", "", "'’‘ʼ`´")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
"""Soft hyphens, zero-width and direction marks, variation selectors: nothing that a reader sees."""
STROKES = str.maketrans("łøđħŧı", "lodhti")
"""Latin letters whose mark Unicode does not count as one."""


@grader(FACTS)
def exact(answer: str, item: Item) -> Grade:
    """Compare an answer with every gold text, first as written, then ever more leniently.

    Rules, in order: `verbatim`; `normalised` (Unicode form, case, a leading article, punctuation and spaces);
    `accents` (the same without the accents of Latin letters). A rule that applies to an alias, that is to any gold
    text but the first, says so. An answer without a letter or digit is undecided unless it is a gold text verbatim.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "Where is the Louvre?", gold=("Paris", "Paris, France"))
    >>> exact("the PARIS.", item).verdict, exact("paris france", item).rule
    ('correct', 'normalised, alias')
    >>> exact("Lyon", item).verdict, exact("?!", item).verdict
    ('wrong', 'undecided')
    """
    for rule, form in (("verbatim", str.strip), ("normalised", normalised), ("accents", without_accents)):
        for place, gold in enumerate(item.gold):
            if form(answer) == form(gold) != "":
                return FACTS.grade("correct", rule if place == 0 else f"{rule}, alias")
    if not normalised(answer):
        return FACTS.grade("undecided", "no letter or digit in the answer")
    return FACTS.grade("wrong", "no gold text is equal")


def normalised(text: str) -> str:
    """Return the text in compatibility form, case folded, without leading article, punctuation and spaces.

    Signs that change the meaning are kept apart from punctuation: -5 is not 5, .5 and 1.5 are not 5 and 15, 5² is not
    52, and C, C++ and C# are three languages. Vowel signs and accents belong to their letters.
    """
    folded = re.sub(r"(?<=\d)(?=[⁰¹²³⁴-⁹½⅓⅔¼¾])", "^", text)
    folded = unicodedata.normalize("NFKC", folded).casefold().strip().replace("−", "-")
    folded = re.sub(r"(?<![\w.])-(?=\.?\d)", "minus ", folded)
    folded = re.sub(r"(?<![\w.])\.(?=\d)", "0.", folded)
    folded = re.sub(r"(?<=\d)\.(?=\d)", "point", folded)
    folded = re.sub(r"(?<=[^\W_])[+#]+", spelled, folded)
    folded = UNSEEN.sub("", folded.translate(QUOTES))
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded)
    return ARTICLES.sub("", " ".join("".join(kept).split()))


def spelled(signs: re.Match[str]) -> str:
    """Return the plus and sharp signs after a letter or digit as words."""
    return "".join(" plus" if sign == "+" else " sharp" for sign in signs[0])


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
    return unicodedata.normalize("NFC", "".join(kept)).translate(STROKES)
