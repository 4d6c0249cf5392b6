"""`selfexplain report`: write a Run's page again."""

from pathlib import Path

import click

from selfexplain import api


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Write the page of a RUN again from its recorded calls, and print where it lies."""
    click.echo(api.evaluate_run(run).page)
