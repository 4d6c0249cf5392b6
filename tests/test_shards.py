"""Several processes ask one Run together: on a common disk, or each on its own and merged."""

import json
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pytest

from counting_server import CountingServer, counting_server
from selfexplain import InputError, dry_run, merge, run
from selfexplain.cli import cli
from selfexplain.datasets.shard import Shard
from selfexplain.runs import calls as calls_module
from selfexplain.runs.folder import RunFolder
from test_resume import QUESTIONS, command, finish, questions, recorded, started, timeless

__all__ = ["questions"]


def options(questions: Path, server: CountingServer, results: Path) -> dict[str, Any]:
    return {
        "dataset": str(questions),
        "model": "openai/counted",
        "base_url": server.base_url,
        "template": "answer-confidence",
        "results": results,
    }


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")


def shard_of(question: str, of: int) -> int:
    return next(n for n in range(1, of + 1) if Shard(n, of).holds(f"q{QUESTIONS.index(question)}"))


def test_shards_on_machines_of_their_own_merge_into_the_run_of_one(questions: Path, tmp_path: Path) -> None:
    """Three machines ask each question once between them; merged, Records and numbers are those of one machine."""
    with counting_server() as server:
        alone = run(**options(questions, server, tmp_path / "alone"))
        server.asked.clear()
        parts = [run(**options(questions, server, tmp_path / f"{i}"), shard=f"{i}/3") for i in (1, 2, 3)]
        said: list[str] = []
        merged = merge([part.folder for part in parts if part.folder], results=tmp_path / "all", say=said.append)

        assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert 0 < parts[0].metrics["n_answers"] < len(QUESTIONS)
    assert merged.records == alone.records
    assert timeless({**merged.metrics, "run": ""}) == timeless(
        {**alone.metrics, "run": "", "settings": merged.metrics["settings"]}
    )
    assert said == [f"Run: {merged.folder} (3 files of calls added)"]


def test_a_missing_shard_is_said(questions: Path, tmp_path: Path) -> None:
    """What the Run holds is measured, and the rest is asked by the command without --shard."""
    with counting_server() as server:
        part = run(**options(questions, server, tmp_path / "1"), shard="1/2")
        n = part.metrics["n_answers"]
        merged = finish_merge([str(part.folder)], tmp_path)
        assert merged["n_answers"] == n
        assert f"{n} of {len(QUESTIONS)} Items have been asked: the Run is not complete" in merged["warnings"]
        finish(command(questions, server), tmp_path)

        assert server.asked == dict.fromkeys(QUESTIONS, 1)


def test_shards_that_overlap_merge_and_it_is_said_what_cost_twice(questions: Path, tmp_path: Path) -> None:
    """One machine asked a half, another a quarter of the same: each answer counts once, each call costs."""
    with counting_server() as server:
        parts = [run(**options(questions, server, tmp_path / part[2]), shard=part) for part in ("1/2", "1/4")]
    both = [question for question in QUESTIONS if shard_of(question, 2) == shard_of(question, 4) == 1]
    asked = sum(shard_of(question, 2) == 1 or shard_of(question, 4) == 1 for question in QUESTIONS)
    merged = [
        merge([part.folder for part in order if part.folder], results=tmp_path / "m") for order in (parts, parts[::-1])
    ]

    assert both
    assert [each.metrics["n_answers"] for each in merged] == [asked, asked]
    assert merged[0].metrics["usage"]["calls"] == merged[1].metrics["usage"]["calls"] == asked + len(both)
    assert any(
        warning.startswith(f"{len(both)} Requests have more than one reply")
        for warning in merged[1].metrics["warnings"]
    )


def test_shards_by_two_versions_of_a_template_are_no_one_run(questions: Path, tmp_path: Path) -> None:
    """A machine with an older checkout asked something else: refused with both versions, and nothing is written."""
    front = "---\nname: mine\nversion: {}\nelicits: [answer, confidence]\nscale: percent\n---\n"
    text = front + "## user\n{}{{{{ question }}}}\n"
    (tmp_path / "old.md").write_text(text.format(1, ""))
    (tmp_path / "new.md").write_text(text.format(2, "Please: "))
    with counting_server() as server:
        asked = options(questions, server, tmp_path)
        parts = [
            run(**{**asked, "template": str(tmp_path / name), "results": tmp_path / name[:3]}, shard=shard)
            for name, shard in (("old.md", "1/2"), ("new.md", "2/2"))
        ]
    with pytest.raises(InputError, match=r"they differ in `template` \(mine@1 and mine@2\)"):
        merge([part.folder for part in parts if part.folder], results=tmp_path / "all")

    assert not (tmp_path / "all").exists()


