"""The command line: one file per command, each a signature, one call and an exit code."""

import importlib
import sys
import traceback
from typing import Any

import click

from selfexplain import __version__
from selfexplain.cli.termination import INTERRUPTED, Termination
from selfexplain.errors import BudgetSpent, InputError, SelfexplainError
from selfexplain.near_names import meant
from selfexplain.providers.importing import nothing_collected

MISUSE = 2

COMMANDS: dict[str, str] = {
    "baseline": "Freeze a Run's answers, for `selfexplain gate`.",
    "compare": "Compare B with A, answer by answer; each is a RUN or a FILE.",
    "decide": "Find the lowest confidence in a RUN, or a FILE, from which on at most --error of the answers are wrong.",
    "evaluate": "Measure a RUN from its recorded calls, or a FILE with columns `confidence` and `correct`.",
    "gate": "Judge whether confidence became less trustworthy than in a baseline.",
    "history": "Show a metric over Runs, in the order in which they were asked; by default those in --results.",
    "list": "List the names that commands understand, of one KIND or of all.",
    "merge": "Make one Run of several folders of it, as --shard leaves them on machines without a common disk.",
    "model": "Fetch the embedded model's file, or bring it along.",
    "plan": "Say how many Items a change takes to be seen, what those there are can show, and what asking costs.",
    "recalibrate": "Learn from a RUN, or a FILE with `confidence` and `correct`, what each stated confidence is worth.",
    "report": "Write the page of a RUN again from its recorded calls, and print where it lies.",
    "run": "Ask a model every question of DATASET, grade the answers and measure its confidence.",
    "show": "Show what is known of one thing: `show model openai/NAME`, `show metric ece`, `show template few-shot`.",
    "trial": "Test the explanations of a RUN: ask its model again with one thing changed, and look what moves.",
    "witness": "Look at what moved the answers of a RUN, and compare that with what the model says of it.",
}
"""The file of each command, and the first sentence of its help: to list them, none need be imported."""


class Commands(click.Group):
    """The commands, each imported when it is used: `--help` must not wait for what only one of them needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Return their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by its name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        with nothing_collected():
            found = vars(importlib.import_module(f"selfexplain.cli.{cmd_name}"))
        command: click.Command = found.get(cmd_name) or found[f"{cmd_name}_"]  # list_, since `list` is Python's
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named first, or complain and offer one that is called nearly so."""
        near = "" if args[0] in COMMANDS else meant(args[0], COMMANDS)
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as misuse:
            raise click.UsageError(f"{misuse.message} {near.capitalize()}".rstrip(), ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write their names and what they are for."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="selfexplain")
def cli() -> None:
    """Ask a language model what it answers, why, and how sure it is; then check all three.

    Exit codes: 0 done or passed · 1 the gate failed, nothing else · 2 bad input, misuse or a provider
    that cannot go on · 3 inconclusive · 4 not comparable · 130 interrupted or budget spent, 143 terminated: resumable.
    """


def main() -> None:
    """Run a command; whatever it raises on purpose becomes a sentence, a hint and an exit code."""
    termination = Termination()
    try:
        with termination.heeded():
            code: Any = cli.main(standalone_mode=False, obj=termination)
    except click.ClickException as misuse:
        misuse.show()
        code = MISUSE
    except (KeyboardInterrupt, click.Abort):
        termination.tell()  # while a command was still being imported, nobody else has
        code = termination.code
    except BrokenPipeError:  # somebody piped us into `head`
        sys.stderr.close()
        code = 0
    except Exception as error:  # noqa: BLE001 - a crash must not end with Python's own 1, which says that a gate failed
        code = told(error)
    sys.exit(code if isinstance(code, int) else 0)


def told(error: Exception) -> int:
    """Say what went wrong and return the exit code for it."""
    from selfexplain.cli.speak import complain, tell  # noqa: PLC0415 - `--help` has no use for it

    if isinstance(error, SelfexplainError):
        complain(error)
        return INTERRUPTED if isinstance(error, BudgetSpent) else MISUSE
    if isinstance(error, OSError):  # a system that refuses is no bug: too many open files, no room for a thread
        named = "" if error.filename is None else f"{error.filename}: "
        complain(InputError(f"{named}{error.strerror or error}", hint="mend the cause and run the same command again"))
        return MISUSE
    traceback.print_exception(error)
    tell("Unexpected. Unless the lines above lead to a file of your own, this is a bug: please report it.")
    return MISUSE
