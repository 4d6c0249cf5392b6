"""One Run out of several folders of it: shards that were asked on machines of their own, or copies.

Files of calls are copied as they are. Which of two replies to one Request counts, and that a call which stands in two
files is one call, is decided by whoever reads them (:class:`selfexplain.runs.calls.Calls`), so that it also holds for
folders that were put together by hand.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import Openness, Transparency, encode
from selfexplain.runs.calls import call_of, next_writer, read_errors
from selfexplain.runs.folder import RunFolder, disk_errors, write_atomically
from selfexplain.runs.locks import alone, lock_at
from selfexplain.runs.manifest import Manifest, RunSpec

UNFINISHED = ".merging"
"""Folder beside the Runs in which a new one is put together; what a crash left there is replaced by the next merge."""

BETWEEN = " | "
"""Between two values of a fact that differs."""


class Merged(NamedTuple):
    """Where the Run lies, and what its reader must know of how it was put together."""

    path: Path
    added: int
    """Files of calls that were not there before."""
    remarks: tuple[str, ...]


class CallsFile(NamedTuple):
    """A file of calls: what makes it the same as another, when it was begun, and what was really sent and answered."""

    path: Path
    digest: str
    first: str
    """When its first call was made; empty where it holds none."""
    dropped: frozenset[str]
    """Parameters that replies of the model came without."""
    models: frozenset[str]
    """What the server called the model."""


def merge_runs(sources: Sequence[Path], results: Path) -> Merged:
    """Put the folders of one Run together in `results`, where it may lie already.

    Nothing is taken from the sources, and merging what is merged changes nothing. A crash leaves either no Run in
    `results` or a whole one, which lacks at most files of calls; the same command completes it.

    Parameters
    ----------
    sources : sequence of Path
        Folders of the Run, at least one.
    results : Path
        Where to put it, under the Run's own name.

    Raises
    ------
    InputError
        When a folder is no Run, the folders are of different Runs (says in what), or one cannot be read or written.
    """
    folders = [RunFolder(path) for path in {path.resolve(): path for path in sources}.values()]
    if not folders:
        raise InputError("there is nothing to merge", hint="name the folders of a Run's shards")
    require_same_run(folders)
    path = results / folders[0].manifest.spec.folder_name
    if (path / "manifest.json").exists():
        there = RunFolder(path)
        require_same_run([there, *folders])
        folders = [there, *(each for each in folders if each.path.resolve() != path.resolve())]
    files = [list(map(look_at, calls_files(folder.path))) for folder in folders]
    manifest = united([folder.manifest for folder in folders])
    with disk_errors(results):
        make = complete if path.exists() else put_together
        added = make(folders[0].path, files, manifest, path)
    return Merged(path, added, tuple(remarks_on(folders, files)))


def put_together(like: Path, files: Sequence[Sequence[CallsFile]], manifest: Manifest, path: Path) -> int:
    """Make a Run where none is, whole or not at all; return how many files of calls it holds."""
    beside = path.parent / UNFINISHED
    unfinished = beside / path.name
    beside.mkdir(parents=True, exist_ok=True)
    with lock_at(beside / f"{path.name}.lock"):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        added = fill(like, files, manifest, unfinished)
        unfinished.rename(path)
        (beside / f"{path.name}.lock").unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another Run is being put together there
        beside.rmdir()
    return added


def complete(like: Path, files: Sequence[Sequence[CallsFile]], manifest: Manifest, path: Path) -> int:
    """Add to a Run what it lacks, file by file, so that it is a Run at each moment; return how many files of calls."""
    with alone(path):
        return fill(like, files, manifest, path)


def fill(like: Path, files: Sequence[Sequence[CallsFile]], manifest: Manifest, path: Path) -> int:
    """Copy into a folder what it lacks of a Run: questions, calls, those begun earlier first, and the manifest last."""
    for name in ("items.jsonl", "examples.jsonl"):
        if (like / name).exists() and not (path / name).exists():
            copied(like / name, path / name)
    there = {look_at(each).digest for each in calls_files(path)}
    new = {each.digest: each for one in files for each in one if each.first and each.digest not in there}
    (path / "calls").mkdir(exist_ok=True)
    for each in sorted(new.values(), key=lambda each: (each.first, each.digest)):
        copied(each.path, next_writer(path / "calls"))
    write_atomically(path / "manifest.json", msgspec.json.format(encode(manifest), indent=2) + b"\n")
    return len(new)


def copied(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all, and see it on disk."""
    unfinished = target.with_name(f".{target.name}.copying")
    shutil.copyfile(source, unfinished)
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(target)


