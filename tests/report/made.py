"""A small evaluation, its facts and its Records, made by hand."""

from dataclasses import dataclass
from typing import Any

from selfexplain.records import Grade, Item, Reading, Record, SelfReport, Source, Status, Verdict

Made = dict[str, Any]


@dataclass(frozen=True)
class PlainFact:
    title: str
    best: float | None
    meaning: str


FACTS = {
    "accuracy": PlainFact("Accuracy", 1.0, "The share of answers that is right."),
    "mean_confidence": PlainFact("Mean confidence", None, "How sure it is on average."),
    "gap": PlainFact("Confidence gap", 0.0, "Confidence minus accuracy."),
    "auroc": PlainFact("AUROC", 1.0, "Whether right answers get more confidence."),
}


def estimate(value: float | None, low: float | None = None, high: float | None = None, why: str | None = None) -> Made:
    """Return an Estimate as JSON holds it."""
    method = "" if low is None else "made up"
    return {
        "value": value,
        "low": low,
        "high": high,
        "level": 0.95,
        "method": method,
        "n": 90,
        "undefined": why,
        "warnings": [],
    }


def source(n: int = 90, excluded: dict[str, int] | None = None, **metrics: Made) -> Made:
    """Return one source of confidence; what is not given is the overconfident model of the first sentence."""
    given = {
        "accuracy": estimate(0.61, 0.51, 0.70),
        "mean_confidence": estimate(0.87, 0.82, 0.92),
        "gap": estimate(0.26, 0.19, 0.33),
        "brier": estimate(0.3, 0.2, 0.4),
        "ece": estimate(0.28, 0.2, 0.36),
        "auroc": estimate(0.53, 0.41, 0.65),
        **metrics,
    }
    return {
        "n": n,
        "coverage": {"value": 1.0, "low": 0.96, "high": 1.0},
        "excluded": excluded or {},
        "metrics": given,
        "groups": {},
        "table": [[0.5, 10, 6], [1.0, 80, 48]],
        "reliability": {
            "left": [0.4, 0.9],
            "right": [0.5, 1.0],
            "mean_confidence": [0.5, 1.0],
            "accuracy": [0.6, 0.6],
            "n": [10, 80],
            "n_correct": [6, 48],
            "low": [0.26, 0.48],
            "high": [0.88, 0.71],
        },
    }


def evaluation(*, about: str = "own_answer", n_items: int = 90, **sources: Made) -> Made:
    """Return a metrics object."""
    return {
        "schema_version": 1,
        "run": "results/quickstart__model__few-shot__0123",
        "dataset": {"name": "quickstart", "version": "1", "n_items": n_items},
        "model": "local/tiny",
        "template": "few-shot@1",
        "about": about,
        "n_items": n_items,
        "n_answered": n_items,
        "coverage": {"value": 1.0, "low": 0.96, "high": 1.0},
        "excluded": {},
        "warnings": [],
        "sources": sources,
    }


def record(
    name: str,
    verdict: Verdict = "correct",
    confidence: float | None = 1.0,
    *,
    status: Status = "ok",
    answer: str = "Paris",
    reply: str = "Answer: Paris",
    by: Source = "stated",
) -> Record:
    """Return one Record of one source."""
    reading: Reading[float] = Reading(confidence, "read" if confidence is not None else "absent")
    report = SelfReport(Reading(answer, "read"), Reading(None, "absent"), {by: reading}, "completed", (reply,), ("k",))
    return Record(name, report, Grade(verdict, "exact"), {by: status})


def item(name: str, question: str = "What is the capital of France?", group: str | None = None) -> Item:
    """Return one Item."""
    return Item(name, question, ("Paris",), group=group)
