"""`prompts.lock`: the hash of every template version, so that a changed text cannot keep its old name."""

import json
import sys
from pathlib import Path

from selfexplain.errors import InputError

NAME = "prompts.lock"


def read(folder: Path) -> dict[str, str]:
    """Return name@version → sha256 of the lock in a folder; empty when there is none."""
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        locked = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})", hint="restore the file from version control") from None
    if not isinstance(locked, dict):
        raise InputError(f"{path}: expected an object of name@version and sha256", hint="restore the file")
    return {str(name): str(digest) for name, digest in locked.items()}


def check(template_id: str, content_hash: str, path: Path) -> None:
    """Raise InputError when a locked template's text is not the locked one; an unlisted template is free."""
    locked = read(path.parent).get(template_id)
    if locked is not None and locked != content_hash:
        raise InputError(
            f"{path}: the text of {template_id} changed, its version did not",
            hint="raise `version` in the front matter: results under one name must come from one text",
        )


def write(folder: Path, hashes: dict[str, str]) -> None:
    """Add new versions to the lock of a folder; versions that are there stay as they are."""
    locked = hashes | read(folder)
    text = json.dumps(dict(sorted(locked.items())), indent=2)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    from selfexplain.prompting.template import load

    where = Path(sys.argv[1] if len(sys.argv) > 1 else "prompts")
    templates = [load(path) for path in sorted(where.glob("*.md"))]
    write(where, {template.id: template.content_hash for template in templates})
