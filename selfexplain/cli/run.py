"""`selfexplain run`: ask, parse, grade, evaluate, report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from selfexplain import api, plugins
from selfexplain.cli.progress import bar
from selfexplain.cli.speak import names, pairs, print_json, print_result, tell
from selfexplain.pipeline.budget import money
from selfexplain.report.visible import visible


@click.command()
@click.argument("dataset", default="quickstart")
@click.option(
    "-m",
    "--model",
    default=plugins.DEFAULT_MODEL,
    show_default=True,
    help="PROVIDER/NAME, a .gguf file, or path.py:OBJECT.",
)
@click.option(
    "-t",
    "--template",
    help="Name, or path of a .md file.  [default: few-shot for the embedded model, else answer-why-confidence]",
)
@click.option(
    "--map", "mapped", multiple=True, metavar="OURS=THEIRS", help="Name a column of DATASET; may be repeated."
)
@click.option("--base-url", help="Address of a server that speaks the provider's protocol, with /v1.")
@click.option("--limit", type=click.IntRange(min=1), help="Ask only the first so many Items.")
@click.option("--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="How often to ask each Item.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Requests at once.  [default: the provider's]")
@click.option("--max-cost", type=float, metavar="AMOUNT", help="Stop when the Run has cost so much; needs prices.")
@click.option("--dry-run", is_flag=True, help="Show calls, tokens and cost; ask nothing, write nothing.")
@click.option(
    "--metrics",
    multiple=True,
    default=["headline"],
    show_default=True,
    metavar="NAME,…",
    help="headline, all, a metric's name, or FILE.py:NAME; commas or repetition.",
)
@click.option(
    "--results", type=click.Path(path_type=Path), default=api.RESULTS, show_default=True, help="Where Runs are kept."
)
@click.option("--json", "as_json", is_flag=True, help="Print the metrics object to stdout.")
def run(
    dataset: str,
    model: str,
    template: str | None,
    mapped: tuple[str, ...],
    base_url: str | None,
    limit: int | None,
    repeats: int,
    concurrency: int | None,
    max_cost: float | None,
    dry_run: bool,
    metrics: tuple[str, ...],
    results: Path,
    as_json: bool,
) -> None:
    """Ask a model every question of DATASET, grade the answers and measure its confidence.

    DATASET is `quickstart` (90 short questions, the default), `selfgate` (358 of nine kinds), `shutdown` (a survey), or
    a .jsonl, .csv or .parquet file. The same command resumes an interrupted Run.
    """
    asked: dict[str, Any] = {
        "columns": pairs(mapped, option="--map", example="gold=answer"),
        "model": model,
        "template": template,
        "base_url": base_url,
        "limit": limit,
        "repeats": repeats,
        "results": results,
    }
    if dry_run:
        forecast = api.dry_run(dataset, **asked)
        if as_json:
            print_json(forecast)
        else:
            click.echo(forecast_in_words(forecast))
        return
    try:
        with bar() as watch:
            result = api.run(
                dataset,
                **asked,
                concurrency=concurrency,
                max_cost=max_cost,
                metrics=names(metrics),
                say=tell,
                watch=watch,
            )
    except KeyboardInterrupt:
        tell("Interrupted. Every reply so far is recorded: the same command asks only what is missing.")
        raise
    if as_json:
        print_json(result.to_dict())
    else:
        print_result(result.metrics, api.metric_facts(), result.note)
        tell(f"\nReport: {result.page}")


def forecast_in_words(forecast: Mapping[str, Any]) -> str:
    """Return a forecast as a person reads it."""
    cost = forecast["cost"]
    if cost["unknown"] is None:
        price = f"about {money(cost['amount'], cost['currency'])}, were every reply as long as it may be"
    else:
        price = f"unknown: {cost['unknown']}"
    return visible(
        f"Run:     {forecast['run']}\n"
        f"Calls:   {forecast['calls']:,} to make, {forecast['recorded']:,} recorded already\n"
        f"Tokens:  about {forecast['prompt_tokens']:,} read, at most {forecast['completion_tokens']:,} written\n"
        f"Cost:    {price}\n"
        f"Nothing was sent. The rule: {forecast['rule']}."
    )
