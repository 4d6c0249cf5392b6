"""A fitted map as a small JSON file: points, how to read between them, and what it was made from.

Neither numpy nor scikit-learn is needed to use one; `docs/recalibration.md` shows the ten lines that do it in other
languages.
"""

from bisect import bisect_left
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import SCHEMA_VERSION, Source, encode

KIND = "selfexplain.confidence_map"


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a map was made from: what it must not be used without."""

    model: str
    """As it was named; empty if nobody said."""
    template: str
    """name@version; empty if nobody said."""
    scale: str
    """How the confidence was stated: the template's scale, or that of the file. The map itself takes [0, 1]."""
    source: Source
    """Whose confidence it is: stated, token, given …"""
    dataset: str
    dataset_hash: str
    """sha256 of the Items, or of the file."""
    n: int
    """Answers it was fitted to."""
    clusters: int
    """How many of them were drawn apart."""
    method: str
    parameters: Mapping[str, float | str | None]
    """What the method was given."""
    learned: Mapping[str, float]
    """What it found; empty where the knots say it all."""
    created: str
    """UTC, ISO 8601."""
    selfexplain: str
    """Version."""


class ConfidenceMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A map from stated to recalibrated confidence.

    Call it with a confidence in [0, 1].

    Parameters
    ----------
    knots : tuple of (float, float)
        Stated and recalibrated confidence, ascending in the first.
    error_bound : float
        How far the lines between knots may lie from the formula they stand for; 0 where they are the map.

    Examples
    --------
    >>> made = Provenance("", "", "percent", "given", "d", "", 0, 0, "value-map", {}, {}, "", "")
    >>> half_way = ConfidenceMap(knots=((0.5, 0.4), (0.75, 0.6)), error_bound=0.0, provenance=made)
    >>> half_way(0.625), half_way(0.2), half_way(1)
    (0.5, 0.4, 0.6)
    """

    knots: tuple[tuple[float, float], ...]
    error_bound: float
    provenance: Provenance
    interpolation: Literal["linear"] = "linear"
    """Between two knots, the straight line."""
    outside: Literal["constant"] = "constant"
    """Below the first knot and above the last, their values."""
    kind: Literal["selfexplain.confidence_map"] = "selfexplain.confidence_map"
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        # msgspec turns a ValueError into its own error, which names the file's place.
        if not self.knots:
            raise ValueError("`knots` is empty; expected at least one [stated, recalibrated]")
        for place, knot in enumerate(self.knots):
            if not all(0 <= number <= 1 for number in knot):
                raise ValueError(f"`knots[{place}]` is {list(knot)}; expected two numbers in [0, 1]")
        for place, ((x, _), (x_next, _)) in enumerate(pairwise(self.knots)):
            if x >= x_next:
                raise ValueError(f"`knots[{place + 1}]` begins with {x_next} after {x}; expected ascending numbers")

    def __call__(self, confidence: float) -> float:
        """Return the recalibrated confidence, in [0, 1].

        Raises
        ------
        InputError
            If `confidence` is no number in [0, 1].
        """
        try:
            known = bool(0 <= confidence <= 1)
        except (TypeError, ValueError):  # a text, None, a whole column, or a data frame's way of leaving a cell empty
            known = False
        if not known:
            raise InputError(
                f"the confidence is {confidence!r}; expected a probability in [0, 1]",
                hint="divide percentages by 100; what has no confidence has no recalibrated one",
            )
        after = bisect_left(self.knots, (confidence,))
        if after == 0:
            return self.knots[0][1]
        if after == len(self.knots):
            return self.knots[-1][1]
        (x0, y0), (x1, y1) = self.knots[after - 1], self.knots[after]
        return y0 + (y1 - y0) * (confidence - x0) / (x1 - x0) if confidence < x1 else y1

    def to_dict(self) -> Mapping[str, Any]:
        """Return what the file holds."""
        fields: Mapping[str, Any] = msgspec.to_builtins(self)
        return fields

    def to_json(self) -> bytes:
        """Return the file: strict JSON, one knot a line."""
        fields = dict(self.to_dict())
        knots = ",\n    ".join(encode(knot).decode() for knot in fields.pop("knots"))
        head = {name: fields.pop(name) for name in ("kind", "schema_version", "interpolation", "outside")}
        opening, rest = (msgspec.json.format(encode(part), indent=2).decode() for part in (head, fields))
        return f'{opening[:-2]},\n  "knots": [\n    {knots}\n  ],{rest[1:]}\n'.encode()


class Head(msgspec.Struct, frozen=True):
    """What every version of a map begins with."""

    kind: str = ""
    schema_version: int = SCHEMA_VERSION


def read_map(path: Path) -> ConfidenceMap:
    """Return the map in a file.

    Raises
    ------
    InputError
        If it cannot be read, is none, or does not hold together; says where.
    """
    try:
        content = path.read_bytes()
        head = msgspec.json.decode(content, type=Head)
        if head.kind != KIND:
            raise InputError(
                f'{path} is not a confidence map: its "kind" is {head.kind!r}; expected {KIND!r}',
                hint="write one with `selfexplain recalibrate RUN -o map.json`",
            )
        if head.schema_version > SCHEMA_VERSION:
            raise InputError(
                f"{path} was written with schema {head.schema_version}; this selfexplain reads up to {SCHEMA_VERSION}",
                hint="upgrade selfexplain",
            )
        return msgspec.json.decode(content, type=ConfidenceMap)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}", hint="name a map's file") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: {error}", hint="restore the file, or write the map again") from None


def require_made_for(
    found: ConfidenceMap, *, model: str | None = None, template: str | None = None, scale: str | None = None
) -> None:
    """Raise InputError if a map was made for another model, template or scale than those stated, or does not say."""
    for name, stated in (("model", model), ("template", template), ("scale", scale)):
        made_for = getattr(found.provenance, name)
        if stated is not None and stated != made_for:
            what = f"was made for the {name} {made_for!r}" if made_for else f"does not say for which {name} it was made"
            raise InputError(
                f"the map {what}, and is to be used for {stated!r}",
                hint="what a confidence is worth changes with it: fit a map of its own, or say anyway=True",
            )
