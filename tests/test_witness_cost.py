"""What looking will cost and may cost: seconds before it begins, requests at once, and the most calls."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.errors import BudgetSpent
from selfexplain.pipeline.time_ahead import seconds_ahead
from selfexplain.providers.function import Function
from selfexplain.runs.evidence_files import Found
from selfexplain.witnesses.witness import Cost


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    found = sx.run("reviews", model="glass/bag-honest", template="top-words", results=results, limit=6)
    assert found.folder is not None
    return found.folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A Run that nobody has looked at."""
    return shutil.copytree(made, tmp_path / made.name)


def line(seconds: float, forward: int, backward: int = 0) -> Found:
    return Found(
        witness="w",
        item="q",
        repeat=0,
        target="margin",
        unit="word",
        baseline="none",
        n_forward=forward,
        n_backward=backward,
        seconds=seconds,
        reply="k",
        inside={},
        settings={},
    )


def test_a_pass_takes_as_long_as_it_took_and_of_a_new_witness_as_long_as_of_all() -> None:
    """Occlusion: 3 s for 10 passes, 0.3 s each. All: 5 s for 20 passes, 0.25 s each."""
    lines = {"occlusion": [line(1.0, 4), line(2.0, 6)], "saliency": [line(2.0, 5, 5)], "attention": []}

    assert seconds_ahead(lines, {"occlusion": Cost(20)}) == pytest.approx(6.0)
    assert seconds_ahead(lines, {"occlusion": Cost(20), "attention": Cost(3, 1)}) == pytest.approx(7.0)
    assert seconds_ahead(lines, {"occlusion": Cost(0)}) == 0.0
    assert seconds_ahead({"occlusion": []}, {"occlusion": Cost(20)}) is None
    assert seconds_ahead({}, {"occlusion": Cost(20)}) is None


def dry(run: Path, *more: str) -> tuple[float | None, str]:
    result = CliRunner().invoke(cli, ["witness", str(run), "-w", "occlusion", "--dry-run", "--json", *more])
    found = json.loads(result.stdout)
    return found["cost"]["seconds"], found["sentence"]


def test_a_dry_run_says_seconds_where_evidence_can_tell(run: Path) -> None:
    """Of nothing, of one of six answers, of all."""
    before = dry(run)
    sx.witness(run, "occlusion", limit=1)
    evidence = json.loads((run / "evidence" / "occlusion.jsonl").read_text(encoding="utf-8"))
    some, sentence = dry(run)
    all_of_one = dry(run, "--limit", "1")

    assert before[0] is None
    assert before[1].endswith("how long that takes is told after the first answer.")
    assert some is not None
    assert some > evidence["seconds"]
    assert sentence.endswith("s for what is left.")
    assert all_of_one[0] == 0.0
    assert all_of_one[1].endswith("nothing is left to look at.")


def n_calls(run: Path) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in (run / "evidence" / "calls").iterdir())


def test_calls_never_exceed_their_most_and_more_of_them_go_on_where_it_stopped(run: Path) -> None:
    with pytest.raises(BudgetSpent, match="3 calls spent of the 3 calls"):
        sx.witness(run, "occlusion-asked", limit=2, max_calls=3)
    assert n_calls(run) == 3
    with pytest.raises(BudgetSpent):
        sx.witness(run, "occlusion-asked", limit=2, max_calls=3)
    assert n_calls(run) == 3

    found = sx.witness(run, "occlusion-asked", limit=2, max_calls=1000)
    assert found.numbers["witnesses"]["occlusion-asked"]["n"] == 2
    assert 3 < n_calls(run) < 1000


@pytest.mark.parametrize("most", [1, 3])
def test_so_many_requests_are_in_flight_at_once(tmp_path: Path, most: int) -> None:
    """Each waits until as many are in flight as may be; there never are more."""
    (tmp_path / "q.csv").write_text("question,gold\nIs a b c d e f good?,yes\n", encoding="utf-8")
    flying, peak, full = 0, 0, asyncio.Event()
    waits = False

    async def answer(_: list[dict[str, str]]) -> str:
        nonlocal flying, peak
        flying += 1
        peak = max(peak, flying)
        if flying == most:
            full.set()
        if waits:
            await full.wait()
            for _turn in range(3):
                await asyncio.sleep(0)  # whoever may come in now, does
        flying -= 1
        return "Answer: yes\nWords: good\nConfidence: 90"

    model = Function(answer, name="counted")
    run = sx.run(str(tmp_path / "q.csv"), model=model, template="top-words", results=tmp_path)
    flying, peak, waits = 0, 0, True
    full.clear()
    sx.witness(run.folder or "", "occlusion-asked", model=model, concurrency=most)

    assert peak == most


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"max_calls": 0}])
def test_none_at_all_is_refused(run: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(sx.InputError, match=r"(is|are) 0"):
        sx.witness(run, "occlusion-asked", **wrong)  # type: ignore[arg-type]
