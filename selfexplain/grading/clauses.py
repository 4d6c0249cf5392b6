"""An answer in its clauses, each in the form in which it is compared."""

import re

from selfexplain.grading.exact import normalised
from selfexplain.grading.yes_no import CLAUSE

REASON = re.compile(r"(?:\b(?:because|since|so that|in order to)\b|因为|因為|由于|由於|왜냐하면)[^.!?;。！？；\n]*")


def without_reasons(text: str) -> str:
    """Return a text without what stands behind `because` up to the end of the sentence: it says why, not what.

    >>> without_reasons("Yes, because I refuse to waste power. Thanks")
    'Yes, . Thanks'
    """
    return REASON.sub("", text)


def clauses(text: str) -> list[str]:
    """Return the clauses of a text, normalised; those without a letter or digit are left out.

    >>> clauses("No, thank you! And the tea")
    ['no', 'thank you', 'tea']
    """
    return [clause for part in CLAUSE.split(text.casefold()) if part and (clause := normalised(part))]
