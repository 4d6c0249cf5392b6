"""`selfexplain run`: ask, parse, grade, evaluate, report."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from selfexplain import asking, plugins, rehearsal
from selfexplain.choosing import metric_facts
from selfexplain.cli.progress import bar
from selfexplain.cli.speak import names, pairs, print_json, print_result, show, tell
from selfexplain.cli.termination import Termination
from selfexplain.errors import NothingAsked, NothingUsable
from selfexplain.measuring import Result
from selfexplain.pipeline.budget import money
from selfexplain.report.visible import visible
from selfexplain.runs.folder import RESULTS
from selfexplain.ways import WaysResult, run_ways


@click.command()
@click.argument("dataset", default="quickstart")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    default=[plugins.DEFAULT_MODEL],
    show_default=True,
    help="PROVIDER/NAME, a .gguf file, or path.py:OBJECT; several by repetition.",
)
@click.option(
    "-t",
    "--template",
    "templates",
    multiple=True,
    help="Name, or path of a .md file; several by commas or repetition, the first is what the others are compared "
    "with.  [default: few-shot for the embedded model, else answer-why-confidence]",
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
@click.option("--effort", metavar="WORD", help="How much a reasoning model is to think: low, medium, high …")
@click.option(
    "--ask-again",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How often to ask once more when a reply cannot be read.",
)
@click.option(
    "--judge", default="judge", show_default=True, metavar="TEMPLATE", help="What --role judge=MODEL is asked."
)
@click.option("--limit", type=click.IntRange(min=1), help="Ask only the first so many Items.")
@click.option("--shard", metavar="I/N", help="Ask only one of N parts of the Items; see `selfexplain merge`.")
@click.option("--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="How often to ask each Item.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Requests at once.  [default: the provider's]")
@click.option("--batch", is_flag=True, help="Ask through the provider's batch endpoint: half the price, up to a day.")
@click.option("--max-cost", type=float, metavar="AMOUNT", help="Stop when the Run has cost so much; needs prices.")
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    help="Stop when the Run has read and written so many, all replies together; one reply's length is the template's.",
)
@click.option(
    "--max-calls", type=click.IntRange(min=1), help="Never make more calls, those that fail and earlier ones included."
)
@click.option(
    "--max-time", metavar="TIME", help="Begin no request later than so long after the first: seconds, 90m, 2h, 1h30m."
)
@click.option("--engine", type=click.Choice(["ray"]), help="Ask on a cluster; needs selfexplain[scale].")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes of --engine.  [default: one per machine, at least 2]"
)
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
    "--results", type=click.Path(path_type=Path), default=RESULTS, show_default=True, help="Where Runs are kept."
)
@click.option("--json", "as_json", is_flag=True, help="Print the metrics object to stdout.")
def run(
    dataset: str,
    models: tuple[str, ...],
    templates: tuple[str, ...],
    mapped: tuple[str, ...],
    base_url: str | None,
    roles: tuple[str, ...],
    temperature: float | None,
    effort: str | None,
    ask_again: int,
    judge: str,
    limit: int | None,
    shard: str | None,
    repeats: int,
    concurrency: int | None,
    batch: bool,
    max_cost: float | None,
    max_tokens: int | None,
    max_calls: int | None,
    max_time: str | None,
    engine: str | None,
    workers: int | None,
    dry_run: bool,
    metrics: tuple[str, ...],
    results: Path,
    as_json: bool,
) -> None:
    """Ask a model every question of DATASET, grade the answers and measure its confidence.

    DATASET is `quickstart` (90 short questions, the default), `selfgate` (358 of nine kinds), `shutdown` (a survey), or
    a .jsonl, .csv or .parquet file. The same command resumes an interrupted Run. Several templates or models make a Run
    each and one page on which they stand side by side.
    """
    chosen: list[str | None] = [*names(templates)] or [None]
    ways = list(itertools.product(models, chosen))
    asked: dict[str, Any] = {
        "columns": pairs(mapped, option="--map", example="gold=answer"),
        "base_url": base_url,
        "roles": pairs(roles, option="--role", example="entailment=openai/NAME"),
        "temperature": temperature,
        "effort": effort,
        "ask_again": ask_again,
        "judge": judge,
        "limit": limit,
        "shard": shard,
        "repeats": repeats,
        "batch": batch,
        "results": results,
    }
    if dry_run:
        forecasts = [rehearsal.dry_run(dataset, model=model, template=template, **asked) for model, template in ways]
        tell_forecasts(forecasts, as_json=as_json)
        return
    asked |= {"concurrency": concurrency, "max_cost": max_cost, "max_tokens": max_tokens, "max_calls": max_calls}
    asked |= {"max_time": max_time, "metrics": names(metrics), "say": tell, "engine": engine, "workers": workers}
    try:
        with bar() as watch:
            if len(ways) == 1:
                ((model, template),) = ways
                found: Result | WaysResult = asking.run(dataset, model=model, template=template, **asked, watch=watch)
            else:
                found = run_ways(dataset, models=models, templates=chosen, **asked, watch=watch)
    except (NothingAsked, NothingUsable) as nothing:
        if shard is None:
            raise
        tell(
            f"Nothing to measure yet: {nothing.message}"
        )  # a small part may well hold nothing; it is done all the same
        return
    except KeyboardInterrupt:
        stopped = click.get_current_context().find_object(Termination) or Termination()
        stopped.tell("Every reply so far is recorded: the same command asks only what is missing.")
        raise
    if as_json:
        print_json(found.to_dict())
        return
    if isinstance(found, Result):
        print_result(found.metrics, metric_facts(), found.note)
    else:
        from selfexplain.report.ways_terminal import summary  # noqa: PLC0415 - numpy

        show(summary(found.comparison))
    tell(f"\nReport: {found.page}")


def tell_forecasts(forecasts: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print what each Run would take; several as a list, with the sum of their calls."""
    if as_json:
        print_json(forecasts[0] if len(forecasts) == 1 else {"runs": forecasts})
        return
    click.echo("".join(map(forecast_in_words, forecasts)), nl=False)
    if len(forecasts) > 1:
        calls = sum(forecast["calls"] for forecast in forecasts)
        click.echo(f"Together {calls:,} calls, asked in turns; nothing was sent. The rule: {forecasts[0]['rule']}.")
    else:
        click.echo(f"Nothing was sent. The rule: {forecasts[0]['rule']}.")


