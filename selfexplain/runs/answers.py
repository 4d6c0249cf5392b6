"""One side of a comparison: every answer that was asked for, seen through one source, and where it comes from."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from selfexplain.records import Answered, Item, Source
from selfexplain.runs.agreed import Agreed
from selfexplain.runs.manifest import RunSpec


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """What must be the same when an Item is asked again: 12 hexadecimal digits each, and the grader's name."""

    question: str
    """Of the question and its choices."""
    gold: str
    """Of what counts as right, and within which tolerance."""
    grader: str


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where answers come from: what a comparison needs to find the same, and what it may find changed."""

    kind: Literal["run", "file", "log"]
    dataset: str
    dataset_version: str = ""
    dataset_hash: str = ""
    model: str = ""
    model_identity: Mapping[str, str] = {}
    template: str = ""
    template_hash: str = ""
    temperature: float | None = None
    seed: int | None = None
    scale: str
    """How confidence was asked for; for a FILE, how its numbers are written."""
    about: str = "own_answer"
    estimand: str = "judgement"
    """`forecast` where confidence was asked for before there was an answer."""
    selfexplain: str = ""
    """The version that read and graded the replies; empty for a FILE."""
    items: Mapping[str, Asked] = {}
    """By id; empty for a table, which holds neither questions nor gold answers."""

    @classmethod
    def of_run(
        cls, spec: RunSpec, items: Iterable[Item], *, scale: str, about: str, version: str, estimand: str = "judgement"
    ) -> "Provenance":
        """Return the provenance of a Run."""
        return cls(
            kind="run",
            dataset=spec.dataset,
            dataset_version=spec.dataset_version,
            dataset_hash=spec.dataset_hash,
            model=spec.model,
            model_identity=dict(sorted(spec.model_identity.items())),
            template=spec.template,
            template_hash=spec.template_hash,
            temperature=spec.temperature,
            seed=spec.seed,
            scale=scale,
            about=about,
            estimand=estimand,
            selfexplain=version,
            items={item.id: asked(item) for item in sorted(items, key=lambda item: item.id)},
        )


class Answers(msgspec.Struct, frozen=True):
    """Everything that one Run, FILE or baseline says through one source of confidence."""

    name: str
    """What people call it: a folder, a file, a baseline's name."""
    source: Source
    provenance: Provenance
    rows: tuple[Answered, ...]
    """Usable or not, sorted by item and repeat; no two have the same of both."""
    agreed: Agreed | None = None
    """How far claims agree with witnesses; None where none has looked, or nobody asked for it."""

    @classmethod
    def of(
        cls, name: str, source: Source, provenance: Provenance, rows: Iterable[Answered], agreed: Agreed | None = None
    ) -> "Answers":
        """Return the answers in their order."""
        return cls(name, source, provenance, tuple(sorted(rows, key=lambda row: (row.item, row.repeat))), agreed)


def asked(item: Item) -> Asked:
    """Return the fingerprint of an Item.

    >>> one = Item(id="a", question="1 + 1?", gold=("2",), grader="numeric")
    >>> other = Item(id="a", question="1 + 1?", gold=("3",), grader="numeric")
    >>> asked(one).question == asked(other).question, asked(one).gold == asked(other).gold
    (True, False)
    """
    return Asked(digest((item.question, item.choices)), digest((item.gold, item.tolerance)), item.graded_by)


def digest(value: object) -> str:
    """Return the first 12 hexadecimal digits of the sha256 of a value's JSON."""
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:12]
