"""A Run against a server and a machine that do everything wrong: nothing is lost, misjoined, or asked twice.

A state machine asks the same questions again and again, each time with other faults, until one time without. In its
long form it takes minutes: `FAULTS=500 python -m pytest tests/test_faults.py`.
"""

import asyncio
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple

import anthropic  # noqa: F401 - once, before any child is forked
import openai  # noqa: F401 - the same
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from forked import in_child
from providers.misbehaving_server import (
    Answer,
    MisbehavingServer,
    completion,
    fails,
    message,
    objects,
    reply,
    resets,
    running,
    sends,
    stops_half_way,
    twice,
)
from selfexplain import ask_plan, asking, rereading
from selfexplain.cli import main
from selfexplain.providers import anthropic as anthropic_adapter
from selfexplain.providers import openai as adapter
from selfexplain.providers import retry
from selfexplain.records import Call, Message, Request
from selfexplain.runs import calls as calls_module
from selfexplain.runs.calls import Calls, read_calls
from selfexplain.runs.folder import RunFolder

QUESTIONS = [f"Which word belongs to number {number}?" for number in range(24)]
AT_ONCE = 3
HUGE = "x" * 200_000 + "\n"
IMPATIENT_SECONDS, PATIENT_SECONDS = 0.5, 120.0
"""How long a reply is waited for where a server may keep silent, and where it never does."""


def word_for(question: str) -> str:
    """Return the one right reply to a question, which no other question has."""
    number = next(n for n, each in enumerate(QUESTIONS) if each in question)
    return f"Answer: word{number}\nConfidence: 9{number % 10}"


class Spoken(NamedTuple):
    """A protocol: how it says a good reply, and all that may go wrong."""

    model: str
    good: Answer
    faults: dict[str, Answer]
    """What is no reply."""
    odd: dict[str, Answer]
    """What is a reply all the same."""


