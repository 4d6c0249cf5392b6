"""The verdict of a reply that judges something: true or false, by the letter of an option or by its word."""

import re
from typing import Literal

from selfexplain.prompting.characters import normalise
from selfexplain.prompting.final_text import final_text
from selfexplain.prompting.wording import ANSWER_DECLINED
from selfexplain.records import Reading

Finish = Literal["completed", "truncated"]

TRUE = frozenset({"true", "yes", "correct", "right", "entailment", "正确", "對", "对", "是", "真"})
FALSE = frozenset({"false", "no", "incorrect", "wrong", "错误", "錯誤", "错", "錯", "否", "假"})

SAID = re.compile(
    r"(?<![A-Za-z0-9'])(?:A(?!\s+(?!(?:or|and|is)\b)[a-z])|B"
    r"|(?i:true|false|yes|no(?! ?\w)|incorrect|correct|right|wrong|entailment))"
    r"(?![A-Za-z0-9'])"
    r"|正确|错误|錯誤|[對对错錯真假否]|(?<![不但只还])是(?!不是|否)"
)
"""A letter of the two options or a word that says the same; `A` before another word is an article."""

REASON = re.compile(r"\b(?:because|since)\b|因为|因為|由于|由於", re.IGNORECASE)
"""Where the reason for a verdict begins, which may name both options."""

DENIED = re.compile(r"\b(?:not|never|neither|nor|cannot|hardly)\b|n't\b|不|没|沒|未|非", re.IGNORECASE)


def read_verdict(text: str, *, first_is_true: bool = True, finish: Finish = "completed") -> Reading[bool]:
    """Return whether a reply judges what it was shown to be true.

    Parameters
    ----------
    text : str
        The raw reply: `A`, `(B) False`, `True.`, `错误`.
    first_is_true : bool
        Whether the option `A` was the one that says true.
    finish : {"completed", "truncated"}
        A reply that was cut has said what it has said: the verdict comes first.

    Returns
    -------
    Reading of bool
        `ambiguous` when letter and word, or two words, disagree, or the word is denied; `absent` when there is none.

    Examples
    --------
    >>> read_verdict("(A) True"), read_verdict("B"), read_verdict("A", first_is_true=False).value
    (Reading(value=True, why='read', span=(1, 2)), Reading(value=False, why='read', span=(0, 1)), False)
    >>> read_verdict("It is not true.").why, read_verdict("A) False").detail
    ('ambiguous', 'conflict')
    """
    final = final_text(text)
    view = normalise(final.located)
    if final.truncated or (finish == "truncated" and not view.text.strip()):
        return Reading(None, "truncated")
    begun = SAID.search(view.text)
    reason = REASON.search(view.text, begun.end()) if begun else None
    found = list(SAID.finditer(view.text, 0, reason.start() if reason else len(view.text)))
    if not found:
        declined = ANSWER_DECLINED.fullmatch(view.text.strip()) is not None
        return Reading(None, "declined" if declined else "truncated" if finish == "truncated" else "absent")
    span = view.raw_span(*found[0].span())
    if DENIED.search(view.text, 0, found[-1].end()):
        return Reading(None, "ambiguous", detail="denied", span=span)
    values = {meant(one[0], first_is_true=first_is_true) for one in found}
    if len(values) > 1:
        return Reading(None, "ambiguous", detail="conflict", span=span)
    return Reading(values.pop(), "read", span=span)


def meant(said: str, *, first_is_true: bool) -> bool | None:
    """Return what a letter or a word says, None for what is neither.

    >>> meant("A", first_is_true=True), meant("a", first_is_true=False), meant("False", first_is_true=True), meant("x",
    ... first_is_true=True)
    (True, False, False, None)
    """
    word = said.casefold()
    if word in {"a", "b"}:
        return (word == "a") == first_is_true
    return True if word in TRUE else False if word in FALSE else None
