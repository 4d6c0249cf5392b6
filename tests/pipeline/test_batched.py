"""Waiting for batches, on a clock of the test's own: when they are handed in, how often looked at, how it ends."""

import asyncio
import tracemalloc
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfexplain.errors import ProviderError, ProviderFailure
from selfexplain.pipeline.batch_desk import SETTLE_SECONDS
from selfexplain.pipeline.batch_news import News
from selfexplain.pipeline.batched import LINGER_SECONDS, Batched
from selfexplain.providers.batch import Entry, Line, Sought, State, Undecided, expired
from selfexplain.providers.failures import UnsupportedParameterError
from selfexplain.records import Message, Request, Response
from selfexplain.runs.batches import Batches, Intent, Submitted, unfinished
from virtual_time import in_virtual_time

DAY = 24 * 3600.0


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write at once: while a thread does, a clock of one's own has nothing to do but jump."""

    async def at_once(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", at_once)


class Scripted:
    """An endpoint and its Provider, whose batches end after so many seconds and bring what a test wants."""

    name, concurrency = "scripted/batches", 4
    identity: Mapping[str, str] = MappingProxyType({})
    most_requests, most_bytes = 1000, 10**6

    def __init__(self, *, lasts: float = 100.0) -> None:
        self.refused: set[str] = set()
        self.lasts = lasts
        self.made: list[tuple[float, list[str]]] = []
        """When each batch was made, and the names in it."""
        self.looks: list[float] = []
        self.trouble: Callable[[float], ProviderFailure | None] = lambda _: None
        self.loses_create = False
        self.upload_takes = 0.0
        self.found_at: list[float] = []
        self.bring: Callable[[list[str]], Iterable[Line]] = lambda names: map(reply, names)

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def entry(self, custom_id: str, request: Request) -> Entry:
        return Entry(custom_id, {"asks": request.messages[0].content}, 100)

    def learn(self, refusal: UnsupportedParameterError, request: Request) -> bool:  # noqa: ARG002 - as promised
        return False

    async def newest(self) -> str | None:
        return None

    async def upload(self, entries: Sequence[Entry], token: str) -> str:  # noqa: ARG002 - as promised
        await asyncio.sleep(self.upload_takes)
        return ""

    async def discard(self, token: str) -> None:
        pass

    async def create(self, entries: Sequence[Entry], file: str, token: str) -> str:  # noqa: ARG002 - as promised
        self.made.append((self.now(), [entry.custom_id for entry in entries]))
        if self.loses_create:
            self.loses_create = False
            raise ProviderError("lost", kind="timeout")
        return str(len(self.made) - 1)

    async def find(self, sought: Sought) -> str | Undecided | None:
        self.found_at.append(self.now())
        names = [number for number, (_, names) in enumerate(self.made) if names[0].startswith(sought.token)]
        return str(names[0]) if names else None

    async def state(self, batch: str) -> State:
        self.looks.append(self.now())
        if (kind := self.trouble(self.now())) is not None:
            raise ProviderError("in trouble", kind=kind)
        ended = self.now() >= self.made[int(batch)][0] + self.lasts
        return State("ended" if ended else "running", "completed" if ended else None, 0)

    async def lines(self, batch: str) -> AsyncGenerator[Line, None]:
        for line in self.bring(self.made[int(batch)][1]):
            yield line

    async def generate(self, request: Request) -> Response:
        raise AssertionError(request)

    async def aclose(self) -> None:
        pass


def reply(name: str) -> Line:
    """Return a reply that says which name it is for."""
    return Line(name, Response("completed", name.partition("-")[2]))


def question(number: int) -> Request:
    return Request(f"q{number}", (Message("user", f"{number}?"),), 8)


def over(endpoint: Scripted, folder: Path, **options: Any) -> Batched:
    """Return what asks the endpoint in batches."""
    return Batched(endpoint, endpoint, Batches(folder), news=News(lambda _: None, lambda _: None), **options)


async def asked(batched: Batched, *requests: Request, apart: float = 0.0) -> list[Response | BaseException]:
    """Ask each so many seconds after the one before, and return what came of them."""

    async def ask(request: Request, after: float) -> Response:
        await asyncio.sleep(after)
        return await batched.generate(request)

    asking = [ask(request, number * apart) for number, request in enumerate(requests)]
    try:
        return await asyncio.gather(*asking, return_exceptions=True)
    finally:
        await batched.aclose()


def test_a_batch_is_handed_in_when_nothing_has_arrived_for_a_while(tmp_path: Path) -> None:
    """Five Requests, each 1.5 s after the one before: together, 2 s after the last; then one of its own."""
    endpoint = Scripted()
    requests = [question(number) for number in range(5)]
    in_virtual_time(asked(over(endpoint, tmp_path), *requests, apart=LINGER_SECONDS * 0.75))

    ((when, names),) = endpoint.made
    assert len(names) == 5
    assert when >= 4 * 0.75 * LINGER_SECONDS + LINGER_SECONDS


def test_a_full_batch_is_handed_in_at_once(tmp_path: Path) -> None:
    endpoint = Scripted()
    in_virtual_time(asked(over(endpoint, tmp_path, most=3), *map(question, range(6))))

    assert [(when, len(names)) for when, names in endpoint.made] == [(0.0, 3), (0.0, 3)]


def test_a_reply_behind_a_failure_of_the_same_line_counts_and_only_it(tmp_path: Path) -> None:
    """It is paid for; and what is said at the end adds up to the Requests that were handed in."""
    endpoint, said = Scripted(), list[str]()
    gone = ProviderError("gone", kind="bad_request")
    endpoint.bring = lambda names: [Line(names[0], gone), Line(names[1], gone), reply(names[0])]
    desk = Batched(endpoint, endpoint, Batches(tmp_path), news=News(said.append, lambda _: None))
    first, second = in_virtual_time(asked(desk, question(0), question(1)))

    assert isinstance(first, Response)
    assert isinstance(second, ProviderError)
    assert said[-1].endswith("has ended (completed): 1 answered, 1 failed")


def test_a_batch_of_a_day_is_looked_at_less_and_less_often(tmp_path: Path) -> None:
    """At first after seconds, in the end every two minutes and a little: some 700 times a day."""
    endpoint = Scripted(lasts=DAY)
    (response,) = in_virtual_time(asked(over(endpoint, tmp_path), question(0)))

    waits = [after - before for before, after in zip(endpoint.looks, endpoint.looks[1:], strict=False)]
    assert isinstance(response, Response)
    assert max(waits[:2]) < 10
    assert all(120 <= wait <= 150 for wait in waits[20:])
    assert 500 < len(waits) < 800


@pytest.mark.parametrize(("hours", "ends_well"), [(5, True), (8, False)])
def test_an_outage_of_hours_is_waited_out_and_no_longer_one(tmp_path: Path, hours: float, ends_well: bool) -> None:  # noqa: FBT001 - a table
    """Six hours without a word stop the Run; the batch stands written down, to be collected later."""
    endpoint = Scripted(lasts=60.0)
    endpoint.trouble = lambda now: "connection" if 10 < now < hours * 3600 else None
    (outcome,) = in_virtual_time(asked(over(endpoint, tmp_path), question(0)))

    if ends_well:
        assert isinstance(outcome, Response)
    else:
        assert isinstance(outcome, ProviderError)
        assert outcome.kind == "unavailable"
        assert [one.batch for one in unfinished(tmp_path)] == ["0"]


@pytest.mark.parametrize("upload_takes", [0.0, 900.0])
def test_a_list_is_believed_only_a_minute_after_the_try(tmp_path: Path, upload_takes: float) -> None:
    """The reply to the making was lost; looked up at once, the batch might not be listed yet, and be made twice.

    The intent may have been written down long before, and says nothing of when the batch was made.
    """
    endpoint = Scripted()
    endpoint.loses_create, endpoint.upload_takes = True, upload_takes
    (response,) = in_virtual_time(asked(over(endpoint, tmp_path), question(0)))

    assert isinstance(response, Response)
    assert len(endpoint.made) == 1
    assert endpoint.found_at[0] >= endpoint.made[0][0] + SETTLE_SECONDS


@pytest.mark.parametrize("ago", [timedelta(hours=-3), timedelta(days=3)])
def test_a_clock_that_was_set_otherwise_loses_no_intent(tmp_path: Path, ago: timedelta) -> None:
    """Written down in the future, or long ago: looked up all the same, withdrawn, and handed in."""
    request = question(0)
    at = (datetime.now(UTC) - ago).isoformat()
    earlier = Batches(tmp_path)
    earlier.write(Intent("0" * 16, "", (request.key,), (), None, at))
    earlier.close()
    endpoint = Scripted()
    (response,) = in_virtual_time(asked(over(endpoint, tmp_path), request))

    assert isinstance(response, Response)
    assert len(endpoint.found_at) == len(endpoint.made) == 1


def test_a_mistake_of_ours_reaches_whoever_waits(tmp_path: Path) -> None:
    """Nobody must wait for ever for a batch that nobody carries any more."""
    endpoint = Scripted()

    def breaks(_: list[str]) -> list[Line]:
        raise ZeroDivisionError

    endpoint.bring = breaks
    outcomes = in_virtual_time(asked(over(endpoint, tmp_path), question(0), question(1)))

    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError] * 2


