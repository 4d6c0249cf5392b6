"""What a command says to GitHub, in whose jobs it runs: stdout is its channel of commands, files take the rest."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from selfexplain.runs.folder import disk_errors

if TYPE_CHECKING:  # numpy
    from selfexplain.pipeline.gate import Verdict


@contextmanager
def protected() -> Iterator[None]:
    """Let nothing that is printed meanwhile be obeyed: names in it come from models and files."""
    word = secrets.token_hex(16)  # nobody can guess it, so nobody can switch commands on again
    click.echo(f"::stop-commands::{word}")
    try:
        yield
    finally:
        click.echo(f"::{word}::")


def publish(verdict: "Verdict") -> None:
    """Annotate the job with a verdict; add it to the job's summary and the step's output where there are any."""
    from selfexplain.report import gate_markdown  # noqa: PLC0415 - numpy
    from selfexplain.report.github import annotation  # noqa: PLC0415 - numpy

    if command := annotation(verdict):
        click.echo(command)
    append("GITHUB_STEP_SUMMARY", gate_markdown.render(verdict))
    append("GITHUB_OUTPUT", f"verdict={verdict.verdict}\n")


def append(variable: str, text: str) -> None:
    """Add a text to the file that a variable of the environment names, if it names one."""
    if path := os.environ.get(variable):
        with disk_errors(Path(path)), Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
