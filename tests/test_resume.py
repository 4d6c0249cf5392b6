"""Nothing is lost and nothing is asked twice, whatever kills the process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from counting_server import CountingServer, counting_server

QUESTIONS = [f"Question number {number}?" for number in range(12)]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = [{"id": f"q{n}", "question": question, "gold": "Lima"} for n, question in enumerate(QUESTIONS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def command(questions: Path, server: CountingServer, *options: str, template: str = "answer-confidence") -> list[str]:
    """Return the command that asks the questions."""
    base = [sys.executable, "-m", "selfexplain", "run", str(questions), "-m", "openai/counted"]
    return [*base, "--base-url", server.base_url, "-t", template, "--concurrency", "2", "--json", *options]


@contextmanager
def started(arguments: list[str], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in the background, and make sure that it ends."""
    environment = os.environ | {"OPENAI_API_KEY": "sk-very-secret-key"}
    process = subprocess.Popen(
        arguments, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(arguments: list[str], cwd: Path) -> dict[str, object]:
    """Run a command to its end and return the object it prints."""
    environment = os.environ | {"OPENAI_API_KEY": "sk-very-secret-key"}
    done = subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    result: dict[str, object] = json.loads(done.stdout)
    return result


def timeless(metrics: dict[str, object]) -> dict[str, object]:
    """Return the metrics object without how long the requests took, which no two tries agree on."""
    usage = metrics["usage"]
    assert isinstance(usage, dict)
    return metrics | {"usage": usage | {"seconds": None}}


def recorded(cwd: Path) -> list[dict[str, object]]:
    """Return every whole line of every file of calls."""
    lines = [
        line for path in cwd.glob("results/*/calls/*.jsonl") for line in path.read_bytes().splitlines(keepends=True)
    ]
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_a_killed_run_asks_only_what_is_missing(questions: Path, tmp_path: Path, how: signal.Signals) -> None:
    """Killed with 5 replies given and 2 requests in flight: those 2 may be asked again, nothing else is."""
    with counting_server(hold_after=5) as server:
        with started(command(questions, server), tmp_path) as process:
            assert server.held.wait(timeout=600)
            process.send_signal(how)
            process.wait(timeout=600)
        kept = len(recorded(tmp_path))
        server.release.set()
        result = finish(command(questions, server), tmp_path)

        assert 4 <= kept <= 5, "each reply is on disk before the next request of its worker"
        assert result["n_items"] == len(QUESTIONS)
        assert sorted(server.asked) == sorted(QUESTIONS)
        assert max(server.asked.values()) <= 2
        assert server.asked.total() <= len(QUESTIONS) + len(QUESTIONS[:3]), "at most what was in flight is asked again"
        replies = [call["key"] for call in recorded(tmp_path)]
        assert len(replies) == len(set(replies)) == len(QUESTIONS)


@pytest.mark.parametrize(
    ("how", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_a_stopped_run_says_how_to_go_on_and_exits_with_its_own_code(
    questions: Path, tmp_path: Path, how: signal.Signals, code: int, word: str
) -> None:
    """Ctrl-C and `kill` are no failures: one sentence that says what to do, and no traceback."""
    with counting_server(hold_after=1) as server, started(command(questions, server), tmp_path) as process:
        assert server.held.wait(timeout=600)
        process.send_signal(how)
        _, told = process.communicate(timeout=600)

        assert process.returncode == code
        assert f"{word}. Every reply so far is recorded: the same command asks only what is missing" in told.decode()
        assert "Traceback" not in told.decode()


def test_what_runs_in_the_background_can_be_terminated_too(questions: Path, tmp_path: Path) -> None:
    """A shell starts it deaf to Ctrl-C."""
    deaf = "import signal, os, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    with counting_server(hold_after=1) as server:
        arguments = [sys.executable, "-c", deaf, *command(questions, server)]
        with started(arguments, tmp_path) as process:
            assert server.held.wait(timeout=600)
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=600)

        assert process.returncode == 143
        assert "the same command asks only what is missing" in told.decode()
        assert "Traceback" not in told.decode()


def test_a_finished_run_asks_nothing_again(questions: Path, tmp_path: Path) -> None:
    """The all-recorded path: the same object, and not one request more."""
    with counting_server() as server:
        first = finish(command(questions, server), tmp_path)
        asked = server.asked.total()
        again = finish(command(questions, server), tmp_path)

        assert asked == len(QUESTIONS)
        assert server.asked.total() == asked
        assert again == first


def test_a_torn_last_line_costs_one_call(questions: Path, tmp_path: Path) -> None:
    """A line cut by a crash counts as in flight: its question is asked again, and only that one."""
    with counting_server() as server:
        first = finish(command(questions, server), tmp_path)
        (calls,) = tmp_path.glob("results/*/calls/*.jsonl")
        whole = calls.read_bytes()
        calls.write_bytes(whole[:-40])
        again = finish(command(questions, server), tmp_path)

        assert server.asked.total() == len(QUESTIONS) + 1
        assert timeless(again) == timeless(first)


def test_a_limited_run_goes_on_without_the_limit(questions: Path, tmp_path: Path) -> None:
    """`--limit 3` and then no limit is one Run: nine more questions are asked."""
    with counting_server() as server:
        part = finish(command(questions, server, "--limit", "3"), tmp_path)
        whole = finish(command(questions, server), tmp_path)

        assert (part["n_items"], whole["n_items"]) == (3, len(QUESTIONS))
        assert part["run"] == whole["run"]
        assert set(server.asked.values()) == {1}


def test_two_processes_on_one_run_are_refused(questions: Path, tmp_path: Path) -> None:
    """The second process stops before it asks anything, and says why."""
    with counting_server(hold_after=1) as server, started(command(questions, server), tmp_path):
        assert server.held.wait(timeout=600)
        before = server.asked.total()
        second = subprocess.run(command(questions, server), cwd=tmp_path, capture_output=True, check=False)

        assert second.returncode == 2
        assert b"another process is working on" in second.stderr
        assert server.asked.total() - before <= 1, "only the first process goes on asking"


def test_the_key_reaches_the_server_and_nothing_else(questions: Path, tmp_path: Path) -> None:
    """The key is in the request's header; it is in no file of the Run and in no output."""
    with counting_server() as server:
        with started(command(questions, server), tmp_path) as process:
            out, told = process.communicate(timeout=600)
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]

        assert {headers["authorization"] for headers in server.headers} == {"Bearer sk-very-secret-key"}
        assert len(written) >= 6
        assert not any(b"very-secret" in content for content in (out, told, *written))


NOTEBOOK = """
import asyncio, sys
import selfexplain

async def cell():
    selfexplain.run(sys.argv[1], model="openai/counted", base_url=sys.argv[2], concurrency=2)

asyncio.new_event_loop().run_until_complete(cell())  # as a notebook's kernel does
"""


def test_an_interrupt_in_a_notebook_stops_the_asking(questions: Path, tmp_path: Path) -> None:
    """The requests run in another thread there, and stop too: at most those in flight come after the interrupt."""
    arguments = [sys.executable, "-c", NOTEBOOK, str(questions), ""]
    with counting_server(hold_after=3) as server:
        arguments[-1] = server.base_url
        with started(arguments, tmp_path) as process:
            assert server.held.wait(timeout=600)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=600)

        assert server.asked.total() <= 3 + 2 + 1


def test_a_run_killed_between_two_turns_does_not_ask_the_first_again(questions: Path, tmp_path: Path) -> None:
    """One Item at a time, killed while its second turn is under way: only that turn and what never began is asked."""
    opening, later = QUESTIONS[0], "How sure are you?"
    front = "name: two\nversion: 1\nelicits: [[answer], [confidence]]\n"
    (tmp_path / "two.md").write_text(f"---\n{front}---\n## user\n{{{{ question }}}}\n## user\n{later}\n")
    alone = ["--concurrency", "1", "--limit", "2"]
    with counting_server(hold_after=1) as server:
        with started(command(questions, server, *alone, template="two.md"), tmp_path) as process:
            assert server.held.wait(timeout=600)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=600)
        assert len(recorded(tmp_path)) == 1
        server.release.set()
        metrics = finish(command(questions, server, *alone, template="two.md"), tmp_path)

        assert metrics["n_answers"] == 2
        assert {question: n for question, n in server.asked.items() if question != later} == {
            opening: 1,
            QUESTIONS[1]: 1,
        }
        assert len(recorded(tmp_path)) == 4
