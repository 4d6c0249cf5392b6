"""Whatever kills a Run that asks in batches, nothing is handed in twice, and what is paid for is collected."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic  # noqa: F401 - once, before any child is forked
import openai  # noqa: F401 - the same
import pytest

from forked import in_child
from in_batches import QUESTIONS, ask, calls, replies, right, write_questions
from providers.batch_server import BatchServer, batch_server
from selfexplain.cli import main
from selfexplain.errors import InputError
from selfexplain.pipeline import batch_desk, batched
from selfexplain.providers import retry
from selfexplain.runs.batches import Open, read_events, unfinished

BOTH = pytest.mark.parametrize("sdk", ["openai", "anthropic"])

STAGES = {
    "openai": [
        "before list",
        "before upload",
        "after upload",
        "before create",
        "after create",
        "before retrieve",
        "after retrieve",
        "before content",
        "amid results",
        "after content",
    ],
    "anthropic": [
        "before list",
        "before create",
        "after create",
        "before retrieve",
        "after retrieve",
        "before results",
        "amid results",
        "after results",
    ],
}
"""Where a process dies, as the server sees it; the intent is written before the upload, or before the batch is made."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_POLL_SECONDS", "SETTLE_SECONDS"):
        monkeypatch.setattr(batch_desk, name, 0.0)
    monkeypatch.setattr(batched, "LINGER_SECONDS", 0.05)
    monkeypatch.setattr(retry, "FIRST_WAIT_SECONDS", 0.0)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-right")


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with batch_server(polls=3) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_questions(tmp_path)


def asking(home: Path, server: BatchServer, sdk: str, *options: str) -> Callable[[], None]:
    """Return what asks the questions as the command line does."""

    def ask() -> None:
        os.chdir(home)
        fixed = ["run", "questions.jsonl", "-m", f"{sdk}/model", "-t", "answer-confidence", "--batch", "--json"]
        sys.argv = ["selfexplain", *fixed, "--base-url", server.base_url, *options]
        main()

    return ask


def in_process_of_its_own(home: Path, server: BatchServer, work: Callable[[], None]) -> tuple[int, str]:
    """Do work in a child that the server can kill; return how it ended and what it said."""
    log = home / "log"
    log.unlink(missing_ok=True)
    code = in_child(work, log, started=lambda pid: setattr(server, "pid", pid))
    return code, log.read_text()


def left(home: Path) -> list[Open]:
    """Return the batches that hold a question without an answer."""
    return unfinished(next(home.glob("results/*")))


@pytest.mark.parametrize(("sdk", "stage"), [(sdk, stage) for sdk, stages in STAGES.items() for stage in stages])
def test_a_killed_run_hands_nothing_in_twice(home: Path, server: BatchServer, sdk: str, stage: str) -> None:
    """Dead at this stage; the same command then collects what is there, and hands in what is not."""
    server.kill_at = stage
    code, said = in_process_of_its_own(home, server, asking(home, server, sdk))
    assert code == -signal.SIGKILL, said

    ask(home, server, sdk)

    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert [len(batch.entries) for batch in server.batches] == [len(QUESTIONS)]
    assert right(home) == len(QUESTIONS)
    recorded = [call.key for call in calls(home)]
    assert len(recorded) == len(set(recorded)) == len(QUESTIONS)
    assert left(home) == []
    if stage not in {"before list", "before upload", "after upload", "before create", "after create"}:
        assert server.seen["list"] == 1, "what the provider calls the batch is known"
    assert len(server.names) <= 1, "an upload without a batch is deleted"


@BOTH
def test_killed_twice_and_in_the_second_round_too(home: Path, server: BatchServer, sdk: str) -> None:
    """A question that failed is handed in again; the process that does so dies, and then the one that collects it."""
    server.fates[QUESTIONS[3]].append("expired")
    for nth, stage in enumerate(["after create", "amid results"]):
        server.kill_at = stage
        assert in_process_of_its_own(home, server, asking(home, server, sdk))[0] == -signal.SIGKILL, nth
    server.kill_at = "after create"
    assert in_process_of_its_own(home, server, asking(home, server, sdk))[0] == -signal.SIGKILL
    ask(home, server, sdk)

    assert server.asked == dict.fromkeys(QUESTIONS, 1) | {QUESTIONS[3]: 2}
    assert right(home) == len(QUESTIONS)


