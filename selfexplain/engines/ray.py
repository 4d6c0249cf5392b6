"""Ask a Run on a Ray cluster: Ray Data hands lots of Items to actors, and starts again elsewhere what is lost.

An actor reads the lines of its lot from the Run's folder, on a disk that all of them see, and writes replies to a file
of calls of its own there. Ray carries where to read, and counts back, nothing else. What is recorded is not asked
again, whoever is given the Items next.
"""

import logging
import os
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from selfexplain.engines.lots import lots_of
from selfexplain.engines.purse import Amounts, Limits, Purse, taken_from
from selfexplain.engines.questions import COLUMN, questions_in
from selfexplain.engines.worker import CLAIMS, TOKEN, Job, Told, Way, Worker
from selfexplain.errors import InputError, ProviderError, SelfexplainError
from selfexplain.pipeline.ask import Progress, Watch
from selfexplain.pipeline.budget import refusal
from selfexplain.providers.provider import Provider
from selfexplain.records import Item, encode
from selfexplain.runs.folder import RunFolder, disk_errors
from selfexplain.runs.locks import FOLDER as LOCKS
from selfexplain.runs.locks import lock_at, taken, waiting

WORKERS = 2
"""Unless stated, on one machine; on a cluster, one for each machine where that is more."""

LOTS_EACH = 4
"""Lots of Items for each worker at least, so that a fast one can take over from a slow one."""

MOST_IN_A_LOT = 1000

SCRATCH = ".engine-"

QUIET: Mapping[str, str] = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_LOG_LEVEL": "ERROR",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # it calls an error where an actor's arguments lie, which is as it must be
}
"""Of Ray's settings, those that its user has not set; it reports to nobody."""


class RayWorker:
    """A worker as Ray Data wants it: called with a batch of rows, returns a batch of rows."""

    def __init__(self, job: Job, folder: str) -> None:
        if os.path.isdir(folder):  # noqa: PTH112 - relative paths mean here what they mean to the driver
            os.chdir(folder)
        self._worker = Worker(job)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the Items of one lot."""
        told = self._worker.ask_lines(list(batch[COLUMN]))
        return {"told": np.array([encode(told)], dtype=object)}


def ask_on_ray(
    folders: Sequence[RunFolder],
    items: Sequence[Item],
    *,
    ways: Sequence[Way],
    limits: Limits,
    repeats: int,
    concurrency: int | None,
    workers: int | None,
    watch: Watch,
) -> dict[int, ProviderError]:
    """Ask Items of Runs on the cluster that `RAY_ADDRESS` names, else on a local one that ends with this call.

    Parameters
    ----------
    folders : sequence of RunFolder
        One Run, or several that ask the same Items, which take turns; on a disk that all machines see under one name,
        and held by this process.
    items : sequence of Item
        Of the first of them, in their order there.
    ways : sequence of Way
        Who is asked for each Run.
    limits : Limits
        What all Runs may take together.
    repeats : int
        How often each Item is asked.
    concurrency : int or None
        Requests at once of each worker.
    workers : int or None
        How many actors.
    watch : callable
        Told `Progress` after each lot.

    Returns
    -------
    dict of int to ProviderError
        The places of the Runs that could not go on, and why, where another one could.

    Raises
    ------
    BudgetSpent
        When the Runs have taken what they may; all that was in flight by then is recorded.
    InputError
        When Ray is not there, the cluster has too few processors, or a worker sees another disk or another model.
    ProviderError
        When a provider cannot go on.
    """
    for who in (who for way in ways for who in (way.model, *way.roles.values())):
        if isinstance(who, Provider) and not isinstance(who, type):
            raise InputError(
                f"{who.name} is a provider that was made here, and each worker needs one of its own",
                hint="name it, as PROVIDER/NAME or path.py:OBJECT, or hand over its class",
            )
    ray = imported()
    seen = Seen(watch, total=repeats * len(items) * len(ways))
    first = folders[0].path
    # Ray prints to stdout when it has lost a worker, and stdout is for data.
    with redirect_stdout(sys.stderr), connected(ray, workers), scratch_in(first) as (scratch, token):
        there = number_of(ray, workers)
        before = taken_from(limits.over(folder.calls() for folder in folders)) if limits else Amounts()
        purse = Purse(scratch, limits, before, there) if limits else None
        job = Job(ways, scratch, token, repeats, concurrency, purse)
        for told in told_by(ray, job, items, workers=there):
            seen.add(told)
    if seen.spent is not None:
        raise refusal(limits.over(folder.calls() for folder in folders)) or seen.spent
    return seen.stopped


class Seen:
    """What workers have told so far."""

    def __init__(self, watch: Watch, *, total: int) -> None:
        self._watch = watch
        self._progress = Progress(done=0, total=total, failed=0, resumed=0)
        self.stopped: dict[int, ProviderError] = {}
        """What kept a worker from going on with one Run of several, by its place."""
        self.spent: SelfexplainError | None = None
        """That the budget is; raised when all have told, since replies in flight are paid for."""
        watch(self._progress)

    def add(self, told: Told) -> None:
        """Add what became of a lot; raise what keeps a worker from going on."""
        if told.trouble is not None:
            if not told.trouble.spent:
                raise told.trouble.error
            self.spent = told.trouble.error
        for place, trouble in told.stopped.items():
            if isinstance(trouble.error, ProviderError):
                self.stopped.setdefault(place, trouble.error)
        now = self._progress
        self._progress = now._replace(
            done=now.done + told.done, failed=now.failed + told.failed, resumed=now.resumed + told.resumed
        )
        self._watch(self._progress)


def imported() -> Any:
    """Return the `ray` module with its Datasets; it reports to nobody, unless its user has said so.

    Raises
    ------
    InputError
        When it is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415 - 2 s
        import ray.data  # noqa: PLC0415
    except ImportError:
        raise InputError("--engine ray needs ray", hint="pip install 'selfexplain[scale]'") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


