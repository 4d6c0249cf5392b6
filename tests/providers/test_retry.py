"""The one retry layer: when it waits, how long, and when it gives up."""

import random
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import FATAL, TRANSIENT, Again, ProviderError, ProviderFailure
from selfexplain.providers.retry import (
    HOPELESS,
    LONGEST_WAIT_SECONDS,
    PATIENCE_SECONDS,
    REFUSED,
    TRIES,
    retried,
    wait_after,
)
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

    def retried(self, tries: int = TRIES) -> Callable[[Request], Awaitable[Response]]:
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
    """Seven seconds as stated, or up to a quarter more so that not all come back at once; zero is at once."""
    server = Server(error("rate", wait=7), error("rate", wait=0), error("rate", wait=300), REPLY)

    assert await server.retried()(REQUEST) is REPLY
    seven, zero, long = server.waits
    assert 7 <= seven <= 8.75
    assert zero == 0
    assert 300 <= long <= 375, "longer than any wait of ours, and kept all the same"


@pytest.mark.parametrize("wait", [0, 0.012, 1])
async def test_a_minute_is_bridged_although_the_server_asks_for_next_to_no_wait(wait: float) -> None:
    """Three times it is believed; then 4, 8, 16 and 32 s are waited, each up to a quarter shorter."""
    server = Server(error("rate", wait=wait))
    assert (await server.retried()(REQUEST)).outcome == "failed"

    assert server.tries == TRIES
    assert sum(server.waits[:3]) <= 3 * 1.25 * wait
    assert 45 <= sum(server.waits[3:]) <= 60


@pytest.mark.parametrize("wait", [PATIENCE_SECONDS + 1, float("inf")])
async def test_a_wait_beyond_all_patience_is_not_begun(wait: float) -> None:
    """Asked again sooner than the server wants, it would only refuse again: the Item is left for the next time."""
    server = Server(error("rate", wait=wait))

    assert (await server.retried()(REQUEST)).outcome == "failed"
    assert (server.tries, server.waits) == (1, [])


async def test_all_waits_of_a_request_together_keep_to_its_patience() -> None:
    """200 to 250 s each: two or three of them fit into 600 s."""
    server = Server(error("rate", wait=200))
    await server.retried()(REQUEST)

    assert sum(server.waits) <= PATIENCE_SECONDS
    assert 2 <= len(server.waits) <= 3


@given(ends=st.lists(st.sampled_from(["rate", "overloaded", "timeout", "connection"]), min_size=TRIES))
async def test_a_minute_is_bridged_and_then_it_ends(ends: list[ProviderFailure]) -> None:
    """Eight tries for a server that has answered before; 47.6 to 63.5 s between the first and the last."""
    server = Server(REPLY, *map(error, ends))
    ask = server.retried()
    await ask(REQUEST)

    assert (await ask(REQUEST)).outcome == "failed"
    assert server.tries == 1 + TRIES
    assert 47.6 <= sum(server.waits) <= 63.5


async def test_nobody_there_is_told_after_seconds() -> None:
    """While nothing has answered, five tries: at most 7.5 s for what is likely a wrong address."""
    server = Server(error("connection"))

    assert (await server.retried()(REQUEST)).outcome == "failed"
    assert server.tries == 5
    assert sum(server.waits) <= 7.5


@pytest.mark.parametrize("answer", [REPLY, error("bad_request")])
async def test_who_has_answered_in_any_way_is_there(answer: End) -> None:
    """Then a connection that cannot be made is an outage, and is bridged with all eight tries."""
    server = Server(answer, error("connection"))
    ask = server.retried()
    await ask(REQUEST)
    await ask(REQUEST)

    assert server.tries == 1 + TRIES


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
    assert str(caught.value) == (
        "10 Items in a row got no reply; the last: it was connection\n"
        "hint: wait. Then run the same command: every reply is recorded, and only what is missing is asked"
    )
    assert isinstance(caught.value.__cause__, ProviderError)


@pytest.mark.parametrize("sign_of_life", [REPLY, error("bad_request"), error("bad_reply")])
async def test_any_sign_of_life_begins_the_count_again(sign_of_life: End) -> None:
    """Nine lost, one answered in any way, nine lost: no row of ten."""
    lost = [error("overloaded")] * (HOPELESS - 1)
    ask = Server(*lost, sign_of_life, *lost, REPLY).retried(tries=1)
    outcomes = [(await ask(REQUEST)).outcome for _ in range(2 * HOPELESS)]

    assert outcomes.count("failed") >= 2 * (HOPELESS - 1)


async def asked_until_it_stops(server: Server, *, most: int, replied: tuple[str, ...] = ()) -> ProviderError | int:
    """Ask one Request after the other; return what stopped it, else how many were asked."""
    ask = retried(server.ask, tries=1, sleep=server.sleep, replied=replied)
    for _ in range(most):
        try:
            await ask(REQUEST)
        except ProviderError as stopped:
            return stopped
    return most


