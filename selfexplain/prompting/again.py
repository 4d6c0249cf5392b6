"""What is said when a reply could not be read: which field is missing, and that the form is the one asked for."""

from collections.abc import Mapping
from typing import Any

from selfexplain.prompting.turns import Field
from selfexplain.records import Reading, Why

MENDABLE: frozenset[Why] = frozenset(
    {"absent", "ambiguous", "out_of_range", "non_numeric", "template_echo", "truncated"}
)
"""Why a field of a whole reply has no value where asking again may help; whoever declines has answered."""

PLEAS: Mapping[str, str] = {
    "en": "I could not read your reply: {fields}. Reply once more, in the form asked for and with nothing else.",
    "zh": "我无法读取你的回复：{fields}。请严格按照要求的格式再回复一次，不要写任何其他内容。",
}

REASONS: Mapping[str, Mapping[Why, str]] = {
    "en": {
        "absent": "{} is missing",
        "ambiguous": "{} can be read in several ways",
        "out_of_range": "{} is outside the range",
        "non_numeric": "{} is no number",
        "template_echo": "{} repeats the instruction",
        "truncated": "{} is missing or cut off",
    },
    "zh": {
        "absent": "缺少 {}",
        "ambiguous": "{} 有多种读法",
        "out_of_range": "{} 超出范围",
        "non_numeric": "{} 不是数字",
        "template_echo": "{} 只是重复了指令",
        "truncated": "缺少 {} 或其内容不完整",
    },
}


def mendable(readings: Mapping[Field, Reading[Any]]) -> dict[Field, Why]:
    """Return the fields without a value that asking again may mend, with their reasons."""
    return {
        field: reading.why for field, reading in readings.items() if reading.value is None and reading.why in MENDABLE
    }


def plea(missing: Mapping[Field, Why], *, language: str) -> str:
    """Return what to say; in English where the language is not known here.

    >>> plea({"confidence": "absent"}, language="en")[:49]
    'I could not read your reply: confidence is missin'
    """
    language = language if language in PLEAS else "en"
    reasons = (REASONS[language][why].format(field) for field, why in missing.items())
    return PLEAS[language].format(fields=("；" if language == "zh" else "; ").join(reasons))
