"""Phrases of probability and what they are worth: closed lists, one versioned file per language, each with its source.

A Reading made with a list names it in its notes (`words-en@1`), since another list gives another number.
"""

import functools
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import Reading

FOLDER = Path(__file__).parent / "words"

WRONG = re.compile(
    r"\b(?:wrong|incorrect|inaccurate|false|untrue|errors?|mistaken|mistakes?|fail\w{0,5}|doubts?|risk|not|n't|opposite)\b"
    r"|[错錯误誤]|不对|不對|不正确|不是",
    re.IGNORECASE,
)
"""What a probability may be of instead of being right."""

GAP = r"[\s_-]{1,3}"

# Words that deny a phrase before or right behind it, and those that shift it to another phrase, which is not listed.
DENIED = re.compile(
    r"\b(?:not|no|never|hardly|scarcely|barely|neither|nor|without)\b|n't\b|不|没|沒|未|非", re.IGNORECASE
)
DENIED_BEHIND = re.compile(
    r"[ ]{0,2}(?:not|to be (?:wrong|false|incorrect))\b|[ ]?[?？]|[不错錯没沒未]|是?(?:错|錯)", re.IGNORECASE
)
# What may stand before a phrase and says nothing else: "I think that it is highly likely".
LEAD = re.compile(
    r"(?:[\s,:;=()\[\]{}<>\"'|*_“”「」-]"
    r"|(?<![\w'])(?:i|i'm|i'd|am|is|are|be|would|will|say|think|it|it's|that|this|the|a|an|my|answer|confidence|of|being|correct"
    r"|right|there|level|phrase|overall)(?![\w'])"
    r"|我|认为|觉得|答案|正确|是|的|这个|此|为|有|把握|置信度|可能性)*+",
    re.IGNORECASE,
)
# Where talk about the phrase begins: a phrase in there is no second value.
TALK = re.compile(
    r"\b(?:because|since|as|given|based|due|considering|although|though|if|while)\b|因为|因為|由于|由於|[.;!?。；！？\n]"
    r"|[,，](?!\s{0,2}(?:or|and|but|maybe|perhaps|possibly|actually|no|或|但|不)\b)|[ ]-{1,2}[ ]",
    re.IGNORECASE,
)


class PhraseList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phrases of one language and the probability that each stands for."""

    language: str
    version: int
    kind: str
    """Where the numbers come from: a survey, or nothing but an order."""
    source: str
    phrases: Mapping[str, float]

    @property
    def id(self) -> str:
        """`words-LANGUAGE@VERSION`, as it stands in the notes of a Reading."""
        return f"words-{self.language}@{self.version}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of a list where it stands in a text."""

    name: str
    start: int
    stop: int


def languages() -> list[str]:
    """Return the languages that there is a list for."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@functools.cache
def of(language: str) -> PhraseList:
    """Return the list of a language.

    Raises
    ------
    InputError
        When there is none.

    Examples
    --------
    >>> of("en").phrases["highly likely"]
    0.9
    """
    if language not in languages():
        raise InputError(
            f"no list of probability words for the language {language!r}", hint=f"there are: {', '.join(languages())}"
        )
    return msgspec.json.decode((FOLDER / f"{language}.json").read_bytes(), type=PhraseList)


@functools.cache
def _pattern(language: str) -> re.Pattern[str]:
    """Return all phrases as one pattern, the longest first, so that `highly unlikely` is not read as `unlikely`."""
    ordered = sorted(of(language).phrases, key=lambda name: (-len(name), name))
    either = "|".join(GAP.join(map(re.escape, name.split())) for name in ordered)
    return re.compile(rf"(?<![A-Za-z])(?:{either})(?![A-Za-z])", re.IGNORECASE)


def find_phrases(text: str, language: str) -> list[Phrase]:
    """Return the listed phrases in a text, in order, none inside another.

    >>> [phrase.name for phrase in find_phrases("Probably not, or highly unlikely", "en")]
    ['probably not', 'highly unlikely']
    """
    return [Phrase(re.sub(GAP, " ", found[0].casefold()), *found.span()) for found in _pattern(language).finditer(text)]


BETWEEN = re.compile(r"(?:[\W_]|\bor\b|或)*")
END = re.compile(r"\b(?:because|since|as|given|although|though|while)\b|因为|因為|由于|[.;!?,(。！？\n]", re.IGNORECASE)


def _of_the_opposite(text: str, start: int) -> bool:
    """Tell whether what goes on behind a phrase makes it the probability of being wrong: `little chance of error`."""
    end = END.search(text, start)
    return WRONG.search(text, start, len(text) if end is None else end.start()) is not None


def read_phrase(text: str, language: str) -> tuple[Reading[float], tuple[int, int]] | None:
    """Return what a field of words says and where, or None when it holds no listed phrase.

    A phrase that is denied and two different phrases are `ambiguous`; one that is shifted by a word which the list does
    not have (`very likely`) is `non_numeric`, as if it were not there. The phrase and the list stand in the notes.

    Parameters
    ----------
    text : str
        The value of one field, normalised.
    language : str
        Which list.

    Examples
    --------
    >>> read_phrase("Highly likely, because it is the capital.", "en")[0]
    Reading(value=0.9, why='read', notes=('said highly likely', 'words-en@1'))
    >>> read_phrase("not likely", "en")[0]
    Reading(value=None, why='ambiguous', detail='denied')
    """
    found = find_phrases(text, language)
    if not found:
        return None
    first = found[0]
    place = (first.start, first.stop)
    before = text[: first.start]
    if DENIED.search(before) or DENIED_BEHIND.match(text, first.stop) or _of_the_opposite(text, first.stop):
        return Reading(None, "ambiguous", detail="denied"), place
    if not LEAD.fullmatch(before):
        return Reading(None, "non_numeric", detail=text[:80]), place
    talk = TALK.search(text, first.stop)
    said = {phrase.name for phrase in found if talk is None or phrase.start < talk.start()}
    # Phrases one behind the other with nothing between are the list itself, or a choice that was not made.
    for one, other in itertools.pairwise(found):
        if not BETWEEN.fullmatch(text, one.stop, other.start):
            break
        said |= {one.name, other.name}
    if len(said) > 1:
        return Reading(None, "ambiguous", detail="conflict"), (first.start, found[-1].stop)
    listed = of(language)
    return Reading(listed.phrases[first.name], "read", notes=(f"said {first.name}", listed.id)), place
