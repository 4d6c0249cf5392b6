"""The options of every command that takes a Run's folder or a table FILE."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from selfexplain import api
from selfexplain.cli.speak import pairs
from selfexplain.records import Source

F = TypeVar("F", bound=Callable[..., Any])


def table_options(command: F) -> F:
    """Add --source, --map and --scale to a command."""
    for option in (
        click.option(
            "--scale",
            type=click.Choice(["probability", "percent"]),
            default="probability",
            show_default=True,
            help="Of the confidences in FILE.",
        ),
        click.option(
            "--map", "mapped", multiple=True, metavar="OURS=THEIRS", help="Name a column of FILE; may be repeated."
        ),
        click.option(
            "--source",
            type=click.Choice(get_args(Source)),
            help="Which confidence.  [default: stated; of a FILE given]",
        ),
    ):
        command = option(command)
    return command


def results_option(command: F) -> F:
    """Add --results to a command."""
    return click.option(
        "--results",
        type=click.Path(path_type=Path),
        default=api.RESULTS,
        show_default=True,
        help="Its folder `baselines` holds them.",
    )(command)


def columns_of(mapped: tuple[str, ...]) -> dict[str, str]:
    """Return what --map says."""
    return pairs(mapped, option="--map", example="confidence=score")
