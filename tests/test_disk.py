"""Faults of the disk, as an operator meets them: told in words, nothing received is lost, the same command goes on."""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from counting_server import CountingServer, counting_server

QUESTIONS = [f"Question number {number}?" for number in range(8)]

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


@pytest.fixture(autouse=True)
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = [{"id": f"q{n}", "question": question, "gold": "Lima"} for n, question in enumerate(QUESTIONS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with counting_server() as running:
        yield running


def bound_by_permissions() -> None:
    """Give up what root may do against a file's permissions; for anybody else there is nothing to give up."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError("this system lets root write everywhere")


def file_size(limit: int) -> Callable[[], None]:
    """Return what makes every file end at so many bytes, as a full disk would."""

    def set_limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit


def open_files(limit: int) -> Callable[[], None]:
    """Return what lets a process open only so many files at once."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def selfexplain(
    *arguments: str | Path, cwd: Path, before: Callable[[], None] = bound_by_permissions
) -> subprocess.CompletedProcess[str]:
    """Run the real command line after `before`, as it runs for people."""
    return subprocess.run(
        [sys.executable, "-m", "selfexplain", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"OPENAI_API_KEY": "none", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        preexec_fn=before,
    )


def asking(server: CountingServer, *, results: str | Path = "results") -> list[str]:
    """Return the command that asks the questions, one at a time."""
    return [
        *("run", "questions.jsonl", "-m", "openai/counted", "--base-url", server.base_url, "-t", "answer-confidence"),
        *("--concurrency", "1", "--results", str(results), "--json"),
    ]


def finished(server: CountingServer, cwd: Path, *, results: str | Path = "results") -> Path:
    """Ask all questions and return the Run's folder."""
    done = selfexplain(*asking(server, results=results), cwd=cwd)
    assert done.returncode == 0, done.stderr
    (path,) = (cwd / results).iterdir()
    return path


def assert_told(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Fail unless a command ended as misuse or fault does: where, what and a remedy, no Python."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "hint: " in done.stderr
    for each in words:
        assert each in done.stderr


@contextlib.contextmanager
def mode(path: Path, permissions: int) -> Iterator[None]:
    """Change a path's permissions for a while."""
    before = path.stat().st_mode
    path.chmod(permissions)
    try:
        yield
    finally:
        path.chmod(before)


def test_a_disk_that_fills_up_loses_no_reply(server: CountingServer, tmp_path: Path) -> None:
    """The file of calls may hold 4,000 bytes: the replies up to there stay, and only the others are asked again."""
    full = selfexplain(*asking(server), cwd=tmp_path, before=file_size(4_000))
    assert_told(full, "cannot write to results/", "/calls: File too large", "run the same command: it resumes")
    kept = [line for path in tmp_path.glob("results/*/calls/*") for line in path.read_bytes().splitlines()]
    asked = server.asked.total()

    assert 0 < len(kept) < len(QUESTIONS)
    assert asked == len(kept) + 1, "it stops at the first reply that it cannot keep"
    finished(server, tmp_path)
    assert server.asked.total() == asked + len(QUESTIONS) - len(kept)


def test_a_disk_that_is_full_when_the_page_is_written_leaves_the_replies(
    server: CountingServer, tmp_path: Path
) -> None:
    """The page is the largest file: it is missing or old, never half; afterwards nothing is asked again."""
    full = selfexplain(*asking(server), cwd=tmp_path, before=file_size(20_000))
    assert_told(full, "cannot write to results/", "File too large")
    (run,) = (tmp_path / "results").iterdir()

    assert not (run / "report.html").exists()
    assert [path.name for path in run.iterdir() if path.name.startswith(".")] == []
    assert server.asked.total() == len(QUESTIONS)
    finished(server, tmp_path)
    assert (run / "report.html").exists()
    assert server.asked.total() == len(QUESTIONS)


@pytest.mark.parametrize("limit", [0, 1_000])
def test_a_disk_without_room_for_a_run_asks_nothing(server: CountingServer, tmp_path: Path, limit: int) -> None:
    """Neither with an empty folder nor with Items and no manifest is there a Run; the same command makes one."""
    assert_told(selfexplain(*asking(server), cwd=tmp_path, before=file_size(limit)), "File too large")

    assert server.asked.total() == 0
    finished(server, tmp_path)


def a_folder_of_somebody_else(tmp_path: Path) -> Path:
    (tmp_path / "theirs").mkdir(mode=0o555)
    return tmp_path / "theirs"


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "results").write_text("not a folder")
    return tmp_path / "results"


def a_link_to_nowhere(tmp_path: Path) -> Path:
    (tmp_path / "link").symlink_to(tmp_path / "gone" / "away")
    return tmp_path / "link"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_folder_of_somebody_else, "Permission denied"),
        (a_file, "Not a directory"),
        (a_link_to_nowhere, "File exists"),
        (lambda path: path / ("x" * 300), "File name too long"),
        (lambda _: Path("/dev/full"), "Not a directory"),
    ],
    ids=["not ours", "a file", "dangling link", "long name", "device"],
)
def test_results_that_cannot_be_kept_are_told_before_anything_is_asked(
    server: CountingServer, tmp_path: Path, make: Callable[[Path], Path], told: str
) -> None:
    assert_told(selfexplain(*asking(server, results=make(tmp_path)), cwd=tmp_path), "cannot write to ", told)
    assert server.asked.total() == 0


