"""The verb that counts, before anything is asked, what asking would take."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from selfexplain import plugins
from selfexplain.ask_plan import Model, Plan, Wanted, planned, require_counts
from selfexplain.datasets.shard import Shard
from selfexplain.event_loop import in_loop
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.batched import most_in_batches, require_batches
from selfexplain.pipeline.forecast import COUNTED, RULE, Count, Forecast, forecast
from selfexplain.prompting.template import Template
from selfexplain.records import SCHEMA_VERSION, Dataset, Message, Request
from selfexplain.runs.folder import RESULTS, RunFolder
from selfexplain.settings import read_settings

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from pandas import DataFrame

PROBE = Request(item="", messages=(Message("system", "?"), Message("user", "?")), max_tokens=1)
"""Asks a provider whether it can count tokens."""


def dry_run(
    dataset: "str | Dataset | DataFrame" = "quickstart",
    *,
    model: Model = plugins.DEFAULT_MODEL,
    template: str | Template | None = None,
    base_url: str | None = None,
    limit: int | None = None,
    shard: str | None = None,
    repeats: int = 1,
    batch: bool = False,
    results: str | Path = RESULTS,
    **wanted: Unpack[Wanted],
) -> dict[str, Any]:
    r"""Count what the same `run` would ask, in calls, tokens and money. Nothing is sent or written, no key is needed.

    Parameters
    ----------
    dataset, model, template, base_url, limit, shard, repeats, batch, results
        As for :func:`selfexplain.run`.
    **wanted
        As there: columns, roles, temperature, effort, ask_again, judge.

    Returns
    -------
    dict
        `calls` still to be made and those already `recorded`; `prompt_tokens`, an estimate, and `completion_tokens`, an
        upper bound, by the stated `rule`; `cost` by the prices that `pyproject.toml` sets, or why it is unknown. With
        `batch`, the `batches` that it takes at least, and a cost at the price of these.

    Raises
    ------
    InputError
        When an argument or a row of the dataset cannot be used.

    Examples
    --------
    Two prompts of two messages and 12 bytes each, and a template with `max_tokens: 20`:

    >>> import pathlib, tempfile
    >>> import selfexplain as sx
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> questions = folder / "questions.csv"
    >>> _ = questions.write_text("question,gold\nPeru?,Lima\nCuba?,Havana\n")
    >>> template = folder / "bare.md"
    >>> front = "name: bare\nversion: 1\nelicits: [answer]\nmax_tokens: 20"
    >>> _ = template.write_text(f"---\n{front}\n---\n## system\nCapital\n## user\n{{{{ question }}}}\n")
    >>> forecast = sx.dry_run(str(questions), model="openai/any", template=str(template), results=folder)
    >>> forecast["calls"], forecast["prompt_tokens"], forecast["completion_tokens"]
    (2, 26, 40)
    """
    part = Shard.stated(shard)
    require_counts(limit=limit, repeats=repeats)
    plan = planned(dataset, model=model, template=template, base_url=base_url, asks=False, **wanted)
    spec = plan.spec
    require_batches([plan.provider] if batch else [], known=plugins.batching())
    path = Path(results) / spec.folder_name
    has_begun = (path / "manifest.json").exists()
    count: Count | None = getattr(plan.provider, "count_tokens", None)

    async def rehearsed() -> tuple[Forecast, bool]:
        try:
            items = plan.dataset.items[:limit]
            items = items if part is None else part.of_items(items)
            can_count = count is not None and await count(PROBE) is not None
            found = await forecast(
                items,
                repeats=repeats,
                template=plan.template,
                elicitation=plugins.elicitation(plan.template.front.elicitation),
                sampling=plan.sampling,
                calls=RunFolder(path).calls() if has_begun else None,
                judge=None if plan.judging is None else Judge(plan.judging),
                count=count if can_count else None,
            )
            return found, can_count
        finally:
            await plan.provider.aclose()

    found, was_counted = in_loop(rehearsed())
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(path),
        "dataset": plan.spec.dataset,
        "model": plan.spec.model,
        "template": plan.spec.template,
        **counted(found, spec.model, in_batches_of=most_in_batches(plan.provider)[""] if batch else None),
        **({"roles": roles_counted(found, plan, batch=batch)} if spec.roles else {}),
        "rule": COUNTED if was_counted else RULE,
    }


def roles_counted(found: Forecast, plan: Plan, *, batch: bool) -> dict[str, Any]:
    """Return what asking each other model would take, by role."""
    nothing = Forecast(calls=0, recorded=0, prompt_tokens=0, completion_tokens=0)
    limits = most_in_batches(plan.provider) if batch else {}
    return {
        role: counted(found.roles.get(role, nothing), filled.model, in_batches_of=limits.get(role))
        for role, filled in plan.spec.roles.items()
    }


def counted(found: Forecast, model: str, *, in_batches_of: int | None = None) -> dict[str, Any]:
    """Return what asking one model would take, with its cost."""
    numbers = {name: value for name, value in found._asdict().items() if name != "roles"}
    if in_batches_of is not None:
        numbers["batches"] = {"at_least": -(-found.calls // in_batches_of), "requests_at_most": in_batches_of}
    price = read_settings().prices.get(model)
    return {**numbers, "cost": found.cost(price, model=model, in_batches=in_batches_of is not None)}
