"""When asking has to stop, what is in flight is paid for: it is waited for and recorded; calls are counted exactly."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import BudgetSpent, InputError, ProviderError
from selfexplain.grading.judge import Judge
from selfexplain.pipeline import ask as ask_module
from selfexplain.pipeline.ask import Asked, ask_runs
from selfexplain.pipeline.budget import Budget, Metered, require_tokens
from selfexplain.providers.provider import Provider
from selfexplain.providers.retry import REFUSED
from selfexplain.providers.roles import WithRoles
from selfexplain.records import Item, Request, Response
from selfexplain.runs.calls import Calls, read_calls

ITEMS = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(8)]
REPLY = Response("completed", "Answer: Lima\nConfidence: 90")


class Model:
    """Answers when everybody else had a turn; the Item `fatal` gets no reply and ends the Run."""

    identity: Mapping[str, str] = {}

    def __init__(
        self, name: str = "m/one", concurrency: int = 4, *, fatal: str = "", until: Callable[[], bool] = lambda: True
    ) -> None:
        self.name, self.concurrency, self._fatal, self._until = name, concurrency, fatal, until
        self.sent: list[str] = []
        self.at_once = self.most_at_once = 0

    async def generate(self, request: Request) -> Response:
        self.sent.append(request.item)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if request.item == self._fatal:
                raise ProviderError("no credit", kind="quota")
            while not self._until():  # noqa: ASYNC110 - turns of the loop, in which a careless stop cancels this
                await asyncio.sleep(0)
            for _ in range(50):
                await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        return REPLY

    async def aclose(self) -> None:
        pass


def asked(provider: Provider, folder: Path, judge: Judge | None = None) -> Asked:
    chosen = plugins.template("answer-confidence")
    return Asked(ITEMS, chosen, plugins.elicitation("once"), Sampling(0.0, 1), provider, Calls(folder), judge)


async def test_what_is_in_flight_when_the_money_is_gone_is_recorded(tmp_path: Path) -> None:
    """Four at once, the third is refused: the three others come back, and nothing more is sent."""
    run = asked(Model(fatal="q2", until=lambda: bool(run.calls.last_failure)), tmp_path)
    with pytest.raises(ProviderError, match="no credit"):
        await ask_runs([run], repeats=1, concurrency=4, watch=lambda _: None)

    outcomes = {call.request.item: call.response.outcome for call in read_calls(tmp_path)}
    assert outcomes == {"q0": "completed", "q1": "completed", "q3": "completed", "q2": "failed"}
    assert len(list(read_calls(tmp_path))) == 4


async def test_a_reply_that_never_comes_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_module, "PATIENCE_SECONDS", 0.0)
    model = Model(fatal="q2", until=lambda: False)
    with pytest.raises(ProviderError, match="no credit"):
        await ask_runs([asked(model, tmp_path)], repeats=1, concurrency=4, watch=lambda _: None)

    assert [call.request.item for call in read_calls(tmp_path)] == ["q2"]


@pytest.mark.parametrize("most", [1, 5, 8])
async def test_never_more_calls_are_made_than_may_be(tmp_path: Path, most: int) -> None:
    """Also with four at once; then the same command with more goes on."""
    model = Model()
    for limit, made in ((most, most), (100, 8)):
        run = asked(model, tmp_path)
        budget = Budget(None, [Metered(run.calls.totals, None)], most_calls=limit)
        work = ask_runs([run], repeats=1, concurrency=4, watch=lambda _: None, budget=budget)
        if made == 8:
            await work
        else:
            with pytest.raises(BudgetSpent, match=f"{most} calls spent of the {most} calls that this Run") as caught:
                await work
            assert "a higher --max-calls" in (caught.value.hint or "")
        assert len(model.sent) == made
    assert set(Counter(model.sent).values()) == {1}


async def test_a_call_that_failed_is_one_too(tmp_path: Path) -> None:
    """It was sent; and it stays one when the Run is taken up again."""
    for _ in range(2):
        run = asked(Model(fatal="q0"), tmp_path)
        budget = Budget(None, [Metered(run.calls.totals, None)], most_calls=1)
        with pytest.raises((BudgetSpent, ProviderError)):
            await ask_runs([run], repeats=1, concurrency=1, watch=lambda _: None, budget=budget)

    assert len(list(read_calls(tmp_path))) == 1


def test_no_calls_at_all_is_no_limit() -> None:
    with pytest.raises(InputError, match="the most calls that the Run may take are 0"):
        require_tokens(0, what="calls")


async def test_who_judges_has_the_requests_at_once_of_his_own(tmp_path: Path) -> None:
    """A judge that takes one at a time, beside a model that takes four."""
    model, judge = Model("m/model"), Model("m/judge", 1)
    run = asked(WithRoles(model, {"judge": judge}), tmp_path, Judge(plugins.judging("judge")))
    await ask_runs([run], repeats=1, concurrency=None, watch=lambda _: None)

    assert len(judge.sent) == len(model.sent) == 8
    assert (model.most_at_once, judge.most_at_once) == (4, 1)


async def test_a_model_that_also_judges_is_one_provider(tmp_path: Path) -> None:
    """Asked in one Run and judging in another, it takes in both together what it takes."""
    model, other = Model("m/model", 2), Model("m/other", 4)
    judged = asked(WithRoles(other, {"judge": model}), tmp_path / "a", Judge(plugins.judging("judge")))
    await ask_runs([judged, asked(model, tmp_path / "b")], repeats=1, concurrency=None, watch=lambda _: None)

    assert len(model.sent) == 16
    assert model.most_at_once == 2


class Refusing(Model):
    """Replies to the first Item and refuses all others, each for itself."""

    async def generate(self, request: Request) -> Response:
        self.sent.append(request.item)
        if request.item != "q0":
            raise ProviderError("not this", kind="bad_request")
        return REPLY


async def test_what_a_server_refuses_is_asked_again_and_the_run_still_ends(tmp_path: Path) -> None:
    """More Items than would stop a Run that never had a reply: this one had, though in another process."""
    items = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(REFUSED + 5)]
    for sent in (len(items), len(items) - 1):
        model = Refusing()
        run = asked(model, tmp_path)._replace(items=items)
        assert await ask_runs([run], repeats=1, concurrency=2, watch=lambda _: None) == {}
        assert len(model.sent) == sent


async def test_a_template_that_a_server_refuses_stops_alone(tmp_path: Path) -> None:
    """All of one Run's Requests are refused, none of the other's: that one goes on to its end."""
    items = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(REFUSED + 5)]

    class Picky(Model):
        async def generate(self, request: Request) -> Response:
            if request.max_tokens == 7:
                raise ProviderError("not so many", kind="bad_request")
            return REPLY

    model = Picky()
    refused, taken = (asked(model, tmp_path / name)._replace(items=items) for name in ("a", "b"))
    front = msgspec.structs.replace(refused.template.front, max_tokens=7)
    refused = refused._replace(template=msgspec.structs.replace(refused.template, front=front))
    failures = await ask_runs([refused, taken], repeats=1, concurrency=2, watch=lambda _: None)

    assert list(failures) == [0]
    assert "50 Items in a row got no reply; the last: not so many" in failures[0].message
    assert "mend what it complains of. Then run the same command" in (failures[0].hint or "")
    assert taken.calls.totals.replies == len(items)


class Late(Model):
    """Refuses all Items but the last."""

    async def generate(self, request: Request) -> Response:
        self.sent.append(request.item)
        if request.item != f"q{REFUSED + 4}":
            raise ProviderError("not this", kind="bad_request")
        return REPLY


async def test_the_same_command_gets_past_what_stopped_it(tmp_path: Path) -> None:
    """The first fifty Items are refused, each for itself: the Run stops, and is not stopped there for ever."""
    items = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(REFUSED + 5)]
    first, second = Late(), Late()
    with pytest.raises(ProviderError, match="50 Items in a row got no reply"):
        await ask_runs([asked(first, tmp_path)._replace(items=items)], repeats=1, concurrency=1, watch=lambda _: None)
    await ask_runs([asked(second, tmp_path)._replace(items=items)], repeats=1, concurrency=1, watch=lambda _: None)

    assert (len(first.sent), len(second.sent)) == (REFUSED, len(items))


async def test_what_is_asked_together_is_not_stopped_by_those_in_front(tmp_path: Path) -> None:
    """Of one batch the first fifty lines may be refused; the others are there all the same."""
    items = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(REFUSED + 5)]
    model = Late()
    model.gathers = True  # type: ignore[attr-defined] # a provider that waits for many may say so
    run = asked(model, tmp_path)._replace(items=items)
    await ask_runs([run], repeats=1, concurrency=1, watch=lambda _: None)

    assert run.calls.totals.replies == 1
