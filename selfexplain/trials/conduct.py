"""Conducts trials about the Records of a Run: counts the calls before, asks, and sums up."""

import asyncio
from collections.abc import Iterable, Sequence

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
    trial: Trial, subjects: Sequence[Subject], ask: Ask, how: How, *, concurrency: int = 8
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
    """
    gate = asyncio.Semaphore(concurrency)

    async def find(subject: Subject) -> Finding:
        async with gate:
            keys: list[str] = []
            found = await trial(subject, noting(ask, keys), how)
            return replace(found, calls=tuple(keys))

    return tuple(await asyncio.gather(*map(find, subjects)))


def noting(ask: Ask, keys: list[str]) -> Ask:
    """Return `ask`, except that the key of each Request is noted."""

    async def ask_and_note(request: Request) -> Response:
        keys.append(request.key)
        return await ask(request)

    return ask_and_note
