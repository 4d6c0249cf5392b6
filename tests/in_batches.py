"""Asks twelve questions in batches, short of measuring, and tells which got their own reply."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from providers.batch_server import BatchServer
from selfexplain import ask_plan, asking
from selfexplain.pipeline.ask import Progress
from selfexplain.records import Call
from selfexplain.runs.calls import read_calls

QUESTIONS = [f"Which word belongs to number {number}?" for number in range(12)]


def write_questions(home: Path) -> Path:
    """Write the questions into a folder, and return it."""
    rows = [{"id": f"q{n}", "question": each, "gold": f"word of {each}"} for n, each in enumerate(QUESTIONS)]
    (home / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return home


def ask(
    home: Path,
    server: BatchServer,
    sdk: str = "openai",
    *,
    template: str = "answer-confidence",
    roles: Mapping[str, str] | None = None,
    batch: bool = True,
    limit: int | None = None,
    concurrency: int | None = None,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    watch: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Ask what has no reply yet; return the Run's folder."""
    plan = ask_plan.planned(
        str(home / "questions.jsonl"),
        model=f"{sdk}/model",
        template=template,
        base_url=server.base_url,
        roles=dict(roles or {}),
        asks=True,
    )
    with asking.asked(
        [plan],
        limit=limit,
        concurrency=concurrency,
        batch=batch,
        max_cost=max_cost,
        max_tokens=max_tokens,
        results=home / "results",
        say=say,
        watch=watch,
    ) as ((folder, _),):
        return folder.path


def calls(home: Path) -> list[Call]:
    """Return every recorded call."""
    return [call for folder in sorted(home.glob("results/*/calls")) for call in read_calls(folder)]


def replies(home: Path) -> list[Call]:
    """Return the calls that are replies."""
    return [call for call in calls(home) if call.response.outcome == "completed"]


def right(home: Path) -> int:
    """Return how many questions have the reply that belongs to them, and no other."""
    found: dict[str, set[str]] = {}
    for call in replies(home):
        found.setdefault(call.request.item, set()).add(call.response.text)
    return sum(
        found.get(f"q{number}") == {f"Answer: word of {question}\nConfidence: 90"}
        for number, question in enumerate(QUESTIONS)
    )