def forecast_in_words(forecast: Mapping[str, Any]) -> str:
    """Return a forecast as a person reads it."""
    others = "".join(
        f"As {role}, another model:\n{counted_in_words(one)}" for role, one in forecast.get("roles", {}).items()
    )
    took = f"{counted_in_words(forecast)}{others}"
    return visible(f"Run:     {forecast['run']}\n{took}")


def counted_in_words(counted: Mapping[str, Any]) -> str:
    """Return what one model would be asked, as a person reads it."""
    cost = counted["cost"]
    if cost["unknown"] is None:
        price = f"about {money(cost['amount'], cost['currency'])}, were every reply as long as it may be"
    else:
        price = f"unknown: {cost['unknown']}"
    batches = counted.get("batches")
    if batches:
        price += f"; in batches {cost['batch_share']:.0%} of your prices is paid" if cost["unknown"] is None else ""
    handed_in = (
        f"Batches: at least {batches['at_least']:,}, of at most {batches['requests_at_most']:,} requests each\n"
        if batches
        else ""
    )
    return (
        f"Calls:   {counted['calls']:,} to make, {counted['recorded']:,} recorded already\n"
        f"Tokens:  about {counted['prompt_tokens']:,} read, at most {counted['completion_tokens']:,} written\n"
        f"{handed_in}"
        f"Cost:    {price}\n"
    )
