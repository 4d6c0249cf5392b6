"""`selfexplain trial`: tests of explanations, which ask again with one thing changed."""

from pathlib import Path
from typing import Any

import click

from selfexplain import trying
from selfexplain.cli.progress import bar
from selfexplain.cli.speak import names, pairs, print_json, show, tell
from selfexplain.cli.termination import Termination


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-t",
    "--trial",
    "trials",
    multiple=True,
    required=True,
    metavar="NAME,…",
    help="Which tests: see `selfexplain list trials`; commas or repetition; `all` for every one.",
)
@click.option("-m", "--model", metavar="MODEL", help="The Run's model, where its name alone does not lead to it.")
@click.option("--base-url", metavar="URL", help="The address of the Run's server.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE=MODEL[@URL]",
    help="Another model that a test asks; may be repeated.",
)
@click.option(
    "--mode",
    type=click.Choice(trying.MODES),
    default="quoted",
    show_default=True,
    help="How the beginning of a reasoning is given: in a user's turn, or as the beginning of the reply.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Look into N answers at most, the first ones.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of what is drawn: options, words, mistakes.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Requests at once.  [default: the provider's]")
@click.option(
    "--max-calls",
    type=click.IntRange(min=1),
    help="Never make more calls for tests of this Run, earlier ones included.",
)
@click.option("--dry-run", is_flag=True, help="Count the calls and say which tests apply; ask nothing, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as an object to stdout.")
def trial(run: Path, trials: tuple[str, ...], *, roles: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Test the explanations of a RUN: ask its model again with one thing changed, and look what moves.

    Replies are kept in the RUN's folder `trials`: the same command goes on where it stopped and asks nothing twice.
    """
    filled = pairs(roles, option="--role", example="paraphraser=openai/NAME")
    try:
        with bar() as watch:
            result = trying.trial(run, names(trials), roles=filled, say=tell, watch=watch, **settings)
    except KeyboardInterrupt:
        stopped = click.get_current_context().find_object(Termination) or Termination()
        stopped.tell("Every reply so far is recorded: the same command asks only what is missing.")
        raise
    if as_json:
        print_json(result.to_dict())
        return
    if result.page is None:
        return
    from selfexplain.report.trial_terminal import summary  # noqa: PLC0415 - rich

    show(summary(result.numbers))
    tell(f"\nPage: {result.page}")
