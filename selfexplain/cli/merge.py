"""`selfexplain merge`: one Run out of the shards that several machines asked."""

from pathlib import Path

import click

from selfexplain.choosing import metric_facts
from selfexplain.cli.speak import names, print_json, print_result, tell
from selfexplain.merging import merge as merge_all
from selfexplain.runs.folder import RESULTS


@click.command()
@click.argument("runs", metavar="RUN…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--results",
    type=click.Path(path_type=Path),
    default=RESULTS,
    show_default=True,
    help="Where the Run is put.",
)
@click.option(
    "--metrics",
    multiple=True,
    default=["headline"],
    show_default=True,
    metavar="NAME,…",
    help="headline, all, a metric's name, or FILE.py:NAME; commas or repetition.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the metrics object to stdout.")
def merge(runs: tuple[Path, ...], results: Path, metrics: tuple[str, ...], as_json: bool) -> None:
    """Make one Run of several folders of it, as --shard leaves them on machines without a common disk.

    Their calls are copied, everything else is built anew: what comes out is the Run that one machine would have made.
    Items that no part has asked are told; the same `selfexplain run`, without --shard, asks them.
    """
    result = merge_all(runs, results=results, metrics=names(metrics), say=tell)
    if as_json:
        print_json(result.to_dict())
        return
    print_result(result.metrics, metric_facts(), result.note)
    tell(f"\nReport: {result.page}")
