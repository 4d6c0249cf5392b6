"""What every command says in the same way: errors to stderr, data to stdout."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from selfexplain.errors import InputError, SelfexplainError
from selfexplain.records import encode
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType


def tell(sentence: str) -> None:
    """Say something to a person, apart from the data."""
    click.echo(sentence, err=True)


def complain(error: SelfexplainError) -> None:
    """Say what went wrong and what to do."""
    colour = False if os.environ.get("NO_COLOR") else None  # None: as the terminal can
    # A server's words stand in here: shown as they are, they could write to the terminal's title or clear it.
    click.echo(f"{click.style('error:', fg='red', bold=True)} {visible(error.message)}", err=True, color=colour)
    if error.hint is not None:
        click.echo(f"{click.style('hint:', bold=True)} {visible(error.hint)}", err=True, color=colour)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one strict JSON object."""
    click.echo(msgspec.json.format(encode(value), indent=2).decode())


def print_result(metrics: Mapping[str, Any], facts: Mapping[str, Any], note: str) -> None:
    """Print the summary that a person understands in ten seconds."""
    from selfexplain.report.terminal import summary  # noqa: PLC0415 - only where something is shown

    show(summary(metrics, facts, note))


def show(shown: "RenderableType") -> None:
    """Print what a report has made for the terminal."""
    from rich.console import Console  # noqa: PLC0415 - only where something is shown

    Console(highlight=False).print(shown)


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
