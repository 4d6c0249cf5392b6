"""The options of every command that takes a Run's folder or a table FILE."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import click

from selfexplain.cli.speak import pairs
from selfexplain.records import Source
from selfexplain.runs.folder import RESULTS

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


def log_options(command: F) -> F:
    """Add --format, --scorer and --only to a command, which gets them together as `log`."""

    @wraps(command)
    def bundled(*, format_: str | None, scorer: str | None, only: tuple[str, ...], **others: Any) -> Any:
        places = pairs(only, option="--only", example="filter=strict-match")
        return command(**others, log={"format": format_, "scorer": scorer, "only": places})

    with_options: Any = bundled
    for option in (
        click.option(
            "--only", multiple=True, metavar="PLACE=VALUE", help="Of a log: only such answers; may be repeated."
        ),
        click.option("--scorer", metavar="NAME", help="Of a log: which score says right or wrong."),
        click.option(
            "--format",
            "format_",
            metavar="NAME",
            help="Of FILE: table, inspect, lm-eval, promptfoo.  [default: as its structure shows]",
        ),
    ):
        with_options = option(with_options)
    return cast("F", with_options)


def results_option(command: F) -> F:
    """Add --results to a command."""
    return click.option(
        "--results",
        type=click.Path(path_type=Path),
        default=RESULTS,
        show_default=True,
        help="Its folder `baselines` holds them.",
    )(command)


def columns_of(mapped: tuple[str, ...]) -> dict[str, str]:
    """Return what --map says."""
    return pairs(mapped, option="--map", example="confidence=score")
