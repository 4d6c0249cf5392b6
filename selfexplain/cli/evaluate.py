"""`selfexplain evaluate`: measure again, without a single call."""

import os
from pathlib import Path
from typing import Literal

import click

from selfexplain import api, plugins
from selfexplain.cli.speak import pairs, print_json, print_result, tell
from selfexplain.errors import InputError


@click.command()
@click.argument("source", metavar="RUN|FILE", type=click.Path(path_type=Path))
@click.option("--map", "mapped", multiple=True, metavar="OURS=THEIRS", help="Name a column of FILE; may be repeated.")
@click.option(
    "--scale",
    type=click.Choice(["probability", "percent"]),
    default="probability",
    show_default=True,
    help="Of the confidences in FILE.",
)
@click.option("--metric", "extra", multiple=True, metavar="FILE.py:NAME", help="One more metric; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the metrics object to stdout.")
def evaluate(
    source: Path,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    extra: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure a RUN from its recorded calls, or a FILE with columns `confidence` and `correct`.

    FILE is CSV, JSONL or Parquet; optional columns are item, cluster, group, repeat and status.
    """
    metrics = [plugins.from_file(spec) for spec in extra]
    if os.path.isdir(source):  # noqa: PTH112 - says no, where a Path raises: a name too long, a folder out of reach
        if mapped or scale != "probability":
            raise InputError("--map and --scale describe a FILE, and this is a Run", hint="leave them out")
        result = api.evaluate_run(source, metrics=metrics, say=tell)
    else:
        result = api.evaluate_file(
            source, columns=pairs(mapped, option="--map", example="confidence=score"), scale=scale, metrics=metrics
        )
    if as_json:
        print_json(result.to_dict())
    else:
        print_result(result.metrics, api.metric_facts(), result.note)
        if result.page is not None:
            tell(f"\nReport: {result.page}")
