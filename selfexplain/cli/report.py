"""`selfexplain report`: write a Run's page again."""

from pathlib import Path

import click

from selfexplain.cli.speak import print_text
from selfexplain.errors import InputError
from selfexplain.measuring import evaluate_run


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Write the page of a RUN again from its recorded calls, and print where it lies."""
    page = evaluate_run(run).page
    if page is None:
        raise InputError(f"cannot write to {run}", hint="copy the Run to a folder of yours, and name that")
    print_text(page)