@contextmanager
def connected(ray: Any, workers: int | None) -> Iterator[None]:
    """Join the cluster that `RAY_ADDRESS` names, or start one on this machine, for as long as it is needed."""
    if ray.is_initialized():  # by the notebook that called us, which goes on with it
        yield
        return
    quiet = {"log_to_driver": False, "logging_level": "error"}
    terminated = signal.getsignal(signal.SIGTERM)
    if address := os.environ.get("RAY_ADDRESS"):
        try:
            ray.init(**quiet)
        except ConnectionError as error:
            raise InputError(
                f"no Ray cluster lets us in at {address}, which RAY_ADDRESS names ({error})",
                hint="`ray status` tells whether one runs there; newer ones want its RAY_AUTH_TOKEN in the environment",
            ) from None
    else:
        try:
            ray.init(address="local", include_dashboard=False, num_cpus=workers or WORKERS, **quiet)
        except Exception as error:  # noqa: BLE001 - Ray has no class for it: a machine with much to do is no bug of ours
            ray.shutdown()
            raise InputError(
                f"no Ray cluster could be started on this machine ({error})",
                hint="nothing was asked; run the same command again when there is less to do, or without --engine",
            ) from None
    if callable(terminated) and threading.current_thread() is threading.main_thread():  # Ray's own aborts
        signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        ray.shutdown()  # ends all actors of this job, also on machines that go on


def number_of(ray: Any, stated: int | None) -> int:
    """Return how many workers there are to be.

    Raises
    ------
    InputError
        When there are fewer processors: some would never begin, and nobody would know why.
    """
    machines = sum(bool(node["Alive"]) for node in ray.nodes())
    wanted = stated or max(WORKERS, machines)
    there = int(ray.cluster_resources().get("CPU", 0))
    if wanted > there:
        raise InputError(
            f"{wanted} workers need a processor each, and the cluster has {there}", hint=f"say --workers {there or 1}"
        )
    return wanted


@contextmanager
def scratch_in(run: Path) -> Iterator[tuple[Path, str]]:
    """Make a folder in a Run for one job, with a token in it that only this job knows, and take it away again."""
    token = secrets.token_hex(16)
    scratch = run.resolve() / f"{SCRATCH}{token[:8]}"
    with alive(scratch):
        for left in run.resolve().glob(f"{SCRATCH}*"):
            if left != scratch:
                take_away_if_dead(left)
        with disk_errors(run):
            (scratch / CLAIMS).mkdir(parents=True)
            (scratch / TOKEN).write_text(token)
        try:
            yield scratch, token
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def alive(scratch: Path) -> Iterator[None]:
    """Hold the lock that says that a job goes on: another shard of the Run may have one at the same time."""
    with disk_errors(scratch.parent):
        (scratch.parent / LOCKS).mkdir(exist_ok=True)
    path = scratch.parent / LOCKS / f"{scratch.name.removeprefix('.')}.lock"
    with waiting(path):
        yield
    path.unlink(missing_ok=True)


def take_away_if_dead(scratch: Path) -> None:
    """Remove what a job left that was killed: nobody holds its lock."""
    path = scratch.parent / LOCKS / f"{scratch.name.removeprefix('.')}.lock"
    lock = lock_at(path)
    if taken(lock):
        shutil.rmtree(scratch, ignore_errors=True)
        lock.release()
        path.unlink(missing_ok=True)


def told_by(ray: Any, job: Job, items: Sequence[Item], *, workers: int) -> Iterator[Told]:
    """Yield what workers tell of each lot, as they come to its end."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.enable_auto_log_stats = False
    context.execution_no_progress_timeout_s = -1  # a lot that takes hours to answer is none that hangs
    in_a_lot = min(MOST_IN_A_LOT, max(1, -(-len(items) // (LOTS_EACH * workers))))
    lots = list(lots_of(job.ways[0].run / "items.jsonl", items, at_most=in_a_lot))
    if not lots:
        return
    asked = ray.data.read_datasource(questions_in(lots), num_cpus=1, override_num_blocks=len(lots)).map_batches(
        RayWorker,
        fn_constructor_args=(job, str(Path.cwd())),
        batch_size=None,  # a lot is a block, which is what Ray does again when a worker is lost
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    for row in asked.iter_rows():
        yield msgspec.json.decode(row["told"], type=Told)
