"""The one retry layer: when it waits, how long, and when it gives up."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import FATAL, ProviderError, ProviderFailure
from selfexplain.providers.retry import HOPELESS, LONGEST_WAIT_SECONDS, retried, wait_after
from selfexplain.records import Failure, Message, Request, Response

REQUEST = Request("q1", (Message("user", "2 + 2?"),), 16)
REPLY = Response("completed", "4")

End = Response | ProviderError


def error(kind: ProviderFailure, *, wait: float | None = None) -> ProviderError:
    return ProviderError(f"it was {kind}", kind=kind, hint="wait", retry_after=wait)


class Server:
    """Ends each try as told (the last end for ever), and notes the waits."""

    def __init__(self, *ends: End) -> None:
        self.ends, self.tries, self.waits = ends, 0, list[float]()

    async def ask(self, _: Request) -> Response:
        end = self.ends[min(self.tries, len(self.ends) - 1)]
        self.tries += 1
        if isinstance(end, ProviderError):
            raise end
        return end

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def retried(self, tries: int = 5) -> Callable[[Request], Awaitable[Response]]:
        return retried(self.ask, tries=tries, sleep=self.sleep)


async def test_a_reply_is_not_waited_for() -> None:
    """One try, no wait, the same object."""
    server = Server(REPLY)

    assert await server.retried()(REQUEST) is REPLY
    assert (server.tries, server.waits) == (1, [])


@pytest.mark.parametrize("kind", ["rate", "overloaded", "timeout", "connection"])
async def test_a_failure_that_waiting_may_mend_is_asked_again(kind: ProviderFailure) -> None:
    """Two failures, then the reply; the second wait is up to twice the first, each up to a quarter shorter."""
    server = Server(error(kind), error(kind), REPLY)

    assert await server.retried()(REQUEST) is REPLY
    assert server.tries == 3
    first, second = server.waits
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0


async def test_the_servers_own_wait_comes_first() -> None:
    """Seven seconds as stated, without jitter; an hour is cut to a minute; zero is at once."""
    server = Server(error("rate", wait=7), error("rate", wait=3600), error("rate", wait=0), REPLY)
    await server.retried()(REQUEST)

    assert server.waits == [7, LONGEST_WAIT_SECONDS, 0]


@pytest.mark.parametrize("tries", [1, 2, 5])
async def test_after_the_last_try_the_failure_is_a_response(tries: int) -> None:
    """With the kind and the sentence of the last try, and no wait after it."""
    server = Server(error("overloaded"))

    assert await server.retried(tries)(REQUEST) == Response(
        "failed", failure=Failure("overloaded", "it was overloaded")
    )
    assert (server.tries, len(server.waits)) == (tries, tries - 1)


@pytest.mark.parametrize("kind", ["context_too_long", "bad_request", "bad_reply"])
async def test_an_items_own_failure_is_not_asked_again(kind: ProviderFailure) -> None:
    """Waiting does not make it shorter."""
    server = Server(error(kind))

    assert (await server.retried()(REQUEST)).failure == Failure(kind, f"it was {kind}")
    assert (server.tries, server.waits) == (1, [])


@pytest.mark.parametrize("kind", sorted(FATAL))
async def test_a_failure_that_no_item_survives_is_raised(kind: ProviderFailure) -> None:
    """At once, and as it is."""
    fatal = error(kind)
    server = Server(fatal)
    with pytest.raises(ProviderError) as caught:
        await server.retried()(REQUEST)

    assert caught.value is fatal
    assert (server.tries, server.waits) == (1, [])


async def test_a_server_in_trouble_stops_the_run() -> None:
    """Nine Items in a row are lost one by one; the tenth says that it is hopeless, with the last cause."""
    server = Server(error("connection"))
    ask = server.retried(tries=1)
    for _ in range(HOPELESS - 1):
        assert (await ask(REQUEST)).outcome == "failed"
    with pytest.raises(ProviderError) as caught:
        await ask(REQUEST)

    assert caught.value.kind == "unavailable"
    assert str(caught.value) == "10 Items in a row got no reply; the last: it was connection\nhint: wait"
    assert isinstance(caught.value.__cause__, ProviderError)


@pytest.mark.parametrize("sign_of_life", [REPLY, error("bad_request"), error("bad_reply")])
async def test_any_sign_of_life_begins_the_count_again(sign_of_life: End) -> None:
    """Nine lost, one answered in any way, nine lost: no row of ten."""
    lost = [error("overloaded")] * (HOPELESS - 1)
    ask = Server(*lost, sign_of_life, *lost, REPLY).retried(tries=1)
    outcomes = [(await ask(REQUEST)).outcome for _ in range(2 * HOPELESS)]

    assert outcomes.count("failed") >= 2 * (HOPELESS - 1)


@given(attempt=st.integers(1, 100), stated=st.none() | st.floats(0, allow_infinity=True))
def test_no_wait_is_negative_or_longer_than_a_minute(attempt: int, stated: float | None) -> None:
    """Also after a hundred tries, and when a server says for ever."""
    assert 0 <= wait_after(attempt, stated) <= LONGEST_WAIT_SECONDS
