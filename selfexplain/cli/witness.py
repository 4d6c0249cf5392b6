"""`selfexplain witness`: what moved the answers, beside what the model says."""

from pathlib import Path
from typing import Any

import click

from selfexplain import looking
from selfexplain.cli.speak import names, print_json, show, tell
from selfexplain.evidence import TARGETS, UNIT_KINDS


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-w",
    "--witness",
    "witnesses",
    multiple=True,
    required=True,
    metavar="NAME,…",
    help="Who looks: see `selfexplain list witnesses`; commas or repetition.",
)
@click.option("-m", "--model", metavar="hf/…", help="What is looked into; by default the model that answered.")
@click.option("--base-url", metavar="URL", help="For those that ask again: the address of the Run's server.")
@click.option("--unit", type=click.Choice(UNIT_KINDS), default="word", show_default=True, help="How questions are cut.")
@click.option("--target", type=click.Choice(TARGETS), help="What is explained; by default each witness's own.")
@click.option("--baseline", metavar="NAME", help="What stands in a unit's place: embed, delete, mask, replace, …")
@click.option("--claim", metavar="KIND", help="Which claim is compared; by default the first that the Run holds.")
@click.option("--measure", metavar="NAME", default="named_auroc", show_default=True, help="What the verdict rests on.")
@click.option(
    "--removals",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Take away the words that the model names, and N random sets of as many, at least 20; 0: none.",
)
@click.option(
    "--shuffle",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Look at N answers again with all layers shuffled: does a witness look at the model at all?",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Look at N answers at most, the first ones.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of draws.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Requests at once, of those that ask again.")
@click.option(
    "--max-calls",
    type=click.IntRange(min=1),
    help="Never make more calls, of those that ask again; those that fail and earlier ones included.",
)
@click.option("--dry-run", is_flag=True, help="Count passes; load no model, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as an object to stdout.")
def witness(run: Path, witnesses: tuple[str, ...], *, as_json: bool, **settings: Any) -> None:
    """Look at what moved the answers of a RUN, and compare that with what the model says of it.

    Evidence is kept in the RUN's folder `evidence`: the same command goes on where it stopped.
    """
    result = looking.witness(run, names(witnesses), say=tell, **settings)
    if as_json:
        print_json(result.to_dict())
        return
    if settings["dry_run"]:
        return
    from selfexplain.report.evidence_terminal import summary  # noqa: PLC0415 - rich

    show(summary(result.numbers, result.rows))
    if result.page is not None:
        tell(f"\nQuestions with their words tinted: {result.page}")
