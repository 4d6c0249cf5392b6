"""Which language a text is in, where its script tells: for fonts, which differ in Han characters, and for voices."""

import re
from collections.abc import Mapping

SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "ko": re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]"),
    "ja": re.compile(r"[\u3041-\u3096\u30a1-\u30fa]"),
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"),
}
"""Hangul is written for Korean only, kana for Japanese only; Han characters without either are most likely Chinese."""


def language_of(text: str) -> str:
    """Return `ko`, `ja` or `zh` when more than half of a text's letters are of such a script, else nothing.

    A single foreign word does not make a sentence foreign. Latin letters, and scripts of many languages, tell nothing.

    >>> language_of("你同意吗？"), language_of("漢字とかな"), language_of("Answer: 네"), language_of("Lima")
    ('zh', 'ja', '', '')
    """
    if text.isascii():
        return ""
    letters = sum(map(str.isalpha, text))
    counts = {language: len(script.findall(text)) for language, script in SCRIPTS.items()}
    if 2 * sum(counts.values()) <= letters:
        return ""
    return next(language for language, n in counts.items() if n)
