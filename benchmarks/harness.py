"""What asking costs: processor time, memory and waiting beside a bare loop over the same SDK and beside inspect-ai.

`python benchmarks/harness.py` prints every table and every ratio of "Asking" in docs/speed.md; `--many 100000` asks so
Items once more, to see the memory grow. All contenders send the same questions to one server on this machine, 50 at
a time, and each runs in a process of its own. `bare` forgets the replies; `selfexplain` has every reply on disk before
it is used; `selfexplain run` measures them and writes its page as well; inspect-ai, where it is installed, scores and
writes its log.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

AT_ONCE = 50
SIZES = (1_000, 5_000)
LATENCY = 0.05
TURNS = 5
REPLY = json.dumps(
    {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "served",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Answer: Lima\nConfidence: 90"},
            }
        ],
        "usage": {"prompt_tokens": 60, "completion_tokens": 8, "total_tokens": 68},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY)


def serve(pipe: Connection, latency: float) -> None:
    """Answer every request with REPLY until killed; send the port, then to each question when a first request came."""
    times: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
                times[:] = [times[0] if times else time.monotonic(), 0.0, times[2] + 1 if times else 1]
                if latency:
                    await asyncio.sleep(latency)
                times[1] = time.monotonic()
                writer.write(HEAD + REPLY)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    def tell() -> None:
        pipe.recv()
        pipe.send(times[:])
        times.clear()

    async def forever() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        asyncio.get_running_loop().add_reader(pipe.fileno(), tell)
        await server.serve_forever()

    asyncio.run(forever())


def question(number: int) -> str:
    """Return one of as many different questions as there are."""
    return f"What is the capital of the country with number {number} in the list of all countries?"


def bare(n: int, base_url: str, _: Path, **client: Any) -> None:
    """Send n questions through the SDK alone."""
    import openai  # noqa: PLC0415 - its cost belongs to this process

    async def ask() -> None:
        numbers = iter(range(n))
        async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, **client) as sdk:

            async def work() -> None:
                for number in numbers:
                    await sdk.chat.completions.create(
                        model="m", messages=[{"role": "user", "content": question(number)}], max_tokens=64
                    )

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    asyncio.run(ask())


def bare_over_aiohttp(n: int, base_url: str, folder: Path) -> None:
    """Send n questions through the SDK alone, with the transport that it has for who installs aiohttp."""
    import openai  # noqa: PLC0415 - its cost belongs to this process

    bare(n, base_url, folder, http_client=openai.DefaultAioHttpClient())


def questions_in(folder: Path, n: int) -> str:
    """Write n questions to a file and return its path."""
    path = folder / "questions.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps({"question": question(number), "gold": "Lima"}) + "\n" for number in range(n))
    return str(path)


def selfexplain(n: int, base_url: str, folder: Path) -> None:
    """Ask n Items as `selfexplain run` does, short of measuring."""
    from selfexplain import ask_plan, asking  # noqa: PLC0415 - its cost belongs to this process

    plan = ask_plan.planned(
        questions_in(folder, n), model="openai/m", template="answer-confidence", base_url=base_url, asks=True
    )
    with asking.asked([plan], concurrency=AT_ONCE, results=folder / "results"):
        pass


def selfexplain_run(n: int, base_url: str, folder: Path) -> None:
    """Run `selfexplain run`, the command."""
    from selfexplain.cli import cli  # noqa: PLC0415 - its cost belongs to this process

    options = ["--base-url", base_url, "--concurrency", str(AT_ONCE), "--results", str(folder / "results")]
    cli(["run", questions_in(folder, n), "-m", "openai/m", "-t", "answer-confidence", *options], standalone_mode=False)


def inspect(n: int, base_url: str, folder: Path) -> None:
    """Ask and score n samples with inspect-ai."""
    import inspect_ai  # noqa: PLC0415
    from inspect_ai import dataset, model, scorer, solver  # noqa: PLC0415

    samples = [dataset.Sample(input=question(number), target="Lima") for number in range(n)]
    task = inspect_ai.Task(
        dataset=dataset.MemoryDataset(samples), solver=solver.generate(max_tokens=64), scorer=scorer.includes()
    )
    inspect_ai.eval(
        task,
        model=model.get_model("openai/m", base_url=base_url, api_key="none", responses_api=False),
        max_connections=AT_ONCE,
        max_samples=AT_ONCE,
        log_dir=str(folder / "logs"),
        display="none",
    )


CONTENDERS: dict[str, Callable[[int, str, Path], None]] = {
    "bare": bare,
    "bare, aiohttp": bare_over_aiohttp,
    "selfexplain": selfexplain,
    "selfexplain run": selfexplain_run,
    "inspect-ai": inspect,
}


class Measured(NamedTuple):
    """One contender on one number of Items."""

    seconds: float
    """From the first request to the last reply, by the server's clock."""
    first: float
    """From the start of the process to its first request."""
    processor: float
    """Seconds, user and system, of the whole process."""
    peak: float
    """MiB."""


