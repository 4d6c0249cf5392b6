"""The folder of one Run: created once, resumed by the same command, used by one process, or by one for each shard."""

import hashlib
import importlib.metadata
import os
import platform
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from selfexplain.errors import InputError
from selfexplain.many_items import MOST_KEPT
from selfexplain.near_names import about_path
from selfexplain.records import SCHEMA_VERSION, Dataset, Item, Transparency, add_lines, encode
from selfexplain.runs import locks
from selfexplain.runs.calls import NO_JSON, Calls, Versioned
from selfexplain.runs.manifest import Manifest, RunSpec
from selfexplain.stored import Stored

RESULTS = Path("results")
"""Where Runs are kept, unless another place is named."""

REWRITTEN = "delete {}, and the command that made the Run writes it and the Items again; recorded replies stay"
"""The remedy for a damaged manifest or damaged Items: the same command leads to the same folder, or to another one."""

RECORDED_VERSIONS = ("anthropic", "openai", "xllamacpp")


class RunFolder:
    """A Run on disk.

    Truth: `manifest.json`, `items.jsonl`, `examples.jsonl` where there are examples, `calls/`.
    Everything else can be deleted and is written again.

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
        self.items, self.examples = read_questions(path, self.manifest.spec.dataset_hash)

    @property
    def writable(self) -> bool:
        """Whether derived files can be written: not in an archive, on a read-only disk or in a colleague's folder."""
        return os.access(self.path, os.W_OK | os.X_OK)

    @classmethod
    def create(
        cls,
        results: Path,
        spec: RunSpec,
        dataset: Dataset,
        template_text: str,
        transparency: Transparency = Transparency(),  # noqa: B008 - frozen
        *,
        judge_text: str = "",
        batch: bool = False,
    ) -> "RunFolder":
        """Return the Run for a RunSpec, making its folder unless it is there already."""
        path = results / spec.folder_name
        with disk_errors(path):
            there = (path / "manifest.json").exists()
        if not there:
            with disk_errors(path):
                path.mkdir(parents=True, exist_ok=True)
            write_atomically(path / "items.jsonl", (encode(item) + b"\n" for item in dataset.items))
            if dataset.examples:
                write_atomically(path / "examples.jsonl", (encode(item) + b"\n" for item in dataset.examples))
            manifest = Manifest(
                spec=spec,
                template_text=template_text,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                versions=versions(),
                judge_text=judge_text,
                transparency=transparency,
                batch=batch,
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
            When another process holds it or a shard of it; a process that died holds nothing.
        """
        with locks.alone(self.path):
            yield

    @contextmanager
    def sharing(self, *, number: int, of: int) -> Iterator[None]:
        """Hold one shard of the Run for this process; others may hold other shards.

        Raises
        ------
        InputError
            When another process holds the same shard, one by another count, or the whole Run.
        """
        with locks.sharing(self.path, number=number, of=of):
            yield

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Wait until no process that holds another shard measures the Run."""
        with locks.measuring(self.path):
            yield

    def write(self, name: str, content: bytes | Iterable[bytes]) -> Path:
        """Write a derived file, given whole or in pieces, whole or not at all; return its path."""
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
    except FileNotFoundError as error:
        if not path.exists():
            raise InputError(f"there is no folder {path}", hint=about_path(path)) from None
        raise no_run(path, error) from None
    except OSError as error:
        raise no_run(path, error) from None
    except NO_JSON as error:
        raise InputError(f"{file} is damaged: {error}", hint=REWRITTEN.format(file)) from None


def no_run(path: Path, error: OSError) -> InputError:
    """Return the error for a place that is there and holds no Run."""
    return InputError(
        f"{path} is not a Run: it has no readable manifest.json ({error.strerror or error})",
        hint="name a folder under results/",
    )


def read_questions(path: Path, dataset_hash: str) -> tuple[Sequence[Item], Sequence[Item]]:
    """Return the Items of a Run in their order and its examples, after checking that they are those of the manifest.

    Replies were given to exactly these questions: a question or a gold label that was changed afterwards would be
    joined to answers of another, and nobody would see it.
    """
    names = ["items.jsonl", *(["examples.jsonl"] if (path / "examples.jsonl").exists() else [])]
    found, counts = hashlib.sha256(), []
    for name in names:
        # The bytes as they stand, which are a Dataset's hash line by line: so a later default of a field changes
        # nothing.
        add_lines(found, lines := Counted(lines_of(path, name)))
        counts.append(lines.n)
    if found.hexdigest() != dataset_hash:
        raise InputError(
            f"{path / 'items.jsonl'} was changed: its hash is {found.hexdigest()[:12]}…, and the manifest says "
            f"{dataset_hash[:12]}…",
            hint=f"correct questions and gold labels in your own file, which makes another Run. To mend this one: "
            f"{REWRITTEN.format(path / 'manifest.json')}",
        )
    stored = [Stored(path / name, range(n), Item) for name, n in zip(names, counts, strict=True)]
    items, examples = [each if len(each) > MOST_KEPT else tuple(each) for each in (*stored, ())][:2]
    return items, examples


class Counted:
    """Lines as they come, and how many have come."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self.n = lines, 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.n += 1
            yield line


def lines_of(path: Path, name: str) -> Iterator[bytes]:
    """Yield the lines of a file of questions in a Run."""
    try:
        with (path / name).open("rb") as file:
            for line in file:
                yield line.rstrip(b"\r\n")
    except OSError as error:
        raise InputError(
            f"{path} is not a whole Run: {name} cannot be read ({error.strerror or error})",
            hint=REWRITTEN.format(path / "manifest.json")
            if isinstance(error, FileNotFoundError)
            else "mend the permissions",
        ) from None


def versions() -> dict[str, str]:
    """Return the versions of what makes the calls."""
    ours = str(sys.modules["selfexplain"].__version__)  # of the code that runs: a source tree need not be installed
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True), "selfexplain": ours}
    for name in RECORDED_VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> Path:
    """Write a file, given whole or in pieces, so that readers see the old one or the whole new one."""
    # A process id alone would do on one machine; in containers that share a disk, all of them are number 7.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    with disk_errors(path.parent):
        try:
            with unfinished.open("wb") as file:
                file.writelines([content] if isinstance(content, bytes) else content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    return path


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the system says of a folder into our words."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}", hint=locks.remedy(error)) from None
