"""What the gate says to real models: against themselves, asked again, and against each other.

Run it as a script with the folder of the recorded answers; it prints the second part of a page::

    python tests/simulation/recorded_pairs.py FOLDER >> docs/gate_power.md

Each model answered each question once. A second run of the same model is therefore made of its own answers, in two ways
that change nothing in truth: *halves* pairs every answer of one half of the questions with one of the other half, at
random, so that two answers of a pair have nothing in common; *drawn anew* keeps seven answers in ten and takes the rest
from other questions that the same model answered. Real runs resemble each other more than either.
"""

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np

from selfexplain.calibration.harm import Judgement
from selfexplain.inference import Ints
from selfexplain.pipeline.gate import Verdict, gate
from selfexplain.records import Answered, Status
from selfexplain.runs.answers import Answers, Provenance
from selfexplain.settings import Policy

FILE = "mmlu_verbal_recorded.csv.gz"

WIDE = Policy(tolerance={"overconfidence": 0.05, "underconfidence": 0.05, "brier": 0.03})
NARROW = Policy(tolerance={"overconfidence": 0.03, "underconfidence": 0.03, "brier": 0.02})

KEPT = 0.7
SPLITS = 20
"""Of each model and kind."""

STEPS = (-1.0, 0.0, 0.03, 0.05, 0.10, 1.0)
"""Limits of how much larger a gap is, in the table of models against each other."""


def recorded(folder: Path) -> dict[str, list[Answered]]:
    """Return the answers of each model; a confidence that its source filled in is missing here."""
    found: dict[str, list[Answered]] = {}
    with gzip.open(folder / FILE, "rt", encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            confidence = float(line["confidence"]) / 100 if line["confidence"] else None
            status: Status = "no_confidence" if confidence is None else "ok"
            item, right = line["item_id"], line["correct"] == "1"
            found.setdefault(line["model"], []).append(Answered(item, item, None, confidence, right, status))
    return dict(sorted(found.items()))


def side(name: str, rows: list[Answered]) -> Answers:
    """Return answers as one side of a gate."""
    return Answers.of(name, "given", Provenance(kind="file", dataset="mmlu", scale="probability"), rows)


def renamed(rows: list[Answered], places: Ints) -> list[Answered]:
    """Return the rows at some places as answers to questions that are numbered anew."""
    return [rows[place]._replace(item=str(i), cluster=str(i)) for i, place in enumerate(places)]


def halves(rows: list[Answered], rng: np.random.Generator) -> Verdict:
    """Judge one half of a model's answers by the other."""
    places = rng.permutation(len(rows))
    half = len(rows) // 2
    before, after = renamed(rows, places[:half]), renamed(rows, places[half : 2 * half])
    return gate(side("other half", after), side("half", before), WIDE)


def drawn_anew(rows: list[Answered], rng: np.random.Generator) -> Verdict:
    """Judge a model by itself, three answers in ten taken from other questions."""
    places = np.arange(len(rows))
    other = np.where(rng.random(len(rows)) < KEPT, places, rng.integers(len(rows), size=len(rows)))
    return gate(side("again", renamed(rows, other)), side("once", renamed(rows, places)), NARROW)


def against_themselves(models: Mapping[str, list[Answered]], splits: int) -> dict[str, Counter[str]]:
    """Return how often each verdict came, by kind of second run."""
    rng = np.random.default_rng(20261124)
    found = {kind: Counter[str]() for kind in ("identical", "halves", "drawn anew")}
    for name, rows in models.items():
        found["identical"][gate(side(name, rows), side(name, rows), NARROW).verdict] += 1
        for _ in range(splits):
            found["halves"][halves(rows, rng).verdict] += 1
            found["drawn anew"][drawn_anew(rows, rng).verdict] += 1
    return found


def against_each_other(a: list[Answered], b: list[Answered]) -> tuple[float, Verdict]:
    """Return by how much larger the distance from calibration of `b` is, and the verdict on it with `a` as baseline."""
    common = {row.item for row in a} & {row.item for row in b}
    one, other = ([row for row in rows if row.item in common] for rows in (a, b))
    return abs(gap_of(other)) - abs(gap_of(one)), gate(side("b", other), side("a", one), NARROW)


def gap_of(rows: list[Answered]) -> float:
    """Return mean confidence − accuracy of what can be used."""
    stated = [row.confidence - bool(row.correct) for row in rows if row.confidence is not None]
    return float(np.mean(stated))


def page(folder: Path) -> Iterator[str]:
    """Yield the lines of the second part of the page."""
    models = recorded(folder)
    yield from INTRODUCTION.format(models=len(models), splits=SPLITS).splitlines()
    yield from ("", "| second run | gates | pass | fail | inconclusive |", "|---|---:|---:|---:|---:|")
    for kind, counts in against_themselves(models, SPLITS).items():
        yield f"| {kind} | {counts.total():,} | {' | '.join(written(counts))} |"
    yield from ("", "Every model as the baseline of every other, on the questions that both answered:", "")
    yield "| gap larger by | gates | pass | fail | inconclusive | failed by gap | by Brier score | by coverage |"
    yield f"|---|{'---:|' * 7}"
    steps = len(STEPS) - 1
    verdicts, rules = [[Counter[str]() for _ in range(steps)] for _ in range(2)]
    for a, b in permutations(models, 2):
        larger, verdict = against_each_other(models[a], models[b])
        step = int(np.searchsorted(STEPS, larger, side="right")) - 1
        verdicts[step][verdict.verdict] += 1
        failed = [rule.name for rule in verdict.rules if rule.verdict == "fail"]
        rules[step].update({"gap" if name.endswith("confidence") else name for name in failed})
    for (low, high), counts, by_rule in zip(pairwise(STEPS), verdicts, rules, strict=True):
        words = "less than 0" if low == -1 else f"{low:.2f} or more" if high == 1 else f"{low:.2f} to {high:.2f}"
        by = " | ".join(f"{by_rule[rule]:,}" for rule in ("gap", "brier", "coverage"))
        yield f"| {words} | {counts.total():,} | {' | '.join(written(counts))} | {by} |"
    yield from REMARKS.splitlines()


def written(counts: Counter[str]) -> list[str]:
    """Return the counts of the three verdicts as text."""
    order: tuple[Judgement, ...] = ("pass", "fail", "inconclusive")
    return [f"{counts[verdict]:,}" for verdict in order]


INTRODUCTION = """
## Real models

Recorded answers: synthiumjp/metacognitive-profile-atlas, commit ca311806, CC BY 4.0: {models} models, up to 1,500
questions of MMLU, one reply each, confidence stated as 0–100; what could not be read is missing here, and the
coverage rule is judged too.

Each model against itself, {splits} times in each way. *Halves* pairs each answer of one half of the questions with
an answer of the other half, at random (about 750 pairs that have nothing in common, tolerances .05 and .03); *drawn
anew* keeps seven answers in ten and takes the rest from other questions (tolerances .03 and .02). Neither changes
anything in truth."""

REMARKS = """
No model fails against itself. Every model whose gap is larger by .05 or more fails, and none passes from .03 on,
which is the tolerance. Fails in the first two lines have reasons of their own: a gap on the other side of 0 (from
too sure to not sure enough is a growth of underconfidence), more wrong answers (Brier score), or confidences that
could not be read (coverage)."""


def main(folder: Path) -> None:
    """Print the second part of the page."""
    sys.stdout.writelines(f"{line}\n" for line in page(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
