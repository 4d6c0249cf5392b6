"""The verbs that measure what others have asked: tables, logs of other tools, and bare arrays."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from selfexplain.choosing import chosen_metrics
from selfexplain.measuring import Result
from selfexplain.records import Source

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from numpy.typing import ArrayLike
    from pandas import DataFrame

    from selfexplain.calibration.evaluation import Evaluation
    from selfexplain.calibration.metric import Metric
    from selfexplain.choosing import Chosen

REPEATS_SHOWN = 100_000
"""Of tables with up to so many rows the noise between repeats is looked at, which takes an object for each row."""


def evaluate_file(
    table: "str | Path | DataFrame",
    *,
    columns: Mapping[str, str] | None = None,
    scale: Literal["probability", "percent"] = "probability",
    metrics: "Chosen" = "headline",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> Result:
    r"""Measure confidences and correctness that another tool has written: a table, or the log of a tool that is known.

    Parameters
    ----------
    table : str, Path or DataFrame
        A `.csv`, `.jsonl` or `.parquet` file, or a DataFrame, with columns `confidence` and `correct`, optional
        `item`, `cluster`, `group`, `repeat`, `status` (`docs/datasets.md`); or a log of Inspect AI,
        lm-evaluation-harness or promptfoo (`docs/other_tools.md`).
    columns : mapping, optional
        Ours → theirs, for columns that are called something else; of a log, where `confidence`, `item`, `cluster` and
        `group` stand, such as `{"confidence": "output"}`.
    scale : str
        `probability` for values in [0, 1], `percent` for 0 to 100.
    metrics : str, metric function, or iterable of these
        What to measure: `headline`, `all`, a metric's name, a metric function, or several of these.
    format : str, optional
        `table`, `inspect`, `lm-eval` or `promptfoo`; by default what the file's structure shows with certainty.
    scorer : str, optional
        Of a log: what says right or wrong, where there are several that could.
    only : mapping, optional
        Of a log: which answers, place → value, such as `{"filter": "strict-match"}`.

    Raises
    ------
    InputError
        When a row cannot be used, naming it; or when no row can; or when the file may be read in several ways.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import selfexplain as sx
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = table.write_text("item,confidence,correct\na,0.9,1\nb,0.9,0\n")
    >>> sx.evaluate_file(table).to_dict()["sources"]["given"]["metrics"]["gap"]["value"]
    0.4
    """
    from selfexplain.answer_files import log_of  # noqa: PLC0415 - with the rest of this verb
    from selfexplain.pipeline.evaluate import evaluate_sources  # noqa: PLC0415 - numpy

    chosen = chosen_metrics(metrics)
    table = Path(table) if isinstance(table, str) else table
    log = log_of(table, columns=columns, scale=scale, format=format, scorer=scorer, only=only)
    if log is None:
        return measured_table(table, chosen, columns=columns, scale=scale)
    known = log.provenance
    about = {
        "run": None,
        "dataset": {"name": known.dataset, "version": "", "n_items": len({row.item for row in log.rows})},
        "model": known.model,
        "template": known.template,
        "about": "own_answer",
        "log": dict(log.how),
    }
    measured_log = evaluate_sources({log.source: log.rows}, metrics=chosen, about=about, warnings=log.remarks)
    return Result(measured_log, note=log.note)


def measured_table(
    table: "Path | DataFrame",
    chosen: Sequence["Metric[...]"],
    *,
    columns: Mapping[str, str] | None,
    scale: Literal["probability", "percent"],
) -> Result:
    """Count a table batch by batch and measure the counts."""
    from selfexplain.datasets.confidences import read_confidences  # noqa: PLC0415 - with the rest of this verb
    from selfexplain.pipeline.count import counted_table  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.evaluate import evaluate_counted  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.repeats import asked_again  # noqa: PLC0415 - numpy

    counts, remarks = counted_table(table, columns=columns, scale=scale)
    name = table.name if isinstance(table, Path) else "dataframe"
    about = {
        "run": None,
        "dataset": {"name": name, "version": "", "n_items": counts.n_items},
        "model": "",
        "template": "",
        "about": "own_answer",
    }
    repeats: dict[Source, Any] = {}
    if counts.n_items < counts.n_answers <= REPEATS_SHOWN:
        noise = asked_again(read_confidences(table, columns=columns, scale=scale)[0])
        repeats = {} if noise is None else {"given": noise}
    return Result(evaluate_counted({"given": counts}, metrics=chosen, about=about, warnings=remarks, repeats=repeats))


def evaluate(
    confidence: "ArrayLike",
    correct: "ArrayLike",
    *,
    group: Iterable[Hashable | None] | None = None,
    cluster: Iterable[Hashable] | None = None,
    metrics: "Chosen" = "headline",
) -> "Evaluation":
    """Measure how far confidences can be trusted.

    Parameters
    ----------
    confidence : array of shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of shape (n,)
        Whether it was: booleans, or 0 and 1.
    group : iterable of length n, optional
        A kind of question to show apart.
    cluster : iterable of length n, optional
        What each row was drawn with; intervals resample clusters.
    metrics : str, metric function, or iterable of these
        What to measure: `headline`, `all`, a metric's name, a metric function, or several of these.

    Returns
    -------
    Evaluation
        `.metrics["gap"].value`, `.low`, `.high` …; `.to_dict()` gives `{"n", "metrics", "groups"}`.

    Raises
    ------
    InputError
        When a row cannot be used; names the row, the value and the remedy.

    Examples
    --------
    >>> import selfexplain as sx
    >>> evaluation = sx.evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1])
    >>> evaluation.metrics["accuracy"].value, evaluation.metrics["gap"].value
    (0.75, 0.0)
    >>> list(sx.evaluate([0.9, 0.6], [1, 0], metrics=["gap", "smooth_ece"]).metrics)
    ['gap', 'smooth_ece']
    """
    from selfexplain.calibration.evaluation import evaluate as measure  # noqa: PLC0415 - numpy

    return measure(confidence, correct, metrics=chosen_metrics(metrics), group=group, cluster=cluster)
