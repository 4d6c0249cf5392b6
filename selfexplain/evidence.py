"""What a witness found: units of what the model was shown, each with how much it moved the answer.

A witness looks at the model, not at what the model says of itself. Its scores mean something only together with the
target, the baseline and the checks that stand beside them.
"""

import math
from typing import Literal, get_args

import msgspec

from selfexplain.claims import Span
from selfexplain.errors import InputError
from selfexplain.records import SCHEMA_VERSION

Target = Literal["logprob", "margin", "prob", "flip", "confidence"]
"""The one number that is explained; two of them are never mixed in a table.

`logprob`: the log-probability of the answer that was given. `margin`: by how much that is above its best rival's.
`prob`: the probability. `flip`: whether the answer becomes another one. `confidence`: the stated confidence."""

TARGETS: tuple[Target, ...] = get_args(Target)

UnitKind = Literal["word", "sentence", "example", "option"]
"""How the text is cut."""

UNIT_KINDS: tuple[UnitKind, ...] = get_args(UnitKind)

TEMPLATE = "template"
"""The part that is nobody's question: instructions, the chat format, fixed examples. One unit, `<template>`."""


class ScoredUnit(msgspec.Struct, frozen=True):
    """One unit of what the model was shown, and how much it moved the target."""

    text: str
    """Its own characters; `<punctuation>` for what stands between the words, `<template>` for the remainder."""
    part: str
    """`question`, `option A`, `example 2` or `template`."""
    spans: tuple[Span, ...]
    """Where it stands in that part's own text, each as [start, end) in characters; in the question, of Item.question,
    as claims are placed. Empty for `<template>`."""
    score: float | None = None
    """Signed unless the method has no sign; more supports the answer more. None where the unit was held fixed."""
    error: float | None = None
    """Standard error of the score, where it is an estimate from draws."""
    n_tokens: int = 0
    """How many tokens of the model it is; a sum over tokens favours long units."""
    also: dict[str, float] = {}
    """The same unit by variants of the method, such as `without_sink`."""


class Evidence(msgspec.Struct, frozen=True):
    """What one witness found about one Record."""

    witness: str
    item: str
    repeat: int
    target: Target
    unit: UnitKind
    baseline: str
    """What stands in a unit's place when it is taken away: `delete`, `mask`, `embed`, `replace`, `attention_block`,
    `vocabulary_mean`; `none` for methods that take nothing away."""
    units: tuple[ScoredUnit, ...] = ()
    """In the order of the parts and of their texts, `<template>` last; to be relied on where the status is `ok`."""
    n_forward: int = 0
    n_backward: int = 0
    seconds: float = 0.0
    """Of this process, waiting included."""
    checks: dict[str, float | str | bool] = {}
    """What the method says of its own quality, by name: `completeness`, `efficiency`, `value`, `served_difference`."""
    seed: int | None = None
    """Of the draws; None where there are none."""
    mode: str = ""
    """How it was computed, where there are several ways: `exact` or `permutation`, `first_token` or `sequence`."""
    status: str = "ok"
    """`ok`, or why there are no scores to rely on: `answer_mismatch`, `no_effect`, `incomplete`, `not_applicable`,
    `failed`."""
    why: str = ""
    """One sentence, where the status is not `ok`."""
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        numbers = [unit.score for unit in self.units] + [value for unit in self.units for value in unit.also.values()]
        numbers += [value for value in self.checks.values() if isinstance(value, float)]
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise InputError(
                f"the witness {self.witness} found a score for {self.item!r} that is no number",
                hint="a model in float16 overflows easily: load it as float32 or bfloat16",
            )
