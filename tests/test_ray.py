"""A Run on a real Ray cluster of one machine: equal to a Run of one process, and nothing lost when killed."""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from counting_server import counting_server
from selfexplain import merge
from selfexplain.records import Request, Response
from selfexplain.runs.calls import read_calls
from test_resume import QUESTIONS, command, finish, questions, recorded, started, timeless

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


def once_three_are_asked(reply_to: Callable[[str], str]) -> Callable[[str], str]:
    """Return `reply_to`, except that the first three wait for each other: one worker has two in flight at most."""
    three, first = threading.Barrier(3), iter(range(3))

    def reply(question: str) -> str:
        if next(first, None) is not None:
            three.wait(timeout=90)
        return reply_to(question)

    return reply


def test_a_run_on_ray_is_the_run_of_one_process_call_for_call(questions: Path, tmp_path: Path) -> None:
    """On a cluster of its own; same Requests, same replies, same numbers; each question reaches the server once."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with counting_server() as server:
        alone = finish(command(questions, server), one)
        server.asked.clear()
        setattr(server, "reply_to", once_three_are_asked(server.reply_to))  # noqa: B010 - mypy refuses what is meant
        on_ray = finish(command(questions, server, *RAY), other)

        assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert replies(other) == replies(one)
    assert len(list(other.glob("results/*/calls/*.jsonl"))) == 2
    same = {"settings": alone["settings"]}  # when it was made
    assert timeless({**on_ray, **same}) == timeless(alone)
    assert json.loads(next(other.glob("results/*/metrics.json")).read_bytes()) == on_ray
    both = merge([next(one.glob("results/*")), next(other.glob("results/*"))], results=tmp_path / "m")
    assert (both.metrics["n_answers"], both.metrics["usage"]["calls"]) == (len(QUESTIONS), 2 * len(QUESTIONS))


def worker_ids(cwd: Path) -> set[int]:
    """Return the processes that have begun to ask."""
    return {int(claim.read_text().split()[-1]) for claim in cwd.glob("results/*/.engine-*/claims/*")}


@pytest.mark.usefixtures("on_cluster")
def test_a_killed_worker_loses_only_calls_in_flight(questions: Path, tmp_path: Path) -> None:
    """With 5 replies given and 4 requests in flight one of two workers is killed: at most its 2 are asked again."""
    with counting_server(hold_after=5) as server:
        with started(command(questions, server, *RAY), tmp_path) as process:
            assert server.held.wait(timeout=90)
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


@pytest.mark.usefixtures("on_cluster")
def test_an_interrupted_run_goes_on_without_the_engine(questions: Path, tmp_path: Path, ray_files: Path) -> None:
    """Ctrl-C ends all workers; the same command, without --engine, asks what is missing. The key is in no file."""
    with counting_server(hold_after=4) as server:
        with started(command(questions, server, *RAY), tmp_path) as process:
            assert server.held.wait(timeout=90)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=120)
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
