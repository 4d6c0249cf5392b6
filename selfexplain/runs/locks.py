"""Who may work on a Run: one process alone, or one for each shard of it.

A process that died holds nothing: these are locks of the operating system, and their files mean nothing by themselves.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from selfexplain.errors import InputError

FOLDER = "locks"
"""Made by the first process that asks a shard."""

PROBED_SECONDS = 0.5
"""How long a lock may be held by somebody who only looks whether it is."""


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Hold a whole Run.

    Raises
    ------
    InputError
        When another process holds it, or a shard of it.
    """
    lock = lock_at(run / "run.lock")
    if not taken(lock, timeout=PROBED_SECONDS):
        raise busy(f"another process is working on {run}")
    try:
        # Whoever begins a shard makes this folder before it looks at `run.lock`: one of the two sees the other.
        if (run / FOLDER).exists():
            with passing(run):
                for path in sorted((run / FOLDER).glob("shard-*.lock")):
                    require_free(path, f"another process is working on {in_words(path)} of {run}")
        yield
    finally:
        lock.release()


@contextmanager
def sharing(run: Path, *, number: int, of: int) -> Iterator[None]:
    """Hold one shard of a Run, while other processes hold others.

    Raises
    ------
    InputError
        When another process holds it, the whole Run, or a shard by another count: Items would be asked twice.
    """
    try:
        (run / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise refused_by_disk(run, error) from None
    mine = run / FOLDER / f"shard-{number}-of-{of}.lock"
    lock = lock_at(mine)
    with passing(run):
        if not taken(lock):
            raise busy(f"another process is working on shard {number}/{of} of {run}")
        try:
            require_free(run / "run.lock", f"another process is working on all of {run}")
            for path in sorted((run / FOLDER).glob("shard-*.lock")):
                if not path.name.endswith(f"-of-{of}.lock"):
                    require_free(path, f"another process is working on {in_words(path)} of {run}, which overlaps")
        except InputError:
            lock.release()
            raise
    try:
        yield
    finally:
        lock.release()


@contextmanager
def measuring(run: Path) -> Iterator[None]:
    """Wait until nobody else measures a Run: the last to do so sees what all have recorded."""
    with waiting(run / FOLDER / "measuring.lock"):
        yield


@contextmanager
def passing(run: Path) -> Iterator[None]:
    """Wait for the one place in which locks are looked at and taken, which nobody holds for long."""
    with waiting(run / FOLDER / "passing.lock"):
        yield


@contextmanager
def waiting(path: Path) -> Iterator[None]:
    """Hold the lock in a file, once whoever holds it lets go."""
    lock = lock_at(path)
    taken(lock, timeout=-1)
    try:
        yield
    finally:
        lock.release()


def lock_at(path: Path) -> filelock.BaseFileLock:
    """Return the lock in a file, not taken yet."""
    return filelock.FileLock(path)


def taken(lock: filelock.BaseFileLock, *, timeout: float = 0) -> bool:
    """Take a lock unless another process holds it for so many seconds, -1 for any number; tell whether it is taken.

    Raises
    ------
    InputError
        When this disk knows no locks.
    """
    try:
        lock.acquire(timeout=timeout, poll_interval=0.01)
    except filelock.Timeout:
        return False
    except OSError as error:
        raise refused_by_disk(Path(lock.lock_file).parent, error) from None
    except NotImplementedError:
        raise InputError(
            f"the disk of {Path(lock.lock_file).parent} knows no locks, so two processes could ask the same there",
            hint="name another place by --results, one for each machine with --shard; then `selfexplain merge`",
        ) from None
    return True


def require_free(path: Path, otherwise: str) -> None:
    """Raise InputError with the sentence `otherwise` when another process holds a lock."""
    lock = lock_at(path)
    if not taken(lock):
        raise busy(otherwise)
    lock.release()


def refused_by_disk(folder: Path, error: OSError) -> InputError:
    """Return the error for a folder in which no lock can be made."""
    return InputError(f"cannot write to {folder}: {error.strerror or error}", hint=remedy(error))


def remedy(error: OSError) -> str:
    """Return what to do when a system will not write: a folder is missing, a file stands in its place, or the disk."""
    if error.errno == errno.ENOENT:
        return "make that folder first, or name another place"
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return "a file stands where a folder is needed: name another place"
    return "make room or mend the permissions, then run the same command: it resumes"


def busy(sentence: str) -> InputError:
    """Return the error for a Run that another process works on."""
    return InputError(sentence, hint="wait for it or stop it; then the same command continues from what it recorded")


def in_words(path: Path) -> str:
    """Return what the file of a shard's lock stands for.

    >>> in_words(Path("locks/shard-2-of-4.lock"))
    'shard 2/4'
    """
    return path.stem.replace("-of-", "/").replace("-", " ")