def finish_merge(parts: list[str], cwd: Path) -> dict[str, Any]:
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "selfexplain", "merge", *parts, "--json"], cwd=cwd, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_processes_on_a_common_disk_ask_each_question_once(questions: Path, tmp_path: Path) -> None:
    """All three are at work at the same time in one folder; whoever ends last has measured everything."""
    with counting_server(hold_after=2) as server, ExitStack() as processes:
        begun = [
            processes.enter_context(started(command(questions, server, "--shard", f"{i}/3"), tmp_path))
            for i in (1, 2, 3)
        ]
        assert server.held.wait(timeout=600)
        server.release.set()
        told = [process.communicate(timeout=600)[1].decode() for process in begun]
        assert [process.returncode for process in begun] == [0, 0, 0], told

        assert server.asked == dict.fromkeys(QUESTIONS, 1)
    (metrics,) = tmp_path.glob("results/*/metrics.json")
    assert json.loads(metrics.read_bytes())["n_answers"] == len(QUESTIONS)
    assert len({call["key"] for call in recorded(tmp_path)}) == len(recorded(tmp_path)) == len(QUESTIONS)
    assert len(list(tmp_path.glob("results/*/calls/*.jsonl"))) == 3


@pytest.fixture
def folder(questions: Path, tmp_path: Path) -> RunFolder:
    with counting_server() as server:
        found = run(**options(questions, server, tmp_path / "results"), limit=1)
    assert found.folder is not None
    return RunFolder(found.folder)


def test_the_same_part_is_never_asked_by_two(folder: RunFolder) -> None:
    """The same shard, one by another count, all of it: each would ask some Items a second time."""
    with folder.sharing(number=1, of=4):
        with folder.sharing(number=2, of=4):
            pass
        with (
            pytest.raises(InputError, match=r"another process is working on shard 1/4 of"),
            folder.sharing(number=1, of=4),
        ):
            pass
        with (
            pytest.raises(InputError, match=r"working on shard 1/4 of .*, which overlaps"),
            folder.sharing(number=2, of=3),
        ):
            pass
        with pytest.raises(InputError, match=r"another process is working on shard 1/4 of"), folder.locked():
            pass
    with folder.locked(), pytest.raises(InputError, match="working on all of"), folder.sharing(number=1, of=4):
        pass
    with folder.sharing(number=2, of=3), folder.sharing(number=3, of=3):  # what is over, is over
        pass
    with folder.locked():
        pass


def test_a_shard_without_items_is_done_at_once(questions: Path, tmp_path: Path) -> None:
    """Of a thousand shards of twelve Items most are empty: no failure, or a job array would stop for it."""
    empty = next(n for n in range(1, 1001) if all(shard_of(question, 1000) != n for question in QUESTIONS))
    with counting_server() as server:
        arguments = [each for each in command(questions, server, "--shard", f"{empty}/1000") if each != "--json"]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)

        assert done.returncode == 0, done.stderr.decode()
        assert b"0 of 12 Items" in done.stderr
        assert b"Nothing to measure yet" in done.stderr
        assert not server.asked


def test_a_dry_run_counts_the_shard_and_a_limit_comes_first(questions: Path, tmp_path: Path) -> None:
    """The shards of the first six Items are six Items together."""
    with counting_server() as server:
        asked = options(questions, server, tmp_path)
        forecasts = [dry_run(**asked, limit=6, shard=f"{i}/2")["calls"] for i in (1, 2)]

    assert forecasts == [sum(shard_of(question, 2) == i for question in QUESTIONS[:6]) for i in (1, 2)]
    assert sum(forecasts) == 6


def test_a_budget_for_a_shard_says_whose_it_is(questions: Path, tmp_path: Path) -> None:
    """Nobody adds up what processes spend that do not see each other."""
    said: list[str] = []
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    with counting_server(usage=usage) as server:
        run(**options(questions, server, tmp_path), shard="1/2", max_tokens=10_000, say=said.append)

    assert "The budget is counted by this process alone: 2 shards may together take 2 times as much" in said


def test_processes_that_begin_in_the_same_moment_get_a_file_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found 0001.jsonl free: the second to make it takes the next one, and loses no call."""
    (tmp_path / "0001.jsonl").write_bytes(b"")
    looked = iter([tmp_path / "0001.jsonl", tmp_path / "0002.jsonl"])
    monkeypatch.setattr(calls_module, "next_writer", lambda _: next(looked))

    with calls_module.opened_writer(tmp_path) as file:
        assert file.name == str(tmp_path / "0002.jsonl")


def test_the_commands_in_the_docs_have_options_that_there_are() -> None:
    """Nobody runs a page's lines for Slurm here, so at least their options are looked up."""
    page = (Path(__file__).parents[1] / "docs" / "scale.md").read_text()
    lines = re.findall(r"selfexplain (run|merge) ([^`#]*?)(?:['#\n]|$)", page)

    assert len(lines) >= 5
    for name, rest in lines:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--?[a-z-]+", f" {rest}")) <= known, (name, rest)
