"""Ask again when waiting may help: the only retry layer in the house."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from selfexplain.errors import FATAL, TRANSIENT, ProviderError
from selfexplain.records import Ask, Failure, Request, Response

TRIES = 8
"""Seven waits, a minute together where the server states none: as long as the windows in which requests are counted."""
TRIES_UNANSWERED = 5
"""While nothing has answered at all, a wrong address is likelier than an outage, and is told after seconds."""
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
"""Of the waits that we choose; what a server states is kept, as long as `PATIENCE_SECONDS` last."""
PATIENCE_SECONDS = 600.0
"""What one Request may wait, all its waits together; and how long it is tried at all while nothing comes back, since
a server that hangs takes minutes over each try, and lets in ever fewer at once."""
STATED_IN_VAIN = 3
"""After so many tries a server that states short waits is not well again when it says, and ours are kept, too: eight
tries at its word could be over in no time, and the Run with them."""
HOPELESS = 10
"""So many Items in a row lost to a server in trouble, and the Run stops: it can be resumed when the server is back."""
REFUSED = 50
"""So many Items in a row that are refused, in a Run that never had a reply, or whose replies are none (a login page):
it is not the Items, and the next hundred thousand would fare no better."""


def retried(
    ask: Ask,
    *,
    tries: int = TRIES,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    replied: Iterable[str] = (),
    refused: float = REFUSED,
    silence: float = PATIENCE_SECONDS,
) -> Ask:
    """Return `ask`, except that transient failures are asked again and an Item's own failure becomes a Response.

    Waits double from half a second, with jitter so that parallel requests do not return all at once; a server's
    own Retry-After comes first, unless it is longer than a Request may wait, or was short and in vain; and so does its
    word whether asking again is worth it. What remains after the last try, or after `silence`, is a Response
    with outcome `failed`.

    Parameters
    ----------
    ask : callable
        Sends a Request.
    tries : int
        Most tries of one Request.
    sleep : callable
        Waits so many seconds.
    replied : iterable of str
        Roles in which the Run had replies before, or is asked again all the same.
    refused : float
        How many Requests in a row may be refused, or come back as no reply.
    silence : float
        Seconds after which, nothing having come back in all of them, a failed try is a Request's last.

    Raises
    ------
    ProviderError
        For failures that no other Item would survive either: a wrong key, no credit, no such model; and when
        `HOPELESS` Requests in one role were lost, one after the other, with no reply in between, or so many `refused`.
    """
    ask = taught(ask)
    lost_in_a_row: Counter[str] = Counter()
    refused_in_a_row: Counter[str] = Counter()
    has_replied = set(replied)
    silent_since: dict[str, float] = {}  # roles, and their first failure behind the last sign of life
    answering: set[str] = set()  # roles: a judge that is down must not hide behind a model that is well

    async def ask_until_answered(request: Request) -> Response:
        role, attempt, patience = request.role, 1, PATIENCE_SECONDS
        now = asyncio.get_running_loop().time
        while True:
            try:
                response = await ask(request)
            except ProviderError as error:
                if error.kind != "connection":
                    answering.add(role)
                if error.kind not in TRANSIENT:
                    silent_since.pop(role, None)
                is_silent = error.kind in TRANSIENT and now() - silent_since.setdefault(role, now()) >= silence
                most = tries if role in answering else min(tries, TRIES_UNANSWERED)
                wait = wait_for(attempt, error.retry_after)
                if may_help(error) and attempt < most and wait <= patience and not is_silent:
                    await sleep(wait)
                    attempt, patience = attempt + 1, patience - wait
                    continue
                if error.kind in FATAL:
                    raise
                # Any other failure is an answer: the server is well, it is this Item that does not suit it.
                lost_in_a_row[role] = lost_in_a_row[role] + 1 if error.kind in TRANSIENT else 0
                if lost_in_a_row[role] >= HOPELESS:
                    raise hopeless(HOPELESS, error) from error
                refused_in_a_row[role] += error.kind in {"bad_request", "bad_reply"}
                is_ours = error.kind == "bad_reply" or role not in has_replied
                if refused_in_a_row[role] >= refused and error.kind not in TRANSIENT and is_ours:
                    # Without a cause: another template's Requests may be to the server's liking.
                    raise hopeless(refused_in_a_row[role], error) from None
                return Response(outcome="failed", failure=Failure(error.kind, error.message))
            lost_in_a_row[role] = refused_in_a_row[role] = 0
            silent_since.pop(role, None)
            answering.add(role)
            has_replied.add(role)
            return response

    return ask_until_answered


def taught(ask: Ask) -> Ask:
    """Return `ask`, except that a try that taught which parameter to leave out is followed by the next at once."""

    async def ask_without(request: Request) -> Response:
        while True:  # no longer than there are parameters: each teaches one
            try:
                return await ask(request)
            except ProviderError as error:
                if error.again != "at once":
                    raise

    return ask_without


def may_help(error: ProviderError) -> bool:
    """Tell whether asking again later may help: as the server says, else by the kind of failure."""
    return error.kind in TRANSIENT if error.again is None else error.again == "later"


def hopeless(n: int, last: ProviderError) -> ProviderError:
    """Return what stops a Run when so many Items in a row got nothing that can be used."""
    otherwise = "wait until the server is well again" if last.kind in TRANSIENT else "mend what it complains of"
    first = (last.hint or otherwise).rstrip(".")
    what_to_do = f"{first}{'' if first.endswith('?') else '.'} Then "
    return ProviderError(
        f"{n} Items in a row got no reply; the last: {last.message}",
        kind="unavailable",
        hint=f"{what_to_do}run the same command: every reply is recorded, and only what is missing is asked",
    )


def wait_for(attempt: int, stated: float | None) -> float:
    """Return the seconds to wait after a failed try of a Request; what was stated in vain is not all that is waited.

    >>> wait_for(3, 0.0), wait_for(7, 0.0) >= 24, wait_for(7, 100.0) >= 100
    (0.0, True, True)
    """
    wait = wait_after(attempt, stated)
    return wait if stated is None or attempt <= STATED_IN_VAIN else max(wait, wait_after(attempt, None))


def wait_after(attempt: int, stated: float | None) -> float:
    """Return the seconds to wait after a failed try: what the server states or up to 25 % more, else doubling.

    The jitter never makes a wait shorter than stated, and makes those that we choose up to 25 % shorter.
    """
    jitter = 0.25 * random.random()  # noqa: S311 - spreads requests out, protects nothing
    if stated is not None:
        return stated * (1 + jitter)
    # Bounded before the power: two to the thousandth is no float.
    return min(FIRST_WAIT_SECONDS * 2.0 ** min(attempt - 1, 60), LONGEST_WAIT_SECONDS) * (1 - jitter)
