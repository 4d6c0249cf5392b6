"""Ask every Item that has no recorded reply yet, many at once, in order."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.errors import BudgetSpent, SelfexplainError
from selfexplain.pipeline.budget import Budget, budgeted, refusal
from selfexplain.prompting.template import Template
from selfexplain.providers.provider import Provider
from selfexplain.providers.retry import retried
from selfexplain.records import Item
from selfexplain.runs.calls import Calls, recorded, remembered


class Progress(NamedTuple):
    """How far the asking has come; `resumed` Items had their replies already."""

    done: int
    total: int
    failed: int
    resumed: int


Watch = Callable[[Progress], None]


async def ask_items(
    items: Iterable[Item],
    *,
    repeats: int,
    template: Template,
    elicitation: Elicitation,
    sampling: Sampling,
    provider: Provider,
    calls: Calls,
    concurrency: int,
    watch: Watch,
    budget: Budget | None = None,
) -> None:
    """Ask each Item `repeats` times, at most `concurrency` at once; replies end up in `calls`.

    Cancelling is safe: what was recorded stays, and asking again sends only what has no reply.

    Raises
    ------
    BudgetSpent
        When the `budget` is spent; what was in flight by then is completed and recorded.
    SelfexplainError
        When the provider cannot go on at all, or the disk cannot take a call.
    """
    todo = [(item, repeat) for repeat in range(repeats) for item in items]
    send = recorded(provider.generate, calls)
    if budget is not None:
        send = budgeted(send, calls.totals, budget)
    ask = remembered(retried(send), calls)
    stopped: list[BudgetSpent] = []
    progress = Progress(done=0, total=len(todo), failed=0, resumed=0)
    watch(progress)

    async def work(queue: Iterator[tuple[Item, int]]) -> None:
        nonlocal progress
        for item, repeat in queue:  # one iterator for all workers: each pair is taken once
            try:
                report = await elicitation(item, template, ask, sampling=sampling, repeat=repeat)
            except BudgetSpent as spent:  # not raised yet: the others have replies to wait for, which are paid for
                stopped.append(spent)
                return
            progress = progress._replace(
                done=progress.done + 1,
                failed=progress.failed + (report.outcome == "failed"),
                resumed=progress.resumed + all(map(calls.was_there, report.calls)),
            )
            watch(progress)

    queue = iter(todo)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(todo))):
                group.create_task(work(queue))
    except* SelfexplainError as failures:
        raise failures.exceptions[0] from None
    finally:
        await calls.aclose()
    if stopped and budget is not None:
        raise refusal(calls.totals, budget) or stopped[0]  # anew: those in flight have cost something since
