"""The verbs for notebooks and scripts: names or objects in, one result out; the same that the commands call."""

import asyncio
import concurrent.futures
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import msgspec

from selfexplain import plugins
from selfexplain.datasets.askable import require_askable
from selfexplain.datasets.grades import Grades, read_grades
from selfexplain.datasets.shard import Shard
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.engines.purse import Limits
from selfexplain.errors import InputError, NothingAsked, NothingUsable, ProviderError
from selfexplain.grading.judge import NAME as JUDGE
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.as_asked import judge_of, sampling_of, template_of
from selfexplain.pipeline.ask import Asked, Watch, ask_runs
from selfexplain.pipeline.batch_news import News, Noted
from selfexplain.pipeline.batched import batched, most_in_batches, require_batches
from selfexplain.pipeline.budget import Ahead, Budget, Metered, prices_for, require_tokens
from selfexplain.pipeline.compliance import compliance_of, strayed
from selfexplain.pipeline.facts import facts_of
from selfexplain.pipeline.forecast import COUNTED, RULE, Count, Forecast, forecast
from selfexplain.pipeline.many_records import by_id, kept, written
from selfexplain.pipeline.read import read_records, regraded
from selfexplain.prompting.template import Template
from selfexplain.providers.provider import Provider, transparency_of
from selfexplain.providers.roles import WithRoles, require_filled
from selfexplain.records import SCHEMA_VERSION, Dataset, Item, Message, Record, Request, Source, encode
from selfexplain.report.families import HEADLINE
from selfexplain.runs.batches import Batches, require_none_open
from selfexplain.runs.calls import Calls, whole_characters
from selfexplain.runs.folder import RunFolder
from selfexplain.runs.manifest import Filled, RunSpec
from selfexplain.settings import Settings, read_settings

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load, and readers, for which no first request waits
    from numpy.typing import ArrayLike
    from pandas import DataFrame

    from selfexplain.calibration.evaluation import Evaluation
    from selfexplain.calibration.metric import Metric
    from selfexplain.prompting.read_confidence import read_confidence

    Chosen = str | Metric[...] | Iterable[str | Metric[...]]
    Roles = Mapping[str, str | Provider | Callable[..., Any]]

__all__ = ["Result", "dry_run", "evaluate", "evaluate_file", "evaluate_run", "pull_model", "read_confidence", "run"]

T = TypeVar("T")


def __getattr__(name: str) -> Any:
    if name == "read_confidence":
        return import_module("selfexplain.prompting.read_confidence").read_confidence
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


Say = Callable[[str], None]

Elsewhere = Callable[[Sequence[RunFolder], Sequence[Item], Limits], Mapping[int, ProviderError]]
"""Asks Items of Runs in other processes, to their end; returns which could not go on, where another could."""

RESULTS = Path("results")

PROBE = Request(item="", messages=(Message("system", "?"), Message("user", "?")), max_tokens=1)
"""Asks a provider whether it can count tokens."""

SETS = frozenset({"headline", "all"})
"""What stands for several metrics."""

READ_TOGETHER = 1_000
"""Of so many Items the Records are read, and handed on, before the next ones are."""

REPEATS_SHOWN = 100_000
"""Of tables with up to so many rows the noise between repeats is looked at, which takes an object for each row."""

NOTES: Mapping[str, str] = dict.fromkeys(
    plugins.EMBEDDED_MODELS,
    "SmolLM2-135M-Instruct is a very small model: this Run shows that everything is wired up, and what measuring "
    "confidence looks like. Nothing in it carries over to large models.",
)
"""What a reader must know of a model before reading its numbers."""


def silent(_: object) -> None:
    """Say nothing, watch nothing."""


