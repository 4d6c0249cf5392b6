"""What asking costs: processor time and memory per Item beside a bare loop over the same SDK, on the same server.

`python benchmarks/harness.py [N …]` prints a line for each contender and each number of Items (default 1000 and 10000).
Each contender runs in a process of its own; the server, in another, answers at once. `bare` sends the same questions
with the same SDK and as many workers and forgets the replies; `selfexplain` asks, with every reply on disk before it is
used, and does not measure: that is `benchmarks/speed.py`.
"""

import asyncio
import itertools
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

AT_ONCE = 50
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


def serve(port: Connection) -> None:
    """Answer every request with REPLY until killed; send the port when it is open."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
                writer.write(HEAD + REPLY)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def question(number: int) -> str:
    """Return one of as many different questions as there are."""
    return f"What is the capital of the country with number {number} in the list of all countries?"


def bare(n: int, base_url: str, _: Path) -> float:
    """Send n questions through the SDK alone; return the seconds from the first request on."""
    import openai  # noqa: PLC0415 - its cost belongs to this process

    async def ask() -> float:
        numbers = iter(range(n))
        async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:

            async def work() -> None:
                for number in numbers:
                    await client.chat.completions.create(
                        model="m", messages=[{"role": "user", "content": question(number)}], max_tokens=64
                    )

            began = time.monotonic()
            await asyncio.gather(*(work() for _ in range(AT_ONCE)))
            return time.monotonic() - began

    return asyncio.run(ask())


def selfexplain(n: int, base_url: str, folder: Path) -> float:
    """Ask n Items as `selfexplain run` does, short of measuring; return the seconds from the first request on."""
    from selfexplain import api  # noqa: PLC0415 - its cost belongs to this process
    from selfexplain.pipeline.ask import Progress  # noqa: PLC0415

    questions = folder / "questions.jsonl"
    with questions.open("w") as file:
        file.writelines(json.dumps({"question": question(number), "gold": "Lima"}) + "\n" for number in range(n))
    plan = api.planned(
        str(questions),
        columns=None,
        model="openai/m",
        template="answer-confidence",
        base_url=base_url,
        limit=None,
        repeats=1,
        asks=True,
    )
    began: list[float] = []

    def watch(progress: Progress) -> None:
        if not progress.done:
            began.append(time.monotonic())

    with api.asked(
        [plan],
        limit=None,
        repeats=1,
        concurrency=AT_ONCE,
        max_cost=None,
        max_tokens=None,
        results=folder / "results",
        say=lambda _: None,
        watch=watch,
    ):
        return time.monotonic() - began[0]


CONTENDERS: dict[str, Callable[[int, str, Path], float]] = {"bare": bare, "selfexplain": selfexplain}


def measured(name: str, n: int, base_url: str, found: Connection) -> None:
    """Run a contender in this process and send seconds, processor seconds and peak MiB."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = CONTENDERS[name](n, base_url, Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    found.send((seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))


def main(sizes: list[int]) -> None:
    """Print the table."""
    fresh = multiprocessing.get_context("spawn")
    here, there = fresh.Pipe()
    server = fresh.Process(target=serve, args=(there,), daemon=True)
    server.start()
    base_url = f"http://127.0.0.1:{here.recv()}/v1"
    print("| | Items | Items/s | processor s | ms/Item | peak MiB |\n|---|---|---|---|---|---|")
    for n, name in itertools.product(sizes, CONTENDERS):
        ours, theirs = fresh.Pipe()
        process = fresh.Process(target=measured, args=(name, n, base_url, theirs))
        process.start()
        seconds, used, peak = ours.recv()
        process.join()
        print(f"| {name} | {n:,} | {n / seconds:,.0f} | {used:.1f} | {1000 * used / n:.2f} | {peak:.0f} |", flush=True)
    server.kill()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000])
