"""What a model in this process costs, beside the same model served: `python benchmarks/in_process.py [N] [MODEL]`.

Prints seconds and processor seconds per Item for the first N Items of the quickstart (default 30), five examples before
each question: transformers asked one by one, in batches of 8 and of what fits, and llama.cpp's server. MODEL is what
`-m hf/MODEL` takes; the server is compared for the embedded model only. Loading is not counted.
"""

import asyncio
import sys
import time
from collections.abc import Sequence

from selfexplain import plugins
from selfexplain.providers.hf import Transformers
from selfexplain.providers.local import NAME, Local
from selfexplain.providers.provider import Provider
from selfexplain.records import Request, Response


def requests(n: int) -> list[Request]:
    """Return the quickstart's first questions as the template `few-shot` asks them, with token probabilities."""
    template = plugins.template("few-shot")
    return [
        Request(item.id, template.render(item), 32, temperature=0.0, seed=1, logprobs=True)
        for item in plugins.dataset("quickstart").items[:n]
    ]


async def answers(model: Provider, asked: Sequence[Request], *, at_once: int) -> list[Response]:
    """Ask everything, so many at once."""
    room = asyncio.Semaphore(at_once)

    async def one(request: Request) -> Response:
        async with room:
            return await model.generate(request)

    return await asyncio.gather(*map(one, asked))


async def measure(title: str, model: Provider, asked: Sequence[Request], *, at_once: int) -> list[Response]:
    """Print one line of the table, and return the replies."""
    await model.generate(asked[0])  # loads
    started, used = time.perf_counter(), time.process_time()
    replies = await answers(model, asked, at_once=at_once)
    wall, processor = ((now - then) / len(asked) for now, then in zip(clocks(), (started, used), strict=True))
    print(f"| {title} | {wall:.3f} | {processor:.3f} | {1 / wall:.1f} |")
    return replies


def clocks() -> tuple[float, float]:
    """Return the wall's clock and the processor's."""
    return time.perf_counter(), time.process_time()


async def main(n: int, name: str) -> None:
    """Print the table, and how far the ways agree."""
    asked, model = requests(n), Transformers(name)
    print("| way | seconds per Item | processor seconds per Item | Items per second |\n|---|---|---|---|")
    alone = await measure("transformers, one by one", model, asked, at_once=1)
    await measure("transformers, 8 at once", model, asked, at_once=8)
    together = await measure(f"transformers, {model.concurrency} at once", model, asked, at_once=model.concurrency)
    await model.aclose()
    print(f"\nalone and in batches: {same(alone, together)} of {n} texts equal, log-probabilities within ", end="")
    print(f"{furthest(alone, together):.1e}")
    if name == NAME:
        server = Local(NAME)
        served = await measure("llama.cpp, served", server, asked, at_once=1)
        await server.aclose()
        print(f"\nserved and in process: {same(served, together)} of {n} texts equal, ", end="")
        print(f"{same(served, together, lines=1)} answers")


def same(one: Sequence[Response], other: Sequence[Response], *, lines: int | None = None) -> int:
    """Count the pairs of replies whose texts, or first lines, are equal."""
    return sum(a.text.splitlines()[:lines] == b.text.splitlines()[:lines] for a, b in zip(one, other, strict=True))


def furthest(one: Sequence[Response], other: Sequence[Response]) -> float:
    """Return the largest difference of a token's log-probability between replies of the same text."""
    return max(
        (
            abs(a.logprob - b.logprob)
            for first, second in zip(one, other, strict=True)
            if first.text == second.text
            for a, b in zip(first.tokens, second.tokens, strict=True)
        ),
        default=0.0,
    )


if __name__ == "__main__":
    asyncio.run(main(int((sys.argv[1:2] or ["30"])[0]), (sys.argv[2:3] or [NAME])[0]))
