"""A server that says beside its replies how much it still takes is not asked for more, and need not refuse."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.misbehaving_server import Answer, MisbehavingServer, completion, message, running, sends
from selfexplain.errors import ProviderError
from selfexplain.providers.anthropic import Anthropic
from selfexplain.providers.openai import OpenAI
from selfexplain.providers.pace import FIRST, Pace, paced
from selfexplain.providers.retry import PATIENCE_SECONDS
from selfexplain.providers.stated_limits import Allowance, Left, Stated, limits_in
from selfexplain.records import Ask, Message, Request, Response, Usage
from virtual_time import in_virtual_time

REQUEST = Request("q1", (Message("user", "2 + 2?"),), 16)
REPLY = Response("completed", "4")
DATE = (b"Date", b"Wed, 21 Oct 2015 07:28:00 GMT")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([], {}),
        ([(b"x-ratelimit-remaining-requests", b"3")], {}),
        ([(b"x-ratelimit-reset-requests", b"3s")], {}),
        (
            [(b"X-Ratelimit-Remaining-Tokens", b"0"), (b"X-Ratelimit-Reset-Tokens", b"6m0s")],
            {"tokens": Left(0, 360)},
        ),
        ([(b"x-ratelimit-remaining-requests", b"-1"), (b"x-ratelimit-reset-requests", b"3s")], {}),
        ([(b"x-ratelimit-remaining-requests", b"1.5"), (b"x-ratelimit-reset-requests", b"3s")], {}),
        ([(b"x-ratelimit-remaining-requests", b"\xb2"), (b"x-ratelimit-reset-requests", b"3s")], {}),
        ([(b"x-ratelimit-remaining-requests", b"1"), (b"x-ratelimit-reset-requests", b"1760000000")], {}),
        (
            [
                DATE,
                (b"anthropic-ratelimit-requests-remaining", b"2"),
                (b"anthropic-ratelimit-requests-reset", b"2015-10-21T07:28:30Z"),
                (b"anthropic-ratelimit-output-tokens-remaining", b"8000"),
                (b"anthropic-ratelimit-output-tokens-reset", b"2015-10-21T07:29:00Z"),
                (b"anthropic-ratelimit-input-tokens-remaining", b"0"),
                (b"anthropic-ratelimit-input-tokens-reset", b"2015-10-21T07:27:00Z"),
            ],
            {"requests": Left(2, 30), "output": Left(8000, 60), "input": Left(0, 0)},
        ),
        (
            [
                (b"anthropic-ratelimit-requests-remaining", b"2"),
                (b"anthropic-ratelimit-requests-reset", b"2015-10-21T07:28:30Z"),
            ],
            {},
        ),
    ],
)
def test_what_headers_say(headers: list[tuple[bytes, bytes]], said: dict[str, Left]) -> None:
    """Half of it is nothing, and so is what cannot be read; a date counts from the server's own clock."""
    assert limits_in(headers) == said


@given(
    st.lists(st.tuples(st.sampled_from([b"x-ratelimit-remaining-tokens", b"x-ratelimit-reset-tokens"]), st.binary()))
)
def test_whatever_stands_there_is_read_or_passed_over(headers: list[tuple[bytes, bytes]]) -> None:
    limits_in(headers)


def test_what_is_in_flight_counts_and_what_came_back_without_a_word_is_taken() -> None:
    """Three left, told after five were sent: of those sent since, one came back without a word."""
    allowance = Allowance()
    allowance.hear({"requests": (3, 60.0)}, number=3, sent=5)
    before = allowance.room(0)
    allowance.lose(5)
    allowance.lose(6)

    assert (before, allowance.room(0), allowance.room(59.9)) == (3, 2, 2)
    assert allowance.changes_at(0) == 60
    assert allowance.room(60) == 4, "three were left beside the one that was told"


def test_tokens_that_are_left_let_in_as_many_as_replies_so_far_have_needed() -> None:
    """A hundred each, ten of them from the cache and free: 450 are enough for five."""
    allowance = Allowance()
    allowance.use(Usage(prompt=60, completion=40, cached=10))
    allowance.hear({"tokens": (450, 60.0), "output": (90, 30.0)}, number=1, sent=1)

    assert allowance.room(0) == 2, "at 40 written each, 90 are enough for two"
    assert allowance.room(30) == 3, "of those written 90 and 40 more were there once"


def test_replies_overtake_each_other_and_the_later_request_knows_best() -> None:
    """The second of two is answered first, with one left; then the first, with two; then a third, after the reset."""
    allowance, rooms = Allowance(), []
    for number, left in ((2, 1), (1, 2), (3, 9), (1, 2)):
        allowance.hear({"requests": (left, 60.0)}, number=number, sent=3)
        rooms.append(allowance.room(0))

    assert rooms == [1, 1, 9, 2]


