"""`selfexplain baseline`: what later runs are judged against."""

from pathlib import Path
from typing import Any, Literal

import click

from selfexplain import verdicts
from selfexplain.cli.speak import tell
from selfexplain.cli.table_options import columns_of, log_options, results_option, table_options
from selfexplain.records import Source


@click.group()
def baseline() -> None:
    """Freeze a Run's answers, for `selfexplain gate`."""


@baseline.command(name="set")
@click.argument("of", metavar="RUN|FILE", type=click.Path(path_type=Path))
@click.argument("name", metavar="NAME")
@table_options
@log_options
@results_option
@click.option("--replace", is_flag=True, help="Overwrite a baseline of this name.")
def set_(
    of: Path,
    name: str,
    source: Source | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    results: Path,
    replace: bool,
) -> None:
    """Freeze the answers of a RUN or a FILE as the baseline NAME.

    FILE is a table with columns item, confidence, correct, or a log of Inspect AI, lm-evaluation-harness or promptfoo.

    Writes NAME.json and NAME.pairs.csv: commit both. They need no Run.
    """
    before = verdicts.earlier(results, name) if replace else None
    path = verdicts.set_baseline(
        of, name, source, replace=replace, results=results, columns=columns_of(mapped), scale=scale, **log
    )
    click.echo(path)
    for sentence in verdicts.prospects(results, name, before=before):
        tell(sentence)
