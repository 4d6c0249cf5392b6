"""`selfexplain recalibrate`: a map from stated to recalibrated confidence, and what it is good for."""

from pathlib import Path
from typing import Any, Literal

import click

from selfexplain import acting
from selfexplain.choosing import metric_facts
from selfexplain.cli.picture_file import drawable
from selfexplain.cli.speak import draw, pairs, print_json, show, tell
from selfexplain.cli.table_options import log_options


@click.command()
@click.argument("answers", metavar="RUN|FILE", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="MAP.json", help="Where to write the map.")
@click.option(
    "--method",
    default=acting.DEFAULT_METHOD,
    show_default=True,
    help="temperature, platt, beta, isotonic or value-map; `selfexplain list recalibrator` names all.",
)
@click.option("--source", help="Of a RUN: whose confidence.  [default: stated]")
@log_options
@click.option("--map", "mapped", multiple=True, metavar="OURS=THEIRS", help="Name a column of FILE; may be repeated.")
@click.option(
    "--scale",
    type=click.Choice(["probability", "percent"]),
    default="probability",
    show_default=True,
    help="Of the confidences in FILE.",
)
@click.option("-m", "--model", default="", help="Of a FILE: whose answers these are, written into the map.")
@click.option("-t", "--template", default="", help="Of a FILE: how they were asked for, written into the map.")
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True, help="Of the cross-fitting.")
@click.option("--seed", type=int, default=0, show_default=True, help="Deals clusters to folds.")
@click.option(
    "--picture", type=click.Path(path_type=Path), callback=drawable, metavar="OUT.png", help="Draw before and after."
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers and the map to stdout.")
def recalibrate(
    answers: Path,
    out: Path | None,
    method: str,
    source: str | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    model: str,
    template: str,
    folds: int,
    seed: int,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Learn from a RUN, or a FILE with `confidence` and `correct`, what each stated confidence is worth.

    Prints the numbers as stated and recalibrated, the latter out of fold; writes a small JSON map for production.
    """
    recalibration = acting.recalibrate(
        answers,
        method=method,
        source=source,
        columns=pairs(mapped, option="--map", example="confidence=score"),
        scale=scale,
        **log,
        model=model,
        template=template,
        folds=folds,
        seed=seed,
    )
    if as_json:
        print_json(recalibration.to_dict())
    else:
        from selfexplain.report.recalibration import before_and_after  # noqa: PLC0415 - only where something is shown

        show(before_and_after(recalibration.numbers, metric_facts()))
    if out is not None:
        tell(f"Map: {recalibration.write(out)}")
    elif not as_json:  # which holds the map
        tell("No map is kept: -o MAP.json writes it.")
    if picture is not None:
        from selfexplain.display.recalibration import RecalibrationDisplay  # noqa: PLC0415

        draw(RecalibrationDisplay.from_recalibration(recalibration.numbers).plot, picture)