class Counting:
    """Takes so many requests in each minute, says so beside each reply, and refuses more."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds, self.stated = limit, seconds, Stated()
        self.ends, self.taken, self.refused, self.answered = 0.0, 0, 0, 0

    async def ask(self, _: Request) -> Response:
        now = asyncio.get_running_loop().time()
        if now >= self.ends:
            self.ends, self.taken = now + 60, 0
        if self.taken >= self.limit:
            self.refused += 1
            raise ProviderError("slow down", kind="rate", retry_after=self.ends - now)
        self.taken += 1
        left, ends = self.limit - self.taken, self.ends
        await asyncio.sleep(self.seconds)
        self.answered += 1
        until = max(0.0, ends - asyncio.get_running_loop().time())
        self.stated.hear(
            [
                (b"x-ratelimit-remaining-requests", b"%d" % left),
                (b"x-ratelimit-reset-requests", f"{until:.3f}s".encode()),
            ]
        )
        return REPLY


async def ask_all(ask: Ask, n: int, *, workers: int) -> None:
    questions = iter(range(n))

    async def work() -> None:
        for number in questions:
            await ask(msgspec.structs.replace(REQUEST, item=f"q{number}"))

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())


@settings(deadline=None, max_examples=40)
@given(limit=st.integers(FIRST, 40), seconds=st.sampled_from([0.1, 1.0, 7.0]), workers=st.integers(1, 20))
def test_a_server_that_states_its_limit_never_has_to_refuse(limit: int, seconds: float, workers: int) -> None:
    """And gets, all the same, as many as it takes: 100 in little more than the windows that they need."""
    server = Counting(limit, seconds)

    async def timed() -> float:
        await ask_all(paced(server.ask, {"": Pace(workers, [server.stated])}), 100, workers=workers)
        return asyncio.get_running_loop().time()

    ended = in_virtual_time(timed())
    alone = 100 * seconds  # where one after the other is slower than any limit
    assert (server.refused, server.answered) == (0, 100)
    assert ended <= 75 * (100 / limit + 1) + alone


def test_who_is_told_that_nothing_is_left_for_longer_than_a_request_is_patient_is_not_held() -> None:
    """The server will say so by itself, and the retry layer ends the Run by that: nobody waits a day in line."""
    stated, times = Stated(), list[float]()

    async def send(_: Request) -> Response:
        times.append(asyncio.get_running_loop().time())
        stated.hear([(b"x-ratelimit-remaining-requests", b"0"), (b"x-ratelimit-reset-requests", b"24h0m0s")])
        return REPLY

    in_virtual_time(ask_all(paced(send, {"": Pace(1, [stated])}), 3, workers=1))
    assert times == [0, 0, 0]


SPOKEN: dict[str, Callable[..., OpenAI | Anthropic]] = {"openai": OpenAI, "anthropic": Anthropic}


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


def says(protocol: str, left: int, *, until: str, body: str = "4") -> Answer:
    """Return a reply beside which a server of a protocol says how many requests are left, for how long."""
    if protocol == "openai":
        return sends(completion(body), X_Ratelimit_Remaining_Requests=f"{left}", X_Ratelimit_Reset_Requests=until)
    reset = {"1m0s": "2015-10-21T07:29:00Z", "9m0s": "2015-10-21T07:37:00Z"}[until]
    return sends(
        message(body),
        Anthropic_Ratelimit_Requests_Remaining=f"{left}",
        Anthropic_Ratelimit_Requests_Reset=reset,
        Date=DATE[1].decode(),
    )


async def turns_of_the_loop() -> None:
    """Give everybody who may go on the turns to do so."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
@pytest.mark.parametrize(("until", "within"), [("1m0s", (60, 75)), ("9m0s", (540, PATIENCE_SECONDS))])
async def test_nothing_is_sent_before_the_stated_reset(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch, protocol: str, until: str, within: tuple[float, float]
) -> None:
    """None is left: the next is let in when the loop's clock is there, up to a quarter later.

    But never later than the retry layer would wait.
    """
    server.will(says(protocol, 0, until=until), says(protocol, 9, until=until))
    model = (
        OpenAI("m1", base_url=server.base_url) if protocol == "openai" else Anthropic("m1", base_url=server.base_url)
    )
    let_in: list[str] = []
    loop, ahead = asyncio.get_running_loop(), 0.0
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + ahead)

    async def send(request: Request) -> Response:
        let_in.append(request.item)
        return await model.generate(request)

    ask = paced(send, {"": Pace(8, [model.stated])})
    await ask(REQUEST)
    began = loop.time()
    second = asyncio.ensure_future(ask(REQUEST))
    for seconds, n in ((0.0, 1), (within[0] - 5, 1), (within[1] + 1, 2)):
        ahead += max(0.0, began + seconds - loop.time())
        await turns_of_the_loop()
        assert len(let_in) == n
    await second
    await model.aclose()

    assert len(server.received) == 2


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_no_more_are_started_than_are_left(server: MisbehavingServer, protocol: str) -> None:
    """Two are: of five that wait, two are let in, while the server holds back its replies to them."""
    both_came, go_on = threading.Barrier(3), threading.Event()

    def after_both(handler: BaseHTTPRequestHandler) -> None:
        both_came.wait(10)
        go_on.wait(10)
        says(protocol, 50, until="1m0s")(handler)

    rest = says(protocol, 50, until="1m0s")
    server.will(says(protocol, 2, until="1m0s"), after_both, after_both, rest)
    model = (
        OpenAI("m1", base_url=server.base_url) if protocol == "openai" else Anthropic("m1", base_url=server.base_url)
    )
    let_in: list[str] = []

    async def send(request: Request) -> Response:
        let_in.append(request.item)
        return await model.generate(request)

    ask = paced(send, {"": Pace(8, [model.stated])})
    await ask(REQUEST)
    waiting = [asyncio.ensure_future(ask(REQUEST)) for _ in range(5)]
    await turns_of_the_loop()
    await asyncio.to_thread(both_came.wait, 10)
    n = len(let_in)
    go_on.set()
    await asyncio.gather(*waiting)
    await model.aclose()

    assert n == 3
    assert len(server.received) == 6
