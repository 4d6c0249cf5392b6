"""How many requests are in flight: fewer than the limit always, more while it goes well, half when it does not."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import ProviderError, ProviderFailure
from selfexplain.providers.pace import FIRST, TROUBLE, Pace, Went, paced
from selfexplain.providers.retry import PATIENCE_SECONDS, TRIES, retried
from selfexplain.records import Ask, Message, Request, Response
from virtual_time import in_virtual_time

REPLY = Response("completed", "4")


def request(number: int, role: str = "") -> Request:
    return Request(f"q{number}", (Message("user", "2 + 2?"),), 16, role=role)


def no(kind: ProviderFailure, wait: float | None = None) -> ProviderError:
    return ProviderError(f"it was {kind}", kind=kind, retry_after=wait)


@dataclass
class Server:
    """Takes its time over each request, and ends it with a reply or a failure."""

    end: Callable[[int], tuple[float, ProviderError | None]]
    """Of the request that arrives as which: seconds, and how it fails."""
    in_flight: int = 0
    most: int = 0
    arrived: list[tuple[float, str]] = field(default_factory=list)
    refused: int = 0

    async def ask(self, asked: Request) -> Response:
        self.arrived.append((asyncio.get_running_loop().time(), asked.item))
        seconds, failure = self.end(len(self.arrived) - 1)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.in_flight -= 1
        if failure is not None:
            self.refused += 1
            raise failure
        return REPLY


async def ask_all(ask: Ask, n: int, *, workers: int) -> None:
    """Ask so many questions as a Run does: each worker takes the next; a failure is the end of its question."""
    questions = iter(range(n))

    async def work() -> None:
        for number in questions:
            try:
                await ask(request(number))
            except ProviderError:
                continue

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())


ENDS = st.tuples(
    st.sampled_from([0.0, 0.5, 1.0, 7.0]),
    st.none() | st.builds(no, st.sampled_from(["rate", "overloaded", "timeout", "connection"]), st.none() | st.just(3)),
)


@given(ends=st.lists(ENDS, min_size=1, max_size=60), most=st.integers(1, 20))
def test_whatever_happens_no_more_is_in_flight_than_the_limit_and_all_go_in_order(
    ends: list[tuple[float, ProviderError | None]], most: int
) -> None:
    """The limit of that moment, which lies between one and the most; first come, first sent; nobody is forgotten."""
    limits: dict[float, int] = {}  # the greatest of each moment: who is let in may start after the next has failed

    class Noting(Pace):
        def leave(self, number: int, went: Went, *, wait: float | None = None) -> None:
            super().leave(number, went, wait=wait)
            note()

    pace, server = Noting(most), Server(ends.__getitem__)

    def note() -> float:
        now = asyncio.get_running_loop().time()
        limits[now] = max(pace.limit, limits.get(now, 0))
        return now

    async def watched(asked: Request) -> Response:
        assert server.in_flight < limits[note()] <= most
        return await server.ask(asked)

    in_virtual_time(ask_all(paced(watched, {"": pace}), len(ends), workers=most))

    assert [item for _, item in server.arrived] == [f"q{n}" for n in range(len(ends))]
    assert 1 <= pace.limit <= most


@pytest.mark.parametrize(("most", "limits"), [(50, [4, 8, 16, 32, 50, 50]), (6, [4, 6, 6]), (1, [1, 1]), (3, [3, 3])])
def test_the_limit_doubles_with_each_round_of_replies(most: int, limits: list[int]) -> None:
    """A reply takes a second: what arrives in each is the limit of that round."""
    server = Server(lambda _: (1.0, None))
    in_virtual_time(ask_all(paced(server.ask, {"": Pace(most)}), sum(limits), workers=most))
    rounds = [len(list(group)) for _, group in itertools.groupby(at for at, _ in server.arrived)]

    assert rounds == limits


@pytest.mark.parametrize("kind", sorted(TROUBLE))
def test_a_round_of_refusals_halves_once_and_growth_is_by_one_from_there(kind: ProviderFailure) -> None:
    """4, 8, then 16 refused alike: 8 and not 0. Then one more a round: 9, 10, 11."""
    server = Server(lambda n: (1.0, no(kind) if 12 <= n < 28 else None))
    in_virtual_time(ask_all(paced(server.ask, {"": Pace(50)}), 4 + 8 + 16 + 8 + 9 + 10 + 11, workers=50))
    rounds = [len(list(group)) for _, group in itertools.groupby(at for at, _ in server.arrived)]

    assert rounds == [4, 8, 16, 8, 9, 10, 11]


@pytest.mark.parametrize("kind", ["connection", "bad_request", "bad_reply"])
def test_what_says_nothing_of_the_load_changes_nothing(kind: ProviderFailure) -> None:
    """Neither more nor fewer at once."""
    server = Server(lambda _: (1.0, no(kind)))
    in_virtual_time(ask_all(paced(server.ask, {"": Pace(50)}), 12, workers=50))

    assert [at for at, _ in server.arrived] == [0] * FIRST + [1] * FIRST + [2] * FIRST


def test_it_never_falls_below_one_and_comes_back_after_the_burst() -> None:
    """A hundred refusals; then replies until the most is reached again."""
    pace = Pace(8)
    server = Server(lambda n: (1.0, no("rate") if n < 100 else None))
    in_virtual_time(ask_all(paced(server.ask, {"": pace}), 100, workers=8))
    assert pace.limit == 1

    in_virtual_time(ask_all(paced(server.ask, {"": pace}), 60, workers=8))
    assert pace.limit == 8


def test_a_limit_that_nobody_came_up_to_does_not_grow() -> None:
    """Two at once say nothing of whether the server would take ten."""
    pace = Pace(50)
    server = Server(lambda _: (1.0, None))
    in_virtual_time(ask_all(paced(server.ask, {"": pace}), 200, workers=2))

    assert pace.limit == FIRST


def test_while_the_server_wants_nothing_nothing_is_sent() -> None:
    """Two refusals at 1 s, for 20 and for 5 s: the longer holds. What was sent before may still come back."""
    waits = {0: 20.0, 1: 5.0}
    server = Server(lambda n: (1.0, no("rate", waits[n]) if n in waits else None))
    in_virtual_time(ask_all(paced(server.ask, {"": Pace(4)}), 8, workers=4))

    assert [at for at, _ in server.arrived[:4]] == [0.0] * 4
    assert {at for at, _ in server.arrived[4:]} == {21.0, 22.0}


def test_nobody_is_kept_in_line_longer_than_a_request_is_patient() -> None:
    """An hour is not waited for: the retry layer gives the Request up, and the Run after ten of them."""
    server = Server(lambda _: (1.0, no("rate", PATIENCE_SECONDS + 1)))
    in_virtual_time(ask_all(paced(server.ask, {"": Pace(1)}), 3, workers=1))

    assert [at for at, _ in server.arrived] == [0, 1, 2]


@pytest.mark.parametrize(("failure", "arrivals"), [(None, [0, 1, 2]), (no("bad_request"), [0, 11, 22])])
def test_what_is_done_with_a_reply_keeps_no_place_and_what_failed_keeps_its_own(
    failure: ProviderError | None, arrivals: list[float]
) -> None:
    """Ten seconds to disk: a reply leaves its place before them, a failure, which may end the Run, after them."""

    def slowly_kept(send: Ask) -> Ask:
        async def send_and_keep(asked: Request) -> Response:
            try:
                return await send(asked)
            finally:
                await asyncio.sleep(10)

        return send_and_keep

    server = Server(lambda _: (1.0, failure))
    in_virtual_time(ask_all(paced(server.ask, {"": Pace(1)}, around=slowly_kept), 3, workers=3))

    assert [at for at, _ in server.arrived] == arrivals


def test_each_role_has_a_pace_of_its_own() -> None:
    """A judge that is overloaded does not slow the model down."""
    paces: defaultdict[str, Pace] = defaultdict(partial(Pace, 8))

    async def send(asked: Request) -> Response:
        await asyncio.sleep(1)
        if asked.role:
            raise no("overloaded")
        return REPLY

    async def both() -> None:
        ask = paced(send, paces)
        for number in range(8):
            every = [ask(request(number, role)) for role in ("", "judge") for _ in range(8)]
            await asyncio.gather(*every, return_exceptions=True)

    in_virtual_time(both())
    assert (paces[""].limit, paces["judge"].limit) == (8, 1)


@given(cancelled=st.sets(st.integers(0, 11)), at=st.sampled_from([0.0, 0.5, 1.0]), turns=st.integers(0, 6))
def test_who_is_cancelled_leaves_the_place_to_the_next(cancelled: set[int], at: float, turns: int) -> None:
    """In flight, in line or just let in: all others are answered."""
    server = Server(lambda _: (1.0, None))

    async def some_are_cancelled() -> list[object]:
        ask = paced(server.ask, {"": Pace(2)})
        tasks = [asyncio.ensure_future(ask(request(n))) for n in range(12)]
        await asyncio.sleep(at)
        for _ in range(turns):  # of the loop: between being let in and being sent there is one
            await asyncio.sleep(0)
        for n in cancelled:
            tasks[n].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    ended = in_virtual_time(some_are_cancelled())
    assert all(end is REPLY for n, end in enumerate(ended) if n not in cancelled)
    assert (server.in_flight, server.most <= 2) == (0, True)


def test_a_server_that_takes_ten_at_once_is_kept_busy_and_seldom_asked_for_more() -> None:
    """Fifty workers, retries and all: three quarters of what it can do, and at most one refusal in ten requests."""

    async def send(asked: Request) -> Response:
        if server.in_flight >= 10:
            server.refused += 1
            raise no("rate")
        return await server.ask(asked)

    server = Server(lambda _: (1.0, None))

    async def timed() -> float:
        await ask_all(retried(paced(send, {"": Pace(50)})), 2_000, workers=50)
        return asyncio.get_running_loop().time()

    seconds = in_virtual_time(timed())
    assert len(server.arrived) == 2_000
    assert seconds <= 2_000 / 10 / 0.75
    assert server.refused <= 200


@pytest.mark.parametrize(("kind", "seconds"), [("timeout", 120.0), ("overloaded", 60.0)])
def test_a_server_that_hangs_stops_the_run_within_the_hour(kind: ProviderFailure, seconds: float) -> None:
    """Two minutes a try, in the end one at a time: 50 questions eight times each would take half a day."""

    async def hours() -> float:
        with pytest.raises(ProviderError, match="10 Items in a row"):
            await asyncio.gather(*(ask(request(number)) for number in range(50)))
        return asyncio.get_running_loop().time() / 3600

    server = Server(lambda _: (seconds, no(kind)))
    ask = retried(paced(server.ask, {"": Pace(50)}))

    assert PATIENCE_SECONDS / 3600 <= in_virtual_time(hours()) < 1


def test_while_others_are_answered_a_question_keeps_all_its_tries() -> None:
    """Its own take two minutes each; the others' replies come once a minute."""

    async def send(asked: Request) -> Response:
        if asked.item != "q0":
            await asyncio.sleep(60)
            return REPLY
        return await server.ask(asked)

    async def both() -> Response:
        ask = retried(send)
        first = asyncio.ensure_future(ask(request(0)))
        while not first.done():
            await ask(request(1))
        return first.result()

    server = Server(lambda _: (120.0, no("timeout")))

    assert in_virtual_time(both()).outcome == "failed"
    assert len(server.arrived) == TRIES
