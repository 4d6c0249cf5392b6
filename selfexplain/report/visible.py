"""Characters that deceive the eye, made visible: a model's text must not rearrange, hide or end anything on a page."""

import unicodedata

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of control, format (bidi among them), surrogate and separator characters."""
HARMLESS = frozenset("\n\t\u200c\u200d")
"""Line break and tab; the two joiners, without which Persian, Hindi and many emoji fall apart."""


def visible(text: str) -> str:
    r"""Write each invisible or reordering character as its code point.

    >>> visible("safe\u202etxt")
    'safe⟨U+202E⟩txt'
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    return "".join(
        f"⟨U+{ord(character):04X}⟩"
        if unicodedata.category(character) in HIDDEN and character not in HARMLESS
        else character
        for character in text
    )
