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
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE=MODEL[@URL]",
    help="Another model that the template asks; may be repeated.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    help="At which replies are drawn.  [default: 0; 1 for a template with draws]",
)
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
    roles: tuple[str, ...],
    temperature: float | None,
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

    DATASET is `quickstart` (90 short questions, the default), `shutdown` (a survey), or a .jsonl, .csv or .parquet
    file. The same command resumes an interrupted Run.
    """
    asked: dict[str, Any] = {
        "columns": pairs(mapped, option="--map", example="gold=answer"),
        "model": model,
        "template": template,
        "base_url": base_url,
        "roles": pairs(roles, option="--role", example="entailment=openai/NAME"),
        "temperature": temperature,
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
    others = "".join(
        f"As {role}, another model:\n{counted_in_words(one)}" for role, one in forecast.get("roles", {}).items()
    )
    took = f"{counted_in_words(forecast)}{others}"
    return visible(f"Run:     {forecast['run']}\n{took}Nothing was sent. The rule: {forecast['rule']}.")


def counted_in_words(counted: Mapping[str, Any]) -> str:
    """Return what one model would be asked, as a person reads it."""
    cost = counted["cost"]
    if cost["unknown"] is None:
        price = f"about {money(cost['amount'], cost['currency'])}, were every reply as long as it may be"
    else:
        price = f"unknown: {cost['unknown']}"
    return (
        f"Calls:   {counted['calls']:,} to make, {counted['recorded']:,} recorded already\n"
        f"Tokens:  about {counted['prompt_tokens']:,} read, at most {counted['completion_tokens']:,} written\n"
        f"Cost:    {price}\n"
    )