def calls_files(path: Path) -> list[Path]:
    """Return the files of calls of a Run, in the order of their names."""
    folder = path / "calls"
    with read_errors(folder):
        return sorted(each for each in folder.iterdir() if each.suffix == ".jsonl") if folder.exists() else []


def look_at(path: Path) -> CallsFile:
    """Return what a file of calls is, after reading it once; a torn last line counts to the file, not to the calls."""
    digest, first = hashlib.sha256(), ""
    dropped: set[str] = set()
    models: set[str] = set()
    start = 0
    with read_errors(path), path.open("rb") as file:
        for line in file:
            digest.update(line)
            if not line.endswith(b"\n"):
                break
            call = call_of(line, path, start)
            start += len(line)
            first = min(first or call.started, call.started)
            if not call.request.role:
                dropped |= set(call.response.dropped)
                models |= {call.response.model} if call.response.model else set()
    return CallsFile(path, digest.hexdigest(), first, frozenset(dropped), frozenset(models))


def require_same_run(folders: Sequence[RunFolder]) -> None:
    """Raise InputError, with all that differs, unless the folders are of one Run; so their Items are the same."""
    first = folders[0]
    for other in folders[1:]:
        found = list(differences(first.manifest, other.manifest))
        if first.examples != other.examples:
            found.append("the examples that are shown")
        if found:
            raise InputError(
                f"{first.path} and {other.path} are not parts of one Run; they differ in {'; '.join(found)}",
                hint="parts of one Run come from the same command, but for --shard and --limit, on the same questions; "
                "`selfexplain compare` puts different Runs side by side",
            )


def differences(one: Manifest, other: Manifest) -> Iterator[str]:
    """Yield where two manifests say that something else was asked, field by field."""
    for name in RunSpec.__struct_fields__:
        mine, theirs = getattr(one.spec, name), getattr(other.spec, name)
        if mine != theirs:
            yield f"`{name}` ({shown(mine)} and {shown(theirs)})"
    for name in ("template_text", "judge_text"):
        if getattr(one, name) != getattr(other, name):
            yield f"`{name}`"


def shown(value: Any) -> str:
    """Return a field of a RunSpec as people read it, long hashes by their beginning."""
    text = value if isinstance(value, str) else encode(value).decode()
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text


def united(manifests: Sequence[Manifest]) -> Manifest:
    """Return one manifest for parts of a Run: of what differs, every value stands there, in alphabetical order."""
    names = sorted({name for each in manifests for name in each.versions})
    return msgspec.structs.replace(
        manifests[0],
        created=min(each.created for each in manifests),
        batch=any(each.batch for each in manifests),
        versions={name: BETWEEN.join(values_of(each.versions.get(name) for each in manifests)) for name in names},
        transparency=Transparency(
            **{
                name: max((getattr(each.transparency, name) for each in manifests), key=how_much)
                for name in Transparency.__struct_fields__
            }
        ),
    )


def values_of(stated: Iterable[str | None]) -> list[str]:
    """Return the different values of a fact, those that were put together earlier apart again.

    >>> values_of(["2.1", "2.0 | 2.1", None])
    ['2.0', '2.1']
    """
    return sorted({value for each in stated if each for value in each.split(BETWEEN)})


def how_much(seen: Openness) -> tuple[int, str]:
    """Return how much is said of one side of a model: open by somebody who could see it outweighs all else."""
    return ("unknown", "closed", "open").index(seen.state), seen.detail


def remarks_on(folders: Sequence[RunFolder], files: Sequence[Sequence[CallsFile]]) -> Iterator[str]:
    """Yield what is not the same in all parts of a Run."""
    for name, stated in sorted(versions_by_name(folders).items()):
        if len(stated) > 1:
            yield f"the parts were asked with {name} {' and '.join(stated)}"
    sides: Mapping[str, Callable[[CallsFile], frozenset[str]]] = {
        "the server calls the model by different names": lambda file: file.models,
        "the provider did not take the same parameters everywhere; not taken somewhere": lambda file: file.dropped,
    }
    for sentence, side in sides.items():
        found = {frozenset(value for file in one for value in side(file)) for one in files if any(f.first for f in one)}
        if len(found) > 1:
            yield f"{sentence}: {', '.join(sorted(frozenset().union(*found)))}"


def versions_by_name(folders: Sequence[RunFolder]) -> dict[str, list[str]]:
    """Return every version of what made the calls, by its name."""
    names = {name for folder in folders for name in folder.manifest.versions}
    return {name: values_of(folder.manifest.versions.get(name) for folder in folders) for name in names}
