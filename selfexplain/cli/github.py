"""What a command says to GitHub, in whose jobs it runs: stdout is its channel of commands, files take the rest."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfexplain.errors import BudgetSpent, SelfexplainError
from selfexplain.runs.folder import disk_errors

if TYPE_CHECKING:  # numpy
    from selfexplain.pipeline.gate import Verdict


class Annotated(click.Command):
    """A command that, with --github, also marks the job where it cannot do what it was asked."""

    def make_context(self, info_name: str | None, args: list[str], *others: Any, **more: Any) -> click.Context:
        """Read the arguments."""
        with annotated("--github" in args):
            return super().make_context(info_name, args, *others, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with annotated(bool(ctx.params.get("github"))):
            return super().invoke(ctx)


@contextmanager
def annotated(github: bool) -> Iterator[None]:
    """Mark the job where something cannot be used or goes wrong; what is raised goes on to be said as always.

    As always is on stderr, of which GitHub obeys every line as well: so there it is said on one.
    """
    try:
        yield
    except (KeyboardInterrupt, BudgetSpent, BrokenPipeError, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        if not github:
            raise
        if isinstance(error, SelfexplainError):
            refuse(error.message, error.hint)
            error.message, error.hint = one_line(error.message), error.hint and one_line(error.hint)
            raise
        if isinstance(error, click.ClickException):
            refuse(error.format_message())
            raise click.ClickException(one_line(error.format_message())) from None
        if isinstance(error, OSError):
            refuse(f"{error.filename or 'the system'}: {error.strerror or error}")
        else:
            refuse(f"unexpected {type(error).__name__}: the log holds where")
        raise


def refuse(message: str, hint: str | None = None) -> None:
    """Mark the job as failed where no verdict came."""
    from selfexplain.report.github import refusal  # noqa: PLC0415 - numpy

    click.echo(refusal(message, hint))


def one_line(text: str) -> str:
    r"""Return a text of which GitHub takes no part for a command, old or new.

    >>> one_line("no file\n::error::x ##[add-mask]y")
    'no file ⏎ ::error::x # #[add-mask]y'
    """
    return " ⏎ ".join(text.splitlines()).replace("##[", "# #[")


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
