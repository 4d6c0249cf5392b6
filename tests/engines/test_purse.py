"""A budget that several processes share: never exceeded in sum, used up in the end, and nothing counted twice."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.engines.purse import BLOCK, FILE, Amounts, Limits, Purse, Share
from selfexplain.errors import BudgetSpent
from selfexplain.pipeline.budget import budgeted
from selfexplain.records import Ask, Call, Message, Request, Response, Usage
from selfexplain.runs.calls import Calls
from selfexplain.settings import Price

PRICE = Price(input=1_000_000, output=1_000_000, currency="USD")
"""A token costs 1."""


def purse_in(folder: str | Path, *, calls_before: int = 0, workers: int = 2, **most: float) -> Purse:
    limits = Limits(most.get("cost"), None, None, [{"": PRICE}])
    if "calls" in most:
        limits = Limits(None, None, int(most["calls"]), [{"": PRICE}])
    return Purse(Path(folder), limits, Amounts(calls=calls_before), workers)


class Asker:
    """A worker without its provider: each question is one call of ten tokens."""

    def __init__(self, purse: Purse, folder: Path, name: str) -> None:
        self.share, self.calls, self._name, self._n = Share(purse), Calls(folder / name), name, 0
        self._open()

    def _open(self) -> None:
        self.ask: Ask = budgeted(self._send, self.share.of([self.calls]))

    def look_again(self) -> None:
        """Read the calls anew, as a worker does that is given what another began."""
        self.calls = Calls(self.calls._folder)
        self._open()

    async def _send(self, request: Request) -> Response:
        response = Response("completed", "yes", usage=Usage(prompt=4, completion=6))
        self._n += 1
        await self.calls.append(Call(request.key, request, response, f"2026-01-01T00:00:{self._n:05}", 0.1))
        return response

    async def ask_some(self, n: int) -> int:
        """Ask so many questions at once; return how many were sent."""
        first = self._n
        requests = [Request(f"{self._name}-{first + k}", (Message("user", "?"),), 9) for k in range(n)]
        found = await asyncio.gather(*map(self.ask, requests), return_exceptions=True)
        assert all(isinstance(each, Response | BudgetSpent) for each in found), found
        await self.calls.aclose()
        return sum(isinstance(each, Response) for each in found)


STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["ask", "settle", "look again"]), st.integers(1, 30)))


@settings(deadline=None, max_examples=30)
@given(STEPS, st.integers(1, 60), st.integers(0, 20))
def test_calls_never_exceed_their_number_and_all_of_it_is_used(
    steps: list[tuple[int, str, int]], most: int, before: int
) -> None:
    """Three workers in any order, which stop, look again and give back; at the end one asks for all that is left."""

    async def all_of_it(folder: Path) -> int:
        purse = purse_in(folder, calls=most, calls_before=before, workers=3)
        workers = [Asker(purse, folder, f"w{n}") for n in range(3)]
        sent = 0
        for which, what, n in steps:
            if what == "ask":
                sent += await workers[which].ask_some(n)
            elif what == "settle":
                workers[which].share.settle()
            else:
                workers[which].look_again()
            assert sent <= max(0, most - before)
        for worker in workers:
            worker.share.settle()
        return sent + await workers[0].ask_some(most + 1)

    with TemporaryDirectory() as folder:
        assert asyncio.run(all_of_it(Path(folder))) == max(0, most - before)


def test_money_is_exceeded_by_what_is_in_flight_at_most(tmp_path: Path) -> None:
    """Of 1,000, at 10 a call and 3 at once for each of two workers: no more than 1,000 and 6 calls."""

    async def spent() -> list[float]:
        purse = purse_in(tmp_path, cost=1000.0)
        workers = [Asker(purse, tmp_path, f"w{n}") for n in range(2)]
        while sum([await worker.ask_some(3) for worker in workers]):
            pass
        return [worker.share.spent.cost for worker in workers]

    assert 1000 <= sum(asyncio.run(spent())) <= 1000 + 6 * 10


def test_what_a_killed_worker_held_counts_as_spent(tmp_path: Path) -> None:
    """Nobody knows what it had in flight; the next command, which reads what is recorded, hands it out again."""
    purse = purse_in(tmp_path, calls=640, workers=1)
    held = purse.draw("killed", Amounts())

    async def rest() -> int:
        return await Asker(purse, tmp_path, "w").ask_some(700)

    assert held == Amounts(calls=20)
    assert asyncio.run(rest()) == 640 - 20


def test_what_is_given_back_others_get(tmp_path: Path) -> None:
    """Of 640 calls one draws 20 and makes 3: another gets all but these."""
    purse = purse_in(tmp_path, calls=640, workers=1)
    purse.draw("one", Amounts())
    purse.settle("one", Amounts(calls=3))

    async def rest() -> int:
        return await Asker(purse, tmp_path, "w").ask_some(700)

    assert asyncio.run(rest()) == 637


def test_the_file_is_overwritten_whole(tmp_path: Path) -> None:
    """Never cut: a worker killed while it writes leaves the old holdings or the new ones, both readable."""
    purse = purse_in(tmp_path, cost=1e6 / 3)
    for n in range(200):
        purse.draw(f"worker number {n}", Amounts(cost=n / 3))
    long = (tmp_path / FILE).stat().st_size
    for n in range(200):
        purse.settle(f"worker number {n}", Amounts())

    assert long > len((tmp_path / FILE).read_bytes().rstrip()) + BLOCK
    assert (tmp_path / FILE).stat().st_size == long
    assert purse.draw("one", Amounts()) == Amounts(cost=1e6 / 3 / 64)


def test_a_reply_without_its_tokens_stops_who_saw_it(tmp_path: Path) -> None:
    """Nobody can tell what it cost, however much is left."""

    async def ask() -> None:
        purse = purse_in(tmp_path, cost=1000.0)
        calls, request = Calls(tmp_path / "w"), Request("q", (Message("user", "?"),), 9)
        share = Share(purse)
        await calls.append(Call(request.key, request, Response("completed", "yes"), "2026-01-01T00:00:00", 0.1))
        await calls.aclose()

        async def unreachable(_: Request) -> Response:
            raise AssertionError

        with pytest.raises(BudgetSpent, match="1 of 1 replies did not state their tokens"):
            await budgeted(unreachable, share.of([calls]))(request)

    asyncio.run(ask())
