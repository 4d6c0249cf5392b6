"""`selfexplain history`: a metric over Runs."""

from pathlib import Path
from typing import Any, Literal

import click

from selfexplain import histories
from selfexplain.cli.picture_file import drawable
from selfexplain.cli.speak import print_json, show, tell
from selfexplain.cli.table_options import columns_of, log_options, results_option, table_options
from selfexplain.records import Source


@click.command()
@click.argument("of", metavar="[RESULTS|RUN|FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--metric", default="gap", show_default=True, metavar="NAME", help="What to look at.")
@table_options
@log_options
@click.option("--dataset", metavar="NAME", help="Only Runs of this dataset.")
@click.option("--baseline", metavar="NAME", help="Show a baseline beside the Runs of its Items.")
@results_option
@click.option("--picture", type=click.Path(path_type=Path), callback=drawable, help="Draw it as .png or .svg.")
@click.option("--json", "as_json", is_flag=True, help="Print the history as an object to stdout.")
def history(
    of: tuple[Path, ...],
    metric: str,
    source: Source | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    dataset: str | None,
    baseline: str | None,
    results: Path,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Show a metric over Runs, in the order in which they were asked; by default those in --results.

    Each dataset and each source of confidence is a series of its own. A Run that cannot be read is listed, and why.
    """
    found = histories.history(
        *of,
        metric=metric,
        source=source,
        dataset=dataset,
        baseline=baseline,
        results=results,
        columns=columns_of(mapped),
        scale=scale,
        **log,
    )
    if as_json:
        print_json(found.to_dict())
    else:
        from selfexplain.report.history_terminal import summary  # noqa: PLC0415 - numpy

        show(summary(found))
    if picture is not None:
        tell(f"Picture: {histories.draw(found, picture)}")
