"""The JSON Schema of one line of a question file: `python -m selfexplain.datasets.schema docs/item.schema.json`."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

# Not Meta(pattern=…): msgspec 0.22 crashes at exit, now and then, after making a schema of several patterns.
Text = Annotated[str, Meta(min_length=1, extra_json_schema={"pattern": r"\S"})] | float
"""A text that is not empty; numbers are taken as texts."""
Label = Annotated[str, Meta(min_length=1, max_length=3, extra_json_schema={"pattern": "^([A-Za-z]|[1-9][0-9]*)$"})]


class QuestionLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a question file for `selfexplain run`; docs/datasets.md explains the fields."""

    question: Annotated[Text, Meta(description="What is asked.")]
    gold: Annotated[
        Text | Annotated[list[Text], Meta(min_length=1)] | None,
        Meta(
            description="The right answer, or several that count as right; with choices, a label or a text. "
            "Left out in a survey, whose grader is option, phrases or stance."
        ),
    ] = None
    id: Annotated[Text | None, Meta(description="A name that stays the same when rows move.")] = None
    choices: Annotated[
        list[Text] | dict[Label, Text] | None,
        Meta(
            description="Options: a list, or an object whose keys are the letters A, B, C … without a gap; "
            "beyond 26, the numbers from 1."
        ),
    ] = None
    group: Annotated[Text | None, Meta(description="A kind of question that is shown apart.")] = None
    cluster: Annotated[
        Text | None, Meta(description="What was drawn together; intervals resample clusters. Default: the question.")
    ] = None
    grader: Annotated[
        str | None,
        Meta(
            description="Which grader compares. Default: choice where there are choices, else exact. "
            "In a survey: option, phrases or stance."
        ),
    ] = None
    tolerance: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="For the numeric grader: the largest absolute difference that is still right."),
    ] = None
    tags: Annotated[Text | list[Text] | None, Meta(description="Free texts.")] = None
    source: Annotated[Text | None, Meta(description="Where the fact in gold can be looked up.")] = None
    categories: Annotated[
        dict[str, Text | Annotated[list[Text], Meta(min_length=1)]] | None,
        Meta(description="In a survey with the grader phrases: the phrases of each category."),
    ] = None
    original: Annotated[Text | None, Meta(description="The question that this one translates, word for word.")] = None
    aligned: Annotated[
        Annotated[list[Annotated[list[Text], Meta(min_length=2, max_length=2)]], Meta(min_length=1)] | None,
        Meta(
            description="Pairs of a piece of this question and the piece of original that says the same; "
            "of a piece that stands there several times, which: the[2]."
        ),
    ] = None
    split: Annotated[
        Literal["ask", "example"] | None,
        Meta(description="example: shown with its answer by templates that show examples, never asked. Default: ask."),
    ] = None


def schema() -> dict[str, Any]:
    """Return the JSON Schema, as draft 2020-12.

    Examples
    --------
    >>> schema()["$defs"]["QuestionLine"]["required"]
    ['question']
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(QuestionLine)}


def text() -> str:
    """Return the schema file's whole text."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
