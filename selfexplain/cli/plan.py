"""`selfexplain plan`: how many Items, what can be seen with them, and what they cost."""

from pathlib import Path
from typing import Any, Literal

import click

from selfexplain import planning
from selfexplain.cli.speak import print_json, show
from selfexplain.cli.table_options import columns_of, log_options, results_option, table_options
from selfexplain.records import Source

SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command()
@click.argument("before", metavar="[RUN|FILE]", type=click.Path(path_type=Path), required=False)
@click.argument("after", metavar="[RUN|FILE]", type=click.Path(path_type=Path), required=False)
@click.option("--baseline", metavar="NAME", help="Plan from a baseline instead of the first RUN|FILE.")
@click.option("--delta", type=SHARE, default=0.05, show_default=True, help="The change that must not be missed.")
@click.option("--items", type=click.IntRange(min=1), help="How many there are.  [default: those of RUN, else 1000]")
@click.option("--power", type=SHARE, default=0.8, show_default=True, help="The chance to see it.")
@click.option(
    "--level",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    help="Of intervals.  [default: the gate's]",
)
@click.option("--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="How often an Item is asked.")
@click.option("--dataset", metavar="DATASET", help="What would be asked, for the cost.  [default: that of RUN]")
@click.option("-m", "--model", help="Of what would be asked.  [default: that of RUN]")
@click.option("-t", "--template", help="Of what would be asked.  [default: that of RUN]")
@table_options
@log_options
@results_option
@click.option("--json", "as_json", is_flag=True, help="Print the plan as an object to stdout.")
def plan(
    before: Path | None,
    after: Path | None,
    baseline: str | None,
    delta: float,
    items: int | None,
    power: float,
    level: float | None,
    repeats: int,
    dataset: str | None,
    model: str | None,
    template: str | None,
    source: Source | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    results: Path,
    as_json: bool,
) -> None:
    """Say how many Items a change takes to be seen, what those there are can show, and what asking costs.

    Two RUNs or FILEs (columns item, confidence, correct; or a log of another tool) tell most: how much answers to one
    question differ between them. One tells how its own errors vary. With none, a typical model is assumed. Nothing is
    asked.
    """
    outlook = planning.plan(
        before,
        after,
        delta=delta,
        items=items,
        power=power,
        level=level,
        repeats=repeats,
        dataset=dataset,
        model=model,
        template=template,
        baseline=baseline,
        source=source,
        columns=columns_of(mapped),
        scale=scale,
        **log,
        results=results,
    )
    if as_json:
        print_json(outlook.to_dict())
    else:
        from selfexplain.report.plan_terminal import summary  # noqa: PLC0415 - numpy

        show(summary(outlook))
