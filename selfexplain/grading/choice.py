"""Right when the answer names a gold choice: by its label, by its text, or by both.

Labels are letters, or numbers from 1 where there are more than 26 choices.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from selfexplain.grading.exact import normalised, without_accents
from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.records import LETTERS, Grade, Item, labels

FACTS = GraderFacts("choice", 2)

LEAD = re.compile(
    r"(?:(?:i(?:'d| would)? )?(?:choose|pick|select)s? |(?:it|that)(?:'s| is) )?"
    r"(?:(?:the |my )?(?:final |correct |right |best )?(?:answer|option|choice|letter)(?:\s+is\b|\s*[:：])?\s*)*"
    r"(?:(?:正确)?(?:答案|选项|选择|选)\s*[是为:：]*\s*)*",
    re.IGNORECASE,
)
TAIL = re.compile(r"\s*选项$")
"""What people write before the letter: `Option`, `The answer is`, `I choose`, `答案是`."""

AFTER_LETTER = re.compile(r"\s*(?:[).:,、：，）\]]|\s[-–—]\s)\s*")
MENTIONED = re.compile(r"(?<![A-Za-z0-9])([A-Z])(?![A-Za-z0-9'’])")
SEVERAL = re.compile(r"[A-Z]{2,}")
NUMBERED = re.compile(r"(?:option|choice|number|选项)\s*#?\s*\d", re.IGNORECASE)

NUMBER = re.compile(r"(?:(?:option|choice|number|no\.?)\s*)?#?\s*([0-9]{1,6})\s*[)\]）.:：]?", re.IGNORECASE)
AFTER_NUMBER = re.compile(r"([0-9]{1,6})\s*(?:[):：、）\]]|[.,，](?![0-9])|\s[-–—]\s)\s*")
NUMBER_BEHIND = re.compile(r"[(（\[]([0-9]{1,6})[)）\]]$")
NUMBERS = re.compile(r"(?<![\w.,-])[0-9]{1,6}(?![\w.,]?[0-9A-Za-z])")


class Named(NamedTuple):
    """The choices that a text names, as places from 0; none when it names none. And by which rule."""

    places: frozenset[int]
    rule: str
    clear: bool = True
    """False when what was meant cannot be told: that is undecided, and never wrong."""


@grader(FACTS)
def choice(answer: str, item: Item) -> Grade:
    """Compare the choice that an answer names with the gold choices; a gold is a label, a text, or both.

    Rules: `letter` (`B`, `(b)`, `Option B`, `The answer is B.`), `text` (as the exact grader compares texts),
    `letter and text` (`B) Paris`). A letter that no choice has, or a text that is no choice's, is wrong. An answer is
    undecided when its letter and its text disagree, when it names several choices, or when it only mentions one.

    More than 26 choices are labelled by numbers, and the rules say `number` for `letter`. A number that is one
    choice's label and another one's text is undecided.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "Where is the Louvre?", gold=("B",), choices=("Lyon", "Paris"))
    >>> [choice(text, item).verdict for text in ("B", "paris", "option (b)", "A) Lyon", "C")]
    ['correct', 'correct', 'correct', 'wrong', 'wrong']
    >>> choice("B) Lyon", item).verdict, choice("B) Lyon", item).rule
    ('undecided', 'letter and text disagree')
    """
    if not item.choices:
        return FACTS.grade("undecided", "the Item has no choices")
    golds = [named(gold, item.choices) for gold in item.gold]
    if not all(gold.clear and gold.places for gold in golds):
        return FACTS.grade("undecided", "a gold text names no choice, or several")
    if not normalised(answer):
        return FACTS.grade("undecided", "no letter or digit in the answer")
    found = named(answer, item.choices)
    if not found.clear:
        return FACTS.grade("undecided", found.rule)
    right = frozenset[int]().union(*(gold.places for gold in golds))
    return FACTS.grade("correct" if found.places & right else "wrong", found.rule)


def named(text: str, choices: Sequence[str]) -> Named:
    """Return what a text names among the choices.

    A text that is one choice's whole text names it, unless the same text is another choice's label.

    Examples
    --------
    >>> blood = ("O", "A", "B")
    >>> named("O", blood), named("A", blood).rule, named("A) O", blood).rule
    (Named(places=frozenset({0}), rule='text', clear=True), 'letter and text disagree', 'letter and text')
    >>> years = tuple(str(year) for year in range(20, 50))
    >>> named("7", years), named("27", years).rule, named("49", years).rule
    (Named(places=frozenset({6}), rule='number', clear=True), 'number and text disagree', 'text')
    """
    own = labels(len(choices))
    kind = "letter" if len(choices) <= len(LETTERS) else "number"
    by_text = of_text(text, choices)
    if len(by_text) > 1:
        return Named(by_text, "several choices have this text", clear=False)
    plain = unicodedata.normalize("NFKC", text).strip(" \t\n*_`\"'.。")
    lead = LEAD.match(plain)
    body = TAIL.sub("", plain[lead.end() if lead else 0 :]).strip(" *_`\"'.。")
    label, rest = split_letter(body) if kind == "letter" else split_number(body)
    place = -1 if not label else own.index(label) if label in own else len(choices)
    if rest:  # `A) Rome` is not the text `a Rome`
        by_text = frozenset(place for place in by_text if choices[place].strip().casefold() == text.strip().casefold())
    if by_text and (rest or place in {-1, *by_text} or place >= len(choices)):
        return Named(by_text, "text")
    if by_text:
        return Named(by_text, f"{kind} and text disagree", clear=False)
    if not label:
        return of_words(body, choices, numbered=NUMBERED.search(plain) is not None)
    return of_label(place, rest, choices, kind)


def of_label(place: int, rest: str, choices: Sequence[str], kind: str) -> Named:
    """Return what a label names, given the place it stands for and what follows it."""
    if not rest and place >= len(choices):
        return Named(frozenset(), f"no choice has this {kind}")
    if not rest:
        return Named(frozenset({place}), kind)
    followed_by = of_text(rest, choices)
    if followed_by == {place}:
        return Named(followed_by, f"{kind} and text")
    disagree = f"{kind} and text disagree" if followed_by else f"what follows the {kind} is no choice's text"
    return Named(frozenset(), disagree, clear=False)


def of_text(text: str, choices: Sequence[str]) -> frozenset[int]:
    """Return the choices that are equal to a text, by the strictest comparison that finds any."""
    for form in (str.strip, normalised, without_accents):
        places = frozenset(place for place, each in enumerate(choices) if form(each) == form(text) != "")
        if places:
            return places
    return frozenset()


def split_letter(body: str) -> tuple[str, str]:
    """Return the letter that a text consists of or begins with, and what follows it.

    >>> split_letter("(b)"), split_letter("B: Paris"), split_letter("Paris (B)"), split_letter("Because")
    (('B', ''), ('B', 'Paris'), ('B', 'Paris'), ('', ''))
    """
    opened = body.lstrip("([（")
    if re.fullmatch(r"[A-Za-z]\s*[)\]）.:：]?", opened):
        return opened[0].upper(), ""
    behind = re.search(r"[(（\[]([A-Z])[)）\]]$", body)
    if behind is not None and body[: behind.start()].strip():
        return behind[1], body[: behind.start()].strip()
    after = AFTER_LETTER.match(opened, 1)
    if after is not None and re.match(r"[A-Za-z]", opened) and after.end() < len(opened):
        return opened[0].upper(), opened[after.end() :].strip()
    return "", ""


def split_number(body: str) -> tuple[str, str]:
    """Return the number that a text consists of or begins with, as labels are written, and what follows it.

    >>> split_number("(07)"), split_number("12: Paris"), split_number("Paris (12)"), split_number("1.5")
    (('7', ''), ('12', 'Paris'), ('12', 'Paris'), ('', ''))
    """
    opened = body.lstrip("([（")
    if alone := NUMBER.fullmatch(opened):
        return str(int(alone[1])), ""
    if (behind := NUMBER_BEHIND.search(body)) and body[: behind.start()].strip():
        return str(int(behind[1])), body[: behind.start()].strip()
    if (after := AFTER_NUMBER.match(opened)) and after.end() < len(opened):
        return str(int(after[1])), opened[after.end() :].strip()
    return "", ""


def of_words(body: str, choices: Sequence[str], *, numbered: bool) -> Named:
    """Return what a text names that is neither a choice's text nor begins with a letter.

    It names a choice after words such as `the answer is`. Otherwise it may mention one; whether it is meant is a guess.
    """
    if (places := of_text(body, choices)) and len(places) == 1:
        return Named(places, "text")
    own = labels(len(choices))
    words = f" {normalised(body)} "
    mentions = any(letter in own for letter in MENTIONED.findall(re.sub(r"\b[AI]\b(?= [a-z])", "", body)))
    mentions |= any(number.lstrip("0") in own for number in NUMBERS.findall(body))
    mentions |= any(f" {normalised(each)} " in words for each in choices if normalised(each))
    mentions |= bool(SEVERAL.fullmatch(body)) and set(body) <= set(own)
    if mentions or numbered:
        return Named(frozenset(), "a choice is mentioned, none is named alone", clear=False)
    return Named(frozenset(), "no choice has this text")