@BOTH
def test_what_a_batch_teaches_is_not_forgotten_with_the_process(home: Path, server: BatchServer, sdk: str) -> None:
    """Every line is refused for its temperature: who dies then, or handing in the next batch, costs no further one."""
    server.takes_temperature = False
    for nth, stage in enumerate(["after content" if sdk == "openai" else "after results", "after create"]):
        server.kill_at = stage
        assert in_process_of_its_own(home, server, asking(home, server, sdk))[0] == -signal.SIGKILL, nth
    ask(home, server, sdk)

    assert [len(batch.entries) for batch in server.batches] == [len(QUESTIONS)] * 2
    assert right(home) == len(QUESTIONS)


@BOTH
def test_an_interrupt_leaves_the_batch_where_it_is_and_says_so(
    home: Path, server: BatchServer, sdk: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 130; the batch goes on, and the same command waits for it."""
    polled = threading.Event()
    go_on = server.act

    def interrupt(route: str, *rest: object) -> tuple[int, object]:
        if route == "retrieve" and not polled.is_set():
            polled.set()
            assert server.pid is not None
            os.kill(server.pid, signal.SIGINT)
        return go_on(route, *rest)  # type: ignore[arg-type]

    server.act = interrupt  # type: ignore[method-assign,assignment]
    _, traced = in_process_of_its_own(home, server, asking(home, server, sdk))
    said = capfd.readouterr().err

    assert "SystemExit: 130" in traced
    assert f"The batch {server.batches[0].name} goes on at {sdk}/model: the same command waits for it" in said
    ask(home, server, sdk)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert right(home) == len(QUESTIONS)


@BOTH
def test_a_run_with_a_batch_outside_is_not_asked_directly(home: Path, server: BatchServer, sdk: str) -> None:
    """Without --batch the same questions would be asked, and paid, a second time."""
    server.kill_at = "after create"
    in_process_of_its_own(home, server, asking(home, server, sdk))
    with pytest.raises(InputError, match=r"12 questions of .* are in a batch that has not been collected") as refused:
        ask(home, server, sdk, batch=False)

    assert refused.value.hint is not None
    assert "--batch" in refused.value.hint


@BOTH
def test_fewer_questions_than_the_batch_holds_can_be_collected_first(home: Path, server: BatchServer, sdk: str) -> None:
    """With a limit only some are wanted now; the others stay to be collected, and are not handed in anew."""
    server.kill_at = "after create"
    in_process_of_its_own(home, server, asking(home, server, sdk))
    ask(home, server, sdk, limit=5)
    assert len(replies(home)) == 5
    assert sum(len(one.waiting) for one in left(home)) == len(QUESTIONS) - 5

    ask(home, server, sdk)
    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)


@BOTH
def test_a_batch_is_collected_by_fewer_askers_than_it_has_questions(home: Path, server: BatchServer, sdk: str) -> None:
    """Three at once: what the batch brings for the others waits until they come, and is not asked again."""
    server.kill_at = "after create"
    in_process_of_its_own(home, server, asking(home, server, sdk))
    ask(home, server, sdk, concurrency=3)

    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)


def test_a_running_batch_of_the_same_size_is_told_apart_when_it_has_ended(home: Path, server: BatchServer) -> None:
    """Killed before the batch was made, while somebody else's is running that looks the same from outside."""
    server.kill_at = "before create"
    in_process_of_its_own(home, server, asking(home, server, "anthropic"))
    other = [{"custom_id": f"other-{n}", "params": {"model": "m", "messages": [{"content": "?"}]}} for n in range(12)]
    server.create({"requests": other})
    said: list[str] = []
    ask(home, server, "anthropic", say=said.append)

    assert server.asked == {**dict.fromkeys(QUESTIONS, 1), "?": 12}
    assert any("can be told from others only when it has ended" in sentence for sentence in said)


@BOTH
def test_an_account_that_has_money_again_is_asked_what_it_refused_before(
    home: Path, server: BatchServer, sdk: str
) -> None:
    """The process that handed the batch in is dead, and the lines say that there was no money: that is over now."""
    for question in QUESTIONS[9:]:
        server.fates[question].append("no money")
    server.kill_at = "after create"
    in_process_of_its_own(home, server, asking(home, server, sdk))
    ask(home, server, sdk)

    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1) | dict.fromkeys(QUESTIONS[9:], 2)


@BOTH
def test_a_torn_last_event_is_none_and_a_damaged_one_is_told(home: Path, server: BatchServer, sdk: str) -> None:
    """Half a line was never finished, so nothing was handed in after it; a damaged line might hide a batch."""
    ask(home, server, sdk)
    (file,) = home.glob("results/*/batches/*.jsonl")
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40])
    assert len(list(read_events(file.parent))) == len(whole.splitlines())

    file.write_bytes(b"{}\n" + whole)
    with pytest.raises(InputError, match="line 1: not an event of a batch"):
        ask(home, server, sdk)
