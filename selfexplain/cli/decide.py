"""`selfexplain decide`: from which confidence on an answer may be used."""

from pathlib import Path
from typing import Any, Literal

import click

from selfexplain import acting
from selfexplain.cli.picture_file import drawable
from selfexplain.cli.speak import draw, pairs, print_json, show
from selfexplain.cli.table_options import log_options


@click.command()
@click.argument("answers", metavar="RUN|FILE", type=click.Path(path_type=Path))
@click.option(
    "--error",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="The largest share of wrong answers among the used ones that is tolerable.",
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="How sure the promise must be.",
)
@click.option("--threshold", "thresholds", type=float, multiple=True, help="Consider only these; may be repeated.")
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
@click.option(
    "--picture", type=click.Path(path_type=Path), callback=drawable, metavar="OUT.png", help="Draw error and coverage."
)
@click.option("--json", "as_json", is_flag=True, help="Print the decision to stdout.")
def decide(
    answers: Path,
    error: float,
    level: float,
    thresholds: tuple[float, ...],
    source: str | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    picture: Path | None,
    as_json: bool,
) -> None:
    """Find the lowest confidence in a RUN, or a FILE, from which on at most --error of the answers are wrong.

    The limits hold together with the stated level, so any row of the table may be used. Exit code 0 also when
    nothing can be promised.
    """
    decision = acting.decide_answers(
        answers,
        error=error,
        level=level,
        thresholds=thresholds or None,
        source=source,
        columns=pairs(mapped, option="--map", example="confidence=score"),
        scale=scale,
        **log,
    ).to_dict()
    if as_json:
        print_json(decision)
    else:
        from selfexplain.report.decision import table_of  # noqa: PLC0415 - only where something is shown

        show(table_of(decision))
    if picture is not None:
        from selfexplain.display.decision import DecisionDisplay  # noqa: PLC0415

        draw(DecisionDisplay.from_decision(decision).plot, picture)
