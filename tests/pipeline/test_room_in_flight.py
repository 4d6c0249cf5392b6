"""A reply that has come makes room for the next request at once, and is used when it is on disk, no earlier."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.ask import Asked, ask_runs
from selfexplain.pipeline.budget import Budget, Metered
from selfexplain.prompting.read_answer import Finish, read_answer
from selfexplain.providers.pace import FIRST
from selfexplain.providers.roles import WithRoles
from selfexplain.records import Item, Reading, Request, Response, Usage
from selfexplain.runs import calls as calls_module
from selfexplain.runs.calls import Calls, read_calls

ITEMS = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(40)]


class Model:
    """Answers in its next turn, and notes how many it was asked at once."""

    name = "m/one"
    concurrency = 10
    identity: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.sent = self.at_once = self.most_at_once = 0

    async def generate(self, request: Request) -> Response:  # noqa: ARG002
        self.sent += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return Response("completed", "Answer: Lima\nConfidence: 90", usage=Usage(1, 1))

    async def aclose(self) -> None:
        pass


class BlockedDisk:
    """Takes nothing for good before it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._goes_on, sync = threading.Event(), calls_module.sync_to_disk

        def wait_and_sync(descriptor: int) -> None:
            self._goes_on.wait()
            sync(descriptor)

        monkeypatch.setattr(calls_module, "sync_to_disk", wait_and_sync)

    def release(self) -> None:
        self._goes_on.set()


def asked(provider: Model | WithRoles, folder: Path, judge: Judge | None = None) -> Asked:
    chosen = plugins.template("answer-confidence")
    return Asked(ITEMS, chosen, plugins.elicitation("once"), Sampling(0.0, 1), provider, Calls(folder), judge)


async def sent_while_nothing_is_on_disk(run: Asked, model: Model, disk: BlockedDisk, budget: Budget | None) -> int:
    """Return how many requests were sent when nothing moved any more; then let the disk go on, to the end."""
    asking = asyncio.ensure_future(
        ask_runs([run], repeats=1, concurrency=None, watch=lambda progress: done.append(progress.done), budget=budget)
    )
    done: list[int] = []
    for _ in range(1_000):  # turns of the loop, of which a reply takes a few
        await asyncio.sleep(0)
    sent = model.sent
    assert done == [0], "no Item is done before its reply is on disk"
    disk.release()
    await asking
    return sent


async def test_others_are_asked_while_replies_go_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten at once, and three more in hand (half of what is beyond four); never more, however slow the disk."""
    disk, model = BlockedDisk(monkeypatch), Model()
    sent = await sent_while_nothing_is_on_disk(asked(model, tmp_path), model, disk, None)

    assert sent == 13
    assert model.most_at_once <= 10
    assert len({call.key for call in read_calls(tmp_path)}) == len(list(read_calls(tmp_path))) == len(ITEMS)


async def test_with_a_budget_a_place_is_kept_until_the_reply_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the replies cost is known when they are recorded: none may be sent in between that is not paid for."""
    disk, model = BlockedDisk(monkeypatch), Model()
    run = asked(model, tmp_path)
    budget = Budget(None, [Metered(run.calls.totals, None)], most_tokens=1_000)

    assert await sent_while_nothing_is_on_disk(run, model, disk, budget) == FIRST


async def test_what_nobody_waits_for_is_not_read_while_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading takes as long as a third of asking; a Run is read when it is measured. A judge is told the answer."""
    read: list[str] = []

    def noted(text: str, *, finish: Finish) -> Reading[str]:
        read.append(text)
        return read_answer(text, finish=finish)

    monkeypatch.setattr("selfexplain.prompting.read_reply.read_answer", noted)
    await ask_runs([asked(Model(), tmp_path / "a")], repeats=1, concurrency=4, watch=lambda _: None)
    assert read == []

    judged = asked(WithRoles(Model(), {"judge": Model()}), tmp_path / "b", Judge(plugins.judging("judge")))
    await ask_runs([judged], repeats=1, concurrency=4, watch=lambda _: None)
    assert len(read) == len(ITEMS)
