"""Conducts trials about the Records of a Run: counts the calls before, asks, and sums up."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from selfexplain.records import Ask, Request, Response
from selfexplain.trials.finding import Finding
from selfexplain.trials.trial import Cost, How, Subject, Trial


def cost_of(trials: Iterable[Trial], subjects: Sequence[Subject], how: How) -> Cost:
    """Return how many calls some trials take at most, by role; nothing is asked.

    Parameters
    ----------
    trials : iterable of Trial
    subjects : sequence of Subject
    how : How

    Returns
    -------
    Counter of role to calls
        The empty role is the model that the Run is about.
    """
    total = Cost()
    for each in trials:
        for subject in subjects:
            total += each.facts.cost(subject, how)
    return total


async def conduct(
    trial: Trial,
    subjects: Sequence[Subject],
    ask: Ask,
    how: How,
    *,
    concurrency: int = 8,
    watch: Callable[[Finding], None] | None = None,
) -> tuple[Finding, ...]:
    """Return what a trial finds about each Record, in their order.

    Parameters
    ----------
    trial : Trial
    subjects : sequence of Subject
    ask : callable
        Sends a Request, returns its Response; one that records makes the trial resume and replay.
    how : How
    concurrency : int
        So many Records are looked into at once; the calls about one follow each other.
    watch : callable, optional
        Told each finding as it is made.
    """
    gate = asyncio.Semaphore(concurrency)

    async def find(subject: Subject) -> Finding:
        async with gate:
            keys: list[str] = []
            found = await trial(subject, noting(ask, keys), how)
            found = replace(found, calls=tuple(keys))
        if watch is not None:
            watch(found)
        return found

    return tuple(await asyncio.gather(*map(find, subjects)))


async def left_alone(trial: Trial, subjects: Sequence[Subject], how: How) -> tuple[Finding, ...]:
    """Return what a trial says of those Records that it asks nothing about, and why; nothing is asked.

    Parameters
    ----------
    trial : Trial
    subjects : sequence of Subject
    how : How
    """

    async def nobody(request: Request) -> Response:
        raise AssertionError(f"{trial.facts.name} counts no call about {request.item!r} and makes one")

    return await conduct(trial, [each for each in subjects if not trial.facts.cost(each, how)], nobody, how)


def noting(ask: Ask, keys: list[str]) -> Ask:
    """Return `ask`, except that the key of each Request is noted."""

    async def ask_and_note(request: Request) -> Response:
        keys.append(request.key)
        return await ask(request)

    return ask_and_note
