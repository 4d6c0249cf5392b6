"""What determines a Run, and the name that follows from it."""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from selfexplain.records import SCHEMA_VERSION, Transparency


class Filled(msgspec.Struct, frozen=True):
    """The model that fills a role, and what else decides its replies."""

    model: str
    identity: Mapping[str, str]


class RunSpec(msgspec.Struct, frozen=True, omit_defaults=True):  # so that a Run without what came later keeps its hash
    """Everything that decides what a model is asked; its hash names the Run.

    How many Items are asked now, how many at once, and how replies are read and graded stand outside: the same Run
    can be continued, re-read and re-graded.
    """

    dataset: str
    dataset_version: str
    dataset_hash: str
    model: str
    model_identity: Mapping[str, str]
    template: str
    """name@version"""
    template_hash: str
    temperature: float | None
    """None: the provider's own."""
    seed: int | None
    effort: str | None = None
    """How much a reasoning model is to think; None: the provider's own."""
    again: int = 0
    """How often a turn is asked once more when its reply cannot be read."""
    judge: str = ""
    """name@version of what the judge is asked; empty without one."""
    judge_hash: str = ""
    roles: Mapping[str, Filled] = {}
    """Which other models are asked, by role: one that judges whether two answers say the same, say."""

    @property
    def models(self) -> Mapping[str, str]:
        """Every model that is asked, by role; the one that the Run is about has the empty one."""
        return {"": self.model, **{role: filled.model for role, filled in self.roles.items()}}

    @property
    def hash(self) -> str:
        """The first 12 hexadecimal digits of the sha256 of all fields."""
        # Deterministic: the order in which an adapter names its identity is none of the Run's.
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:12]

    @property
    def folder_name(self) -> str:
        """`<dataset>__<model>__<template>__<hash>`, safe on every file system."""
        return "__".join((slug(self.dataset), slug(self.model), slug(self.template), self.hash))


class Manifest(msgspec.Struct, frozen=True):  # defaults are written out: a later default of `schema_version` is another
    """`manifest.json`: the RunSpec, the template's text, the versions that made the calls, how open the model is."""

    spec: RunSpec
    template_text: str
    created: str
    """UTC, ISO 8601."""
    versions: Mapping[str, str]
    judge_text: str = ""
    """What the judge is asked; empty without one."""
    transparency: Transparency = Transparency()
    """What was known of the model when the Run began; unknown in manifests that are older than this field."""
    batch: bool = False
    """Whether it was begun in batches; it may have been finished otherwise, and each call says how its reply came."""
    schema_version: int = SCHEMA_VERSION


def slug(name: str) -> str:
    """Return a name with everything but letters, digits, dots and dashes turned into single dashes.

    >>> slug("openai/gpt-x:latest")
    'openai-gpt-x-latest'
    """
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "unnamed"
