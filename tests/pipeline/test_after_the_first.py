"""Whoever waits for the first Request to find out what is refused has not begun: what it brings is heeded by all."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import BudgetSpent, ProviderError
from selfexplain.pipeline.ask import Asked, ask_runs
from selfexplain.pipeline.budget import Budget, Metered
from selfexplain.pipeline.time_limit import TimeLimit
from selfexplain.providers.first_alone import FirstAlone, Waiting
from selfexplain.providers.stated_limits import Stated
from selfexplain.records import Item, Request, Response, Usage
from selfexplain.runs.calls import Calls, read_calls
from virtual_time import in_virtual_time

ITEMS = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(8)]
REPLY = Response("completed", "Answer: Lima\nConfidence: 90", usage=Usage(prompt=50, completion=50))


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk take no time: on a clock that jumps, a thread would finish sooner or later by chance."""

    async def here(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", here)


class Model:
    """Takes ten seconds over each reply, and lets one find out whether a seed is refused."""

    name, concurrency = "m/one", 8
    identity: Mapping[str, str] = {}

    def __init__(self, end: ProviderError | None = None, *, says: Mapping[bytes, bytes] | None = None) -> None:
        self._end, self._says = end, [*(says or {}).items()]
        self.stated, self._first = Stated(), FirstAlone()
        self.asked_at: list[float] = []

    def first_alone(self, _: Request, *, waiting: Waiting) -> AbstractAsyncContextManager[None] | None:
        return self._first.of(lambda: {"seed"}, waiting=waiting)

    async def generate(self, _: Request) -> Response:
        self.asked_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(10)
        if self._end is not None:
            raise self._end
        self.stated.hear(self._says)
        return REPLY

    async def aclose(self) -> None:
        pass


def ask(model: Model, folder: Path, **limits: Any) -> Exception | None:
    async def asking() -> Exception | None:
        template = plugins.template("answer-confidence")
        run = Asked(ITEMS, template, plugins.elicitation("once"), Sampling(0.0, 1), model, Calls(folder))
        budget = Budget(None, [Metered(run.calls.totals, None)], **limits) if limits else None
        try:
            await ask_runs([run], repeats=1, concurrency=8, watch=lambda _: None, budget=budget)
        except (BudgetSpent, ProviderError) as stopped:
            return stopped
        return None

    return in_virtual_time(asking())


def test_nothing_is_begun_when_the_first_took_all_the_time(tmp_path: Path) -> None:
    """Five seconds, and a first reply after ten."""
    model = Model()

    assert isinstance(ask(model, tmp_path, time=TimeLimit(5)), BudgetSpent)
    assert model.asked_at == [0]
    assert len(list(read_calls(tmp_path))) == 1


def test_nothing_is_begun_when_the_first_took_all_the_tokens(tmp_path: Path) -> None:
    model = Model()

    assert isinstance(ask(model, tmp_path, most_tokens=100), BudgetSpent)
    assert len(model.asked_at) == 1


def test_a_wrong_key_is_told_to_one(tmp_path: Path) -> None:
    model = Model(ProviderError("wrong key", kind="auth"))

    assert isinstance(ask(model, tmp_path), ProviderError)
    assert len(model.asked_at) == 1


def test_a_server_that_wants_peace_after_the_first_has_it(tmp_path: Path) -> None:
    """Ten seconds for the reply, and a minute in which it takes nothing; up to a quarter more."""
    headers = {b"x-ratelimit-remaining-requests": b"0", b"x-ratelimit-reset-requests": b"60s"}
    model = Model(says=headers)

    assert ask(model, tmp_path) is None
    assert model.asked_at[0] == 0
    assert 70 <= model.asked_at[1] <= 85
    assert len(model.asked_at) == len(ITEMS)
