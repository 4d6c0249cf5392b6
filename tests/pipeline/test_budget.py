"""A Run stops at its budget, and loses nothing that was in flight by then."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.errors import BudgetSpent, InputError, ProviderError
from selfexplain.pipeline.ask import Asked, ask_runs
from selfexplain.pipeline.budget import Budget, Metered, budgeted, prices_for, require_tokens
from selfexplain.prompting.template import Template
from selfexplain.providers.pace import FIRST
from selfexplain.records import Ask, Item, Message, Request, Response, SelfReport, Usage
from selfexplain.runs.calls import Calls, read_calls, recorded
from selfexplain.runs.totals import Totals
from selfexplain.settings import Price

PRICE = Price(input=1.0, output=10.0)
"""A reply with 500,000 tokens read and 50,000 written costs 1."""
REPLY = Response("completed", "Answer: Lima\nConfidence: 90", usage=Usage(prompt=500_000, completion=50_000))


class Counting:
    """Answers with REPLY; the second request waits until the test lets it go."""

    name, concurrency = "metered/x", 2
    identity: Mapping[str, str] = {}

    def __init__(self, *, slow: asyncio.Event | None = None, reply: Response = REPLY, failures: int = 0) -> None:
        self.asked, self._slow, self._reply, self._failures = 0, slow, reply, failures

    async def generate(self, request: Request) -> Response:  # noqa: ARG002 - everybody gets the same
        self.asked += 1
        if self._slow is not None and self.asked == 2:
            await self._slow.wait()
            for _ in range(20):  # turns of the loop in which a careless stop would cancel this
                await asyncio.sleep(0)
        if self.asked <= self._failures:
            raise ProviderError("no", kind="bad_request")
        return self._reply

    async def aclose(self) -> None:
        pass


async def ask(
    provider: Counting,
    folder: Path,
    most: float | None,
    *,
    concurrency: int = 1,
    refused: asyncio.Event,
    most_tokens: int | None = None,
) -> None:
    async def told(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int) -> SelfReport:
        try:
            return await once(item, template, ask, sampling=sampling, repeat=repeat)
        except BudgetSpent:
            refused.set()
            raise

    told.name = "told"  # type: ignore[attr-defined]
    calls = Calls(folder)
    run = Asked(
        [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(6)],
        plugins.template("answer-confidence"),
        told,  # type: ignore[arg-type]
        Sampling(0.0, 1),
        provider,
        calls,
    )
    budget = Budget(most, (Metered(calls.totals, None if most is None else PRICE),), most_tokens)
    await ask_runs([run], repeats=1, concurrency=concurrency, watch=lambda _: None, budget=budget)


@pytest.mark.parametrize(("most", "calls"), [(0.5, 1), (1.0, 1), (1.01, 2), (3.0, 3), (5.5, 6)])
async def test_one_at_a_time_stops_with_the_reply_that_reaches_the_amount(
    most: float, calls: int, tmp_path: Path
) -> None:
    """Each reply costs 1: the next is sent while less than the amount is spent. Six cost 6: all are asked for 5.5."""
    provider = Counting()
    if calls == 6:
        await ask(provider, tmp_path, most, refused=asyncio.Event())
    else:
        with pytest.raises(BudgetSpent, match=rf"^{calls}\.00 USD spent of the {most:.2f} USD .* in {calls} calls;"):
            await ask(provider, tmp_path, most, refused=asyncio.Event())

    assert provider.asked == calls


@pytest.mark.parametrize(("most", "calls"), [(1, 1), (550_000, 1), (550_001, 2), (1_650_000, 3)])
async def test_tokens_are_counted_read_and_written(most: int, calls: int, tmp_path: Path) -> None:
    """550,000 a reply, without any price: the next is sent while fewer than the limit are taken."""
    provider = Counting()
    with pytest.raises(BudgetSpent) as caught:
        await ask(provider, tmp_path, None, refused=asyncio.Event(), most_tokens=most)

    assert provider.asked == calls
    assert caught.value.message == (
        f"{calls * 550_000:,} tokens spent of the {most:,} tokens that this Run may cost, in {calls} calls; "
        "every reply is recorded"
    )
    assert "a higher --max-tokens:" in (caught.value.hint or "")


@pytest.mark.parametrize(("most", "tokens", "option"), [(2.0, 10_000_000, "cost"), (100.0, 1_100_000, "tokens")])
async def test_of_two_limits_the_first_that_is_reached_stops(
    most: float, tokens: int, option: str, tmp_path: Path
) -> None:
    """Two replies cost 2 and take 1,100,000 tokens."""
    provider = Counting()
    with pytest.raises(BudgetSpent) as caught:
        await ask(provider, tmp_path, most, refused=asyncio.Event(), most_tokens=tokens)

    assert provider.asked == 2
    assert f"--max-{option}" in (caught.value.hint or "")


@pytest.mark.parametrize("most", [0, -5])
def test_no_tokens_at_all_are_refused(most: int) -> None:
    with pytest.raises(InputError, match=f"may take are {most}"):
        require_tokens(most)


async def test_what_is_in_flight_is_completed_and_recorded(tmp_path: Path) -> None:
    """The second request is held until the first worker has been refused: its reply is on disk, and in the sum."""
    refused = asyncio.Event()
    provider = Counting(slow=refused)
    with pytest.raises(BudgetSpent, match=r"^2\.00 USD spent of the 1\.00 USD .* in 2 calls"):
        await ask(provider, tmp_path, 1.0, concurrency=2, refused=refused)

    assert provider.asked == 2
    assert [call.response for call in read_calls(tmp_path)] == [REPLY, REPLY]


async def test_what_waits_in_line_is_not_sent_once_the_amount_is_spent(tmp_path: Path) -> None:
    """Six workers, of whom a server that nobody knows yet gets four requests: their replies cost 4 of 1."""
    provider = Counting()
    with pytest.raises(BudgetSpent):
        await ask(provider, tmp_path, 1.0, concurrency=6, refused=asyncio.Event())

    assert provider.asked == FIRST


async def test_recorded_calls_of_earlier_times_count_and_are_not_asked_again(tmp_path: Path) -> None:
    first, second, third = Counting(), Counting(), Counting()
    with pytest.raises(BudgetSpent):
        await ask(first, tmp_path, 2.0, refused=asyncio.Event())
    with pytest.raises(BudgetSpent):
        await ask(second, tmp_path, 2.0, refused=asyncio.Event())
    await ask(third, tmp_path, 100.0, refused=asyncio.Event())

    assert (first.asked, second.asked, third.asked) == (2, 0, 4)


async def test_a_reply_without_its_tokens_stops_the_asking(tmp_path: Path) -> None:
    """Nobody could tell when the amount is reached: counting it as free would spend without end."""
    provider = Counting(reply=Response("completed", "Answer: Lima"))
    with pytest.raises(BudgetSpent, match=r"^1 of 1 replies did not state their tokens") as caught:
        await ask(provider, tmp_path, 100.0, refused=asyncio.Event())

    assert provider.asked == 1
    assert "without --max-cost" in (caught.value.hint or "")


async def test_a_failed_try_costs_nothing(tmp_path: Path) -> None:
    """One lost request and two replies for 2."""
    provider = Counting(failures=1)
    with pytest.raises(BudgetSpent, match=r"^2\.00 USD spent of the 2\.00 USD .* in 2 calls"):
        await ask(provider, tmp_path, 2.0, refused=asyncio.Event())

    assert provider.asked == 3


async def test_the_wrapper_sends_what_it_is_given_and_returns_what_comes() -> None:
    seen: list[Request] = []

    async def send(request: Request) -> Response:
        seen.append(request)
        return REPLY

    request = Request("q", (), 8)

    assert await budgeted(send, Budget(1.0, (Metered(Totals(), PRICE),)))(request) is REPLY
    assert seen == [request]


@pytest.mark.parametrize("most", [0.0, -1.0, float("nan"), float("inf")])
def test_an_amount_that_is_none_is_refused(most: float) -> None:
    with pytest.raises(InputError, match="expected an amount above 0"):
        prices_for(most, {"openai/x": PRICE})


def test_without_a_price_the_table_to_write_is_told() -> None:
    with pytest.raises(InputError) as caught:
        prices_for(1.0, {"openai/x": None})

    assert str(caught.value) == (
        "--max-cost needs prices, and no price is set for openai/x\n"
        "hint: write what a million tokens cost into pyproject.toml: "
        '[tool.selfexplain.prices."openai/x"] with the lines input = … and output = …'
    )


def test_one_amount_is_in_one_currency() -> None:
    with pytest.raises(InputError, match="prices in EUR and USD"):
        prices_for(1.0, {"openai/x": PRICE, "openai/y": Price(input=1.0, output=1.0, currency="EUR")})


async def test_a_recorded_call_that_has_not_landed_is_one_call(tmp_path: Path) -> None:
    """Its reply is on disk and its asker has not gone on yet: of two calls the other one may still be sent."""
    calls, on_disk, go_on = Calls(tmp_path), asyncio.Event(), asyncio.Event()
    record = recorded(Counting().generate, calls)

    async def lingering(request: Request) -> Response:
        response = await record(request)
        if request.item == "first":
            on_disk.set()
            await go_on.wait()
        return response

    ask = budgeted(lingering, Budget(None, [Metered(calls.totals, None)], most_calls=2))
    first, second = (Request(item, (Message("user", "?"),), 9) for item in ("first", "second"))
    lands = asyncio.ensure_future(ask(first))
    await on_disk.wait()
    assert await ask(second) == REPLY
    go_on.set()
    await lands
    with pytest.raises(BudgetSpent, match=r"^2 calls spent of the 2 calls"):
        await ask(first)
    await calls.aclose()
