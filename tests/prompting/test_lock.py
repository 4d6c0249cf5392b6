"""`prompts.lock`: one name, one text."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from selfexplain.errors import InputError
from selfexplain.prompting import lock, template

SHIPPED = template.folders()[1]
TEXT = "---\nname: t\nversion: 1\nelicits: [answer]\n---\n## user\n{{ question }}\n"


def test_every_shipped_template_is_locked_as_it_is() -> None:
    """Hashed again from the file's bytes; whoever changes a text must raise its version and lock that."""
    locked = lock.read(SHIPPED)
    files = list(SHIPPED.glob("*.md"))

    assert files
    for path in files:
        assert locked[template.load(path).id] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_unlisted_template_is_free(tmp_path: Path) -> None:
    """No lock, or a lock of other templates, keeps nobody from writing one."""
    lock.check("t@1", "a" * 64, tmp_path / "t.md")
    lock.write(tmp_path, {"other@1": "b" * 64})
    lock.check("t@1", "a" * 64, tmp_path / "t.md")


def test_another_text_under_a_locked_name_is_refused(tmp_path: Path) -> None:
    """The message names file and version."""
    lock.write(tmp_path, {"t@1": "a" * 64})
    lock.check("t@1", "a" * 64, tmp_path / "t.md")

    with pytest.raises(InputError) as caught:
        lock.check("t@1", "b" * 64, tmp_path / "t.md")
    assert str(caught.value) == (
        f"{tmp_path / 't.md'}: the text of t@1 changed, its version did not\n"
        "hint: raise `version` in the front matter: results under one name must come from one text"
    )


def test_new_versions_are_added_and_old_ones_stay(tmp_path: Path) -> None:
    """Also where the caller brings another hash for an old one."""
    lock.write(tmp_path, {"t@1": "a" * 64})
    lock.write(tmp_path, {"t@1": "b" * 64, "t@2": "c" * 64})

    assert lock.read(tmp_path) == {"t@1": "a" * 64, "t@2": "c" * 64}
    assert (tmp_path / lock.NAME).read_text() == f'{{\n  "t@1": "{"a" * 64}",\n  "t@2": "{"c" * 64}"\n}}\n'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "expected an object of name@version and sha256"),
    ],
)
def test_a_damaged_lock_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    """Treating it as empty would let every change through."""
    (tmp_path / lock.NAME).write_bytes(content)

    with pytest.raises(InputError, match=told):
        lock.read(tmp_path)


def locking(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "selfexplain.prompting.lock", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_locks_a_folder_and_refuses_a_changed_text(tmp_path: Path) -> None:
    """`python -m selfexplain.prompting.lock FOLDER`, before a release."""
    (tmp_path / "t.md").write_text(TEXT)
    assert locking(tmp_path).returncode == 0
    (tmp_path / "t.md").write_text(TEXT + "More.\n")

    refused = locking(tmp_path)

    assert refused.returncode != 0
    assert "the text of t@1 changed, its version did not" in refused.stderr
    assert lock.read(tmp_path) == {"t@1": hashlib.sha256(TEXT.encode()).hexdigest()}
