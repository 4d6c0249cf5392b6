"""What a verb that asks was told, looked up and checked: the plan of one Run, before anything is asked or written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from selfexplain import plugins
from selfexplain.datasets.askable import require_askable
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import InputError
from selfexplain.grading.judge import NAME as JUDGE
from selfexplain.prompting.template import Template
from selfexplain.providers.provider import Provider
from selfexplain.providers.roles import WithRoles, require_filled
from selfexplain.records import Dataset
from selfexplain.runs.manifest import Filled, RunSpec
from selfexplain.telling import Say, silent

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from pandas import DataFrame

Model = str | Provider | Callable[..., Any]
"""What `model` may be: a name, a Provider, or a function from messages to a reply."""

Roles = Mapping[str, Model]
"""Who else is asked, by role."""


class Wanted(TypedDict, total=False):
    """What decides a Run beside its dataset, model and template, as in :func:`selfexplain.run`."""

    columns: Mapping[str, str] | None
    roles: Roles | None
    temperature: float | None
    effort: str | None
    ask_again: int
    judge: str


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
    model: Model,
    template: str | Template | None = None,
    base_url: str | None = None,
    asks: bool,
    say: Say = silent,
    columns: Mapping[str, str] | None = None,
    roles: Roles | None = None,
    temperature: float | None = None,
    effort: str | None = None,
    ask_again: int = 0,
    judge: str = "judge",
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


def require_judge(dataset: Dataset, roles: Roles) -> bool:
    """Return whether a judge grades; raise InputError where an Item needs one and none is named."""
    needing = next((item for item in dataset.items if item.graded_by == JUDGE and not item.is_survey), None)
    if needing is not None and JUDGE not in roles:
        raise InputError(
            f"Item {needing.id!r} is graded by a judge, and none is named",
            hint=f"say --role {JUDGE}=PROVIDER/NAME; any model that -m takes can fill it",
        )
    return JUDGE in roles


def providers_of(roles: Roles | None, template: Template, *, judges: bool, asks: bool) -> dict[str, Provider]:
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


def provider_of(model: Model, *, base_url: str | None, asks: bool, say: Say = silent) -> Provider:
    """Return what answers for a model; the embedded one is fetched first, if it is to be asked."""
    if asks and isinstance(model, str) and model in plugins.EMBEDDED_MODELS and base_url is None:
        from selfexplain.providers.model_file import pull_model  # noqa: PLC0415 - only where it is asked

        pull_model(say)
    return plugins.provider_for(model, base_url=base_url, asks=asks)


def require_counts(**counts: int | None) -> None:
    """Raise InputError for a count that is stated and below 1."""
    for name, count in counts.items():
        if count is not None and count < 1:
            raise InputError(f"{name} is {count}", hint="expected a whole number of at least 1")
