"""What somebody may have meant who wrote a name that leads nowhere: words for a hint."""

import difflib
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

OFFERED = 3
"""So many names near an unknown one are offered."""

LOOKED_THROUGH = 1000
"""So many names of a folder are compared: a hint must not take longer than the mistake did."""


def meant(name: str, known: Iterable[str]) -> str:
    """Return the question whether a near name was meant, with a space behind it; empty where none is near.

    >>> meant("qickstart", ["quickstart", "reviews"]), meant("x", ["quickstart"])
    ('did you mean quickstart? ', '')
    """
    near = difflib.get_close_matches(name, list(known), OFFERED)
    return f"did you mean {' or '.join(near)}? " if near else ""


def about_path(path: Path) -> str:
    """Return what to do about a path at which no file can be read: what stands nearby, or what is missing on the way.

    >>> about_path(Path("no/such/questions.csv"))
    'there is no folder no/such'
    """
    if os.path.isdir(path):  # noqa: PTH112 - says no, where a Path raises: a name too long
        return "that is a folder: name a file in it"
    folder = path.parent
    if not os.path.isdir(folder):  # noqa: PTH112
        return f"there is no folder {folder}"
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, LOOKED_THROUGH)]
    except OSError:
        names = []
    return f"{meant(path.name, names)}check the path"
