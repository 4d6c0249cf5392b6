"""A Run on a real Ray cluster of one machine: equal to a Run of one process, and nothing lost when killed."""

import importlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from counting_server import CountingServer, counting_server
from selfexplain import merge
from selfexplain.records import Request, Response
from selfexplain.runs.calls import read_calls
from test_resume import QUESTIONS, command, finish, questions, recorded, started

__all__ = ["questions"]

pytestmark = pytest.mark.ray

KEY = "sk-very-secret-key"

CLUSTER = """
import ray, sys
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def _ray() -> None:
    """Skip where Ray is not installed, except in continuous integration, where that is a failure."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("ray.data")
    importlib.import_module("ray.data")


@pytest.fixture(scope="module")
def ray_files() -> Iterator[Path]:
    """Where Ray writes; its sockets need a short path."""
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(_ray: None, ray_files: Path) -> Iterator[dict[str, str]]:
    """The environment of commands that ask on a cluster of two workers, which outlives them."""
    quiet = {
        "RAY_TMPDIR": str(ray_files),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "of-this-test" * 4,
        "OPENAI_API_KEY": KEY,
    }
    arguments = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(
        arguments, env=os.environ | quiet, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as cluster:
        assert cluster.stdout is not None
        address = cluster.stdout.readline().decode().strip()
        assert address, "the cluster did not start"
        yield {**quiet, "RAY_ADDRESS": address}
        cluster.communicate()


@pytest.fixture
def on_cluster(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the cluster to commands; without this they start one of their own."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


RAY = ("--engine", "ray", "--workers", "2")


def replies(cwd: Path) -> dict[str, tuple[Request, Response]]:
    """Return the recorded reply to every Request, each there once."""
    calls = [call for folder in cwd.glob("results/*/calls") for call in read_calls(folder)]
    found = {call.key: (call.request, call.response) for call in calls}
    assert len(found) == len(calls)
    return found


def once_two_are_asked(reply_to: Callable[[str], str]) -> Callable[[str], str]:
    """Return `reply_to`, except that the first two wait for each other: of each worker the first one goes alone."""
    two, first = threading.Barrier(2), iter(range(2))

    def reply(question: str) -> str:
        if next(first, None) is not None:
            two.wait(timeout=240)
        return reply_to(question)

    return reply


TEMPLATE = """---
name: {name}
version: 1
elicits: [answer, confidence]
scale: percent
---
## system
{name}
{{% for example in examples %}}{{{{ example.question }}}} {{{{ example.answer }}}}
{{% endfor %}}
## user
{{{{ question }}}}
"""


def two_ways(questions: Path, server: CountingServer, folder: Path) -> list[str]:
    """Return the command that asks in two ways what a Parquet file holds, one row of which is an example."""
    rows = [json.loads(line) for line in questions.read_text().splitlines()]
    shown = {"id": "e", "question": "And of Chile?", "gold": "Santiago", "split": "example"}
    table = folder / "q.parquet"
    parquet.write_table(pa.Table.from_pylist([shown, *({**row, "split": "ask"} for row in rows)]), table)
    first, second = folder / "first.md", folder / "second.md"
    for path in (first, second):
        path.write_text(TEMPLATE.format(name=path.stem))
    return command(table, server, "-t", str(second), template=str(first))


def without_times(found: Any) -> Any:
    """Return what is printed of several ways, without what no two tries agree on."""
    if isinstance(found, dict):
        return {name: without_times(value) for name, value in found.items() if name not in {"seconds", "settings"}}
    return [without_times(each) for each in found] if isinstance(found, list) else found


def test_runs_on_ray_are_the_runs_of_one_process_call_for_call(questions: Path, tmp_path: Path) -> None:
    """On a cluster of its own, both ways in turns: same Requests, replies and numbers; each is asked once."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with counting_server() as server:
        asked = two_ways(questions, server, tmp_path)
        alone = finish(asked, one)
        server.asked.clear()
        setattr(server, "reply_to", once_two_are_asked(server.reply_to))  # noqa: B010 - mypy refuses what is meant
        on_ray = finish([*asked, *RAY], other)

        assert server.asked == dict.fromkeys(QUESTIONS, 2)
    assert replies(other) == replies(one)
    assert all("And of Chile? Santiago" in request.messages[0].content for request, _ in replies(other).values())
    assert [len(list(run.glob("calls/*.jsonl"))) for run in other.glob("results/q__*")] == [2, 2]
    assert without_times(on_ray) == without_times(alone)
    parts = [next(side.glob("results/*first*")) for side in (one, other)]
    both = merge(parts, results=tmp_path / "m")
    assert (both.metrics["n_answers"], both.metrics["usage"]["calls"]) == (len(QUESTIONS), 2 * len(QUESTIONS))


def worker_ids(cwd: Path) -> set[int]:
    """Return the processes that have begun to ask."""
    return {int(claim.read_text().split()[-1]) for claim in cwd.glob("results/*/.engine-*/claims/*")}


@pytest.mark.usefixtures("on_cluster")
def test_a_killed_worker_loses_only_calls_in_flight(questions: Path, tmp_path: Path) -> None:
    """With 5 replies given and 4 requests in flight one of two workers is killed: at most its 2 are asked again."""
    with counting_server(hold_after=5) as server:
        with started(command(questions, server, *RAY), tmp_path) as process:
            assert server.held.wait(timeout=240)
            before = {str(call["key"]) for call in recorded(tmp_path)}
            victim = min(worker_ids(tmp_path))
            os.kill(victim, signal.SIGKILL)
            server.release.set()
            out, told = process.communicate(timeout=240)

        assert process.returncode == 0, told.decode()
        assert json.loads(out)["n_answers"] == len(QUESTIONS)
        assert sorted(server.asked) == sorted(QUESTIONS)
        assert server.asked.total() <= len(QUESTIONS) + 2
        assert max(server.asked.values()) <= 2
        found = replies(tmp_path)
        kept = {found[key][0].messages[-1].content.splitlines()[0] for key in before}
        assert all(server.asked[question] == 1 for question in kept)
    assert len(replies(tmp_path)) == len(QUESTIONS)


def wait_for_the_end_of(processes: Iterable[int]) -> None:
    """Return when none of these processes, which are not ours, is there any more."""
    for process in processes:
        try:
            there = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([there], [], [], 60)
        os.close(there)
        assert ended, f"{process} goes on"


@pytest.mark.usefixtures("on_cluster")
def test_after_a_killed_command_another_number_of_workers_goes_on(questions: Path, tmp_path: Path) -> None:
    """Even kill -9 of the command ends its workers, too; one worker asks the rest, and again what was in flight."""
    with counting_server(hold_after=5) as server:
        with started(command(questions, server, *RAY), tmp_path) as process:
            assert server.held.wait(timeout=240)
            workers = worker_ids(tmp_path)
            process.kill()
            process.communicate(timeout=600)
        wait_for_the_end_of(workers)
        kept, asked = {str(call["key"]) for call in recorded(tmp_path)}, server.asked.total()
        server.release.set()
        result = finish(command(questions, server, "--engine", "ray", "--workers", "1"), tmp_path)

        assert asked <= 5 + 4
        assert result["n_answers"] == len(QUESTIONS)
        assert server.asked.total() <= len(QUESTIONS) + 4
        found = replies(tmp_path)
        again = {question for question, n in server.asked.items() if n > 1}
        assert again.isdisjoint(found[key][0].messages[-1].content.splitlines()[0] for key in kept)
    assert set(found) == {call["key"] for call in recorded(tmp_path)}
    assert not list(tmp_path.glob("results/*/.engine-*"))


@pytest.mark.usefixtures("on_cluster")
def test_all_workers_together_make_no_more_calls_than_they_may(questions: Path, tmp_path: Path) -> None:
    """Two ways, two workers: nine calls are made and recorded, and it is said where it stopped; more goes on."""
    with counting_server() as server:
        asked = two_ways(questions, server, tmp_path)
        stopped = subprocess.run([*asked, *RAY, "--max-calls", "9"], cwd=tmp_path, capture_output=True, check=False)

        assert stopped.returncode == 130, stopped.stderr.decode()
        assert b"9 calls spent of the 9 calls that these 2 Runs may cost" in stopped.stderr
        assert server.asked.total() == len(recorded(tmp_path)) == 9
        finish([*asked, "--max-calls", "24"], tmp_path)

        assert server.asked == dict.fromkeys(QUESTIONS, 2)


@pytest.mark.usefixtures("on_cluster")
def test_an_interrupted_run_goes_on_without_the_engine(questions: Path, tmp_path: Path, ray_files: Path) -> None:
    """Ctrl-C ends all workers; the same command, without --engine, asks what is missing. The key is in no file."""
    with counting_server(hold_after=4) as server:
        with started(command(questions, server, *RAY), tmp_path) as process:
            assert server.held.wait(timeout=240)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=600)
        assert process.returncode == 130, told.decode()
        assert "the same command asks only what is missing" in told.decode()
        kept, asked = len(recorded(tmp_path)), server.asked.total()
        server.release.set()
        result = finish(command(questions, server), tmp_path)

        assert 0 < kept <= 4 + 4
        assert asked <= 4 + 4, "nobody goes on after the end"
        assert result["n_answers"] == len(QUESTIONS)
        assert server.asked.total() <= len(QUESTIONS) + 4
        assert set(replies(tmp_path)) == {call["key"] for call in recorded(tmp_path)}
    written = [path for folder in (tmp_path, ray_files) for path in folder.rglob("*") if path.is_file()]
    assert any(path.is_relative_to(ray_files) for path in written)
    assert not [path for path in written if b"very-secret" in path.read_bytes()]
