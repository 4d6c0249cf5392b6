"""What grows how past one machine: `OMP_NUM_THREADS=1 python benchmarks/scale.py [SECTION …]`.

Prints the tables of `docs/scale.md`, and with `tables` writes its picture to `docs/scale.png`.

tables
    Counts 10⁴ to 10⁷ rows as 1, 2 and 4 shards, each in a process of its own as it would be on a machine of its own,
    adds the tables, and compares the sum with the count of all rows at once.
merge
    Puts a Run of 10³ to 10⁵ calls together from four folders.
handing
    Finds the lots of 10⁴ to 10⁷ questions in a Run's folder, as the command does, and reads them, as workers do.
asking
    Asks a server that answers after 50 ms: one process, two processes with `--shard`, one and two workers on Ray.
    Needs `selfexplain[scale]`.
"""

import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from ctypes import Array, c_double
from itertools import starmap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from selfexplain import Dataset, Item, run
from selfexplain.calibration import CalibrationTable
from selfexplain.choosing import chosen_metrics
from selfexplain.records import Call, Message, Request, Response, encode
from selfexplain.runs.folder import RunFolder
from selfexplain.runs.merge import merge_runs

VALUES = np.array([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0])
SHARDS = (1, 2, 4)
SIZES = (10**4, 10**5, 10**6, 10**7)
LATENCY = 0.05
AT_ONCE = 8
QUESTIONS = 1000

COUNT = """
import json, sys, time
from pathlib import Path
from selfexplain.datasets.columns import read_columns
from selfexplain.pipeline.count import Tally
started, tally = time.process_time(), Tally()
read_columns(Path(sys.argv[1]), tally.add)
table = tally.tables.sum()
peak = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
rows = list(zip(table.confidence.tolist(), table.n.tolist(), table.n_correct.tolist()))
print(json.dumps([time.process_time() - started, peak / 1024, rows]))
"""


def counted(path: Path) -> tuple[float, float, CalibrationTable]:
    """Return processor seconds, peak MiB and the table of a file, from a process of its own."""
    done = subprocess.run([sys.executable, "-c", COUNT, str(path)], check=True, capture_output=True)
    seconds, peak, rows = json.loads(done.stdout)
    return seconds, peak, CalibrationTable.from_counts({value: (n, right) for value, n, right in rows})


def same(one: CalibrationTable, other: CalibrationTable) -> bool:
    """Tell whether two tables are equal, number by number."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("confidence", "n", "n_correct"))


def tables() -> None:
    """Count rows as shards and add the tables."""
    print("| rows | shards | s, slowest shard | s, all shards | peak MiB of a shard | ms to add and measure | same |")
    print("|---|---|---|---|---|---|---|", flush=True)
    taken: dict[int, list[float]] = {shards: [] for shards in SHARDS}
    for n in SIZES:
        rng = np.random.default_rng(n)
        confidence = rng.choice(VALUES, size=n)
        correct = rng.random(n) < confidence - 0.05
        whole = CalibrationTable.from_rows(confidence, correct)
        for shards in SHARDS:
            with tempfile.TemporaryDirectory() as folder:
                paths = [Path(folder) / f"{number}.parquet" for number in range(shards)]
                for number, path in enumerate(paths):
                    columns = {"confidence": confidence[number::shards], "correct": correct[number::shards]}
                    parquet.write_table(pa.table(columns), path)
                seconds, peaks, parts = zip(*map(counted, paths), strict=True)
            started = time.perf_counter()
            total = sum(parts, start=CalibrationTable.from_counts({}))
            for metric in chosen_metrics("headline"):
                metric(total)
            added = 1000 * (time.perf_counter() - started)
            taken[shards].append(max(seconds))
            print(
                f"| {n:,} | {shards} | {max(seconds):.3f} | {sum(seconds):.3f} | {max(peaks):.0f} | {added:.1f} | "
                f"{'yes' if same(total, whole) else 'NO'} |",
                flush=True,
            )
    draw(taken, Path(__file__).parents[1] / "docs" / "scale.png")


def draw(taken: dict[int, list[float]], path: Path) -> None:
    """Draw how long the slowest shard takes."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only here

    figure = Figure(figsize=(5, 3.4), layout="constrained")
    ax = figure.add_subplot()
    for (shards, seconds), mark in zip(taken.items(), "os^", strict=True):
        ax.plot(SIZES, seconds, marker=mark, label=f"{shards} shard{'s' if shards > 1 else ''}")
    ax.set(xscale="log", ylim=(0, None), xlabel="rows", ylabel="processor seconds of the slowest shard")
    ax.legend()
    figure.savefig(path, dpi=120, metadata={"Software": None})


def part_of(whole: RunFolder, results: Path, calls: Sequence[Call]) -> Path:
    """Return a folder of the Run with these calls."""
    path = results / whole.path.name
    (path / "calls").mkdir(parents=True)
    for name in ("manifest.json", "items.jsonl"):
        (path / name).write_bytes((whole.path / name).read_bytes())
    (path / "calls" / "0001.jsonl").write_bytes(b"".join(encode(call) + b"\n" for call in calls))
    return path


