"""The form of a structured reply: the JSON schema that a server is asked to hold it to, and whether it did."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from selfexplain.prompting import probability_words
from selfexplain.prompting.turns import Field

STRUCTURED: tuple[Field, ...] = ("answer", "rationale", "confidence")
"""The fields that a structured reply can hold."""

NUMBERS: Mapping[str, Mapping[str, Any]] = {
    "percent": {"type": "integer", "minimum": 0, "maximum": 100},
    "0-20": {"type": "integer", "minimum": 0, "maximum": 20},
    "probability": {"type": "number", "minimum": 0, "maximum": 1},
}
"""How confidence is written on each scale: a whole number cannot be half a percent by mistake."""


def schema_of(fields: Sequence[Field], *, scale: str, language: str) -> dict[str, Any]:
    """Return the JSON schema of an object that holds these fields in this order, and nothing else.

    Servers that honour it write the keys in the order of `properties`; some ignore the limits of numbers, which is why
    every number is read and checked like any other.

    Examples
    --------
    >>> schema = schema_of(("rationale", "confidence"), scale="percent", language="en")
    >>> list(schema["properties"]), schema["properties"]["confidence"]["maximum"]
    (['rationale', 'confidence'], 100)
    """
    confidence = (
        {"type": "string", "enum": list(probability_words.of(language).phrases)}
        if scale == "words"
        else dict(NUMBERS[scale])
    )
    properties = {field: confidence if field == "confidence" else {"type": "string"} for field in fields}
    return {"type": "object", "properties": properties, "required": list(fields), "additionalProperties": False}


def is_honoured(text: str, fields: Sequence[Field]) -> bool:
    """Tell whether a reply is one JSON object with exactly these keys, in this order.

    >>> is_honoured('{"answer": "Lima", "confidence": 90}', ("answer", "confidence"))
    True
    >>> is_honoured('{"confidence": 90, "answer": "Lima"}', ("answer", "confidence"))
    False
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and list(found) == list(fields)
