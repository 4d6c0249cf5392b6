"""One of several processes that ask a Run, or several in turns, on a common disk; it knows not what started it.

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
from selfexplain.engines.lots import items_in
from selfexplain.engines.purse import Purse, Share
from selfexplain.errors import BudgetSpent, InputError, ProviderError, SelfexplainError
from selfexplain.pipeline.as_asked import judge_of, sampling_of, template_of
from selfexplain.pipeline.ask import Asked, Progress, Watch, ask_runs
from selfexplain.pipeline.budget import Budget
from selfexplain.providers.provider import Provider
from selfexplain.providers.roles import WithRoles
from selfexplain.records import Item
from selfexplain.runs.calls import NO_JSON, Calls
from selfexplain.runs.folder import RunFolder, disk_errors

TOKEN = "token"  # noqa: S105 - proves that a disk is common, and opens nothing
CLAIMS = "claims"
CALLS = "calls"

Model = str | Provider | Callable[..., Any]


@dataclass(frozen=True)
class Way:
    """Where a Run lies and who answers, by names, so that each worker can make a provider of its own."""

    run: Path
    """The Run's folder, on a disk that the worker sees under the same name."""
    model: Model
    base_url: str | None
    roles: Mapping[str, Model]


@dataclass(frozen=True)
class Job:
    """What a worker is told."""

    ways: Sequence[Way]
    """One Run, or several that ask the same Items."""
    scratch: Path
    """A folder in the first of them, for this job alone: the token, which Items were begun, and the purse."""
    token: str
    repeats: int
    concurrency: int | None
    """Requests at once of this worker; None: what the provider can make use of."""
    purse: Purse | None = None


class Trouble(msgspec.Struct, frozen=True):
    """An error as it travels between processes."""

    message: str
    hint: str | None
    kind: Any = None
    """Of a ProviderError."""
    spent: bool = False
    """What the Run may cost; others may still have some of it."""

    @classmethod
    def of(cls, error: SelfexplainError) -> "Trouble":
        """Return what a driver is to raise in a worker's name."""
        where = f"a worker on {platform.node() or 'another machine'}"
        spent = isinstance(error, BudgetSpent)
        return cls(f"{where}: {error.message}", error.hint, getattr(error, "kind", None), spent)

    @property
    def error(self) -> SelfexplainError:
        """The error, to be raised."""
        if self.kind is not None:
            return ProviderError(self.message, kind=self.kind, hint=self.hint)
        if self.spent:
            return BudgetSpent(self.message, hint=self.hint)
        return InputError(self.message, hint=self.hint)


class Told(msgspec.Struct, frozen=True):
    """What became of the Items that a worker was given."""

    done: int = 0
    failed: int = 0
    resumed: int = 0
    trouble: Trouble | None = None
    """What keeps this worker from going on."""
    stopped: dict[int, Trouble] = {}
    """What keeps it from going on with one Run of several, by its place."""


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
        self._asked: list[Asked] = []
        self._providers: dict[tuple[Model, str | None], Provider] = {}
        self._share = None if job.purse is None else Share(job.purse)
        self._budget: Budget | None = None
        self._trouble: Trouble | None = None
        self._stopped: dict[int, Trouble] = {}
        try:
            require_common_disk(job)
            self._asked = [self._asked_by(way) for way in job.ways]
            self._look_at_budget()
        except SelfexplainError as error:
            self._trouble = Trouble.of(error)

    def ask_lines(self, lines: Sequence[bytes]) -> Told:
        """Ask the Items that lie on lines of a Run's file."""
        try:
            items = [] if self._trouble is not None else items_in(lines)
        except NO_JSON as error:
            place = self._job.ways[0].run / "items.jsonl"
            unread = InputError(f"{place} cannot be read ({error})", hint="run the same command: it resumes")
            self._trouble = Trouble.of(unread)
        return Told(trouble=self._trouble) if self._trouble is not None else self.ask(items)

    def ask(self, items: Sequence[Item]) -> Told:
        """Ask Items where no reply is recorded, and tell what became of them."""
        if self._trouble is not None:
            return Told(trouble=self._trouble)
        progress, trouble = Progress(done=0, total=0, failed=0, resumed=0), None

        def watch(now: Progress) -> None:
            nonlocal progress
            progress = now

        try:
            if not first_to_begin(self._job, items):
                self._look_again()
            self._ask(items, watch)
        except SelfexplainError as error:
            trouble = Trouble.of(error)
            self._trouble = None if trouble.spent else trouble  # somebody may have given back what they did not need
        return Told(progress.done, progress.failed, progress.resumed, trouble, dict(self._stopped))

    def _ask(self, items: Sequence[Item], watch: Watch) -> None:
        going = [place for place in range(len(self._asked)) if place not in self._stopped]
        lots = [self._asked[place]._replace(items=items) for place in going]
        job = self._job
        asking = ask_runs(lots, repeats=job.repeats, concurrency=job.concurrency, watch=watch, budget=self._budget)
        try:
            failures = self._loop.run(asking)
        finally:
            if self._share is not None:
                self._share.settle()
        self._stopped |= {going[which]: Trouble.of(failure) for which, failure in failures.items()}

    def _asked_by(self, way: Way) -> Asked:
        """Return all that decides the Requests of a Run; ways with one model share its provider: it may be large."""
        who = way.model, way.base_url
        if who not in self._providers:
            self._providers[who] = plugins.provider_for(way.model, base_url=way.base_url)
        return asked_by(way, self._providers[who], OneFile(way.run / CALLS))

    def _look_again(self) -> None:
        """Read what a worker that was lost over the same Items has recorded since this one began."""
        for asked in self._asked:
            self._loop.run(file_of(asked).end())
        self._asked = [
            asked._replace(calls=OneFile(way.run / CALLS))
            for way, asked in zip(self._job.ways, self._asked, strict=True)
        ]
        self._look_at_budget()

    def _look_at_budget(self) -> None:
        if self._share is not None:
            self._budget = self._share.of([asked.calls for asked in self._asked])

    def close(self) -> None:
        """Let go of the providers and the files; a process that is ended instead loses nothing that was recorded."""
        with self._loop:
            for asked in self._asked:
                self._loop.run(file_of(asked).end())
                self._loop.run(asked.provider.aclose())


def file_of(asked: Asked) -> OneFile:
    """Return where a Run's replies go."""
    assert isinstance(asked.calls, OneFile)  # noqa: S101 - tells mypy what `asked_by` was given
    return asked.calls


def require_common_disk(job: Job) -> None:
    """Raise InputError unless the worker sees the very folder that the driver made."""
    try:
        seen = (job.scratch / TOKEN).read_text()
    except OSError:
        seen = ""
    if seen != job.token:
        raise InputError(
            f"{job.ways[0].run} is not the folder that the Run was begun in",
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


def asked_by(way: Way, provider: Provider, calls: Calls) -> Asked:
    """Return everything that decides the Requests of a Run, who answers and where replies go; no Items yet.

    Raises
    ------
    InputError
        When a provider cannot be made here, or is not the one that the Run is about.
    """
    folder = RunFolder(way.run)
    spec, template = folder.manifest.spec, template_of(folder)
    roles = {role: plugins.provider_in_role(model) for role, model in way.roles.items()}
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
