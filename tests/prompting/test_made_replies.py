"""Replies made up in the manner of many models, each with the careful reading written down before the reader saw it.

The sets are plain text (`replies/*.txt`), so that a person can judge the readings without Python; the format stands at
the head of each file.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.records import Reading, Why

SETS = sorted((Path(__file__).parent / "replies").glob("*.txt"))
REASONS = set(get_args(Why)) - {"read"}
READ = 0.97
"""The least share of readable replies that is read."""


class Made(NamedTuple):
    """One reply: what may be made of it, how it was asked, and its text."""

    line: int
    values: frozenset[float]
    reasons: frozenset[str]
    asked: dict[str, Any]
    text: str

    def accepts(self, reading: Reading[float]) -> bool:
        if reading.value is None:
            return reading.why in self.reasons
        return any(reading.value == pytest.approx(value, abs=1e-9) for value in self.values)


def replies(path: Path) -> Iterator[Made]:
    head, *blocks = ("\n" + path.read_text(encoding="utf-8")).removesuffix("\n").split("\n=== ")
    line = 1 + head.count("\n")
    for block in blocks:
        first, _, text = block.partition("\n")
        wanted, *options = first.split(" ")
        reasons = frozenset(wanted.split("|")) & REASONS
        values = frozenset(float(Fraction(value)) for value in wanted.split("|") if value not in reasons)
        yield Made(line, values, reasons, {"scale": "percent"} | dict(one.split("=") for one in options), text)
        line += 1 + block.count("\n")


@pytest.fixture(params=SETS, ids=lambda path: path.stem)
def made(request: pytest.FixtureRequest) -> list[Made]:
    return list(replies(request.param))


def test_no_reply_yields_a_number_that_a_careful_reader_does_not_take_from_it(made: list[Made]) -> None:
    read = [(one, read_confidence(one.text, **one.asked)) for one in made]

    assert [(one.line, got.value) for one, got in read if got.value is not None and not one.accepts(got)] == []


def test_what_holds_no_number_has_the_reason_that_a_careful_reader_gives(made: list[Made]) -> None:
    read = [(one, read_confidence(one.text, **one.asked)) for one in made if one.reasons]

    assert [(one.line, got.why, got.detail) for one, got in read if not one.accepts(got)] == []


def test_nearly_all_readable_replies_are_read(made: list[Made]) -> None:
    readable = [one for one in made if not one.reasons]
    unread = [one.line for one in readable if not one.accepts(read_confidence(one.text, **one.asked))]

    assert len(unread) <= (1 - READ) * len(readable), unread


def test_the_sets_are_as_large_and_as_mixed_as_they_claim() -> None:
    every = [one for path in SETS for one in replies(path)]

    assert len(every) > 2000
    assert sum(not one.reasons for one in every) > 1000
    assert {one.asked["scale"] for one in every} == {"percent", "probability", "0-20", "words"}
    assert {reason for one in every for reason in one.reasons} == REASONS
