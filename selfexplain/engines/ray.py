"""Ask a Run on a Ray cluster: Ray Data hands lots of Items to actors, and starts again elsewhere what is lost.

Ray carries Items to the workers and counts back, nothing else. Replies go from each worker to its own file of calls in
the Run's folder, on a disk that all of them see; what is recorded is not asked again, whoever is given the Items next.
"""

import logging
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from selfexplain.engines.worker import CLAIMS, TOKEN, Job, Model, Told, Worker
from selfexplain.errors import InputError
from selfexplain.pipeline.ask import Progress, Watch
from selfexplain.providers.provider import Provider
from selfexplain.records import Item, encode
from selfexplain.runs.folder import RunFolder, disk_errors

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
        told = self._worker.ask([msgspec.json.decode(line, type=Item) for line in batch["item"]])
        return {"told": np.array([encode(told)], dtype=object)}


def ask_on_ray(
    folder: RunFolder,
    items: Sequence[Item],
    *,
    model: Model,
    base_url: str | None,
    roles: Mapping[str, Model],
    repeats: int,
    concurrency: int | None,
    workers: int | None,
    watch: Watch,
) -> None:
    """Ask Items of a Run on the cluster that `RAY_ADDRESS` names, else on a local one that ends with this call.

    Parameters
    ----------
    folder : RunFolder
        On a disk that all machines see under one name; held by this process.
    items : sequence of Item
    model, base_url, roles
        Who is asked, by names, so that each worker can make its own provider.
    repeats : int
        How often each Item is asked.
    concurrency : int or None
        Requests at once of each worker.
    workers : int or None
        How many actors.
    watch : callable
        Told `Progress` after each lot.

    Raises
    ------
    InputError
        When Ray is not there, the cluster has too few processors, or a worker sees another disk or another model.
    ProviderError
        When a provider cannot go on.
    """
    for who in (model, *roles.values()):
        if isinstance(who, Provider) and not isinstance(who, type):
            raise InputError(
                f"{who.name} is a provider that was made here, and each worker needs one of its own",
                hint="name it, as PROVIDER/NAME or path.py:OBJECT, or hand over its class",
            )
    ray = imported()
    progress = Progress(done=0, total=repeats * len(items), failed=0, resumed=0)
    watch(progress)
    # Ray prints to stdout when it has lost a worker, and stdout is for data.
    with redirect_stdout(sys.stderr), connected(ray, workers), scratch_in(folder.path) as (scratch, token):
        job = Job(folder.path.resolve(), scratch, token, model, base_url, dict(roles), repeats, concurrency)
        for told in told_by(ray, job, items, workers=number_of(ray, workers)):
            if told.trouble is not None:
                raise told.trouble.error
            progress = Progress(
                progress.done + told.done,
                progress.total,
                progress.failed + told.failed,
                progress.resumed + told.resumed,
            )
            watch(progress)


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
    if address := os.environ.get("RAY_ADDRESS"):
        try:
            ray.init(**quiet)
        except ConnectionError as error:
            raise InputError(
                f"no Ray cluster lets us in at {address}, which RAY_ADDRESS names ({error})",
                hint="`ray status` tells whether one runs there; newer ones want its RAY_AUTH_TOKEN in the environment",
            ) from None
    else:
        ray.init(address="local", include_dashboard=False, num_cpus=workers or WORKERS, **quiet)
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
    for left in run.glob(f"{SCRATCH}*"):  # of a job that was killed: whoever holds the Run is alone with it
        shutil.rmtree(left, ignore_errors=True)
    token = secrets.token_hex(16)
    scratch = run.resolve() / f"{SCRATCH}{token[:8]}"
    with disk_errors(run):
        (scratch / CLAIMS).mkdir(parents=True)
        (scratch / TOKEN).write_text(token)
    try:
        yield scratch, token
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def told_by(ray: Any, job: Job, items: Sequence[Item], *, workers: int) -> Iterator[Told]:
    """Yield what workers tell of each lot, as they come to its end."""
    import pyarrow as pa  # noqa: PLC0415 - comes with ray's Datasets

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.enable_auto_log_stats = False
    context.execution_no_progress_timeout_s = -1  # a lot that takes hours to answer is none that hangs
    in_a_lot = min(MOST_IN_A_LOT, max(1, -(-len(items) // (LOTS_EACH * workers))))
    lots = [
        pa.table({"item": [encode(item) for item in items[first : first + in_a_lot]]})
        for first in range(0, len(items), in_a_lot)
    ]
    asked = ray.data.from_arrow(lots).map_batches(
        RayWorker,
        fn_constructor_args=(job, str(Path.cwd())),
        batch_size=None,  # a lot is a block, which is what Ray does again when a worker is lost
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    for row in asked.iter_rows():
        yield msgspec.json.decode(row["told"], type=Told)
