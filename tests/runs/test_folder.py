"""A Run's folder: its name, who may use it, and what a fault leaves behind."""

import errno
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import selfexplain
from selfexplain.errors import InputError
from selfexplain.records import Dataset, Item
from selfexplain.runs.folder import RunFolder, versions, write_atomically
from selfexplain.runs.manifest import Filled, RunSpec, slug

DATASET = Dataset("sums", "1", (Item("q1", "2 + 2?", ("4",)), Item("q2", "Café?\u2028\x85", ("☕",))))
SPEC = RunSpec(
    dataset="sums",
    dataset_version="1",
    dataset_hash=DATASET.content_hash,
    model="openai/gpt-x:latest",
    model_identity={"base_url": "http://127.0.0.1:8080/v1/"},
    template="few-shot@1",
    template_hash="a" * 64,
    temperature=0.0,
    seed=1,
)


def created(results: Path) -> RunFolder:
    return RunFolder.create(results, SPEC, DATASET, "the template's text")


def test_a_run_is_named_for_ever() -> None:
    """Another hash here means that the same command no longer finds yesterday's Run."""
    assert SPEC.hash == "185877072ca5"
    assert SPEC.folder_name == f"sums__openai-gpt-x-latest__few-shot-1__{SPEC.hash}"


def test_every_field_of_a_spec_is_in_its_hash() -> None:
    """Another temperature, address or template text is another Run."""
    others: dict[str, Any] = {
        "dataset": "other",
        "dataset_version": "2",
        "dataset_hash": "b",
        "model": "m",
        "model_identity": {},
        "template": "t@2",
        "template_hash": "b",
        "temperature": None,
        "seed": None,
        "roles": {"entailment": Filled("m", {})},
        "effort": "low",
        "again": 1,
        "judge": "judge@1",
        "judge_hash": "b",
    }

    assert others.keys() == set(RunSpec.__struct_fields__)
    hashes = {msgspec.structs.replace(SPEC, **{name: value}).hash for name, value in others.items()}
    assert len(hashes | {SPEC.hash}) == len(others) + 1


def test_the_order_of_an_identity_is_no_part_of_it() -> None:
    """The same address and file, named the other way round."""
    there, back = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})

    assert (
        msgspec.structs.replace(SPEC, model_identity=there).hash
        == msgspec.structs.replace(SPEC, model_identity=back).hash
    )


@given(name=st.text())
def test_any_name_makes_a_safe_part_of_a_folder(name: str) -> None:
    """Letters, digits, dots and dashes; not hidden, not a way up, never empty, never too long."""
    part = slug(name)

    assert part.isascii()
    assert part.replace("-", "").replace(".", "").isalnum()
    assert 1 <= len(part) <= 60
    assert not part.startswith((".", "-"))


def test_a_folder_name_fits_every_file_system() -> None:
    """Three parts of 60, the hash, the seams: below 255."""
    long = msgspec.structs.replace(SPEC, dataset="d" * 300, model="m/" * 300, template="t" * 300)

    assert len(long.folder_name) <= 200


def test_a_run_is_created_once_and_opened_after(tmp_path: Path) -> None:
    """The second time nothing is written; both times the same Items come back."""
    first = created(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in first.path.iterdir()}
    second = created(tmp_path)

    assert first.items == second.items == RunFolder(first.path).items == DATASET.items
    assert second.manifest == first.manifest
    assert second.manifest.template_text == "the template's text"
    assert {path: path.stat().st_mtime_ns for path in first.path.iterdir()} == times
    assert times.keys() == {first.path / "manifest.json", first.path / "items.jsonl"}


def test_a_manifest_says_its_schema_and_the_whole_spec(tmp_path: Path) -> None:
    """Written out, also where it is the default: the default of a later version is another."""
    manifest = msgspec.json.decode((created(tmp_path).path / "manifest.json").read_bytes())

    assert manifest["schema_version"] == 1
    assert manifest["spec"]["temperature"] == 0.0
    assert manifest["spec"]["seed"] == 1
    assert manifest["versions"].keys() >= {"python", "platform", "selfexplain", "openai"}


