"""A command asks for so long from its first request on: what is in flight then is kept, and whoever waits is let go."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import BudgetSpent, InputError, ProviderError
from selfexplain.pipeline.ask import Asked, ask_runs
from selfexplain.pipeline.budget import Ahead, Budget, Metered
from selfexplain.pipeline.time_limit import TimeLimit, seconds_in
from selfexplain.providers.pace import FIRST
from selfexplain.providers.retry import TRIES
from selfexplain.records import Item, Request, Response
from selfexplain.runs.calls import Calls, read_calls
from virtual_time import in_virtual_time

ITEMS = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(8)]
REPLY = Response("completed", "Answer: Lima\nConfidence: 90")


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk take no time: on a clock that jumps, a thread would finish sooner or later by chance."""

    async def here(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", here)


class Model:
    """Takes ten seconds over each reply, and notes when it was asked what."""

    name, concurrency = "m/one", 1
    identity: Mapping[str, str] = {}

    def __init__(self, failure: ProviderError | None = None, *, gathers: bool = False) -> None:
        self.asked: list[tuple[float, str]] = []
        self.failure, self.gathers, self.given_up = failure, gathers, 0

    async def generate(self, request: Request) -> Response:
        self.asked.append((asyncio.get_running_loop().time(), request.item))
        if self.failure is not None:
            raise self.failure
        try:
            await asyncio.sleep(86_400 if self.gathers else 10)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return REPLY

    async def aclose(self) -> None:
        pass


def ask(model: Model, folder: Path, seconds: float, *, concurrency: int = 1) -> tuple[float, BudgetSpent | None]:
    """Ask what has no reply yet; return when that ended, and whether the time was over."""

    async def asking() -> tuple[float, BudgetSpent | None]:
        template = plugins.template("answer-confidence")
        run = Asked(ITEMS, template, plugins.elicitation("once"), Sampling(0.0, 1), model, Calls(folder))
        ahead = Ahead() if model.gathers else None
        budget = Budget(None, [Metered(run.calls.totals, None)], ahead=ahead, time=TimeLimit(seconds))
        spent = None
        await asyncio.sleep(1_000)  # whatever comes before the first request takes none of the time
        try:
            await ask_runs([run], repeats=1, concurrency=concurrency, watch=lambda _: None, budget=budget)
        except BudgetSpent as caught:
            spent = caught
        return asyncio.get_running_loop().time() - 1_000, spent

    return in_virtual_time(asking())


def test_what_is_in_flight_when_the_time_is_over_is_recorded_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """25 s at ten each: the third is begun at 20 and there at 30. Again three, then the last two, within their time."""
    model, ends = Model(), []
    for _ in range(3):
        ended, spent = ask(model, tmp_path, 25)
        ends.append((ended, spent is not None, len(list(read_calls(tmp_path)))))

    assert ends == [(30, True, 3), (30, True, 6), (20, False, 8)]
    assert set(Counter(item for _, item in model.asked).values()) == {1}


def test_the_sentence_says_how_long_how_much_and_how_to_go_on(tmp_path: Path) -> None:
    _, spent = ask(Model(), tmp_path, 25)

    assert spent is not None
    assert spent.message.startswith("the 25 s for which this command may ask are over. The Run has 3 replies;")
    assert "run the same command to ask as long again" in (spent.hint or "")


@pytest.mark.parametrize("kind", ["rate", "overloaded", "connection"])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_nobody_waits_to_try_again_or_in_line_beyond_the_time(tmp_path: Path, kind: Any, concurrency: int) -> None:
    """A server that wants five minutes' peace: the command ends after one, not after six; every try is recorded.

    Without a connection nobody stands in line for it, and each waits by itself.
    """
    model = Model(ProviderError("later", kind=kind, retry_after=300))
    ended, spent = ask(model, tmp_path, 60, concurrency=concurrency)

    assert (ended, spent is not None) == (60, True)
    assert len(list(read_calls(tmp_path))) == len(model.asked) == min(concurrency, 8 if kind == "connection" else FIRST)


def test_a_batch_that_is_out_is_not_waited_for_beyond_the_time(tmp_path: Path) -> None:
    """It takes a day, and goes on by itself: nothing of it is recorded as lost."""
    model = Model(gathers=True)
    ended, spent = ask(model, tmp_path, 3_600, concurrency=8)

    assert (ended, spent is not None, model.given_up) == (3_600, True, 8)
    assert list(read_calls(tmp_path)) == []


def test_a_timeout_of_the_models_own_is_not_taken_for_the_end_of_the_time() -> None:
    async def fails() -> None:
        raise TimeoutError("its own")

    async def waiting() -> None:
        limit = TimeLimit(5)
        limit.begin()
        await limit.waited(fails())

    with pytest.raises(TimeoutError, match="its own"):
        in_virtual_time(waiting())


def test_time_that_others_have_had_is_gone() -> None:
    """Of ten seconds nine: one is left, from the first request on."""

    async def waiting() -> float:
        limit = TimeLimit(10, passed=lambda: 9.0)
        assert not limit.is_over
        limit.begin()
        forever: Awaitable[None] = asyncio.Event().wait()  # type: ignore[assignment]
        with pytest.raises(BudgetSpent):
            await limit.waited(forever)
        assert limit.is_over
        return asyncio.get_running_loop().time()

    assert in_virtual_time(waiting()) == 1


@pytest.mark.parametrize("stated", ["", "0", "-5", "2x", "m", "h30", "nan", "inf", 0, -1.0, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(stated: str | float) -> None:
    with pytest.raises(InputError, match="the time for which the Run may ask is"):
        seconds_in(stated)


@pytest.mark.parametrize(("stated", "seconds"), [("90m", 5400), ("2h", 7200), ("1h30m10s", 5410), ("1.5h", 5400)])
def test_a_time_is_read_as_people_write_it(stated: str, seconds: float) -> None:
    assert seconds_in(stated) == seconds


def test_a_batch_that_expired_is_handed_in_as_often_as_anything_is_tried(tmp_path: Path) -> None:
    """Eight days, and no reply in any of them: that is no server that hangs."""

    class Expiring(Model):
        async def generate(self, request: Request) -> Response:
            await asyncio.sleep(86_400)
            self.asked.append((asyncio.get_running_loop().time(), request.item))
            raise ProviderError("the day was too short", kind="overloaded")

    model = Expiring(gathers=True)
    ended, spent = ask(model, tmp_path, 30 * 86_400, concurrency=8)

    assert spent is None
    assert len(model.asked) == TRIES * len(ITEMS)
    assert ended >= TRIES * 86_400
