"""Folders of one Run are put together, however its calls lie in them, and nothing is lost, doubled or made up."""

import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import asking, choosing, measuring
from selfexplain.errors import InputError
from selfexplain.records import Call, Dataset, Item, Openness, Response, Transparency, encode
from selfexplain.runs import merge as merge_module
from selfexplain.runs.calls import Calls, read_calls
from selfexplain.runs.folder import RunFolder
from selfexplain.runs.manifest import Manifest
from selfexplain.runs.merge import UNFINISHED, merge_runs, united

REPLIES = {
    "a": "Answer: Lima\nConfidence: 90",
    "b": "Answer: Lima\nConfidence: 60",
    "c": "Answer: Lima or Quito\nConfidence: 90",
    "d": "I would rather not say.",
    "e": "Answer: Lima\nConfidence: high",
}
DATASET = Dataset("capitals", "1", tuple(Item(name, f"Capital of {name}?", ("Lima",)) for name in "abcdef"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A Run that one machine made: five Items replied, twice each, and one failed."""
    folder = tmp_path_factory.mktemp("whole")
    script = folder / "script.jsonl"
    script.write_bytes(b"".join(encode({"item": item, "reply": text}) + b"\n" for item, text in REPLIES.items()))
    found = asking.run(DATASET, model=f"scripted/{script}", template="answer-confidence", repeats=2, results=folder)
    assert found.folder is not None
    return RunFolder(found.folder)


def lines_of(run: RunFolder) -> list[bytes]:
    return [encode(call) + b"\n" for call in read_calls(run.path / "calls")]


def part(run: RunFolder, results: Path, files: Sequence[Sequence[bytes]]) -> Path:
    """Return a folder of the same Run in which these lines were recorded, file by file."""
    path = results / run.path.name
    shutil.copytree(run.path, path, ignore=shutil.ignore_patterns("calls", "*.html", "metrics.json", "records.jsonl"))
    (path / "calls").mkdir()
    for number, lines in enumerate(files, 1):
        (path / "calls" / f"{number:04}.jsonl").write_bytes(b"".join(lines))
    return path


def shown(path: Path) -> tuple[list[Any], dict[str, Any]]:
    """Return the Records and the numbers of a Run, without where it lies."""
    found = measuring.evaluated(RunFolder(path), choosing.chosen_metrics("headline"), write=False)
    return list(found.records), {**found.metrics, "run": None}


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_however_calls_lie_in_folders_merging_makes_the_run_of_one_machine(
    whole: RunFolder, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Each call is in one to three of three folders, in one of two files; any order and any grouping of the folders."""
    there = st.sets(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=3)
    lines = lines_of(whole)
    places = data.draw(st.lists(there, min_size=len(lines), max_size=len(lines)))
    here = tmp_path_factory.mktemp("parts")
    files = {
        place: [line for line, where in zip(lines, places, strict=True) if place in where]
        for place in itertools.product(range(3), range(2))
    }
    parts = [part(whole, here / str(number), [files[number, 0], files[number, 1]]) for number in range(3)]
    one, two, three = data.draw(st.permutations(parts))
    if data.draw(st.booleans(), label="first two first"):
        merged = merge_runs([merge_runs([one, two], here / "x").path, three], here / "y").path
    else:
        merged = merge_runs([one, merge_runs([two, three], here / "x").path], here / "y").path

    assert shown(merged) == shown(whole.path)
    assert merge_runs([merged, one], here / "y").added == 0


def test_files_of_calls_are_copied_as_they_are_and_the_sources_stay(whole: RunFolder, tmp_path: Path) -> None:
    """Even a last line that a crash tore."""
    first, *rest = lines_of(whole)
    parts = [part(whole, tmp_path / "1", [[first, rest[0][:20]]]), part(whole, tmp_path / "2", [rest])]
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    merged = merge_runs(parts, tmp_path / "merged").path

    assert sorted(path.read_bytes() for path in (merged / "calls").iterdir()) == sorted(
        path.read_bytes() for one in parts for path in (one / "calls").iterdir()
    )
    assert {path: path.read_bytes() for path in before} == before
    assert not (tmp_path / "merged" / UNFINISHED).exists()


def replied(call: Call, text: str, started: str) -> bytes:
    return encode(msgspec.structs.replace(call, response=Response("completed", text), started=started)) + b"\n"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_replies_the_first_by_time_counts_and_it_is_said(
    whole: RunFolder, tmp_path: Path, order: tuple[int, int]
) -> None:
    """Two machines asked the same: whichever file comes first, noon counts before one; both calls cost."""
    call = next(read_calls(whole.path / "calls"))
    noon = replied(call, "Answer: Lima\nConfidence: 80", "2026-11-24T12:00:00.000+00:00")
    one = replied(call, "Answer: Cuzco\nConfidence: 20", "2026-11-24T13:00:00.000+00:00")
    files = [[noon, one][place] for place in order]
    merged = merge_runs([part(whole, tmp_path / str(n), [[line]]) for n, line in enumerate(files)], tmp_path / "m").path
    by_hand = part(whole, tmp_path / "by_hand", [[files[0]], [files[1]], [files[0], files[1]]])  # with `cp`, and twice

    for path in (merged, by_hand):
        (record,), metrics = shown(path)
        assert record.report.confidence["stated"].value == 0.8
        assert any("1 Requests have more than one reply" in warning for warning in metrics["warnings"])
        assert metrics["usage"]["calls"] == 2


def test_a_call_that_stands_in_two_files_is_one_call(whole: RunFolder, tmp_path: Path) -> None:
    """A file that was copied while its Run still went on, and again when it was done."""
    lines = lines_of(whole)
    twice = part(whole, tmp_path, [lines[:4], lines])

    assert shown(twice) == shown(whole.path)
    assert not Calls(twice / "calls").twice


def changed(path: Path, **fields: Any) -> Path:
    """Return a Run whose manifest states another RunSpec."""
    manifest = RunFolder(path).manifest
    spec = msgspec.structs.replace(manifest.spec, **fields)
    (path / "manifest.json").write_bytes(encode(msgspec.structs.replace(manifest, spec=spec)))
    return path


def test_parts_of_different_runs_are_refused_with_everything_that_differs(whole: RunFolder, tmp_path: Path) -> None:
    """And nothing is written."""
    one = part(whole, tmp_path / "1", [])
    other = changed(
        part(whole, tmp_path / "2", []), temperature=0.5, model_identity={"base_url": "http://node2/v1"}, seed=1
    )
    with pytest.raises(InputError) as caught:
        merge_runs([one, other], tmp_path / "merged")

    assert f"{one} and {other} are not parts of one Run" in caught.value.message
    assert '`model_identity` ({"script_sha256":' in caught.value.message
    assert "`temperature` (0.0 and 0.5)" in caught.value.message
    assert "`seed`" not in caught.value.message
    assert not (tmp_path / "merged").exists()


def test_a_question_that_was_changed_in_one_part_is_refused(whole: RunFolder, tmp_path: Path) -> None:
    """Replies would be joined to another question than they were given to."""
    other = part(whole, tmp_path / "2", [])
    items = (other / "items.jsonl").read_text().replace("Capital of b?", "Capital of B?")
    (other / "items.jsonl").write_text(items)

    with pytest.raises(InputError, match=r"items\.jsonl was changed"):
        merge_runs([part(whole, tmp_path / "1", []), other], tmp_path / "merged")


class CrashError(Exception):
    """The machine goes down here."""


def crashing(after: int) -> Callable[[Path, Path], None]:
    """Return a `copied` that copies so many files and then no more."""
    left = itertools.count(after, -1)

    def copy(source: Path, target: Path) -> None:
        if next(left) == 0:
            raise CrashError
        shutil.copyfile(source, target)

    return copy


def crashes(merge: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Yield after each merge that crashed, one file later each time, until one comes to its end."""
    for after in itertools.count():
        with monkeypatch.context() as patch:
            patch.setattr(merge_module, "copied", crashing(after))
            try:
                merge()
            except CrashError:
                yield after
                continue
        return


def test_a_crash_leaves_no_run_or_a_whole_one(
    whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new Run appears at once; one that is there is a Run at each moment, and keeps what it had."""
    lines = lines_of(whole)
    parts = [part(whole, tmp_path / str(number), [lines[number::3]]) for number in range(3)]
    target = tmp_path / "new"
    stages = [(target / whole.path.name).exists() for _ in crashes(lambda: merge_runs(parts, target), monkeypatch)]
    assert len(stages) == 4  # items.jsonl and three files of calls
    assert not any(stages)
    assert shown(target / whole.path.name) == shown(whole.path)

    there = part(whole, tmp_path / "there", [lines[0::3]])
    known = len(lines[0::3])
    for _ in crashes(lambda: merge_runs(parts, tmp_path / "there"), monkeypatch):
        assert len(set(read_calls(RunFolder(there).path / "calls"))) >= known
    assert shown(there) == shown(whole.path)


def test_a_run_that_is_worked_on_is_not_merged_into(whole: RunFolder, tmp_path: Path) -> None:
    """Its process would not see what is added, and ask it."""
    there, more = part(whole, tmp_path / "1", []), part(whole, tmp_path / "2", [lines_of(whole)])

    with RunFolder(there).locked(), pytest.raises(InputError, match="another process is working on"):
        merge_runs([more], tmp_path / "1")


def manifests(whole: RunFolder) -> st.SearchStrategy[Manifest]:
    seen = st.builds(Openness, st.sampled_from(["open", "closed", "unknown"]), st.sampled_from(["a", "b"]))
    versions = st.dictionaries(st.sampled_from(["openai", "python"]), st.sampled_from(["1", "2", "3"]))
    return st.builds(
        msgspec.structs.replace,
        st.just(whole.manifest),
        created=st.sampled_from(["2026-11-24T12:00:00+00:00", "2026-11-25T12:00:00+00:00"]),
        versions=versions,
        transparency=st.builds(Transparency, seen, seen),
    )


@given(data=st.data())
def test_what_manifests_say_is_united_in_any_order(whole: RunFolder, data: st.DataObject) -> None:
    """No version is lost, and neither order nor grouping shows."""
    one, two, three = (data.draw(manifests(whole)) for _ in range(3))
    all_at_once = united([one, two, three])

    assert all_at_once == united([united([three, one]), two]) == united([two, united([one, three])])
    for each in (one, two, three):
        for name, version in each.versions.items():
            assert version in all_at_once.versions[name].split(" | ")
        assert all_at_once.created <= each.created


def test_what_differs_between_the_parts_is_said(whole: RunFolder, tmp_path: Path) -> None:
    """Another version of the client, another name of the model, a parameter that one server did not take."""
    call = next(read_calls(whole.path / "calls"))
    response = msgspec.structs.replace(call.response, model="m-2", dropped=("seed",))
    other = part(whole, tmp_path / "2", [[encode(msgspec.structs.replace(call, response=response)) + b"\n"]])
    manifest = RunFolder(other).manifest
    newer = msgspec.structs.replace(manifest, versions={**manifest.versions, "openai": "99.0"})
    (other / "manifest.json").write_bytes(encode(newer))
    remarks = merge_runs([part(whole, tmp_path / "1", [lines_of(whole)]), other], tmp_path / "merged").remarks

    assert [remark.partition(":")[0] for remark in remarks] == [
        f"the parts were asked with openai {manifest.versions['openai']} and 99.0",
        "the server calls the model by different names",
        "the provider did not take the same parameters everywhere; not taken somewhere",
    ]
