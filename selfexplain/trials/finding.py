"""What a trial found about one Record: what was asked, what was answered, and whether it can be used."""

import math
from typing import Literal

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import SCHEMA_VERSION

FindingStatus = Literal["ok", "not_applicable", "no_answer", "failed"]
"""`not_applicable`: nothing was asked, since the trial makes no sense of this Record. `no_answer`: a reply that it
needs holds no answer. `failed`: no reply came."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one thing that was asked."""

    of: str
    """What was asked: `step 2 of 3`, `authority`, `without example 1`, `control`."""
    answer: str | None
    """None where none was read."""
    why: str = ""
    """Why none was read."""
    same: bool | None = None
    """Whether it is the answer that it is compared with; None where that cannot be told."""
    right: bool | None = None
    """Whether it is a gold answer; None in a survey."""
    numbers: dict[str, float] = {}
    """What else was measured of this reply."""
    text: str = ""
    """What was put: the mistake, the hint, the inserted word."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one trial found about one Record."""

    trial: str
    item: str
    repeat: int
    cluster: str
    """What the Item was drawn with."""
    mode: str = ""
    """How it was put, where there are several ways that must not be pooled."""
    status: FindingStatus = "ok"
    why: str = ""
    """In one sentence, where the status is not `ok`."""
    correct: bool | None = None
    """Whether the answer in the Run is right."""
    answers: tuple[Answer, ...] = ()
    numbers: dict[str, float] = {}
    """What was measured of the Record, by name."""
    calls: tuple[str, ...] = ()
    """Keys of the calls that this rests on, in their order; set by `conduct`."""
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        numbers = [*self.numbers.values(), *(number for each in self.answers for number in each.numbers.values())]
        if not all(math.isfinite(number) for number in numbers):
            raise InputError(f"the trial {self.trial} found a number for {self.item!r} that is none")

    def named(self, of: str) -> Answer:
        """Return the answer to one thing that was asked; one that is missing where it was not."""
        return next((each for each in self.answers if each.of == of), Answer(of, None, "not_asked"))
