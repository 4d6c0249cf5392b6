"""`evidence/NAME.jsonl` in a Run: what a witness found, a line for each Record, appended as it is found.

A line holds what decided it beside what was found, so that the same command goes on where it stopped and never looks
at a Record twice: the model that was looked into, the settings, the Request whose reply is explained.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from selfexplain.evidence import Evidence
from selfexplain.runs.whole_lines import WholeLines

FOLDER = "evidence"

TRIED_AGAIN = frozenset({"not_applicable", "failed"})
"""What keeps a witness from looking may be mended by the next time; it has cost next to nothing."""


class Found(Evidence, frozen=True, kw_only=True):
    """Evidence, and what decided it."""

    reply: str
    """The key of the Request whose reply holds the answer."""
    inside: Mapping[str, str]
    """Which model was looked into: its name, and what its identity rests on."""
    settings: Mapping[str, Any]
    """What the witness was called with; what does not stand here had its default."""
    device: str = ""
    """What the seconds were spent on; empty where a model was asked, and in older files. It decides nothing: the same
    model finds the same on all of them."""

    @property
    def place(self) -> "Place":
        """What it is about and how it was found."""
        return place_of(self.reply, self.inside, self.settings)


class Place(NamedTuple):
    """What decides a line."""

    reply: str
    how: bytes


def place_of(reply: str, inside: Mapping[str, str], settings: Mapping[str, Any]) -> Place:
    """Return the place of a line, by which it is found again; the order of settings is none of its business.

    >>> place_of("k", {}, {"unit": "word", "seed": 0}) == place_of("k", {}, {"seed": 0, "unit": "word"})
    True
    """
    return Place(reply, msgspec.json.encode((dict(inside), dict(settings)), order="deterministic"))


class EvidenceFile:
    """What one witness has found in one Run.

    Parameters
    ----------
    run : Path
        The Run's folder.
    witness : str
        Its name.

    Raises
    ------
    InputError
        When a line is damaged; a torn last one is what a killed process leaves, and is looked at again.
    """

    def __init__(self, run: Path, witness: str) -> None:
        self._lines = WholeLines(run / FOLDER / f"{witness}.jsonl", Found)
        self._found: dict[Place, Found] = {found.place: found for found in self._lines.read()}

    @property
    def path(self) -> Path:
        """Where the lines stand."""
        return self._lines.path

    def get(self, place: Place) -> Found | None:
        """Return what was found there, None where nobody has looked."""
        return self._found.get(place)

    def is_open(self, place: Place) -> bool:
        """Tell whether somebody has to look: nobody has, or could not."""
        found = self._found.get(place)
        return found is None or found.status in TRIED_AGAIN

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Found]:
        """Go through what was found, in the order in which it was looked for first."""
        return iter(self._found.values())

    def append(self, found: Found) -> None:
        """Write one line and remember it; what says no more than the last one there is left out."""
        known = self._found.get(found.place)
        if known is not None and (known.status, known.why) == (found.status, found.why):
            return
        self._lines.append(found)
        self._found[found.place] = found