def test_a_request_that_is_asked_twice_at_once_is_handed_in_once(tmp_path: Path) -> None:
    endpoint = Scripted()
    outcomes = in_virtual_time(asked(over(endpoint, tmp_path), question(0), question(0)))

    assert [len(names) for _, names in endpoint.made] == [1]
    assert [isinstance(outcome, Response) for outcome in outcomes] == [True, True]


LONG = 20_000
"""Characters of a long reply."""


def long_replies(names: list[str]) -> Iterator[Line]:
    """Yield a long reply to each, of which no other is kept."""
    return (Line(name, Response("completed", name[-1] * LONG)) for name in names)


def peak_of(work: Callable[[], object]) -> int:
    """Return the most bytes that some work took at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_nobody_has_asked_for_yet_is_kept_on_disk(tmp_path: Path) -> None:
    """An earlier process handed in 200, of which only one is wanted first: 4 MB of replies, each there when asked."""
    requests = [question(number) for number in range(200)]
    earlier = Batches(tmp_path)
    earlier.write(Intent("0" * 16, "", tuple(each.key for each in requests), (), None, datetime.now(UTC).isoformat()))
    earlier.write(Submitted("0" * 16, "0", datetime.now(UTC).isoformat()))
    earlier.close()
    endpoint = Scripted(lasts=0.0)
    endpoint.made.append((0.0, [f"{'0' * 16}-{each.key}" for each in requests]))
    endpoint.bring = long_replies
    batched = over(endpoint, tmp_path)

    async def one_then_all() -> list[Response]:
        try:
            first = await batched.generate(requests[0])
            assert tracemalloc.get_traced_memory()[1] < 50 * LONG
            assert len(batched._left) == 199
            return [first, *[await batched.generate(each) for each in requests[1:]]]
        finally:
            await batched.aclose()

    found = list[Response]()
    peak_of(lambda: found.extend(in_virtual_time(one_then_all())))
    assert [each.text for each in found] == [each.key[-1] * LONG for each in requests]
    assert {each.batch for each in found} == {"0"}
    assert len(endpoint.made) == 1


def test_memory_is_that_of_a_batch_and_not_of_the_run(tmp_path: Path) -> None:
    """Sixty at once: eight batches one after the other take about as much as one, 1.2 MB of replies each."""

    def asking(n: int, folder: Path) -> None:
        endpoint = Scripted(lasts=1.0)
        endpoint.bring = long_replies
        batched, requests = over(endpoint, folder, most=60), map(question, range(n))

        async def work() -> None:
            for request in requests:
                assert len((await batched.generate(request)).text) == LONG

        async def all_of_them() -> None:
            try:
                await asyncio.gather(*(work() for _ in range(60)))
            finally:
                await batched.aclose()

        in_virtual_time(all_of_them())
        assert len(endpoint.made) == n // 60

    asking(60, tmp_path / "warm")
    one = peak_of(lambda: asking(60, tmp_path / "one"))
    assert peak_of(lambda: asking(480, tmp_path / "eight")) < 1.5 * one


LINES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["reply", "late", "expired", "foreign"])), min_size=0, max_size=40
)


@given(lines=LINES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_lines_there_are_each_request_gets_its_own_reply_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, str]]
) -> None:
    """In any order, twice, missing, of others: the first reply counts, then the failure, then that it is lost."""
    endpoint = Scripted()

    def bring(names: list[str]) -> list[Line]:
        made: dict[str, Callable[[str], Line]] = {
            "reply": reply,
            "late": lambda name: Line(name, Response("completed", f"late {name.partition('-')[2]}")),
            "expired": lambda name: Line(name, expired("x")),
            "foreign": lambda name: reply(f"{'f' * 16}-{name.partition('-')[2]}"),
        }
        return [made[kind](names[number]) for number, kind in lines]

    endpoint.bring = bring
    requests = [question(number) for number in range(8)]
    outcomes = in_virtual_time(asked(over(endpoint, tmp_path_factory.mktemp("run")), *requests))

    for number, (request, outcome) in enumerate(zip(requests, outcomes, strict=True)):
        kinds = [kind for each, kind in lines if each == number and kind != "foreign"]
        replies = [kind for kind in kinds if kind != "expired"]
        if replies:
            assert isinstance(outcome, Response)
            assert outcome.text == {"reply": request.key, "late": f"late {request.key}"}[replies[0]]
        else:
            assert isinstance(outcome, ProviderError)
            assert outcome.kind == ("overloaded" if kinds else "bad_reply")
            assert outcome.batch == "0"