def environment() -> dict[str, str]:
    """Return that of a process measured: bytecode is kept, as it is of whatever has been installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "OPENAI_API_KEY": "none"
    }


class Stub:
    """The server in its own process.

    Parameters
    ----------
    latency : float
        Seconds before it answers.
    """

    def __init__(self, latency: float = 0.0) -> None:
        self._pipe, theirs = multiprocessing.get_context("spawn").Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, latency), daemon=True)
        self._process.start()
        self.base_url = f"http://127.0.0.1:{self._pipe.recv()}/v1"

    def measure(self, name: str, n: int) -> Measured:
        """Run a contender in a process of its own."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, __file__, "--contender", name, str(n), self.base_url],
            check=True,
            capture_output=True,
            env=environment(),
        )
        processor, peak = json.loads(done.stdout.splitlines()[-1])
        self._pipe.send("when?")
        first, last, asked = self._pipe.recv()
        if asked != n:
            raise SystemExit(f"{name} asked {asked} of {n} questions")
        return Measured(last - first, first - began, processor, peak)

    def stop(self) -> None:
        """End it."""
        self._process.kill()


def contend(name: str, n: int, base_url: str) -> None:
    """Run one contender in this process and print processor seconds and peak MiB."""
    with tempfile.TemporaryDirectory() as folder:
        CONTENDERS[name](n, base_url, Path(folder))
        used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))


def processor_of(*command: str) -> float:
    """Return the processor seconds of a Python command, the least of a few turns."""
    found = []
    for _ in range(TURNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, env=environment())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def is_here(name: str) -> bool:
    """Tell whether a contender is installed."""
    import importlib.util  # noqa: PLC0415

    return name != "inspect-ai" or importlib.util.find_spec("inspect_ai") is not None


def at_once(names: list[str], few: int, many: int) -> None:
    """Print what an Item costs where the server answers at once."""
    stub = Stub()
    found = {name: [stub.measure(name, n) for n in (few, many)] for name in names}
    per_item = {name: 1e3 * (b.processor - a.processor) / (many - few) for name, (a, b) in found.items()}
    print(f"\n| the server answers at once | ms/Item | × bare | Items/s | peak MiB at {few:,} | at {many:,} |")
    print("|---|---|---|---|---|---|")
    for name, (a, b) in found.items():
        took = f"{per_item[name]:.2f} | {per_item[name] / per_item['bare']:.2f}"
        cells = f"{took} | {many / b.seconds:,.0f} | {a.peak:.0f} | {b.peak:.0f}"
        print(f"| {name} | {cells} |", flush=True)
    stub.stop()


def slowly(names: list[str], n: int) -> None:
    """Print how many Items a second are asked where the server takes its time."""
    stub = Stub(LATENCY)
    found = {name: stub.measure(name, n) for name in names}
    print(f"\n| after {1e3 * LATENCY:.0f} ms, {AT_ONCE} at once, {n:,} Items | Items/s | × bare |\n|---|---|---|")
    for name, each in found.items():
        print(f"| {name} | {n / each.seconds:,.0f} | {found['bare'].seconds / each.seconds:.2f} |", flush=True)
    stub.stop()


def starting(names: list[str]) -> None:
    """Print when a first request is sent, and what `--help` costs."""
    stub = Stub()
    first = {name: min(stub.measure(name, 1).first for _ in range(TURNS)) for name in names}
    print("\n| first request | after, s | × bare |\n|---|---|---|")
    for name, seconds in first.items():
        print(f"| {name} | {seconds:.2f} | {seconds / first['bare']:.2f} |", flush=True)
    stub.stop()
    empty, helped = processor_of("-c", "pass"), processor_of("-m", "selfexplain", "--help")
    print(f"\n`--help`: {helped:.2f} processor s, {helped / empty:.1f} times those of an empty Python ({empty:.3f})")


def growing(most: int) -> None:
    """Print the memory that asking takes for more and more Items."""
    stub = Stub()
    print("\n| selfexplain, Items | ms/Item | peak MiB |\n|---|---|---|")
    for n in (1_000, most // 10, most):
        found = stub.measure("selfexplain", n)
        print(f"| {n:,} | {1e3 * found.processor / n:.2f} | {found.peak:.1f} |", flush=True)
    stub.stop()


def main() -> None:
    """Print every table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--many", type=int, help="ask so many Items once more, to see the memory grow")
    options.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="two numbers of Items")
    options.add_argument("--only", nargs="*", default=list(CONTENDERS), help="which contenders")
    options.add_argument("--contender", nargs=3, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.contender:
        name, n, base_url = chosen.contender
        contend(name, int(n), base_url)
        return
    names = [name for name in chosen.only if is_here(name)]
    if names:
        at_once(names, *chosen.sizes)
        slowly(names, chosen.sizes[1])
        starting(names)
    if chosen.many:
        growing(chosen.many)


if __name__ == "__main__":
    main()