def merge() -> None:
    """Put Runs together."""
    print("| calls | folders | MB of calls | s to merge | calls/s |\n|---|---|---|---|---|", flush=True)
    for n in (10**3, 10**4, 10**5):
        items = tuple(Item(f"q{number}", f"What is {number} + 1?", (str(number + 1),)) for number in range(n))
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            (here / "script.jsonl").write_bytes(encode({"item": "*", "reply": "Answer: 1\nConfidence: 90"}))
            model = f"scripted/{here / 'script.jsonl'}"
            begun = run(Dataset("sums", "1", items), model=model, template="answer-confidence", limit=1, results=here)
            whole = RunFolder(begun.folder or here)
            asked = [Request(item.id, (Message("user", item.question * 10),), 64) for item in items]
            reply = Response("completed", "Answer: 1\nConfidence: 90")
            calls = [Call(each.key, each, reply, "2026-01-01T00:00:00.000+00:00", 0.5) for each in asked]
            parts = [part_of(whole, here / f"part{number}", calls[number::4]) for number in range(4)]
            size = sum((path / "calls" / "0001.jsonl").stat().st_size for path in parts) / 1e6
            started = time.perf_counter()
            merge_runs(parts, here / "merged")
            seconds = time.perf_counter() - started
            print(f"| {n:,} | 4 | {size:.1f} | {seconds:.2f} | {n / seconds:,.0f} |", flush=True)


HAND = """
import json, pickle, sys, time
from pathlib import Path
from selfexplain.engines.lots import items_in, lines_in, lots_of
from selfexplain.records import Item
from selfexplain.stored import Stored
path, n = Path(sys.argv[1]), int(sys.argv[2])
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
before, started = peak(), time.process_time()
lots = list(lots_of(path, Stored(path, range(n), Item), at_most=1000))
found, grown = time.process_time() - started, peak() - before
read = sum(len(items_in(lines_in(lot))) for lot in lots)
print(json.dumps([found, grown, len(lots), len(pickle.dumps(lots)), time.process_time() - started - found, read]))
"""


def handing() -> None:
    """Hand questions out, and read them."""
    print("| questions | MB | lots | s to find them | MiB for that | kB to hand out | s to read all | read |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for n in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "items.jsonl"
            with path.open("wb") as file:
                file.writelines(
                    encode(Item(f"q{k}", f"What is {k} + 1? " * 5, (str(k + 1),))) + b"\n" for k in range(n)
                )
            done = subprocess.run([sys.executable, "-c", HAND, str(path), str(n)], check=True, capture_output=True)
            found, grown, lots, size, reading, read = json.loads(done.stdout)
            row = [
                f"{path.stat().st_size / 1e6:.1f}",
                f"{lots:,}",
                f"{found:.2f}",
                f"{grown:.1f}",
                f"{size / 1000:.0f}",
            ]
            print("|", " | ".join([f"{n:,}", *row, f"{reading:.2f}", f"{read:,}"]), "|", flush=True)


def serve(port: Any, seen: "Array[c_double]") -> None:
    """Answer every request after LATENCY, and note when the first and the last came, and how many."""
    message = {"role": "assistant", "content": "Answer: Lima\nConfidence: 90"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = json.dumps(
        {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    ).encode()
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
                seen[:] = [seen[0] or time.time(), time.time(), seen[2] + 1]
                await asyncio.sleep(LATENCY)
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def commands_of(options: Sequence[str], *, shards: int) -> list[list[str]]:
    """Return the commands that ask together."""
    base = [sys.executable, "-m", "selfexplain", "run", *options, "--json"]
    return [[*base, *(["--shard", f"{i}/{shards}"] if shards > 1 else [])] for i in range(1, shards + 1)]


def asking() -> None:
    """Ask in one process, in two, and on Ray."""
    print("| | Items | s to the first request | Items/s from the first to the last | requests |\n|---|---|---|---|---|")
    ways: dict[str, tuple[int, list[str]]] = {
        "one process": (1, []),
        "two processes, `--shard`": (2, []),
        "Ray, one worker": (1, ["--engine", "ray", "--workers", "1"]),
        "Ray, two workers": (1, ["--engine", "ray", "--workers", "2"]),
    }
    for name, (shards, engine) in ways.items():
        firsts, rates, requests = zip(*starmap(asked_once, [(shards, engine)] * 3), strict=True)
        first, rate = (
            f"{statistics.median(each):.1f} ({min(each):.1f} to {max(each):.1f})" for each in (firsts, rates)
        )
        print(f"| {name} | {QUESTIONS:,} | {first} | {rate} | {requests[0]:,.0f} |", flush=True)


def asked_once(shards: int, engine: Sequence[str]) -> tuple[float, float, float]:
    """Return seconds to the first request, Items a second from then on, and how many requests there were."""
    seen = multiprocessing.Array(c_double, 3)
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there, seen), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        questions = Path(folder) / "questions.jsonl"
        lines = [{"id": f"q{n}", "question": f"Question {n}?", "gold": "Lima"} for n in range(QUESTIONS)]
        questions.write_bytes(b"".join(encode(line) + b"\n" for line in lines))
        options = [str(questions), "-m", "openai/m", "--base-url", f"http://127.0.0.1:{here.recv()}/v1"]
        options += ["-t", "answer-confidence", "--concurrency", str(AT_ONCE), *engine]
        began = time.time()
        quiet: dict[str, Any] = {"cwd": folder, "env": os.environ | {"OPENAI_API_KEY": "any"}}
        quiet |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = [subprocess.Popen(command, **quiet) for command in commands_of(options, shards=shards)]
        if any(each.wait() for each in running):
            raise SystemExit("a command failed; with --engine: is selfexplain[scale] installed?")
    server.kill()
    first, last, n = seen[:]
    return first - began, (n - 1) / (last - first), n


SECTIONS: dict[str, Callable[[], None]] = {"tables": tables, "merge": merge, "handing": handing, "asking": asking}


def main() -> None:
    """Run the sections named, or all."""
    for name in sys.argv[1:] or SECTIONS:
        print(f"\n**{name}**\n", flush=True)
        SECTIONS[name]()


if __name__ == "__main__":
    main()
