"""The verb that looks back: one metric over all Runs there are; for notebooks, scripts and the command."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from selfexplain.choosing import chosen_metrics, metric_facts
from selfexplain.errors import InputError, SelfexplainError
from selfexplain.records import Source
from selfexplain.runs import baseline as baselines
from selfexplain.runs.asked import when_asked
from selfexplain.runs.folder import RESULTS, RunFolder
from selfexplain.verdicts import Answering, Reading, answers

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from matplotlib.figure import Figure

    from selfexplain.pipeline.history import History, Side

PARTS_OF_A_RUN = ("manifest.json", "items.jsonl", "calls")
"""A folder that holds one of these was a Run, whatever it lacks now."""


def history(
    *of: Answering,
    metric: str = "gap",
    source: Source | None = None,
    dataset: str | None = None,
    baseline: str | None = None,
    results: str | Path = RESULTS,
    **reading: Unpack[Reading],
) -> "History":
    """Measure Runs in the order in which they were asked, a series for each dataset and source.

    Parameters
    ----------
    *of : str, Path or DataFrame
        Runs' folders, folders that hold Runs, or that hold such folders (one for each night), table FILEs, other tools'
        logs, DataFrames; by default `results`.
    metric : str
        A metric's name, or `path.py:OBJECT`.
    source : str, optional
        Which confidence: by default `stated` of a Run and `given` of a table.
    dataset : str, optional
        Only Runs of the dataset of this name.
    baseline : str, optional
        A baseline that stands beside the series whose Items and source it shares.
    results : str or Path
        Where `baselines` lies, and the Runs if none are named.
    **reading
        Of tables and of other tools' logs: columns, scale, format, scorer, only, as in
        :func:`selfexplain.evaluate_file`.

    Returns
    -------
    History
        `.series`, each with `.points`: `.asked`, `.n`, `.coverage`, `.estimate.value`, `.low`, `.high`; `.unread`, and
        why; `.to_dict()` is what `selfexplain history --json` prints.

    Raises
    ------
    InputError
        When there is no Run, or none that can be read.

    Examples
    --------
    >>> import pandas as pd
    >>> import selfexplain as sx
    >>> a = pd.DataFrame({"item": ["p", "q"], "confidence": [0.8, 0.8], "correct": [1, 1]})
    >>> looked_back = sx.history(a, a.assign(confidence=0.9))
    >>> [round(point.estimate.value, 12) for point in looked_back.series[0].points]
    [-0.2, -0.1]
    """
    from selfexplain.pipeline.history import Unread  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.history import history as measured  # noqa: PLC0415 - numpy

    chosen = chosen_metrics(metric)
    if len(chosen) != 1:
        raise InputError(f"{metric!r} is {len(chosen)} metrics", hint="name one: `selfexplain list metric` names all")
    sides, unread, candidates = [], [], 0
    for each in runs_among(of or (results,)):
        candidates += 1
        try:
            found = side_of(each, source, reading)
        except SelfexplainError as error:
            unread.append(Unread(str(each) if isinstance(each, str | Path) else "DataFrame", error.message))
            continue
        if dataset in (None, found.answers.provenance.dataset):
            sides.append(found)
    if not sides:
        where = " and ".join(str(each) for each in of or (results,) if isinstance(each, str | Path))
        raise InputError(
            nothing(candidates, unread, dataset, where=where),
            hint="name Runs, folders that hold them, folders of such folders, or table FILEs",
        )
    fixed = None if baseline is None else baselines.read_baseline(Path(results), baseline)
    return measured(sides, chosen[0], unread=unread, baseline=fixed)


def nothing(candidates: int, unread: list[Any], dataset: str | None, *, where: str) -> str:
    """Say why there is nothing to show."""
    if not candidates:
        return f"there is no Run in {where}, nor in a folder in there"
    if unread:
        return f"no Run can be read: {'; '.join(f'{each.name}: {each.why}' for each in unread[:3])}"
    return f"no Run is of a dataset called {dataset!r}"


def runs_among(of: "tuple[Answering, ...]") -> Iterator[Answering]:
    """Yield Runs, tables, and for a folder that holds Runs each of these; if it holds none, those of its folders.

    Raises
    ------
    InputError
        When something that was named does not exist.
    """
    for each in of:
        if not isinstance(each, str | Path):
            yield each
            continue
        path = Path(each)
        if not path.exists():
            raise InputError(f"{path} does not exist", hint="name a Run, a folder that holds Runs, or a table FILE")
        yield from runs_in(path) if path.is_dir() and not is_run(path) else [path]


def runs_in(folder: Path) -> list[Path]:
    """Return the Runs in a folder of results, or in the folders of results that it holds, as of many nights."""
    here = sorted(filter(is_run, folder.iterdir()))
    inner = [] if here else sorted(filter(Path.is_dir, folder.iterdir()))
    return here or [run for each in inner for run in sorted(filter(is_run, each.iterdir()))]


def is_run(path: Path) -> bool:
    """Tell whether a folder is a Run, be it damaged."""
    return path.is_dir() and any((path / part).exists() for part in PARTS_OF_A_RUN)


def side_of(each: Answering, source: Source | None, reading: Reading) -> "Side":
    """Read one run."""
    from selfexplain.pipeline.history import Side  # noqa: PLC0415 - numpy

    asked = when_asked(RunFolder(each)) if isinstance(each, Path) and each.is_dir() else None
    return Side(answers(each, source, **reading), asked)


def picture(shown: "History") -> "Figure":
    """Return a history as a picture, a panel for each series."""
    from selfexplain.display.history import HistoryDisplay, stacked  # noqa: PLC0415 - with the rest of this verb

    facts = metric_facts().get(shown.metric)
    return stacked([HistoryDisplay.of(series, shown.metric, facts) for series in shown.series])


def draw(shown: "History", path: str | Path) -> Path:
    """Draw a history as `.png` or `.svg`, and return the path.

    Raises
    ------
    InputError
        When the file is of another kind, or cannot be written.
    """
    from selfexplain.display.picture import write_picture  # noqa: PLC0415 - matplotlib

    path = Path(path)
    if path.suffix not in {".png", ".svg"}:
        raise InputError(f"{path} is neither .png nor .svg", hint="give the picture one of these endings")
    try:
        return write_picture(picture(shown), path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}", hint="name a place that exists") from None
