"""`selfexplain evaluate`: measure again, without a single call."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from selfexplain.choosing import metric_facts
from selfexplain.cli.speak import names, pairs, print_json, print_result, tell
from selfexplain.cli.table_options import log_options
from selfexplain.errors import InputError
from selfexplain.measuring import evaluate_run
from selfexplain.tables import evaluate_file

MOST_VALUES = 1_000
"""Different confidences whose counts are printed; a million of them are 70 MB of text."""


@click.command()
@click.argument("source", metavar="RUN|FILE", type=click.Path(path_type=Path))
@log_options
@click.option("--map", "mapped", multiple=True, metavar="OURS=THEIRS", help="Name a column of FILE; may be repeated.")
@click.option(
    "--scale",
    type=click.Choice(["probability", "percent"]),
    default="probability",
    show_default=True,
    help="Of the confidences in FILE.",
)
@click.option(
    "--metrics",
    multiple=True,
    default=["headline"],
    show_default=True,
    metavar="NAME,…",
    help="headline, all, a metric's name, or FILE.py:NAME; commas or repetition.",
)
@click.option("--grades", metavar="FILE", help="Of a RUN: a table item, correct with grades from elsewhere.")
@click.option(
    "--gold-error",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Of a RUN: how the numbers may change if so many gold labels are wrong.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the metrics object to stdout.")
def evaluate(
    source: Path,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    metrics: tuple[str, ...],
    grades: str | None,
    gold_error: float | None,
    as_json: bool,
) -> None:
    """Measure a RUN from its recorded calls, or a FILE with columns `confidence` and `correct`.

    FILE is CSV, JSONL or Parquet; optional columns are item, cluster, group, repeat and status. Or it is a log of
    Inspect AI, lm-evaluation-harness or promptfoo: see `selfexplain show reader inspect`.

    --json of a FILE leaves the counts per confidence out where there are more than 1,000 different ones: `table` is
    null, `table_note` says so, and `reliability` has ten bins of them.
    """
    chosen = names(metrics)
    if os.path.isdir(source):  # noqa: PTH112 - says no, where a Path raises: a name too long, a folder out of reach
        if mapped or scale != "probability" or any(log.values()):
            raise InputError(
                "--map, --scale, --format, --scorer and --only describe a FILE, and this is a Run",
                hint="leave them out",
            )
        result = evaluate_run(source, grades=grades, gold_error=gold_error, metrics=chosen, say=tell)
    elif grades is not None or gold_error is not None:
        raise InputError("--grades and --gold-error are of a Run, and this is a FILE", hint="leave them out")
    else:
        result = evaluate_file(
            source,
            columns=pairs(mapped, option="--map", example="confidence=score"),
            scale=scale,
            metrics=chosen,
            **log,
        )
    if as_json:
        numbers = result.to_dict()
        print_json(numbers if numbers["run"] else without_long_tables(numbers))
    else:
        print_result(result.metrics, metric_facts(), result.note)
        if result.explanations:
            click.echo(f"\nExplanations: {result.explanations}")
        if result.page is not None:
            tell(f"\nReport: {result.page}")


def without_long_tables(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics object of a file without counts that nobody reads; a Run's stands whole in `metrics.json`.

    >>> short = {"sources": {"given": {"table": [[0.5, 2, 1]]}}}
    >>> without_long_tables(short) == short
    True
    """
    sources = {}
    for source, data in numbers["sources"].items():
        values = len(data["table"])
        note = (
            f"{values:,} different confidences: their counts are left out where there are more than {MOST_VALUES:,}; "
            "`reliability` has ten bins of them, and selfexplain.evaluate_file(…).metrics all"
        )
        sources[source] = data if values <= MOST_VALUES else {**data, "table": None, "table_note": note}
    return {**numbers, "sources": sources}
