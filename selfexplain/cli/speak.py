"""What every command says in the same way: errors to stderr, data to stdout."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from selfexplain.errors import InputError, SelfexplainError
from selfexplain.records import encode
from selfexplain.report.visible import is_hidden, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import RenderableType


def tell(sentence: str) -> None:
    """Say something to a person, apart from the data."""
    click.echo(visible(sentence), err=True)


def complain(error: SelfexplainError) -> None:
    """Say what went wrong and what to do."""
    colour = False if os.environ.get("NO_COLOR") else None  # None: as the terminal can
    # A server's words stand in here: shown as they are, they could write to the terminal's title or clear it.
    click.echo(f"{click.style('error:', fg='red', bold=True)} {visible(error.message)}", err=True, color=colour)
    if error.hint is not None:
        click.echo(f"{click.style('hint:', bold=True)} {visible(error.hint)}", err=True, color=colour)


def print_text(value: str | Path) -> None:
    """Print a name or a path: byte by byte for a script, with hidden characters made visible for a terminal."""
    click.echo(visible(str(value)) if sys.stdout.isatty() else os.fsencode(value))


def print_json(value: Mapping[str, Any]) -> None:
    r"""Print one strict JSON object; characters that a terminal might obey are written as `\u` escapes."""
    text = msgspec.json.format(encode(value), indent=2).decode()
    click.echo("".join(json.dumps(sign)[1:-1] if is_hidden(sign) else sign for sign in text))


def print_result(metrics: Mapping[str, Any], facts: Mapping[str, Any], note: str) -> None:
    """Print the summary that a person understands in ten seconds."""
    from selfexplain.report.survey_terminal import survey_summary  # noqa: PLC0415 - only where something is shown
    from selfexplain.report.terminal import summary  # noqa: PLC0415

    show(survey_summary(metrics, note) if "survey" in metrics else summary(metrics, facts, note))


def show(what: "RenderableType") -> None:
    """Print what rich can lay out."""
    from rich.console import Console  # noqa: PLC0415 - only where something is shown

    Console(highlight=False).print(what)


def draw(plot: "Callable[[Axes], Axes]", path: Path) -> None:
    """Write a picture of one panel, and say where it lies.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    from selfexplain.display.picture import one_panel, write_picture  # noqa: PLC0415 - matplotlib

    try:
        tell(f"Picture: {write_picture(one_panel(plot), path)}")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}", hint="name a place that exists") from None


def names(values: Sequence[str]) -> list[str]:
    """Return the names in an option that takes commas or repetition."""
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def pairs(values: Sequence[str], *, option: str, example: str) -> dict[str, str]:
    """Return `OURS=THEIRS` values as a mapping.

    Raises
    ------
    InputError
        When a value is not of that form.
    """
    found = {}
    for value in values:
        ours, equals, theirs = value.partition("=")
        if not equals or not ours or not theirs:
            raise InputError(f"{option} {value!r}", hint=f"write {option} OURS=THEIRS, such as {option} {example}")
        found[ours.strip()] = theirs.strip()
    return found
