"""Answers made to measure, for tests of comparisons and gates."""

from collections.abc import Iterable, Sequence

import numpy as np

from selfexplain.records import Answered, Source, Status
from selfexplain.runs.answers import Answers, Provenance

FILE = Provenance(kind="file", dataset="d", scale="probability")


def row(
    name: object,
    confidence: float | None = 0.8,
    correct: bool | None = True,  # noqa: FBT001, FBT002 - a value, not a switch
    *,
    status: Status = "ok",
    group: str | None = None,
    cluster: str | None = None,
    repeat: int = 0,
) -> Answered:
    return Answered(str(name), cluster or str(name), group, confidence, correct, status, repeat)


def side(
    rows: Iterable[Answered], *, name: str = "x", source: Source = "given", provenance: Provenance = FILE
) -> Answers:
    """Return rows as one side."""
    return Answers.of(name, source, provenance, rows)


def stated(confidence: float, n: int = 1000, right: float = 0.8) -> list[Answered]:
    """Return n answers with one confidence, the first of them right."""
    return [row(place, confidence, place < right * n) for place in range(n)]


def missing(rows: Sequence[Answered], places: Iterable[int]) -> list[Answered]:
    """Return the rows, some of them without a readable confidence."""
    gone = set(places)
    return [
        one._replace(confidence=None, status="no_confidence") if place in gone else one
        for place, one in enumerate(rows)
    ]


def near(rng: np.random.Generator, n: int, *, drop: float = 0.0) -> tuple[list[Answered], list[Answered]]:
    """Return two runs of a model near calibration over the same Items; the second is right less often by `drop`.

    Seven confidences in ten stay, the rest are drawn anew; four answers in five share their luck.
    """
    values = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
    weights = [0.04, 0.06, 0.12, 0.28, 0.32, 0.18]
    truth = np.array([0.55, 0.72, 0.80, 0.87, 0.92, 0.97])
    a = rng.choice(6, n, p=weights)
    b = np.where(rng.random(n) < 0.7, a, rng.choice(6, n, p=weights))
    luck = rng.random(n)
    again = np.where(rng.random(n) < 0.8, luck, rng.random(n))
    right_a, right_b = luck < truth[a], again < truth[b] - drop
    return (
        [row(i, float(values[a[i]]), bool(right_a[i])) for i in range(n)],
        [row(i, float(values[b[i]]), bool(right_b[i])) for i in range(n)],
    )
