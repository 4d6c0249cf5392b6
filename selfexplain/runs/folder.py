"""The folder of one Run: created once, resumed by the same command, used by one process at a time."""

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import filelock
import msgspec

from selfexplain.errors import InputError
from selfexplain.records import SCHEMA_VERSION, Dataset, Item, Transparency, encode
from selfexplain.runs.calls import Calls
from selfexplain.runs.manifest import Manifest, RunSpec, Versioned

RECORDED_VERSIONS = ("selfexplain", "anthropic", "openai", "xllamacpp")


class RunFolder:
    """A Run on disk.

    Truth: `manifest.json`, `items.jsonl`, `calls/`. Everything else can be deleted and is written again.

    Parameters
    ----------
    path : Path
        The folder; `create` makes one, `RunFolder(path)` opens one that is there.

    Raises
    ------
    InputError
        When the folder is not a Run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: Manifest = read_manifest(path)
        self.items: tuple[Item, ...] = read_items(path)

    @classmethod
    def create(
        cls,
        results: Path,
        spec: RunSpec,
        dataset: Dataset,
        template_text: str,
        transparency: Transparency = Transparency(),  # noqa: B008 - frozen
    ) -> "RunFolder":
        """Return the Run for a RunSpec, making its folder unless it is there already."""
        path = results / spec.folder_name
        if not (path / "manifest.json").exists():
            with disk_errors(path):
                path.mkdir(parents=True, exist_ok=True)
            write_atomically(path / "items.jsonl", b"".join(encode(item) + b"\n" for item in dataset.items))
            manifest = Manifest(
                spec=spec,
                template_text=template_text,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                versions=versions(),
                transparency=transparency,
            )
            # Last, so that a folder with a manifest is a whole Run.
            write_atomically(path / "manifest.json", msgspec.json.format(encode(manifest), indent=2) + b"\n")
        return cls(path)

    def calls(self) -> Calls:
        """Read the Run's calls."""
        return Calls(self.path / "calls")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the Run for this process.

        Raises
        ------
        InputError
            When another process holds it; a process that died holds nothing.
        """
        lock = filelock.FileLock(self.path / "run.lock")
        try:
            with disk_errors(self.path):
                lock.acquire(blocking=False)
        except filelock.Timeout:
            raise InputError(
                f"another process is working on {self.path}",
                hint="wait for it or stop it; then the same command continues from what it recorded",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def write(self, name: str, content: bytes) -> Path:
        """Write a derived file whole or not at all; return its path."""
        return write_atomically(self.path / name, content)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a Run's folder."""
    file = path / "manifest.json"
    try:
        content = file.read_bytes()
        schema = msgspec.json.decode(content, type=Versioned).schema_version
        if schema > SCHEMA_VERSION:  # before the rest, which may have another form by then
            raise InputError(
                f"{path} was written with schema {schema}; this selfexplain reads up to {SCHEMA_VERSION}",
                hint="upgrade selfexplain",
            )
        return msgspec.json.decode(content, type=Manifest)
    except OSError:
        raise InputError(
            f"{path} is not a Run: it has no readable manifest.json", hint="name a folder under results/"
        ) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"{file}: {error}", hint="restore the file, or start the Run anew") from None


def read_items(path: Path) -> tuple[Item, ...]:
    """Return the Items of a Run in their order, checked against the manifest's hash by whoever compares Runs."""
    file = path / "items.jsonl"
    try:
        return tuple(msgspec.json.decode(line, type=Item) for line in file.read_bytes().splitlines())
    except OSError:
        raise InputError(f"{path} is not a whole Run: items.jsonl is missing", hint="start the Run anew") from None
    except msgspec.DecodeError as error:
        raise InputError(f"{file}: {error}", hint="restore the file, or start the Run anew") from None


def versions() -> dict[str, str]:
    """Return the versions of what makes the calls."""
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True)}
    for name in RECORDED_VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write_atomically(path: Path, content: bytes) -> Path:
    """Write a file so that readers see the old one or the whole new one."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with disk_errors(path.parent):
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    return path


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the system says of a folder into our words; a Timeout is the lock's own, and passes."""
    try:
        yield
    except filelock.Timeout:
        raise
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror or error}",
            hint="make room or mend the permissions, then run the same command: it resumes",
        ) from None