def test_a_source_tree_that_is_not_installed_knows_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an installed one does; of what is not there, nothing is said."""

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    assert versions()["selfexplain"] == selfexplain.__version__
    assert versions().keys() == {"python", "platform", "selfexplain"}


def test_a_folder_without_a_manifest_is_not_yet_a_run(tmp_path: Path) -> None:
    """A process that died before the manifest leaves Items alone; the next one begins again."""
    path = tmp_path / SPEC.folder_name
    path.mkdir()
    (path / "items.jsonl").write_text("half a li")

    with pytest.raises(InputError, match=r"no readable manifest\.json \(No such file .*\)\nhint: name a folder under"):
        RunFolder(path)
    assert created(tmp_path).items == DATASET.items


@pytest.mark.parametrize("rest", ["", ', "spec": 7, "something": "new"'])
def test_a_manifest_of_a_newer_schema_is_refused(tmp_path: Path, rest: str) -> None:
    """By its number, whatever else has changed in it."""
    (tmp_path / "manifest.json").write_text(f'{{"schema_version": 2{rest}}}')

    with pytest.raises(InputError) as caught:
        RunFolder(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} was written with schema 2; this selfexplain reads up to 1\nhint: upgrade selfexplain"
    )


DAMAGE = {
    "empty": b"",
    "cut off": b'{"spec": {"dataset": "su',
    "another program's": b'{"manifest_version": 3, "name": "My extension"}',
    "a list": b"[]",
    "not UTF-8": b'{"template_text": "\xff"}',
    "deep": b'{"spec": ' + b"[" * 200_000,
}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_manifest_is_named_and_its_remedy_works(tmp_path: Path, content: bytes) -> None:
    """Deleting it and running the same command again brings back the same Run, with its replies."""
    run = created(tmp_path)
    whole = run.manifest.spec
    (run.path / "calls").mkdir()
    (run.path / "calls" / "0001.jsonl").write_bytes(b"")
    (run.path / "manifest.json").write_bytes(content)

    with pytest.raises(InputError) as caught:
        RunFolder(run.path)
    assert caught.value.message.startswith(f"{run.path / 'manifest.json'} is damaged: ")
    assert caught.value.hint == (
        f"delete {run.path / 'manifest.json'}, and the command that made the Run writes it and the Items again; "
        "recorded replies stay"
    )
    (run.path / "manifest.json").unlink()
    assert created(tmp_path).manifest.spec == whole
    assert (run.path / "calls" / "0001.jsonl").exists()


@pytest.mark.parametrize(
    ("old", "new"), [(b'"4"', b'"5"'), (b"2 + 2?", b"2 + 3?"), (b"\n", b"\n\xff\n"), (b"{", b"")], ids=repr
)
def test_changed_items_are_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    """A gold label corrected by hand would judge answers to a question set that the manifest does not name."""
    path = created(tmp_path).path
    items = (path / "items.jsonl").read_bytes()
    (path / "items.jsonl").write_bytes(items.replace(old, new, 1))

    with pytest.raises(
        InputError, match=r"items\.jsonl was changed: its hash is .*\nhint: correct .* in your own file"
    ):
        RunFolder(path)
    (path / "manifest.json").unlink()
    assert created(tmp_path).items == DATASET.items


def test_a_run_without_items_is_told(tmp_path: Path) -> None:
    """Somebody copied half of it."""
    path = created(tmp_path).path
    (path / "items.jsonl").unlink()

    with pytest.raises(InputError, match=r"not a whole Run: items\.jsonl cannot be read .*\nhint: delete .*manifest"):
        RunFolder(path)


def test_results_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "results").write_text("")

    with pytest.raises(
        InputError, match=r"cannot write to .*: Not a directory\nhint: a file stands where a folder is needed"
    ):
        created(tmp_path / "results")


HOLDER = """
import sys
from pathlib import Path
from selfexplain.runs.folder import RunFolder
with RunFolder(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_on_one_run_are_refused_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    """A second process is told at once; after the first is killed, the Run is free."""
    run = created(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(run.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError) as caught, run.locked():
            pass
        holder.kill()

    assert str(caught.value) == (
        f"another process is working on {run.path}\n"
        "hint: wait for it or stop it; then the same command continues from what it recorded"
    )
    with run.locked():
        pass


def test_a_run_is_held_once_even_in_one_process(tmp_path: Path) -> None:
    """Two notebooks' worth of code in one process would write two files all the same."""
    run = created(tmp_path)

    with run.locked(), pytest.raises(InputError, match="another process"), RunFolder(run.path).locked():
        pass
    with run.locked():
        pass


def test_an_error_inside_lets_go_of_the_run(tmp_path: Path) -> None:
    """The lock ends with the block, however it ends."""
    run = created(tmp_path)
    with pytest.raises(ZeroDivisionError), run.locked():
        raise ZeroDivisionError

    with run.locked():
        pass


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """And nothing is left beside it."""
    path = write_atomically(tmp_path / "metrics.json", b"new")

    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["metrics.json"]


def test_a_written_file_is_readable_by_whom_the_user_allows(tmp_path: Path) -> None:
    """The umask decides, as for any other file; results are for colleagues and for CI to collect."""
    (tmp_path / "plain").write_bytes(b"")
    path = write_atomically(tmp_path / "metrics.json", b"new")

    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("fault", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Readers see the old one, and no half of the new one lies about."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "metrics.json"
    path.write_bytes(b"old")
    monkeypatch.setattr(os if fault == "fsync" else Path, fault, full)
    with pytest.raises(InputError) as caught:
        write_atomically(path, b"new")

    assert str(caught.value) == (
        f"cannot write to {tmp_path}: No space left on device\n"
        "hint: make room or mend the permissions, then run the same command: it resumes"
    )
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["metrics.json"]
