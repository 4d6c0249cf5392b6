"""The words of a text, each with its place: what claims, edits and questions are compared by.

One pass over the characters, whatever they are. Words are compared in compatibility form and without case; spaces and
punctuation are not compared at all.
"""

import functools
import re
import unicodedata
from typing import Literal, NamedTuple

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Scripts that put no space between words (Han, kana, Thai, Lao, Burmese, Khmer) or join endings to them (Hangul): each
character counts as a word, so that a word there is found as a part of the text."""

APOSTROPHES = frozenset("'’‘ʼ＇")
MINUS = "\u2212"
KEPT_SIGNS = frozenset("%&#@*/\\")
"""Punctuation that means something: `6 / 2` and `6 * 2` are two sums."""

FEWEST_LETTERS = 3
"""What must be left of a word when an ending is taken off."""
ENDINGS = (("'s", ""), ("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("ly", ""), ("s", ""))
"""English endings of inflection, and what stands in their place; the first that fits is taken off."""
LATIN = re.compile(r"[a-z']+")
DOUBLED = re.compile(r"([bdfgklmnprt])\1$")

Kind = Literal["word", "unspaced", "mark", "sign", "dash", "apostrophe", "hidden", "other"]


class Word(NamedTuple):
    """One word as it is compared, and the characters [start, stop) that it is written with."""

    text: str
    start: int
    stop: int


@functools.lru_cache(maxsize=8192)
def look_at(character: str) -> tuple[Kind, str]:
    """Return what a character is, and how it is compared."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    category = unicodedata.category(character)
    if UNSPACED.match(character) and category[0] != "M":
        return "unspaced", folded
    if character.isalnum():
        return "word", "".join(folded.split())
    if (category[0] == "S" and character != MINUS) or character in KEPT_SIGNS:
        return "sign", "".join(folded.split())
    if character in APOSTROPHES:
        return "apostrophe", "'"
    kinds: dict[str, tuple[Kind, str]] = {"Pd": ("dash", "-"), "Sm": ("dash", "-"), "Cf": ("hidden", "")}
    return ("mark", folded) if category[0] == "M" else kinds.get(category, ("other", ""))


def words_in(text: str) -> list[Word]:
    """Return the words of a text, in order.

    A word is a run of letters and digits, with apostrophes inside; a sign such as + or %; or, where a script has no
    spaces between words, one character. A dash between two letters ends a word, elsewhere it is a minus sign.

    Parameters
    ----------
    text : str
        Any text at all; the time is linear in its length.

    Examples
    --------
    >>> [word.text for word in words_in("What’s “Côte d'Ivoire” −5 well-known?")] == [
    ...     "what's", "co\u0302te", "d'ivoire", "-", "5", "well", "known"]
    True
    >>> words_in("秘鲁的首都")[3]
    Word(text='首', start=3, stop=4)
    """
    found: list[Word] = []
    pieces: list[str] = []
    start = stop = 0
    open_word = False
    for place, character in enumerate(text):
        kind, form = look_at(character)
        if kind == "hidden":
            continue
        joins = kind in {"word", "mark"} or (kind == "apostrophe" and kind_at(text, place + 1) == "word")
        if joins and open_word:
            pieces.append(form)
            stop = place + 1
            continue
        if kind == "mark" and found and found[-1].stop == place:
            found[-1] = Word(found[-1].text + form, found[-1].start, place + 1)
            continue
        if open_word:
            found.append(Word("".join(pieces), start, stop))
            open_word = False
        if kind == "word":
            pieces, start, stop, open_word = [form], place, place + 1, True
        elif kind in {"unspaced", "sign"} or (kind == "dash" and is_minus(text, place)):
            found.append(Word(form, place, place + 1))
    if open_word:
        found.append(Word("".join(pieces), start, stop))
    return found


def kind_at(text: str, place: int) -> Kind:
    """Return what stands at a place; `other` outside the text."""
    return look_at(text[place])[0] if 0 <= place < len(text) else "other"


def is_minus(text: str, place: int) -> bool:
    """Tell whether a dash is more than a hyphen: it does not stand between two letters."""
    return not (place > 0 and text[place - 1].isalpha() and text[place + 1 : place + 2].isalpha())


@functools.lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a word without its English ending of inflection: what `inflected` in a claim means, and nothing more.

    One ending of :data:`ENDINGS` is taken off where three letters stay, then a doubled last consonant becomes one and a
    last e goes. Other words, and words of other scripts, stay as they are.

    Examples
    --------
    >>> [stem(word) for word in ("cities", "running", "baked", "bake", "France's".casefold(), "is", "bring")]
    ['city', 'run', 'bak', 'bak', 'franc', 'is', 'bring']
    """
    if not LATIN.fullmatch(word):
        return word
    for ending, instead in ENDINGS:
        left = len(word) - len(ending) + len(instead)
        if word.endswith(ending) and left >= FEWEST_LETTERS and not word.endswith(("ss", "us", "is")):
            word = DOUBLED.sub(r"\1", word[: len(word) - len(ending)]) + instead
            break
    return word[:-1] if word.endswith("e") and len(word) > FEWEST_LETTERS else word