@dataclass(frozen=True)
class Result:
    """What was measured, the Records behind it, and where it lies."""

    metrics: Mapping[str, Any]
    """The metrics object, as `--json` prints it."""
    records: Sequence[Record] = ()
    """Where they are many, read from `records.jsonl` each time."""
    folder: Path | None = None
    note: str = ""

    def to_dict(self) -> Mapping[str, Any]:
        """Return the metrics object: strict JSON values only."""
        return self.metrics

    @property
    def page(self) -> Path | None:
        """The report, for a Run."""
        return None if self.folder is None else self.folder / "report.html"


def run(
    dataset: "str | Dataset | DataFrame" = "quickstart",
    *,
    columns: Mapping[str, str] | None = None,
    model: str | Provider | Callable[..., Any] = plugins.DEFAULT_MODEL,
    template: str | Template | None = None,
    base_url: str | None = None,
    roles: "Roles | None" = None,
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
        The same for the calls themselves, those that failed included; never more are sent, but for tries that a server
        refuses for one parameter and that go again at once without it.
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
        When the Run has taken `max_cost`, `max_tokens` or `max_calls`; the same call with more goes on.
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
    require_engine(engine, workers=workers, batch=batch, shard=shard)
    plan = planned(
        dataset,
        columns=columns,
        model=model,
        template=template,
        base_url=base_url,
        roles=roles,
        temperature=temperature,
        effort=effort,
        ask_again=ask_again,
        judge=judge,
        limit=limit,
        repeats=repeats,
        asks=True,
        say=say,
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
        elsewhere=elsewhere,
        results=Path(results),
        say=say,
        watch=watch,
    ) as ((folder, _),):
        return evaluated(folder, chosen())


@contextmanager
def asked(
    plans: "Sequence[Plan]",
    *,
    limit: int | None,
    shard: Shard | None = None,
    repeats: int,
    concurrency: int | None,
    max_cost: float | None,
    max_tokens: int | None,
    max_calls: int | None = None,
    elsewhere: Elsewhere | None = None,
    results: Path,
    say: Say,
    watch: Watch,
    batch: bool = False,
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
        if any(most is not None for most in (max_cost, max_tokens, max_calls)):
            metered = [
                Metered(run.calls.totals_of(role), prices.get(model))
                for plan, run in zip(plans, runs, strict=True)
                for role, model in plan.spec.models.items()
            ]
            budget = Budget(max_cost, metered, max_tokens, max_calls, Ahead() if batch else None)
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
            stopped = elsewhere(folders, chosen[0], Limits(max_cost, max_tokens, max_calls, by_role))
        for folder in folders if shard is not None else ():
            locks.enter_context(folder.measuring())
        yield [(folder, stopped.get(place)) for place, folder in enumerate(folders)]


def begun(plan: "Plan", results: Path, settings: Settings, *, say: Say, batch: bool = False) -> RunFolder:
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
    who: "Sequence[tuple[str | Provider | Callable[..., Any], str | None, Roles]]",
    plans: "Sequence[Plan]",
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
        say(f"Asking on Ray, each worker up to {each} requests at once")
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


def dry_run(
    dataset: "str | Dataset | DataFrame" = "quickstart",
    *,
    columns: Mapping[str, str] | None = None,
    model: str | Provider | Callable[..., Any] = plugins.DEFAULT_MODEL,
    template: str | Template | None = None,
    base_url: str | None = None,
    roles: "Roles | None" = None,
    temperature: float | None = None,
    effort: str | None = None,
    ask_again: int = 0,
    judge: str = "judge",
    limit: int | None = None,
    shard: str | None = None,
    repeats: int = 1,
    batch: bool = False,
    results: str | Path = RESULTS,
) -> dict[str, Any]:
    r"""Count what the same `run` would ask, in calls, tokens and money. Nothing is sent or written, no key is needed.

    Parameters
    ----------
    dataset, columns, model, template, base_url, roles, temperature, effort, ask_again, judge, limit, shard, repeats,
    batch
        As for `run`.
    results
        As for `run`.
    results : str or Path
        Where Runs are kept.

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
    plan = planned(
        dataset,
        columns=columns,
        model=model,
        template=template,
        base_url=base_url,
        roles=roles,
        temperature=temperature,
        effort=effort,
        ask_again=ask_again,
        judge=judge,
        limit=limit,
        repeats=repeats,
        asks=False,
    )
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


def roles_counted(found: Forecast, plan: "Plan", *, batch: bool) -> dict[str, Any]:
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


@dataclass(frozen=True)
class Plan:
    """Everything that decides what is asked, looked up and checked; nothing is asked or written yet."""

    dataset: Dataset
    provider: Provider
    template: Template
    sampling: Sampling
    spec: RunSpec
    judging: Template | None = None
    """What the judge is asked, if there is one."""


def planned(
    dataset: "str | Dataset | DataFrame",
    *,
    columns: Mapping[str, str] | None,
    model: str | Provider | Callable[..., Any],
    template: str | Template | None,
    base_url: str | None,
    roles: "Roles | None" = None,
    temperature: float | None = None,
    effort: str | None = None,
    ask_again: int = 0,
    judge: str = "judge",
    limit: int | None,
    repeats: int,
    asks: bool,
    say: Say = silent,
) -> Plan:
    """Return what `run` asks, from its arguments; unless it `asks`, nothing is fetched and no key is needed.

    Raises
    ------
    InputError
        When an argument or a row of the dataset cannot be used.
    """
    if not isinstance(dataset, Dataset):
        dataset = plugins.dataset(dataset, columns=columns)
    elif columns:
        raise InputError("columns name those of a file or DataFrame, and this is a Dataset", hint="leave them out")
    else:  # those of files and tables were looked through row by row
        require_askable(dataset, plugins.graders(), plugins.categorisers())
    require_counts(limit=limit, repeats=repeats)
    provider = provider_of(model, base_url=base_url, asks=asks, say=say)
    if template is None:
        template = plugins.DEFAULT_TEMPLATES.get(provider.name, plugins.DEFAULT_TEMPLATE)
    template = plugins.template(template) if isinstance(template, str) else template
    template.require_suits(dataset.items, dataset.examples)
    template = template.showing(dataset.examples)
    if ask_again < 0:
        raise InputError(f"ask_again is {ask_again}", hint="expected a whole number of at least 0")
    sampling = Sampling(temperature_for(template, temperature), seed=1, effort=effort, again=ask_again)
    filled = providers_of(roles, template, judges=require_judge(dataset, roles or {}), asks=asks)
    judging = plugins.judging(judge) if JUDGE in filled else None
    spec = RunSpec(
        dataset=dataset.name,
        dataset_version=dataset.version,
        dataset_hash=dataset.content_hash,
        model=provider.name,
        model_identity=provider.identity,
        template=template.id,
        template_hash=template.content_hash,
        temperature=sampling.temperature,
        seed=sampling.seed,
        effort=effort,
        again=ask_again,
        judge="" if judging is None else judging.id,
        judge_hash="" if judging is None else judging.content_hash,
        roles={role: Filled(each.name, each.identity) for role, each in filled.items()},
    )
    return Plan(dataset, WithRoles(provider, filled) if filled else provider, template, sampling, spec, judging)


def require_judge(dataset: Dataset, roles: "Roles") -> bool:
    """Return whether a judge grades; raise InputError where an Item needs one and none is named."""
    needing = next((item for item in dataset.items if item.graded_by == JUDGE and not item.is_survey), None)
    if needing is not None and JUDGE not in roles:
        raise InputError(
            f"Item {needing.id!r} is graded by a judge, and none is named",
            hint=f"say --role {JUDGE}=PROVIDER/NAME; any model that -m takes can fill it",
        )
    return JUDGE in roles


def providers_of(roles: "Roles | None", template: Template, *, judges: bool, asks: bool) -> dict[str, Provider]:
    """Return who fills each role that a template, or a judge, needs.

    Raises
    ------
    InputError
        When a role is not filled, or one is that nobody needs.
    """
    roles = roles or {}
    require_filled((*template.front.roles, *([JUDGE] if judges else [])), roles, by=f"the template {template.id}")
    return {role: plugins.provider_in_role(model, asks=asks) for role, model in sorted(roles.items())}


def temperature_for(template: Template, stated: float | None) -> float:
    """Return the temperature of a Run: the stated one, else 0, or 1 where replies are drawn.

    Raises
    ------
    InputError
        When several draws are to come from temperature 0: they would be one reply, written down several times.
    """
    draws = template.front.draws
    if stated is None:
        return 0.0 if draws == 1 else 1.0
    if not 0 <= stated < float("inf"):
        raise InputError(f"temperature is {stated}", hint="expected a number of at least 0, such as 0.7")
    if draws > 1 and stated == 0:
        raise InputError(
            f"the template {template.id} draws {draws} replies, and at temperature 0 they are one and the same",
            hint="say --temperature 1, or leave it out",
        )
    return stated


def provider_of(
    model: str | Provider | Callable[..., Any], *, base_url: str | None, asks: bool, say: Say = silent
) -> Provider:
    """Return what answers for a model; the embedded one is fetched first, if it is to be asked."""
    if asks and isinstance(model, str) and model in plugins.EMBEDDED_MODELS and base_url is None:
        pull_model(say)
    return plugins.provider_for(model, base_url=base_url, asks=asks)


def require_counts(**counts: int | None) -> None:
    """Raise InputError for a count that is stated and below 1."""
    for name, count in counts.items():
        if count is not None and count < 1:
            raise InputError(f"{name} is {count}", hint="expected a whole number of at least 1")


def evaluate_run(
    path: str | Path,
    *,
    grades: "str | Path | DataFrame | None" = None,
    gold_error: float | None = None,
    metrics: "Chosen" = "headline",
    say: Say = silent,
) -> Result:
    """Read, grade and measure a Run again from its recorded calls, and rewrite its page; nothing is asked.

    A Run in a folder that must not be written is measured all the same: its files stay as they were, `say` is told,
    and the Result names no folder.

    Parameters
    ----------
    path : str or Path
        The Run's folder.
    grades : str, Path or DataFrame, optional
        Grades from elsewhere: a table with columns `item` and `correct`, optional `repeat`. They replace the Run's own,
        which stand beside them (`second_opinion`); Records that the table does not name keep theirs.
    gold_error : float, optional
        The largest share of gold labels that may be wrong: `if_gold_wrong` says between which values the numbers then
        lie.
    metrics : str, metric function, or iterable of these
        What to measure, as in :func:`run`.
    say : callable
        Told sentences; silent by default.

    Raises
    ------
    InputError
        When the folder is not a Run, or another process is working on it.
    """
    chosen, folder = chosen_metrics(metrics), RunFolder(Path(path))
    judged = Judgement(None if grades is None else read_grades(grades), gold_error)
    if not folder.writable:
        say(f"{folder.path} cannot be written: its records, numbers and page stay as they are")
        return evaluated(folder, chosen, judged, write=False)
    with folder.locked():
        return evaluated(folder, chosen, judged)


class Judgement(NamedTuple):
    """What a caller knows of right and wrong beside the Run's own grades."""

    grades: "Grades | None" = None
    gold_error: float | None = None


def evaluated(
    folder: RunFolder,
    chosen: Sequence["Metric[...]"],
    judged: Judgement = Judgement(),  # noqa: B008 - a tuple
    *,
    write: bool = True,
) -> Result:
    """Build everything that is derived from a Run's truth, and write it."""
    from selfexplain.pipeline.gold_error import if_gold_wrong, in_words  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.second_opinion import opinions, second_opinion  # noqa: PLC0415 - numpy

    spec = folder.manifest.spec
    template = template_of(folder)
    items = by_id(folder.items)
    calls = folder.calls()
    passing = answered_in(records_in(folder, calls), calls)
    if judged.grades is not None:
        passing = regraded(passing, judged.grades)
    # Written before they are measured: of a Run without a single usable answer they are all there is to look at.
    records = written(passing, partial(folder.write, "records.jsonl")) if write else kept(passing)
    compliance, second = compliance_of(records, template), second_opinion(records, items)
    try:
        metrics = measured(
            records,
            items,
            metrics=chosen,
            about={
                "run": whole_characters(str(folder.path)),
                "dataset": {"name": spec.dataset, "version": spec.dataset_version, "n_items": len(folder.items)},
                "model": spec.model,
                "template": spec.template,
                "about": template.front.about,
                **facts_of(folder.manifest, template.front, calls, read_settings()),
                "compliance": compliance,
                **({} if second is None else {"second_opinion": second}),
            },
            warnings=[*remarks_on(folder, records, calls), *strayed(compliance), *opinions(second)],
        )
        if judged.gold_error is not None:
            metrics["if_gold_wrong"] = if_gold_wrong(metrics["sources"], judged.gold_error)
            metrics["warnings"] += in_words(metrics["if_gold_wrong"])
    except NothingUsable as unusable:
        raise NothingUsable(
            f"{unusable.message}{reasons_of(records)}",
            hint=f"{unusable.hint}; every reply stands in {folder.path / 'records.jsonl'}",
        ) from None
    note = NOTES.get(spec.model, "")
    if not write:
        return Result(metrics, records, note=note)
    folder.write("metrics.json", msgspec.json.format(encode(metrics), indent=2) + b"\n")
    for name, page in pages_of(folder, metrics, records, items, note).items():
        folder.write(name, page.encode())
    return Result(metrics, records, folder.path, note)


def reasons_of(records: Iterable[Record]) -> str:
    """Say of how many answers why a confidence is missing, the most frequent first; empty where no Reading says it."""
    reasons: Counter[str] = Counter()
    for record in records:
        missing = (reading for reading in record.report.confidence.values() if reading.value is None)
        # Once for an answer: several sources of one confidence lack it for the same reason.
        reasons.update(list(dict.fromkeys(reading.detail for reading in missing if reading.detail)))
    return "".join(f"; {n} × {reason}" for reason, n in reasons.most_common(3))


def records_of(folder: RunFolder, calls: Calls, *, answered: bool = False) -> Sequence[Record]:
    """Read and grade the recorded calls of a Run; with `answered`, one of them must be a reply.

    Raises
    ------
    InputError
        When nothing has been asked.
    ProviderError
        When every request failed and one must not have.
    """
    records = records_in(folder, calls)
    return kept(answered_in(records, calls) if answered else records)


def records_in(folder: RunFolder, calls: Calls) -> Iterator[Record]:
    """Yield the Records of a Run in the order of its Items; raises as `records_of` does, at the end."""
    template = template_of(folder)
    read = partial(
        read_records,
        calls=calls,
        template=template,
        elicitation=plugins.elicitation(template.front.elicitation),
        sampling=sampling_of(folder),
        graders=plugins.graders(),
        judge=judge_of(folder),
        categorisers=plugins.categorisers(),
    )
    items, found = iter(folder.items), False
    while some := list(islice(items, READ_TOGETHER)):
        records = in_loop(read(some))
        found = found or bool(records)
        yield from records
    if not found:
        raise NothingAsked(
            f"{folder.path} has no recorded reply", hint="run the same command again: it asks what is missing"
        )


def answered_in(records: Iterable[Record], calls: Calls) -> Iterator[Record]:
    """Yield Records, and raise ProviderError at the end when every request failed: there is nothing to measure then."""
    n = failed = 0
    for record in records:
        n += 1
        failed += record.report.outcome == "failed"
        yield record
    if n == failed:
        raise ProviderError(
            f"none of {n} requests was answered; the last failure: {calls.last_failure}",
            kind="unavailable",
            hint="mend the cause and run the same command again: it asks what has no reply",
        )


def require_gold(folder: RunFolder) -> None:
    """Raise InputError for a survey, where the verbs that speak of right and wrong have nothing to say."""
    if any(item.is_survey for item in folder.items):
        raise InputError(
            f"{folder.path} is a survey: no answer to it is right or wrong, so its confidences cannot be compared with "
            "that",
            hint="name a Run whose questions have a gold answer; `selfexplain evaluate` shows the rates of a survey",
        )


def measured(
    records: Sequence[Record],
    items: Mapping[str, Item],
    *,
    metrics: Sequence["Metric[...]"],
    about: Mapping[str, Any],
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Return the metrics object of a Run: calibration, or the rates of a survey."""
    if records[0].grade is None:  # all or none are of a survey
        from selfexplain.pipeline.survey import evaluate_survey  # noqa: PLC0415 - numpy

        names, sorts = [metric.facts.name for metric in metrics], plugins.categorisers()
        return evaluate_survey(records, items, categorisers=sorts, metrics=names, about=about, warnings=warnings)
    from selfexplain.pipeline.claims import measure_claims  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.evaluate import evaluate_sources, rows_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.promise import if_decided  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.recalibrate import if_recalibrated  # noqa: PLC0415 - scikit-learn
    from selfexplain.pipeline.repeats import answers_by_key  # noqa: PLC0415 - with it

    rows = rows_of(records, items)
    answers = answers_by_key(records) if any(each.is_repeated for each in rows.values()) else {}
    found = evaluate_sources(rows, metrics=metrics, about=about, warnings=warnings, answers=answers)
    for source, each in rows.items():
        recalibration = if_recalibrated(source, each)
        if recalibration is not None:
            found["sources"][source]["recalibration"] = recalibration
        decision = if_decided(source, each, found["about"])
        if decision is not None:
            found["sources"][source]["decision"] = decision
    return found | measure_claims(records, items, plugins.graders())


def remarks_on(folder: RunFolder, records: Sequence[Record], calls: Calls) -> list[str]:
    """Return what a reader of a Run's numbers must know about how it went."""
    remarks = []
    asked = sum(1 for _ in groupby(record.item for record in records))  # the repeats of an Item follow each other
    if asked < len(folder.items):
        remarks.append(f"{asked} of {len(folder.items)} Items have been asked: the Run is not complete")
    if calls.twice:
        remarks.append(
            f"{len(calls.twice)} Requests have more than one reply, as when two machines asked the same: the first by "
            "time counts, all of them cost"
        )
    if calls.dropped:
        remarks.append(f"the provider did not take: {', '.join(sorted(calls.dropped))}")
    return remarks


def pages_of(
    folder: RunFolder, metrics: Mapping[str, Any], records: Sequence[Record], items: Mapping[str, Item], note: str
) -> dict[str, str]:
    """Return what people read of a Run, by file name: its page, and its summary for a pull request."""
    from selfexplain.report import html, markdown, survey_markdown  # noqa: PLC0415 - matplotlib
    from selfexplain.report.survey import render_survey, survey_view_of  # noqa: PLC0415 - matplotlib
    from selfexplain.report.view import view_of  # noqa: PLC0415 - matplotlib

    made_with = ", ".join(f"{name} {version}" for name, version in folder.manifest.versions.items())
    if "survey" in metrics:
        survey = survey_view_of(metrics, records, items, note, made_with=made_with)
        return {"report.html": render_survey(survey), "report.md": survey_markdown.render(survey)}
    view = view_of(metrics, metric_facts(), records, items, note, made_with=made_with)
    return {"report.html": html.render(view), "report.md": markdown.render(view)}


def evaluate_file(
    table: "str | Path | DataFrame",
    *,
    columns: Mapping[str, str] | None = None,
    scale: Literal["probability", "percent"] = "probability",
    metrics: "Chosen" = "headline",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> Result:
    r"""Measure confidences and correctness that another tool has written: a table, or the log of a tool that is known.

    Parameters
    ----------
    table : str, Path or DataFrame
        A `.csv`, `.jsonl` or `.parquet` file, or a DataFrame, with columns `confidence` and `correct`, optional
        `item`, `cluster`, `group`, `repeat`, `status` (`docs/datasets.md`); or a log of Inspect AI,
        lm-evaluation-harness or promptfoo (`docs/other_tools.md`).
    columns : mapping, optional
        Ours → theirs, for columns that are called something else; of a log, where `confidence`, `item`, `cluster` and
        `group` stand, such as `{"confidence": "output"}`.
    scale : str
        `probability` for values in [0, 1], `percent` for 0 to 100.
    metrics : str, metric function, or iterable of these
        What to measure: `headline`, `all`, a metric's name, a metric function, or several of these.
    format : str, optional
        `table`, `inspect`, `lm-eval` or `promptfoo`; by default what the file's structure shows with certainty.
    scorer : str, optional
        Of a log: what says right or wrong, where there are several that could.
    only : mapping, optional
        Of a log: which answers, place → value, such as `{"filter": "strict-match"}`.

    Raises
    ------
    InputError
        When a row cannot be used, naming it; or when no row can; or when the file may be read in several ways.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import selfexplain as sx
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = table.write_text("item,confidence,correct\na,0.9,1\nb,0.9,0\n")
    >>> sx.evaluate_file(table).to_dict()["sources"]["given"]["metrics"]["gap"]["value"]
    0.4
    """
    from selfexplain.answer_files import log_of  # noqa: PLC0415 - with the rest of this verb
    from selfexplain.pipeline.evaluate import evaluate_sources  # noqa: PLC0415 - numpy

    chosen = chosen_metrics(metrics)
    table = Path(table) if isinstance(table, str) else table
    log = log_of(table, columns=columns, scale=scale, format=format, scorer=scorer, only=only)
    if log is None:
        return measured_table(table, chosen, columns=columns, scale=scale)
    known = log.provenance
    about = {
        "run": None,
        "dataset": {"name": known.dataset, "version": "", "n_items": len({row.item for row in log.rows})},
        "model": known.model,
        "template": known.template,
        "about": "own_answer",
        "log": dict(log.how),
    }
    measured_log = evaluate_sources({log.source: log.rows}, metrics=chosen, about=about, warnings=log.remarks)
    return Result(measured_log, note=log.note)


def measured_table(
    table: "Path | DataFrame",
    chosen: Sequence["Metric[...]"],
    *,
    columns: Mapping[str, str] | None,
    scale: Literal["probability", "percent"],
) -> Result:
    """Count a table batch by batch and measure the counts."""
    from selfexplain.datasets.confidences import read_confidences  # noqa: PLC0415 - with the rest of this verb
    from selfexplain.pipeline.count import counted_table  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.evaluate import evaluate_counted  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.repeats import asked_again  # noqa: PLC0415 - numpy

    counts, remarks = counted_table(table, columns=columns, scale=scale)
    name = table.name if isinstance(table, Path) else "dataframe"
    about = {
        "run": None,
        "dataset": {"name": name, "version": "", "n_items": counts.n_items},
        "model": "",
        "template": "",
        "about": "own_answer",
    }
    repeats: dict[Source, Any] = {}
    if counts.n_items < counts.n_answers <= REPEATS_SHOWN:
        noise = asked_again(read_confidences(table, columns=columns, scale=scale)[0])
        repeats = {} if noise is None else {"given": noise}
    return Result(evaluate_counted({"given": counts}, metrics=chosen, about=about, warnings=remarks, repeats=repeats))


def evaluate(
    confidence: "ArrayLike",
    correct: "ArrayLike",
    *,
    group: Iterable[Hashable | None] | None = None,
    cluster: Iterable[Hashable] | None = None,
    metrics: "Chosen" = "headline",
) -> "Evaluation":
    """Measure how far confidences can be trusted.

    Parameters
    ----------
    confidence : array of shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of shape (n,)
        Whether it was: booleans, or 0 and 1.
    group : iterable of length n, optional
        A kind of question to show apart.
    cluster : iterable of length n, optional
        What each row was drawn with; intervals resample clusters.
    metrics : str, metric function, or iterable of these
        What to measure: `headline`, `all`, a metric's name, a metric function, or several of these.

    Returns
    -------
    Evaluation
        `.metrics["gap"].value`, `.low`, `.high` …; `.to_dict()` gives `{"n", "metrics", "groups"}`.

    Raises
    ------
    InputError
        When a row cannot be used; names the row, the value and the remedy.

    Examples
    --------
    >>> import selfexplain as sx
    >>> evaluation = sx.evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 1])
    >>> evaluation.metrics["accuracy"].value, evaluation.metrics["gap"].value
    (0.75, 0.0)
    >>> list(sx.evaluate([0.9, 0.6], [1, 0], metrics=["gap", "smooth_ece"]).metrics)
    ['gap', 'smooth_ece']
    """
    from selfexplain.calibration.evaluation import evaluate as measure  # noqa: PLC0415 - numpy

    return measure(confidence, correct, metrics=chosen_metrics(metrics), group=group, cluster=cluster)


def pull_model(say: Say = silent) -> Path:
    """Return the embedded model's file, fetching it when it is nowhere on this machine.

    Raises
    ------
    InputError
        When it cannot be fetched; says what to do instead.
    """
    from selfexplain.providers import model_file  # noqa: PLC0415 - with the rest of this verb

    return model_file.pull(say)


def chosen_metrics(chosen: "Chosen") -> list["Metric[...]"]:
    """Return the metrics that are asked for, each once, in the order asked for.

    `headline` stands for :data:`HEADLINE`, `all` for these and then every other one by name.

    Raises
    ------
    InputError
        When no metric has such a name, or nothing is asked for.
    """
    known = plugins.metrics()
    sets = {"headline": HEADLINE, "all": (*HEADLINE, *sorted(known.keys() - set(HEADLINE)))}
    found: dict[str, Metric[...]] = {}
    for each in [chosen] if isinstance(chosen, str) or callable(chosen) else chosen:
        if isinstance(each, str):
            named = (plugins.metric(name, known) for name in sets.get(each, (each,)))
            found |= {metric.facts.name: metric for metric in named}
        elif hasattr(each, "facts"):
            found[each.facts.name] = each
        else:
            raise InputError(f"{each!r} is no metric", hint="mark it with @metric of selfexplain.calibration.metric")
    if not found:
        raise InputError("no metric is asked for", hint="leave it out for the headline ones, or say `all`")
    return list(found.values())


def metrics_later(chosen: "Chosen") -> "Callable[[], list[Metric[...]]]":
    """Return what gives the metrics that are asked for when it is time to measure.

    Names are looked up at once, since a wrong one must not be found out after everything was asked. The sets cannot be
    wrong, and wait: looking up takes numpy and scipy, half a second that no first request has to wait for.

    Raises
    ------
    InputError
        As for :func:`chosen_metrics`.
    """
    stated = [chosen] if isinstance(chosen, str) or callable(chosen) else list(chosen)
    if stated and all(isinstance(each, str) and each in SETS for each in stated):
        return partial(chosen_metrics, stated)
    found = chosen_metrics(stated)
    return lambda: found


def metric_facts() -> dict[str, Any]:
    """Return what a page says about each metric, by name."""
    return {name: found.facts for name, found in plugins.metrics().items()}


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run async work to its end, also where a loop is running already, as in a notebook; an interrupt stops both."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    begun: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = concurrent.futures.Future()

    async def begin() -> T:
        task = asyncio.ensure_future(work)
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as elsewhere:
        running = elsewhere.submit(asyncio.run, begin())
        try:
            return running.result()
        except BaseException:
            if not running.done():  # an interrupt in the caller's thread must not leave requests going on in the other
                loop, task = begun.result()
                loop.call_soon_threadsafe(task.cancel)
            raise
