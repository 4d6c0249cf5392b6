"""The progress bar: counts, rate, time left; on stderr, so that stdout stays data."""

from collections.abc import Iterator
from contextlib import contextmanager

from selfexplain.pipeline.ask import Progress, Watch


@contextmanager
def bar() -> Iterator[Watch]:
    """Yield a function that shows Progress; nothing is drawn before the first, and only a terminal sees it move."""
    from rich.console import Console  # noqa: PLC0415 - only where something is shown
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("asking"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}"),
    )
    drawn = Bar(*columns, console=console, transient=False)
    task = drawn.add_task("", total=None, visible=False, rate="", remark="")

    def watch(progress: Progress) -> None:
        asked = progress.done - progress.resumed
        elapsed = drawn.tasks[0].elapsed or 0.0
        remarks = [progress.note] if progress.note else []
        remarks += [f"{n} {word}" for n, word in ((progress.resumed, "resumed"), (progress.failed, "failed")) if n]
        drawn.update(
            task,
            completed=progress.done,
            total=progress.total,
            visible=True,
            rate=f"{asked / elapsed:.1f}/s" if asked and elapsed else "",
            remark=", ".join(remarks),
        )

    with drawn:
        yield watch
