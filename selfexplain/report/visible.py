"""Characters that deceive the eye, made visible: a model's text must not rearrange, hide or end anything on a page."""

import itertools
import unicodedata

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of control, format (bidi among them), surrogate and separator characters."""
HARMLESS = frozenset("\n\t\u200c\u200d")
"""Line break and tab; the two joiners, without which Persian, Hindi and many emoji fall apart."""


MOST_MARKS = 8
"""Combining marks on one letter: no script needs more, and a thousand paint over the lines around them."""


def is_hidden(character: str) -> bool:
    """Tell whether a character cannot be seen, or moves what can."""
    return unicodedata.category(character) in HIDDEN and character not in HARMLESS


def visible(text: str) -> str:
    r"""Write each invisible or reordering character as its code point, and cut piles of combining marks short.

    >>> visible("safe\u202etxt")
    'safe⟨U+202E⟩txt'
    >>> visible("e" + 100 * "\u0301") == "e" + 8 * "\u0301" + "⟨92 more marks⟩"
    True
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    pieces = []
    for is_mark, run in itertools.groupby(text, key=_is_mark):
        signs = list(run)
        if is_mark:
            pieces += signs[:MOST_MARKS]
            pieces += [f"⟨{len(signs) - MOST_MARKS} more marks⟩"] if len(signs) > MOST_MARKS else []
        else:
            pieces += [f"⟨U+{ord(sign):04X}⟩" if is_hidden(sign) else sign for sign in signs]
    return "".join(pieces)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"}