@pytest.mark.parametrize("kind", ["bad_request", "bad_reply"])
async def test_a_run_that_never_has_a_reply_stops(kind: ProviderFailure) -> None:
    """A key that is refused with 400, a login page: fifty Items tell it, and not all of them need to."""
    server = Server(error(kind))
    stopped = await asked_until_it_stops(server, most=2 * REFUSED)

    assert isinstance(stopped, ProviderError)
    assert (stopped.kind, server.tries) == ("unavailable", REFUSED)
    assert stopped.__cause__ is None, "another template may be to the server's liking"
    assert stopped.message == f"50 Items in a row got no reply; the last: it was {kind}"


async def test_what_is_left_of_a_run_that_had_replies_may_be_refused_whole() -> None:
    """Asked again, the hundred Items that a server refuses are refused again, and the Run still ends."""
    refuses, before = Server(REPLY, error("bad_request")), Server(error("bad_request"))

    assert await asked_until_it_stops(refuses, most=3 * REFUSED) == 3 * REFUSED
    assert await asked_until_it_stops(before, most=3 * REFUSED, replied=("",)) == 3 * REFUSED


async def test_a_server_that_turns_into_a_login_page_stops_the_run() -> None:
    """Also after a reply: no Item is the cause of that. In a single one between, the count begins again."""
    page = [error("bad_reply")] * (REFUSED - 1)
    turned, between = Server(REPLY, error("bad_reply")), Server(*page, REPLY, *page, REPLY)

    assert isinstance(await asked_until_it_stops(turned, most=3 * REFUSED), ProviderError)
    assert turned.tries == 1 + REFUSED
    assert await asked_until_it_stops(between, most=2 * REFUSED) == 2 * REFUSED


async def test_questions_that_are_too_long_are_only_that() -> None:
    """Sorted by length, any number of them may come first."""
    assert await asked_until_it_stops(Server(error("context_too_long")), most=3 * REFUSED) == 3 * REFUSED


async def test_a_judge_that_is_down_does_not_hide_behind_a_model_that_is_well() -> None:
    """Each Item's own reply comes; the tenth verdict in a row that does not stops the Run."""
    judged = msgspec.structs.replace(REQUEST, role="judge")

    async def send(request: Request) -> Response:
        if request.role:
            raise error("overloaded")
        return REPLY

    ask = retried(send, tries=1)
    for _ in range(HOPELESS - 1):
        assert [(await ask(each)).outcome for each in (REQUEST, judged)] == ["completed", "failed"]
    with pytest.raises(ProviderError, match="10 Items in a row"):
        await ask(judged)


@given(attempt=st.integers(1, 10_000), stated=st.none() | st.floats(0, 1e6))
def test_a_wait_is_as_long_as_stated_or_at_most_a_minute(attempt: int, stated: float | None) -> None:
    """Also after ten thousand tries."""
    wait = wait_after(attempt, stated)

    assert 0 <= wait <= LONGEST_WAIT_SECONDS if stated is None else stated <= wait <= 1.25 * stated


@pytest.mark.parametrize(("drawn", "ours", "stated"), [(0.0, 0.5, 8.0), (0.5, 0.4375, 9.0), (1.0, 0.375, 10.0)])
def test_requests_that_failed_together_do_not_come_back_together(
    monkeypatch: pytest.MonkeyPatch, drawn: float, ours: float, stated: float
) -> None:
    """A quarter of the wait is drawn: off half a second of ours, onto eight that a server states."""
    monkeypatch.setattr(random, "random", lambda: drawn)

    assert (wait_after(1, None), wait_after(1, 8.0)) == (ours, stated)


def told(kind: ProviderFailure, again: Again) -> ProviderError:
    return ProviderError(f"it was {kind}", kind=kind, again=again)


async def test_what_taught_a_parameter_is_asked_again_at_once_and_is_none_of_the_tries() -> None:
    """Three parameters, and a server that is overloaded for all tries but the last."""
    taught = told("bad_request", "at once")
    server = Server(taught, error("overloaded"), taught, taught, *[error("overloaded")] * (TRIES - 2), REPLY)

    assert await server.retried()(REQUEST) is REPLY
    assert len(server.waits) == TRIES - 1


@pytest.mark.parametrize("kind", ["bad_request", "context_too_long", "unavailable"])
async def test_the_server_may_say_that_asking_again_is_worth_it(kind: ProviderFailure) -> None:
    server = Server(told(kind, "later"), REPLY)

    assert await server.retried()(REQUEST) is REPLY
    assert (server.tries, len(server.waits)) == (2, 1)


@pytest.mark.parametrize("kind", sorted(TRANSIENT))
async def test_the_server_may_say_that_asking_again_is_not_worth_it(kind: ProviderFailure) -> None:
    """The Item is left for the next command; ten in a row still stop the Run."""
    server = Server(told(kind, "never"))
    ask = server.retried()
    for _ in range(HOPELESS - 1):
        assert (await ask(REQUEST)).failure == Failure(kind, f"it was {kind}")
    with pytest.raises(ProviderError, match="10 Items in a row"):
        await ask(REQUEST)

    assert (server.tries, server.waits) == (HOPELESS, [])


async def test_what_no_item_survives_stops_the_run_when_waiting_did_not_help() -> None:
    """Also where the server said that it might."""
    server = Server(told("unavailable", "later"))
    with pytest.raises(ProviderError, match="it was unavailable"):
        await server.retried()(REQUEST)

    assert server.tries == TRIES
