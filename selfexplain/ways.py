"""The verb that asks the same questions in several ways and puts them side by side."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from selfexplain import asking, plugins
from selfexplain.agreeing import agreement_of_run
from selfexplain.ask_plan import Model, Plan, Roles, Wanted, planned, provider_of, require_counts
from selfexplain.choosing import metrics_later
from selfexplain.datasets.shard import Shard
from selfexplain.errors import InputError, NothingUsable, ProviderError
from selfexplain.grading.judge import NAME as JUDGE
from selfexplain.measuring import Result, evaluated
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.ask import Watch
from selfexplain.pipeline.many_records import by_id
from selfexplain.pipeline.usage import cost_of, usage_of
from selfexplain.prompting.template import Template
from selfexplain.records import Dataset, encode
from selfexplain.runs.answers import Answers, Provenance
from selfexplain.runs.folder import RESULTS, RunFolder, versions, write_atomically
from selfexplain.settings import read_settings
from selfexplain.telling import Say, silent

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from pandas import DataFrame

    from selfexplain.choosing import Chosen
    from selfexplain.pipeline.ways import Asked, Ways

COMPARISONS = "comparisons"


@dataclass(frozen=True)
class WaysResult:
    """Every Run, and what they come to side by side."""

    runs: Sequence[Result]
    """In the order asked: models outside, templates inside; a Run of which nothing is usable has its reason in
    `comparison`."""
    comparison: "Ways"
    folder: Path

    @property
    def page(self) -> Path:
        """The page with all ways on it."""
        return self.folder / "report.html"

    def to_dict(self) -> dict[str, Any]:
        """Return what `selfexplain run -t a,b --json` prints: strict JSON values only."""
        return {"runs": [run.to_dict() for run in self.runs], "comparison": self.comparison.to_dict()}


def run_ways(
    dataset: "str | Dataset | DataFrame" = "quickstart",
    *,
    models: Iterable[Model] = (plugins.DEFAULT_MODEL,),
    templates: Iterable[str | Template | None] = (None,),
    base_url: str | None = None,
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
    **wanted: Unpack[Wanted],
) -> WaysResult:
    r"""Ask every question with each model and each template, and put all ways side by side, with paired differences.

    Each way is a Run as :func:`selfexplain.run` makes it, resumed if it is there. They are asked in turns, question by
    question, so that what drifts meanwhile meets all of them alike. A way whose replies cannot be used, or whose model
    cannot go on, is shown with the reason; it ends nothing, and the same command asks what is missing.

    Parameters
    ----------
    dataset, base_url, limit, shard, repeats, engine, workers, results, metrics, say, watch
        As for :func:`selfexplain.run`.
    models : iterable of str, Provider or callable
        Each as `model` there.
    templates : iterable of str, Template or None
        Each as `template` there. The first way that can be measured is the reference of all differences.
    concurrency : int, optional
        Requests at once to each model.
    batch : bool
        Ask in batches, each Run in its own.
    max_cost : float, optional
        What all Runs may cost together.
    max_tokens : int, optional
        How many tokens all Runs may read and write together.
    max_calls : int, optional
        How many calls all Runs may make together.
    max_time : float or str, optional
        For how long this call may ask, all Runs together.
    **wanted
        As for :func:`selfexplain.run`: columns, roles, temperature, effort, ask_again, judge. Each template gets those
        roles that it needs.

    Returns
    -------
    WaysResult
        `.comparison.ways`, a row for each Run and source of confidence; `.page`.

    Raises
    ------
    InputError
        When an argument or a row of the dataset cannot be used; nothing was asked then.
    BudgetSpent, ProviderError
        As for :func:`selfexplain.run`.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> import selfexplain as sx
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> questions = folder / "questions.csv"
    >>> _ = questions.write_text("question,gold\nWhat is the capital of Peru?,Lima\nAnd of Chile?,Santiago\n")
    >>> replies = folder / "replies.jsonl"
    >>> _ = replies.write_text(json.dumps({"item": "*", "reply": "Answer: Lima\nConfidence: 90"}))
    >>> found = sx.run_ways(
    ...     str(questions),
    ...     models=[f"scripted/{replies}"],
    ...     templates=["answer-confidence", "answer-why-confidence"],
    ...     results=folder,
    ... )
    >>> [(way.template, way.n, way.metrics["accuracy"]["value"]) for way in found.comparison.ways]
    [('answer-confidence@2', 2, 0.5), ('answer-why-confidence@2', 2, 0.5)]
    """
    chosen, part = metrics_later(metrics), Shard.stated(shard)
    require_counts(limit=limit, repeats=repeats)
    asking.require_engine(engine, workers=workers, batch=batch, shard=shard)
    models = list(models)
    roles = wanted.get("roles") or {}
    shown = [plugins.template(each) if isinstance(each, str) else each for each in templates]
    require_all_needed(roles, shown)
    plans = [
        planned(
            dataset,
            model=provider,
            template=template,
            asks=True,
            say=say,
            **wanted | {"roles": filled_in(roles, template)},
        )
        for provider in [provider_of(model, base_url=base_url, asks=True, say=say) for model in models]
        for template in shown
    ]
    require_ways(plans)
    elsewhere = None
    if engine is not None:
        who = [(model, base_url, filled_in(roles, template)) for model in models for template in shown]
        options: dict[str, Any] = {"repeats": repeats, "concurrency": concurrency, "workers": workers}
        elsewhere = asking.on_ray(who, plans, **options, say=say, watch=watch)
    with asking.asked(
        plans,
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
    ) as runs:
        from selfexplain.pipeline.ways import side_by_side  # noqa: PLC0415 - numpy, when everything is asked

        measured = [measure(folder, chosen(), stopped) for folder, stopped in runs]
        for _, stopped in runs:
            if stopped is not None:
                say(f"{stopped}")
        comparison = side_by_side([asked for _, asked in measured])
    # Named by its Runs: the same command leads to the same page.
    name = hashlib.sha256("\n".join(plan.spec.hash for plan in plans).encode()).hexdigest()[:12]
    folder = Path(results) / COMPARISONS / name
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "comparison.json", msgspec.json.format(encode(comparison.to_dict()), indent=2) + b"\n")
    write_atomically(folder / "report.html", page(comparison).encode())
    return WaysResult([result for result, _ in measured if result is not None], comparison, folder)


def roles_of(template: Template | None) -> tuple[str, ...]:
    """Return the roles that a Run with a template can have filled; the default one needs none but a judge."""
    return (JUDGE,) if template is None else (JUDGE, *template.front.roles)


def filled_in(roles: Roles | None, template: Template | None) -> Roles:
    """Return who fills the roles that a Run with a template has."""
    return {role: who for role, who in (roles or {}).items() if role in roles_of(template)}


def require_all_needed(roles: Mapping[str, object], templates: Sequence[Template | None]) -> None:
    """Raise InputError for a role that no template needs."""
    idle = sorted(set(roles) - {role for template in templates for role in roles_of(template)})
    if idle:
        raise InputError(f"nothing is asked in the role {idle[0]!r}", hint=f"leave --role {idle[0]} out")


def require_ways(plans: Sequence[Plan]) -> None:
    """Raise InputError where there is nothing to ask, a Run stands there twice, or no answer could be right."""
    if not plans:
        raise InputError("there is no model or no template", hint="name at least one of each")
    names = [plan.spec.folder_name for plan in plans]
    twice = next((plan for plan in plans if names.count(plan.spec.folder_name) > 1), None)
    if twice is not None:
        raise InputError(f"{twice.spec.model} is to be asked with {twice.spec.template} twice", hint="name it once")
    if plans[0].dataset.is_survey:
        raise InputError(
            f"{plans[0].dataset.name} is a survey: no answer to it is right or wrong, so ways of asking cannot be "
            "compared by that",
            hint="ask it with one model and one template at a time",
        )


def measure(
    folder: RunFolder, chosen: "Sequence[Any]", stopped: ProviderError | None = None
) -> "tuple[Result | None, Asked]":
    """Measure one Run; where nothing in it can be used, or it could not go on, return the reason and what it took."""
    from selfexplain.pipeline.evaluate import rows_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.ways import Asked  # noqa: PLC0415 - numpy

    spec = folder.manifest.spec
    try:
        if stopped is not None:
            raise stopped  # the Items before the failure are no sample of all
        result = evaluated(folder, chosen)
    except (NothingUsable, ProviderError) as unusable:
        totals = folder.calls().totals
        known = {
            "run": str(folder.path),
            "dataset": {"name": spec.dataset, "version": spec.dataset_version, "n_items": len(folder.items)},
            "model": spec.model,
            "template": spec.template,
            "usage": usage_of(totals),
            "cost": cost_of(totals, read_settings().prices.get(spec.model), model=spec.model),
        }
        return None, Asked(known, (), unusable.message)
    template = template_of(folder)
    front = template.front
    provenance = Provenance.of_run(
        spec,
        folder.items,
        scale=front.scale,
        about=front.about,
        version=versions()["selfexplain"],
        estimand=template.estimand,
    )
    items = by_id(folder.items)
    rows = rows_of(result.records, items)
    agreed = agreement_of_run(folder, result.records, items)
    sides = [Answers.of(str(folder.path), source, provenance, each, agreed) for source, each in rows.items()]
    return result, Asked(result.metrics, sides)


def page(comparison: "Ways") -> str:
    """Return the page with all ways on it."""
    from selfexplain.report import ways_page  # noqa: PLC0415 - matplotlib

    return ways_page.render(comparison)