@pytest.mark.parametrize("name", ["with spaces für Zoë 結果 😀", os.fsdecode(b"not \xff UTF-8")])
def test_results_of_any_name_work(server: CountingServer, tmp_path: Path, name: str) -> None:
    """Also one that is no UTF-8: numbers and page are written, and `report` prints the path byte by byte."""
    run = finished(server, tmp_path, results=tmp_path / name)
    again = selfexplain("report", run, cwd=tmp_path)

    assert (again.returncode, again.stdout) == (0, f"{run}/report.html\n")
    assert json.loads((run / "metrics.json").read_text())["n_items"] == len(QUESTIONS)


def test_results_behind_a_link_are_one_run(server: CountingServer, tmp_path: Path) -> None:
    """By either way the same folder is resumed, and a link to the Run itself is evaluated."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    run = finished(server, tmp_path)
    finished(server, tmp_path, results="disk")
    (tmp_path / "latest").symlink_to(run)

    assert server.asked.total() == len(QUESTIONS)
    assert selfexplain("evaluate", "latest", cwd=tmp_path).returncode == 0


def test_a_run_that_may_only_be_read_is_measured(server: CountingServer, tmp_path: Path) -> None:
    """In an archive or a colleague's folder: the numbers, a remark on stderr, no file touched; a page it refuses."""
    run = finished(server, tmp_path)
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in run.iterdir()}
    with mode(run, 0o555), mode(run / "calls", 0o555):
        measured = selfexplain("evaluate", run, "--json", cwd=tmp_path)
        page = selfexplain("report", run, cwd=tmp_path)

    assert measured.returncode == 0, measured.stderr
    assert json.loads(measured.stdout) == json.loads((run / "metrics.json").read_text()) | {"run": str(run)}
    assert measured.stderr == f"{run} cannot be written: its records, numbers and page stay as they are\n"
    assert_told(page, f"cannot write to {run}", "copy the Run to a folder of yours")
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in run.iterdir()} == before


@pytest.mark.parametrize("hidden", ["calls", "calls/0001.jsonl"])
def test_replies_that_cannot_be_read_are_not_asked_for_again(
    server: CountingServer, tmp_path: Path, hidden: str
) -> None:
    """Taken for missing, each of them would be paid for twice."""
    run = finished(server, tmp_path)
    with mode(run / hidden, 0):
        for command in (asking(server), ["evaluate", str(run)]):
            done = selfexplain(*command, cwd=tmp_path)
            assert_told(done, "cannot read ", f"{hidden}: Permission denied", "none is asked for again")

    assert server.asked.total() == len(QUESTIONS)
    finished(server, tmp_path)
    assert server.asked.total() == len(QUESTIONS)


@pytest.mark.parametrize("name", ["manifest.json", "items.jsonl"])
def test_a_run_of_which_a_file_cannot_be_read_is_told(server: CountingServer, tmp_path: Path, name: str) -> None:
    run = finished(server, tmp_path)
    with mode(run / name, 0):
        assert_told(selfexplain("evaluate", run, cwd=tmp_path), str(run), name, "Permission denied")


def test_a_gold_label_changed_by_hand_is_not_measured(server: CountingServer, tmp_path: Path) -> None:
    """Every answer would turn wrong, and the Run would still carry the name of the old question set."""
    run = finished(server, tmp_path)
    items = run / "items.jsonl"
    items.write_text(items.read_text().replace("Lima", "Rome"))

    for command in (["evaluate", str(run)], ["report", str(run)], asking(server)):
        assert_told(selfexplain(*command, cwd=tmp_path), "items.jsonl was changed", "which makes another Run")
    (run / "manifest.json").unlink()
    finished(server, tmp_path)
    assert server.asked.total() == len(QUESTIONS), "the remedy costs no reply"


def test_garbage_among_the_calls_is_named_and_moving_it_away_asks_that_item_again(
    server: CountingServer, tmp_path: Path
) -> None:
    run = finished(server, tmp_path)
    calls = run / "calls" / "0001.jsonl"
    lines = calls.read_bytes().splitlines(keepends=True)
    calls.write_bytes(b"".join([*lines[:3], b"\x00\xffgarbage\n", *lines[4:]]))
    assert_told(
        selfexplain(*asking(server), cwd=tmp_path), f"{calls.relative_to(tmp_path)}, line 4: not a recorded call"
    )

    calls.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    finished(server, tmp_path)
    assert server.asked.total() == len(QUESTIONS) + 1


def test_a_process_without_free_file_handles_ends_in_words(server: CountingServer, tmp_path: Path) -> None:
    """Whatever it comes to first: the Run can be taken up again. (With fewer handles Python itself complains)."""
    done = selfexplain(*asking(server), cwd=tmp_path, before=open_files(10))

    if done.returncode:
        assert_told(done, "Too many open files")
    finished(server, tmp_path)


def test_a_run_deleted_meanwhile_stops_asking(tmp_path: Path) -> None:
    """What came back after that has no place: it is told at the next reply, not after the last."""
    with counting_server(hold_after=2) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "selfexplain", *asking(server)],
            cwd=tmp_path,
            env=os.environ | {"OPENAI_API_KEY": "none"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert server.held.wait(timeout=600)
            (run,) = (tmp_path / "results").iterdir()
            run.rename(tmp_path / "moved")
            for path in (tmp_path / "moved" / "calls").iterdir():
                path.unlink()
            server.release.set()
            out, told = process.communicate(timeout=600)

        assert (process.returncode, out) == (2, "")
        assert "0001.jsonl was deleted while the Run went on" in told
        assert "Traceback" not in told
        assert server.asked.total() == 3
