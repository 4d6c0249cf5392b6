"""`evidence/removals.jsonl` in a Run: what the answer became without some units of its question.

A line holds the sets of units that were taken away from one question in one command, each with what came of it. None
depends on what was claimed or how many random sets there were: another claim, witness or number of draws asks for what
is not there yet, and for nothing else.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from selfexplain.records import SCHEMA_VERSION
from selfexplain.runs.evidence_files import FOLDER, Place, place_of
from selfexplain.runs.whole_lines import WholeLines

NAME = "removals.jsonl"


class Gone(NamedTuple):
    """What was not there, and in which asking."""

    units: tuple[int, ...]
    """Places among all units of what was shown, in order; none: the unchanged question."""
    repeat: int = 0
    """Where the model is asked: so many repeats behind the Record's own one."""


class Effect(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of taking a set of units away."""

    gone: Gone
    value: float | None
    """`prob`: the probability of the Record's answer, in [0, 1]. `flip`: 1 where the answer is another one, 0 where it
    is the same. None where no answer was read."""
    why: str = ""
    """Why none was read, as a status."""


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """Some effects for one Record, and what decided them."""

    item: str
    repeat: int
    reply: str
    """The key of the Request whose reply holds the answer."""
    inside: Mapping[str, str]
    """Which model was looked into, or asked: its name, and what its identity rests on."""
    settings: Mapping[str, Any]
    """`unit`, `baseline`, `target` (`prob` or `flip`), and where texts are drawn their `seed`."""
    effects: tuple[Effect, ...]
    n_forward: int
    """Passes, or calls."""
    seconds: float
    schema_version: int = SCHEMA_VERSION

    @property
    def place(self) -> Place:
        """What it is about and how it was found."""
        return place_of(self.reply, self.inside, self.settings)


class RemovalsFile:
    """What was taken away in one Run.

    Parameters
    ----------
    run : Path
        The Run's folder.

    Raises
    ------
    InputError
        When a line is damaged; a torn last one is what a killed process leaves, and is found out again.
    """

    def __init__(self, run: Path) -> None:
        self._lines = WholeLines(run / FOLDER / NAME, Removed)
        self._effects: dict[Place, dict[Gone, Effect]] = {}
        self._costs: dict[Place, tuple[int, float]] = {}
        for line in self._lines.read():
            self._remember(line)

    def known(self, place: Place) -> Mapping[Gone, Effect]:
        """Return all effects that were found there."""
        return self._effects.get(place, {})

    def missing(self, place: Place, wanted: Iterable[Gone]) -> list[Gone]:
        """Return those of some sets that nobody has taken away yet, without repetitions."""
        known = self.known(place)
        return [gone for gone in dict.fromkeys(wanted) if gone not in known]

    def cost(self, place: Place) -> tuple[int, float]:
        """Return passes or calls, and seconds, of all that was found there."""
        return self._costs.get(place, (0, 0.0))

    def append(self, line: Removed) -> None:
        """Write one line and remember it."""
        self._lines.append(line)
        self._remember(line)

    def _remember(self, line: Removed) -> None:
        self._effects.setdefault(line.place, {}).update({each.gone: each for each in line.effects})
        forward, seconds = self.cost(line.place)
        self._costs[line.place] = forward + line.n_forward, seconds + line.seconds
