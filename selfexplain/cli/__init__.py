"""The command line: one file per command, each a signature, one call and an exit code."""

import sys
import traceback
from typing import Any

import click

from selfexplain import __version__
from selfexplain.cli.baseline import baseline
from selfexplain.cli.compare import compare
from selfexplain.cli.decide import decide
from selfexplain.cli.evaluate import evaluate
from selfexplain.cli.gate import gate
from selfexplain.cli.history import history
from selfexplain.cli.list import list_
from selfexplain.cli.merge import merge
from selfexplain.cli.model import model
from selfexplain.cli.plan import plan
from selfexplain.cli.recalibrate import recalibrate
from selfexplain.cli.report import report
from selfexplain.cli.run import run
from selfexplain.cli.show import show
from selfexplain.cli.speak import complain, tell
from selfexplain.errors import BudgetSpent, InputError, SelfexplainError

MISUSE = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="selfexplain")
def cli() -> None:
    """Ask a language model what it answers, why, and how sure it is; then check all three.

    Exit codes: 0 done or passed · 1 the gate failed, nothing else · 2 bad input, misuse or a provider
    that cannot go on · 3 inconclusive · 4 not comparable · 130 interrupted or budget spent, resumable.
    """


COMMANDS = (
    *(run, evaluate, report, compare, plan, baseline, gate, history),
    *(recalibrate, decide, merge, list_, show, model),
)

for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run a command; whatever it raises on purpose becomes a sentence, a hint and an exit code."""
    try:
        code: Any = cli.main(standalone_mode=False)
    except click.ClickException as misuse:
        misuse.show()
        code = MISUSE
    except BudgetSpent as spent:
        complain(spent)
        code = INTERRUPTED
    except SelfexplainError as error:
        complain(error)
        code = MISUSE
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except BrokenPipeError:  # somebody piped us into `head`
        sys.stderr.close()
        code = 0
    except OSError as error:  # a system that refuses is no bug: too many open files, no memory for one more thread
        named = "" if error.filename is None else f"{error.filename}: "
        complain(InputError(f"{named}{error.strerror or error}", hint="mend the cause and run the same command again"))
        code = MISUSE
    except Exception:  # noqa: BLE001 - a crash must not end with Python's own 1, which says that a gate failed
        traceback.print_exc()
        tell("Unexpected. Unless the lines above lead to a file of your own, this is a bug: please report it.")
        code = MISUSE
    sys.exit(code if isinstance(code, int) else 0)
