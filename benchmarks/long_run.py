"""A Run of very many Items from the first question to the page: how long it takes, and that memory stays flat.

`python benchmarks/long_run.py 10000 100000` prints the table of "Long Runs" in docs/speed.md; a million Items are
`python benchmarks/long_run.py 10000 1000000` (some 25 minutes of a processor and 2 GB of disk). The model is a script
in the same process that answers at once, right about as often as it says, so that time and memory are those of
selfexplain alone. Each size is a process of its own.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from selfexplain.records import Request, Response

AT_ONCE = 50


class Scripted:
    """Answers at once; the confidence of an Item, and whether it is right, follow from its question."""

    def __init__(self) -> None:
        self.name, self.concurrency = "scripted/many", AT_ONCE
        self.identity: Mapping[str, str] = {}

    async def generate(self, request: "Request") -> "Response":
        """Return a reply as a large model writes it."""
        from selfexplain.records import Response, Usage  # noqa: PLC0415 - its cost belongs to this process

        chance = random.Random(request.messages[-1].content)
        sure = chance.randrange(50, 100)
        said = "Lima" if chance.random() < (sure - 8) / 100 else "Quito"
        text = f"Answer: {said}\nBecause: it is the seat of government, and has been since it was founded.\n"
        return Response("completed", f"{text}Confidence: {sure}", usage=Usage(160, 30))

    async def aclose(self) -> None:
        """Hold nothing."""


class Took(NamedTuple):
    """Wall-clock seconds of the two parts of a Run, their processor seconds together, and the peaks in MiB."""

    asking: float
    measuring: float
    processor: float
    asked: float
    measured: float


def questions_in(folder: Path, n: int) -> str:
    """Write n questions of three kinds to a file and return its path."""
    path = folder / "questions.jsonl"
    with path.open("w") as file:
        for number in range(n):
            asked = f"What is the capital of the country with number {number} in the list of all countries?"
            file.write(json.dumps({"question": asked, "gold": "Lima", "group": "abc"[number % 3]}) + "\n")
    return str(path)


def long_run(n: int, folder: Path) -> Took:
    """Ask n Items, then read, grade and measure them and write the page, as `selfexplain run` does."""
    from selfexplain import ask_plan, asking, choosing, measuring  # noqa: PLC0415 - its cost belongs to this process

    start = time.monotonic()
    plan = ask_plan.planned(questions_in(folder, n), model=Scripted(), template="answer-why-confidence", asks=True)
    with asking.asked([plan], concurrency=AT_ONCE, results=folder / "results") as ((run, _),):
        seconds, asked = time.monotonic() - start, peak()
        measuring.evaluated(run, choosing.chosen_metrics("headline"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Took(seconds, time.monotonic() - start - seconds, used.ru_utime + used.ru_stime, asked, peak())


def measuring_alone(n: int, folder: Path) -> Took:
    """Measure n Items and write the page, with Records that a script makes up in place of asking and reading."""
    from selfexplain import ask_plan, asking, choosing, measuring, rereading  # noqa: PLC0415 - late, too
    from selfexplain.records import Grade, Item, Reading, Record, SelfReport  # noqa: PLC0415 - with it
    from selfexplain.runs.calls import Calls  # noqa: PLC0415 - with it
    from selfexplain.runs.folder import RunFolder  # noqa: PLC0415 - with it
    from selfexplain.settings import read_settings  # noqa: PLC0415 - with it

    def record(item: Item) -> Record:
        chance = random.Random(item.question)
        sure = chance.randrange(50, 100)
        right = chance.random() < (sure - 8) / 100
        report = SelfReport(
            answer=Reading("Lima" if right else "Quito", "read", span=(8, 12)),
            rationale=Reading("it is the seat of government, and has been since it was founded.", "read"),
            confidence={"stated": Reading(sure / 100, "read", span=(94, 96))},
            outcome="completed",
            replies=("Answer: Lima\nBecause: it is the seat of government, and has been since it was founded.",),
            calls=("0" * 32,),
        )
        return Record(item.id, report, Grade("correct" if right else "wrong", "exact"), {"stated": "ok"})

    def made_up(folder: RunFolder, calls: Calls) -> Iterator[Record]:  # noqa: ARG001 - there are none
        return map(record, folder.items)

    start = time.monotonic()
    plan = ask_plan.planned(questions_in(folder, n), model=Scripted(), template="answer-why-confidence", asks=False)
    run = asking.begun(plan, folder / "results", read_settings(), say=lambda _: None)
    seconds, asked = time.monotonic() - start, peak()
    rereading.records_in = made_up
    measuring.evaluated(run, choosing.chosen_metrics("headline"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Took(seconds, time.monotonic() - start - seconds, used.ru_utime + used.ru_stime, asked, peak())


def peak() -> float:
    """Return the most memory that this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sizes", type=int, nargs="+", help="numbers of Items")
    options.add_argument("--measuring", action="store_true", help="make Records up in place of asking and reading")
    options.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help="where there is room for the Runs; they are deleted")
    chosen = options.parse_args()
    if chosen.alone:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            run = measuring_alone if chosen.measuring else long_run
            print(json.dumps(run(chosen.sizes[0], Path(folder))))
        return
    print("| Items | asking, s | measuring, s | processor ms/Item | peak MiB, asked | measured | bytes/Item |")
    print("|---|---|---|---|---|---|---|")
    before: tuple[int, Took] | None = None
    for n in chosen.sizes:
        where = [] if chosen.folder is None else ["--folder", str(chosen.folder)]
        where += ["--measuring"] if chosen.measuring else []
        done = subprocess.run([sys.executable, __file__, "--alone", str(n), *where], check=True, stdout=subprocess.PIPE)
        took = Took(*json.loads(done.stdout.splitlines()[-1]))
        grown = "" if before is None else f"{2**20 * (took.measured - before[1].measured) / (n - before[0]):,.0f}"
        cells = f"{took.asking:,.0f} | {took.measuring:,.0f} | {1e3 * took.processor / n:.2f}"
        print(f"| {n:,} | {cells} | {took.asked:.0f} | {took.measured:.0f} | {grown} |", flush=True)
        before = n, took


if __name__ == "__main__":
    main()
