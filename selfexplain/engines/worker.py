"""One of several processes that ask one Run on a common disk; it knows nothing of what started it.

Nothing secret is told to a worker: keys come from its own environment.
"""

import asyncio
import contextlib
import hashlib
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from selfexplain import plugins
from selfexplain.errors import InputError, ProviderError, SelfexplainError
from selfexplain.pipeline.as_asked import judge_of, sampling_of, template_of
from selfexplain.pipeline.ask import Asked, Progress, ask_runs
from selfexplain.providers.provider import Provider
from selfexplain.providers.roles import WithRoles
from selfexplain.records import Item
from selfexplain.runs.calls import Calls
from selfexplain.runs.folder import RunFolder, disk_errors

TOKEN = "token"  # noqa: S105 - proves that a disk is common, and opens nothing
CLAIMS = "claims"
CALLS = "calls"

Model = str | Callable[..., Any]


@dataclass(frozen=True)
class Job:
    """What a worker is told."""

    run: Path
    """The Run's folder, on a disk that the worker sees under the same name."""
    scratch: Path
    """A folder in it, for this job alone: the token, and which Items were begun."""
    token: str
    model: Model
    base_url: str | None
    roles: Mapping[str, Model]
    repeats: int
    concurrency: int | None
    """Requests at once of this worker; None: what the provider can make use of."""


class Trouble(msgspec.Struct, frozen=True):
    """An error as it travels between processes."""

    message: str
    hint: str | None
    kind: Any = None
    """Of a ProviderError."""

    @classmethod
    def of(cls, error: SelfexplainError) -> "Trouble":
        """Return what a driver is to raise in a worker's name."""
        where = f"a worker on {platform.node() or 'another machine'}"
        return cls(f"{where}: {error.message}", error.hint, getattr(error, "kind", None))

    @property
    def error(self) -> SelfexplainError:
        """The error, to be raised."""
        if self.kind is not None:
            return ProviderError(self.message, kind=self.kind, hint=self.hint)
        return InputError(self.message, hint=self.hint)


class Told(msgspec.Struct, frozen=True):
    """What became of the Items that a worker was given."""

    done: int = 0
    failed: int = 0
    resumed: int = 0
    trouble: Trouble | None = None


class OneFile(Calls):
    """Recorded calls that stay in one file, although they are asked for in several goes."""

    async def aclose(self) -> None:
        """Finish the group in flight, and keep the file open."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    async def end(self) -> None:
        """Close the file."""
        await super().aclose()


class Worker:
    """Asks the Items that it is given, one lot after the other, with a provider and a file of calls of its own.

    Trouble is told, not raised: whatever starts workers would try again what cannot go well.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._loop = asyncio.Runner()  # one for all lots: a provider's connections live in it
        self._calls = OneFile(job.run / CALLS)
        self._asked: Asked | None = None
        self._trouble: Trouble | None = None
        try:
            require_common_disk(job)
            self._asked = asked_by(job, self._calls)
        except SelfexplainError as error:
            self._trouble = Trouble.of(error)

    def ask(self, items: Sequence[Item]) -> Told:
        """Ask Items where no reply is recorded, and tell what became of them."""
        if self._asked is None or self._trouble is not None:
            return Told(trouble=self._trouble)
        progress = Progress(done=0, total=0, failed=0, resumed=0)

        def watch(now: Progress) -> None:
            nonlocal progress
            progress = now

        try:
            if not first_to_begin(self._job, items):
                self._look_again()
            lot = self._asked._replace(items=items, calls=self._calls)
            self._loop.run(ask_runs([lot], repeats=self._job.repeats, concurrency=self._job.concurrency, watch=watch))
        except SelfexplainError as error:
            self._trouble = Trouble.of(error)
        return Told(progress.done, progress.failed, progress.resumed, self._trouble)

    def _look_again(self) -> None:
        """Read what a worker that was lost over the same Items has recorded since this one began."""
        self._loop.run(self._calls.end())
        self._calls = OneFile(self._job.run / CALLS)

    def close(self) -> None:
        """Let go of the provider and the file; a process that is ended instead loses nothing that was recorded."""
        with self._loop:
            self._loop.run(self._calls.end())
            if self._asked is not None:
                self._loop.run(self._asked.provider.aclose())


def require_common_disk(job: Job) -> None:
    """Raise InputError unless the worker sees the very folder that the driver made."""
    try:
        seen = (job.scratch / TOKEN).read_text()
    except OSError:
        seen = ""
    if seen != job.token:
        raise InputError(
            f"{job.run} is not the folder that the Run was begun in",
            hint="name a folder by --results that all machines share under one name; without one, ask with --shard on "
            "each machine and put the folders together with `selfexplain merge`",
        )


def first_to_begin(job: Job, items: Iterable[Item]) -> bool:
    """Note that these Items are begun; False when somebody else has noted it before."""
    name = hashlib.sha256("\n".join(item.id for item in items).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    with disk_errors(job.scratch), contextlib.suppress(FileExistsError):
        with (job.scratch / CLAIMS / name).open("x") as claim:
            claim.write(f"{platform.node()} {os.getpid()}")  # for whoever looks where the work is
        return True
    return False


def asked_by(job: Job, calls: Calls) -> Asked:
    """Return everything that decides the Requests of a Run, a provider for it and where replies go; no Items yet.

    Raises
    ------
    InputError
        When the provider cannot be made here, or is not the one that the Run is about.
    """
    folder = RunFolder(job.run)
    spec, template = folder.manifest.spec, template_of(folder)
    roles = {role: plugins.provider_in_role(model) for role, model in job.roles.items()}
    provider = plugins.provider_for(job.model, base_url=job.base_url)
    require_the_same(provider, spec.model, spec.model_identity)
    for role, filled in spec.roles.items():
        require_the_same(roles[role], filled.model, filled.identity)
    return Asked(
        items=(),
        template=template,
        elicitation=plugins.elicitation(template.front.elicitation),
        sampling=sampling_of(folder),
        provider=WithRoles(provider, roles) if roles else provider,
        calls=calls,
        judge=judge_of(folder),
    )


def require_the_same(provider: Provider, name: str, identity: Mapping[str, str]) -> None:
    """Raise InputError when a name leads to another model here than where the Run was begun."""
    if provider.name != name or dict(provider.identity) != dict(identity):
        raise InputError(
            f"the Run asks {name} {dict(identity)}, and here that is {provider.name} {dict(provider.identity)}",
            hint="give every machine the same model files and the same addresses (--base-url, not the environment)",
        )