def spoken(model: str, body: Callable[[str], dict[str, Any]], error: Callable[..., Answer], content: str) -> Spoken:
    """Return a protocol, given the model, what a reply and an error look like, and in which field a reply stands."""
    faults = {
        "429": error(429, "Slow down"),
        "429 and when": error(429, "Slow down", **{"Retry-After-Ms": "1"}),
        "429 and a date": error(429, "Slow", **{"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        "500": error(500, "Broken"),
        "529": error(529, "Overloaded"),
        "400": error(400, "Bad"),
        "401": error(401, "Wrong key"),
        "half a body": stops_half_way,
        "reset": resets,
        "no JSON": sends(b"<html>Please log in</html>"),
        "another content type": sends(b"OK", kind="text/plain"),
        "no content": sends({name: value for name, value in body("").items() if name != content}),
    }
    odd = {
        "empty": reply(lambda _: "", body=body),
        "huge": reply(lambda question: HUGE + word_for(question), body=body),
        "another model": reply(word_for, body=body, model="swapped-model"),
    }
    return Spoken(model, reply(word_for, body=body), faults, odd)


def openai_error(status: int, words: str, **headers: str) -> Answer:
    return fails(status, words, headers=headers, code="invalid_request" if status == 400 else None)


KINDS = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}


def anthropic_error(status: int, words: str, **headers: str) -> Answer:
    return objects(status, KINDS.get(status, "api_error"), words, **headers)


OPENAI = spoken("openai/faulty", completion, openai_error, "choices")
ANTHROPIC = spoken("anthropic/faulty", message, anthropic_error, "content")

NAMES = [*OPENAI.faults, *OPENAI.odd, "slow", "overtaken", "good", "good", "good"]
"""Of what a server may do with a request, in either protocol."""

ENDS = ("done", "killed before", "killed after", "interrupted", "terminated", "full disk", "no descriptors")


class JumpingClock(datetime):
    """A machine's clock that is set back and forth all the time."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=random.uniform(-400, 400))


def leave_descriptors(free: int) -> None:
    """Use up all file descriptors of this process but a few."""
    soft = max(int(path.name) for path in Path("/proc/self/fd").iterdir()) + 1 + free
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    taken = []
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    for descriptor in taken[len(taken) - free :]:
        os.close(descriptor)


def ask_all(
    model: str, questions: Path, server: MisbehavingServer, results: Path, *, end: str, at: int, limit: int, wait: float
) -> None:
    """Ask what has no reply yet, as `selfexplain run` does, short of measuring; in a process of its own."""
    retry.FIRST_WAIT_SECONDS = 0.0
    adapter.TIMEOUT_SECONDS = anthropic_adapter.TIMEOUT_SECONDS = wait
    setattr(calls_module, "datetime", JumpingClock)  # noqa: B010 - another module's own name for it
    if end == "full disk":
        resource.setrlimit(resource.RLIMIT_FSIZE, (600 * at, resource.RLIM_INFINITY))
    plan = ask_plan.planned(
        str(questions), model=model, template="answer-confidence", base_url=server.base_url, asks=True
    )
    if end == "no descriptors":
        leave_descriptors(2 * at)
    with asking.asked([plan], limit=limit, concurrency=AT_ONCE, results=results):
        pass


class Faults(RuleBasedStateMachine):
    """One Run, asked many times.

    Nothing here may hang on how fast the machine is: hypothesis runs the same steps again, and a check that fails the
    one time and holds the other is told as `FlakyStrategyDefinition`, which names neither.
    """

    spoken = OPENAI

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.questions, self.results = self.folder / "questions.jsonl", self.folder / "results"
        rows = [{"id": f"q{n}", "question": each, "gold": f"word{n}"} for n, each in enumerate(QUESTIONS)]
        self.questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.stack = contextlib.ExitStack()
        self.server = self.stack.enter_context(running())
        self.child = 0
        self.sent: Counter[str] = Counter()
        """Whole replies to each question, odd ones too."""
        self.may_be_lost = 0
        """Replies in flight when a process ended, all ends together."""

    @initialize()
    def begin(self) -> None:
        self.server.will(self.spoken.good)

    def counted(self, answer: Answer) -> Answer:
        """Return an answer that is a reply, counted when all of it was sent."""

        def count(handler: BaseHTTPRequestHandler) -> None:
            answer(handler)
            with self.server.turn:
                self.sent[question_in(handler)] += 1

        return count

    def kills(self, how: signal.Signals, *, first: Answer | None) -> Answer:
        """Return an answer that ends the process that asks, before or after it has its reply."""

        def kill(handler: BaseHTTPRequestHandler) -> None:
            if first is not None:
                first(handler)
            os.kill(self.child, how)
            handler.close_connection = True

        return kill

    def answers(self, names: list[str], end: str, at: int) -> list[Answer]:
        """Return what the server does with one request after the other: faults, then good replies for ever."""
        every: dict[str, Answer] = {
            **self.spoken.faults,
            **{name: self.counted(odd) for name, odd in self.spoken.odd.items()},
            "slow": self.server.hangs,
            "overtaken": self.server.overtaken(self.counted(self.spoken.good)),
            "good": self.counted(self.spoken.good),
        }
        answers = [every[name] for name in names]
        answers += [self.counted(self.spoken.good)] * (at + 1 - len(answers))
        ends: dict[str, Callable[[Answer], Answer]] = {
            "killed before": lambda _: self.kills(signal.SIGKILL, first=None),
            "killed after": lambda answer: self.kills(signal.SIGKILL, first=answer),
            "interrupted": lambda answer: self.kills(signal.SIGINT, first=answer),
            "terminated": lambda _: self.kills(signal.SIGTERM, first=None),
        }
        if end in ends:
            answers[at] = ends[end](answers[at])
        return [*answers, self.counted(self.spoken.good)]

    @rule(
        names=st.lists(
            st.sampled_from([*OPENAI.faults, *OPENAI.odd, "slow", "overtaken", "good", "good", "good"]), max_size=16
        ),
        end=st.sampled_from(ENDS),
        at=st.integers(0, 8),
        limit=st.sampled_from([6, 12, 18]),
    )
    def ask(self, names: list[str], end: str, at: int, limit: int) -> None:
        """Ask what is missing, with these faults one after the other, and this end at that request."""
        recorded, late = {call.request.item for call in self.replies()}, self.timeouts()
        before = self.sent.copy()
        del self.server.received[:]
        self.server.will(*self.answers(names, end, at))
        ended = in_child(
            lambda: ask_all(
                self.spoken.model,
                self.questions,
                self.server,
                self.results,
                end=end,
                at=at,
                limit=limit,
                wait=IMPATIENT_SECONDS if "slow" in names else PATIENT_SECONDS,
            ),
            self.folder / "log.txt",
            started=lambda child: setattr(self, "child", child),
        )
        asked = {f"q{QUESTIONS.index(question_of(each.body))}" for each in self.server.received}
        got = self.sent - before
        new = [call for call in self.replies() if call.request.item not in recorded]

        assert not asked & recorded, "what has a reply is never asked for again"
        lost = got.total() - len(new)
        late = self.timeouts() - late
        assert lost >= 0
        # A busy machine may bring a reply when nobody waits for it any more: sent, and never received.
        assert lost <= (0 if ended == 0 else AT_ONCE) + late, "every reply received is on disk, but those in flight"
        self.may_be_lost += lost

    def replies(self) -> list[Call]:
        """Return the recorded replies."""
        return [call for call in self.calls() if call.response.outcome != "failed"]

    def timeouts(self) -> int:
        """Return how many tries were given up, since no reply came in time."""
        failures = [call.response.failure for call in self.calls()]
        return sum(failure is not None and failure.kind == "timeout" for failure in failures)

    def calls(self) -> list[Call]:
        """Return all that is recorded; a torn last line is none."""
        return [call for folder in self.results.glob("*/calls") for call in read_calls(folder)]

    @invariant()
    def every_reply_is_there_once_and_belongs_to_its_question(self) -> None:
        replies = self.replies()
        assert len({call.key for call in replies}) == len(replies)
        for call in replies:
            right = word_for(call.request.messages[-1].content)
            assert call.response.text in {"", right, HUGE + right}
        assert all(call.seconds >= 0 for call in self.calls()), "whatever the machine's clock says"

    def teardown(self) -> None:
        """Ask to the end without any fault: each Item is in one state, and no reply was paid for more than needed."""
        try:
            self.server.will(self.counted(self.spoken.good))
            seams = [(retry, "FIRST_WAIT_SECONDS"), (calls_module, "datetime")]
            seams += [(each, "TIMEOUT_SECONDS") for each in (adapter, anthropic_adapter)]
            with pytest.MonkeyPatch.context() as patch:
                for module, name in seams:
                    patch.setattr(module, name, getattr(module, name))  # put back afterwards
                ask_all(
                    self.spoken.model,
                    self.questions,
                    self.server,
                    self.results,
                    end="done",
                    at=0,
                    limit=len(QUESTIONS),
                    wait=PATIENT_SECONDS,
                )
            (path,) = self.results.iterdir()
            records = rereading.records_of(RunFolder(path), Calls(path / "calls"))
            empty = {call.request.item for call in self.replies() if not call.response.text}

            assert [record.item for record in records] == [f"q{n}" for n in range(len(QUESTIONS))]
            assert self.sent.total() - len(QUESTIONS) <= self.may_be_lost
            for record in records:
                assert record.status["stated"] == ("no_answer" if record.item in empty else "ok")
        finally:
            self.stack.close()
            shutil.rmtree(self.folder)


def question_of(body: dict[str, object]) -> str:
    """Return which question a request asks."""
    text = json.dumps(body)
    return next(each for each in QUESTIONS if each in text)


def question_in(handler: BaseHTTPRequestHandler) -> str:
    """Return which question is being answered."""
    return question_of(handler.asked)  # type: ignore[attr-defined]


class AnthropicFaults(Faults):
    """The same in the other protocol."""

    spoken = ANTHROPIC


TestFaults = Faults.TestCase
TestAnthropicFaults = AnthropicFaults.TestCase
TestFaults.settings = TestAnthropicFaults.settings = settings(
    max_examples=int(os.environ.get("FAULTS", "12")),
    stateful_step_count=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
def test_an_outage_stops_the_run_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], protocol: Spoken
) -> None:
    """Five replies, then nothing but 529: ten Items in a row are lost, exit code 2. Later only the others are asked."""
    rows = [{"id": f"q{n}", "question": each, "gold": f"word{n}"} for n, each in enumerate(QUESTIONS)]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(retry, "FIRST_WAIT_SECONDS", 0.0)
    command = ["selfexplain", "run", "questions.jsonl", "-m", protocol.model, "-t", "answer-confidence", "--json"]
    with running() as server:
        monkeypatch.setattr(sys, "argv", [*command, "--base-url", server.base_url, "--concurrency", "2"])
        server.will(*[protocol.good] * 5, protocol.faults["529"])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr().err
        tries = [call for path in tmp_path.glob("results/*/calls") for call in read_calls(path)]
        del server.received[:]
        server.will(protocol.good)
        with pytest.raises(SystemExit) as finished:
            main()

    assert stopped.value.code == 2
    assert f"10 Items in a row got no reply; the last: {protocol.model}: Error code: 529 - Overloaded" in said
    assert "run the same command: every reply is recorded, and only what is missing is asked" in said
    lost = [call for call in tries if call.response.outcome == "failed"]
    assert len(tries) - len(lost) == 5
    assert len({call.key for call in lost}) >= retry.HOPELESS
    assert max(call.attempt for call in lost) == retry.TRIES, "every try is recorded"
    assert finished.value.code == 0
    assert len(server.received) == len(QUESTIONS) - 5


@pytest.mark.parametrize(
    ("make", "good"), [(adapter.OpenAI, OPENAI.good), (anthropic_adapter.Anthropic, ANTHROPIC.good)]
)
@pytest.mark.parametrize("late", [False, True])
async def test_a_reply_that_comes_twice_is_not_taken_for_the_next(
    make: Callable[..., Any], good: Answer, *, late: bool
) -> None:
    """One connection, two questions, and a server that breaks the protocol: each has its own word.

    The second copy comes in one piece with the first, or when the first has been read and nothing is asked yet.
    """
    read, said = threading.Event(), threading.Event()
    with running() as server:
        server.will(twice(good, read, said) if late else twice(good), good)
        model = make("faulty", base_url=server.base_url)
        requests = [Request(f"q{n}", (Message("user", QUESTIONS[n]),), 16) for n in range(2)]
        try:
            replies = [(await model.generate(requests[0])).text]
            read.set()
            assert not late or await asyncio.to_thread(said.wait, 10)
            replies.append((await model.generate(requests[1])).text)
        finally:
            await model.aclose()

    assert replies == [word_for(question) for question in QUESTIONS[:2]]
