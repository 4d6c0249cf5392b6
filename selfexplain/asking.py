"""The verb that asks: every question of a dataset, recorded, graded and measured; and how several Runs are asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfexplain import plugins
from selfexplain.ask_plan import Model, Plan, Roles, planned, require_counts
from selfexplain.choosing import metrics_later
from selfexplain.datasets.shard import Shard
from selfexplain.engines.purse import Limits
from selfexplain.errors import InputError, ProviderError
from selfexplain.event_loop import in_loop
from selfexplain.grading.judge import Judge
from selfexplain.measuring import Result, evaluated
from selfexplain.pipeline.ask import Asked, Watch, ask_runs
from selfexplain.pipeline.batch_news import News, Noted
from selfexplain.pipeline.batched import batched, require_batches
from selfexplain.pipeline.budget import Ahead, Budget, Metered, prices_for, require_tokens
from selfexplain.pipeline.time_limit import TimeLimit, seconds_in
from selfexplain.prompting.template import Template
from selfexplain.providers.provider import Provider, transparency_of
from selfexplain.records import Dataset, Item
from selfexplain.runs.batches import Batches, require_none_open
from selfexplain.runs.folder import RESULTS, RunFolder
from selfexplain.settings import Settings, read_settings
from selfexplain.telling import Say, silent

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from pandas import DataFrame

    from selfexplain.choosing import Chosen

Elsewhere = Callable[[Sequence[RunFolder], Sequence[Item], Limits], Mapping[int, ProviderError]]
"""Asks Items of Runs in other processes, to their end; returns which could not go on, where another could."""


def run(
    dataset: "str | Dataset | DataFrame" = "quickstart",
    *,
    columns: Mapping[str, str] | None = None,
    model: Model = plugins.DEFAULT_MODEL,
    template: str | Template | None = None,
    base_url: str | None = None,
    roles: Roles | None = None,
    temperature: float | None = None,
    effort: str | None = None,
    ask_again: int = 0,
    judge: str = "judge",
    limit: int | None = None,
    shard: str | None = None,
    repeats: int = 1,
    concurrency: int | None = None,
    batch: bool = False,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    max_calls: int | None = None,
    max_time: float | str | None = None,
    engine: str | None = None,
    workers: int | None = None,
    results: str | Path = RESULTS,
    metrics: "Chosen" = "headline",
    say: Say = silent,
    watch: Watch = silent,
) -> Result:
    r"""Ask a model every question of a dataset, grade, measure, and write the Run with its page.

    The same call resumes a Run that was interrupted: what has a recorded reply is not asked again.

    Parameters
    ----------
    dataset : str, Dataset or DataFrame
        `quickstart`, a `.jsonl`, `.csv` or `.parquet` file or a DataFrame (`docs/datasets.md`), or a Dataset.
    columns : mapping, optional
        Ours → theirs, for columns that are called something else: `{"question": "prompt", "gold": "answer"}`.
    model : str, Provider or callable
        `local/smollm2-135m-instruct`, `openai/NAME`, `anthropic/NAME`, `hf/FOLDER`, `scripted/FILE`, the path of a
        `.gguf` file, `path.py:OBJECT`, a Provider, or a function from messages to a reply (`providers/function.py`).
    template : str or Template, optional
        A template's name, the path of its file, or a Template; by default `few-shot` for the embedded model, which
        needs examples, and `answer-why-confidence` for any other.
    base_url : str, optional
        Address of a server that speaks the provider's protocol, with `/v1`.
    roles : mapping, optional
        Who else is asked, by role, where the template needs another model: `{"entailment": "openai/NAME"}`, with the
        address of its server behind an `@` where it has one of its own, or a Provider or a function.
    temperature : float, optional
        At which replies are drawn; by default 0, and 1, the model's own distribution, for a template with `draws`.
    effort : str, optional
        How much a reasoning model is to think, in its provider's word: `low`, `medium`, `high` …
    ask_again : int
        How often a question is asked once more, with a sentence that says what is missing, when the reply cannot be
        read. Those calls are recorded, and what they mended is counted apart (`compliance`).
    judge : str
        What the model in the role `judge` is asked, if there is one: `judge`, `judge-zh`, or the path of a template
        of yours. It grades Items whose grader is `judge`, and beside the exact grader all others, so that its own
        error is known (`second_opinion`).
    limit : int, optional
        Ask only the first so many Items; the same Run goes on when called without it.
    shard : str, optional
        `i/n`: ask only the Items of the i-th of n parts, so that n processes or machines ask the Run together
        (`docs/scale.md`). On a disk that all see they share one folder; else :func:`selfexplain.merge` puts the
        folders together.
    repeats : int
        How often to ask each Item; repeats of one Item are one cluster.
    concurrency : int, optional
        Requests at once; by default what the provider can make use of.
    batch : bool
        Ask through the provider's batch endpoint, which costs half and takes up to a day (`docs/batch.md`). The call
        returns when the batches are in; interrupted, it is resumed by the same call. `concurrency` is then how many
        questions are asked at once, by default as many as one batch holds.
    max_cost : float, optional
        Stop asking when the Run's calls, those of earlier times included, have cost this much, in the currency of the
        model's prices (`docs/settings.md`); what is in flight by then is completed and recorded.
    max_tokens : int, optional
        The same for tokens, read and written, of all the Run's calls together; one reply's length is the template's.
    max_calls : int, optional
        The same for the calls themselves, those that failed included; never more are sent.
    max_time : float or str, optional
        Seconds, or `90m`, `2h`, `1h30m`: begin no request later than so long after this call's first one; what is in
        flight by then is completed and recorded, and a batch that is out goes on without us. The same call asks on, as
        long again.
    engine : str, optional
        `ray`: ask in several processes on a Ray cluster (`docs/scale.md`); by default in this one.
    workers : int, optional
        In how many; `concurrency` is then that of each. By default one for each machine, at least 2.
    results : str or Path
        Where Runs are kept.
    metrics : str, metric function, or iterable of these
        What to measure: `headline`, `all`, a metric's name, a metric function, or several of these.
    say, watch : callable
        Told sentences and `Progress`; silent by default.

    Raises
    ------
    InputError
        When an argument or a row of the dataset cannot be used; nothing was asked then.
    BudgetSpent
        When the Run has taken `max_cost`, `max_tokens` or `max_calls`: the same call with more goes on. When this call
        has asked for `max_time`: the same call goes on.
    ProviderError
        When the provider cannot go on; the Run can be resumed.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> import selfexplain as sx
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> questions = folder / "questions.csv"
    >>> _ = questions.write_text("question,gold\nWhat is the capital of Peru?,Lima\nAnd of Chile?,Santiago\n")
    >>> replies = folder / "replies.jsonl"
    >>> reply = {"item": "*", "reply": "Answer: Lima\nConfidence: 90"}
    >>> _ = replies.write_text(json.dumps(reply))
    >>> result = sx.run(str(questions), model=f"scripted/{replies}", template="answer-confidence", results=folder)
    >>> result.to_dict()["sources"]["stated"]["metrics"]["gap"]["value"]
    0.4
    """
    chosen, part = metrics_later(metrics), Shard.stated(shard)
    require_counts(limit=limit, repeats=repeats)
    require_engine(engine, workers=workers, batch=batch, shard=shard)
    plan = planned(
        dataset,
        model=model,
        template=template,
        base_url=base_url,
        asks=True,
        say=say,
        columns=columns,
        roles=roles,
        temperature=temperature,
        effort=effort,
        ask_again=ask_again,
        judge=judge,
    )
    elsewhere = None
    if engine is not None:
        elsewhere = on_ray(
            [(model, base_url, roles or {})],
            [plan],
            repeats=repeats,
            concurrency=concurrency,
            workers=workers,
            say=say,
            watch=watch,
        )
    with asked(
        [plan],
        limit=limit,
        shard=part,
        repeats=repeats,
        concurrency=concurrency,
        batch=batch,
        max_cost=max_cost,
        max_tokens=max_tokens,
        max_calls=max_calls,
        max_time=max_time,
        elsewhere=elsewhere,
        results=Path(results),
        say=say,
        watch=watch,
    ) as ((folder, _),):
        return evaluated(folder, chosen())


@contextmanager
def asked(
    plans: Sequence[Plan],
    *,
    results: Path,
    limit: int | None = None,
    shard: Shard | None = None,
    repeats: int = 1,
    concurrency: int | None = None,
    batch: bool = False,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    max_calls: int | None = None,
    max_time: float | str | None = None,
    elsewhere: Elsewhere | None = None,
    say: Say = silent,
    watch: Watch = silent,
) -> Iterator[list[tuple[RunFolder, ProviderError | None]]]:
    """Ask what each plan has no reply for, all of them in turns, and yield their Runs, locked, with what stopped them.

    With a shard, others may ask theirs at the same time, and measure when we have measured. Who asks `elsewhere` is
    given all Runs and their Items, and returns when they have been asked.

    Raises
    ------
    InputError, BudgetSpent, ProviderError
        As for :func:`run`.
    """
    for plan in plans:
        require_counts(concurrency=plan.provider.concurrency if concurrency is None else concurrency)
    require_tokens(max_tokens)
    require_batches([plan.provider for plan in plans] if batch else [], known=plugins.batching())
    require_tokens(max_calls, what="calls")
    most_seconds = None if max_time is None else seconds_in(max_time)
    settings = read_settings()
    models = dict.fromkeys(model for plan in plans for model in plan.spec.models.values())
    stated = {model: settings.prices.get(model) for model in models}
    prices = {} if max_cost is None else prices_for(max_cost, stated)
    folders = [begun(plan, results, settings, say=say, batch=batch) for plan in plans]
    chosen = [items_of(folder, limit=limit, shard=shard) for folder in folders]
    if shard is not None:
        tell_shard(
            shard, chosen[0], of=len(folders[0].items[:limit]), limited=max_cost or max_tokens or max_calls, say=say
        )

    async def ask() -> Mapping[int, ProviderError]:
        noted = Noted(watch)
        news = News(say, noted.show)
        providers = [
            batched(plan.provider, Batches(folder.path), most=concurrency, news=news) if batch else plan.provider
            for plan, folder in zip(plans, folders, strict=True)
        ]
        runs = [
            Asked(
                items,
                plan.template,
                plugins.elicitation(plan.template.front.elicitation),
                plan.sampling,
                provider,
                folder.calls(),
                None if plan.judging is None else Judge(plan.judging),
            )
            for plan, folder, items, provider in zip(plans, folders, chosen, providers, strict=True)
        ]
        budget = None
        if any(most is not None for most in (max_cost, max_tokens, max_calls, most_seconds)):
            metered = [
                Metered(run.calls.totals_of(role), prices.get(model))
                for plan, run in zip(plans, runs, strict=True)
                for role, model in plan.spec.models.items()
            ]
            time = None if most_seconds is None else TimeLimit(most_seconds)
            budget = Budget(max_cost, metered, max_tokens, max_calls, Ahead() if batch else None, time)
        try:
            return await ask_runs(runs, repeats=repeats, concurrency=concurrency, watch=noted, budget=budget)
        finally:
            await close(providers)

    with ExitStack() as locks:
        for folder in folders:
            locks.enter_context(held(folder, shard=shard, batch=batch))
        stopped: Mapping[int, ProviderError] = {}
        if elsewhere is None:
            stopped = in_loop(ask())
        else:
            in_loop(close([plan.provider for plan in plans]))  # each worker makes its own
            by_role = [{role: prices.get(model) for role, model in plan.spec.models.items()} for plan in plans]
            stopped = elsewhere(folders, chosen[0], Limits(max_cost, max_tokens, max_calls, by_role, most_seconds))
        for folder in folders if shard is not None else ():
            locks.enter_context(folder.measuring())
        yield [(folder, stopped.get(place)) for place, folder in enumerate(folders)]


def begun(plan: Plan, results: Path, settings: Settings, *, say: Say, batch: bool = False) -> RunFolder:
    """Return the Run of a plan, in a new folder or in the one where it was begun."""
    card = settings.declared(plan.spec.model, transparency_of(plan.provider))
    text = "" if plan.judging is None else plan.judging.text
    folder = RunFolder.create(results, plan.spec, plan.dataset, plan.template.text, card, judge_text=text, batch=batch)
    say(f"Run: {folder.path}")
    return folder


@contextmanager
def held(folder: RunFolder, *, shard: Shard | None, batch: bool) -> Iterator[None]:
    """Hold a Run, or a shard of it, for this process; batches that are out must be collected before all else."""
    with folder.locked() if shard is None else folder.sharing(**shard._asdict()):
        if not batch:
            require_none_open(folder.path)
        yield


async def close(providers: Sequence[Provider]) -> None:
    """Let go of providers, each once."""
    for provider in {id(provider): provider for provider in providers}.values():
        await provider.aclose()


def require_engine(engine: str | None, *, workers: int | None, batch: bool, shard: str | None) -> None:
    """Raise InputError for an engine that there is not, for workers of none, or for a batch from several machines."""
    if batch and (engine is not None or shard is not None):
        raise InputError(
            "a batch is handed in whole, from one machine",
            hint="leave out --batch, or --shard and --engine: the provider spreads the work",
        )
    require_counts(workers=workers)
    if engine is None and workers is not None:
        raise InputError("workers are those of an engine, and none is named", hint="say --engine ray, too")
    if engine not in {None, "ray"}:
        raise InputError(f"no engine is called {engine!r}", hint="known: ray")


def on_ray(
    who: Sequence[tuple[Model, str | None, Roles]],
    plans: Sequence[Plan],
    *,
    repeats: int,
    concurrency: int | None,
    workers: int | None,
    say: Say,
    watch: Watch,
) -> Elsewhere:
    """Return what asks plans on a Ray cluster, given the model, its address and the roles of each."""

    def ask(folders: Sequence[RunFolder], items: Sequence[Item], limits: Limits) -> Mapping[int, ProviderError]:
        from selfexplain.engines.ray import ask_on_ray  # noqa: PLC0415 - only where it is asked for
        from selfexplain.engines.worker import Way  # noqa: PLC0415 - the same

        each = max(plan.provider.concurrency for plan in plans) if concurrency is None else concurrency
        say(f"Asking on Ray, each worker {'one request' if each == 1 else f'up to {each} requests'} at once")
        ways = [Way(folder.path.resolve(), *one) for folder, one in zip(folders, who, strict=True)]
        options: dict[str, Any] = {"repeats": repeats, "concurrency": concurrency, "workers": workers, "watch": watch}
        return ask_on_ray(folders, items, ways=ways, limits=limits, **options)

    return ask


def items_of(folder: RunFolder, *, limit: int | None, shard: Shard | None) -> Sequence[Item]:
    """Return the Items of a Run that are to be asked now, in their order."""
    items = folder.items[:limit]
    return items if shard is None else shard.of_items(items)


def tell_shard(shard: Shard, items: Sequence[Item], *, of: int, limited: float | None, say: Say) -> None:
    """Say what a shard comes to, and what a budget then means."""
    say(f"Shard {shard}: {len(items)} of {of} Items")
    if limited is not None and shard.of > 1:
        say(
            f"The budget is counted by this process alone: {shard.of} shards may together take {shard.of} times as much"
        )
