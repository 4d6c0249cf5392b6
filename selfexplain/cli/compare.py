"""`selfexplain compare`: what became better or worse on the same Items."""

from pathlib import Path
from typing import Any, Literal

import click

from selfexplain import verdicts
from selfexplain.cli.picture_file import drawable
from selfexplain.cli.speak import print_json, show, tell
from selfexplain.cli.table_options import columns_of, log_options, table_options
from selfexplain.records import Source

NOT_COMPARABLE = 4


@click.command()
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@table_options
@log_options
@click.option(
    "--picture", type=click.Path(path_type=Path), callback=drawable, help="Draw the comparison as .png or .svg."
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as an object to stdout.")
def compare(
    a: Path,
    b: Path,
    source: Source | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    picture: Path | None,
    as_json: bool,
) -> int:
    """Compare B with A, answer by answer; each is a RUN or a FILE.

    FILE is a table with columns item, confidence, correct, or a log of Inspect AI, lm-evaluation-harness or promptfoo.

    Exit codes: 0 compared · 2 misuse · 4 not comparable: other Items, gold answers, graders or sources.
    """
    comparison = verdicts.compare(a, b, source, columns=columns_of(mapped), scale=scale, **log)
    if as_json:
        print_json(comparison.to_dict())
    else:
        from selfexplain.report.comparison_terminal import summary  # noqa: PLC0415 - numpy

        show(summary(comparison))
    if not comparison.comparable:
        return NOT_COMPARABLE
    if picture is not None:
        tell(f"Picture: {verdicts.draw(comparison, picture)}")
    return 0
