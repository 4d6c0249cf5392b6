"""The JSON Schema of one line of a question file: `python -m selfexplain.datasets.schema docs/item.schema.json`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

# Not Meta(pattern=…): msgspec 0.22 crashes at exit, now and then, after making a schema of several patterns.
Text = Annotated[str, Meta(min_length=1, extra_json_schema={"pattern": r"\S"})] | float
"""A text that is not empty; numbers are taken as texts."""
Letter = Annotated[str, Meta(min_length=1, max_length=1, extra_json_schema={"pattern": "^[A-Za-z]$"})]


class QuestionLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a question file for `selfexplain run`; docs/datasets.md explains the fields."""

    question: Annotated[Text, Meta(description="What is asked.")]
    gold: Annotated[
        Text | Annotated[list[Text], Meta(min_length=1)],
        Meta(description="The right answer, or several that count as right; with choices, a letter or a text."),
    ]
    id: Annotated[Text | None, Meta(description="A name that stays the same when rows move.")] = None
    choices: Annotated[
        list[Text] | dict[Letter, Text] | None,
        Meta(description="Options: a list, or an object whose keys are the letters A, B, C … without a gap."),
    ] = None
    group: Annotated[Text | None, Meta(description="A kind of question that is shown apart.")] = None
    cluster: Annotated[
        Text | None, Meta(description="What was drawn together; intervals resample clusters. Default: the question.")
    ] = None
    grader: Annotated[
        str | None, Meta(description="Which grader compares. Default: choice where there are choices, else exact.")
    ] = None
    tolerance: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="For the numeric grader: the largest absolute difference that is still right."),
    ] = None
    tags: Annotated[Text | list[Text] | None, Meta(description="Free texts.")] = None
    source: Annotated[Text | None, Meta(description="Where the fact in gold can be looked up.")] = None


def schema() -> dict[str, Any]:
    """Return the JSON Schema, as draft 2020-12.

    Examples
    --------
    >>> schema()["$defs"]["QuestionLine"]["required"]
    ['question', 'gold']
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(QuestionLine)}


def text() -> str:
    """Return the schema file's whole text."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
