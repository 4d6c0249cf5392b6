"""Ask again when waiting may help: the only retry layer in the house."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from selfexplain.errors import FATAL, TRANSIENT, ProviderError
from selfexplain.records import Ask, Failure, Request, Response

TRIES = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
HOPELESS = 10
"""So many Items in a row lost to a server in trouble, and the Run stops: it can be resumed when the server is back."""


def retried(ask: Ask, *, tries: int = TRIES, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> Ask:
    """Return `ask`, except that transient failures are asked again and an Item's own failure becomes a Response.

    Waits double from half a second, with jitter so that parallel requests do not return all at once; a server's
    own Retry-After comes first. What remains after the last try is a Response with outcome `failed`.

    Raises
    ------
    ProviderError
        For failures that no other Item would survive either: a wrong key, no credit, no such model.
    """
    lost_in_a_row = 0

    async def ask_until_answered(request: Request) -> Response:
        nonlocal lost_in_a_row
        attempt = 1
        while True:
            try:
                response = await ask(request)
            except ProviderError as error:
                if error.kind in FATAL:
                    raise
                if error.kind in TRANSIENT and attempt < tries:
                    await sleep(wait_after(attempt, error.retry_after))
                    attempt += 1
                    continue
                # Any other failure is an answer: the server is well, it is this Item that does not suit it.
                lost_in_a_row = lost_in_a_row + 1 if error.kind in TRANSIENT else 0
                if lost_in_a_row >= HOPELESS:
                    raise ProviderError(
                        f"{HOPELESS} Items in a row got no reply; the last: {error.message}",
                        kind="unavailable",
                        hint=error.hint or "run the same command when the server is well again: it resumes",
                    ) from error
                return Response(outcome="failed", failure=Failure(error.kind, error.message))
            lost_in_a_row = 0
            return response

    return ask_until_answered


def wait_after(attempt: int, stated: float | None) -> float:
    """Return the seconds to wait after a failed try: what the server states, else doubling with up to 25 % jitter."""
    if stated is not None:
        return min(stated, LONGEST_WAIT_SECONDS)
    backoff = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
    return backoff * (1 - 0.25 * random.random())  # noqa: S311 - spreads requests out, protects nothing
