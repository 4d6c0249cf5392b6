"""The verb for before asking: how many Items, what can be seen with them, and what they cost."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from selfexplain import ask_plan, plugins
from selfexplain.ask_plan import require_counts
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import InputError
from selfexplain.event_loop import in_loop
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.forecast import RULE, forecast
from selfexplain.records import Item, Source
from selfexplain.runs.baseline import read_baseline
from selfexplain.runs.folder import RESULTS, RunFolder
from selfexplain.settings import read_settings
from selfexplain.verdicts import Answering, Reading, answers

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.pipeline.plan import Outlook, Rate
    from selfexplain.prompting.template import Template

__all__ = ["plan"]

TYPICAL_ITEMS = 1000
"""What is looked at when nothing says how many Items there are."""

RECORDED = "as the recorded replies of this Run say: calls and tokens of an average answer"


def plan(
    before: "Answering | None" = None,
    after: "Answering | None" = None,
    *,
    delta: float = 0.05,
    items: int | None = None,
    power: float = 0.8,
    level: float | None = None,
    repeats: int = 1,
    dataset: str | None = None,
    model: str | None = None,
    template: str | None = None,
    baseline: str | None = None,
    source: Source | None = None,
    results: str | Path = RESULTS,
    **reading: Unpack[Reading],
) -> "Outlook":
    """Say how many Items a change takes to be seen, what can be seen with those there are, and what asking costs.

    Two runs tell most, since what counts is how much the answers to one question differ between them. One tells how
    its own errors vary; with repeats also how they correlate from time to time, which is assumed otherwise. With
    nothing, a typical model is assumed.

    Parameters
    ----------
    before, after : str, Path or DataFrame, optional
        Runs or tables, as in :func:`selfexplain.compare`.
    delta : float, in (0, 1)
        The change for the worse that must not be missed: of the gap away from 0, of the Brier score, of the coverage.
    items : int, optional
        How many there are; by default as many as in `before`.
    power : float, in (0, 1)
        The chance with which the change is to be seen.
    level : float, in (0.5, 1), optional
        Of intervals; by default the policy's.
    repeats : int
        How often each Item is asked, in both runs.
    dataset, model, template : str, optional
        What would be asked, for the cost; of a Run its own.
    baseline : str, optional
        A baseline's name, instead of `before`.
    source, results
        As in :func:`selfexplain.gate`.
    **reading
        Of tables and of other tools' logs: columns, scale, format, scorer, only, as in
        :func:`selfexplain.evaluate_file`.

    Returns
    -------
    Outlook
        `.needed`: by measure, `see`, `fail` and `passes` in Items; `.with_items`: the smallest change that is seen, the
        smallest tolerance that can be decided; `.cost`; `.to_dict()` is what `selfexplain plan --json` prints.

    Raises
    ------
    InputError
        When an argument cannot be used, or two sides cannot be compared.

    Examples
    --------
    >>> import selfexplain as sx
    >>> gap, *_ = sx.plan(delta=0.05).needed
    >>> gap.name, gap.see, gap.fail
    ('gap', 340, 2958)
    """
    from selfexplain.pipeline.plan import ASSUMED, basis_of_one, basis_of_two  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.plan import plan as planned  # noqa: PLC0415 - numpy

    for name, value in (("delta", delta), ("power", power)):
        if not 0 < value < 1:
            raise InputError(f"{name} is {value:g}", hint="expected a number above 0 and below 1, such as 0.05")
    if level is not None and not 0.5 < level < 1:
        raise InputError(f"level is {level:g}", hint="expected a number above 0.5 and below 1, such as 0.95")
    require_counts(items=items, repeats=repeats)
    if baseline is not None and before is not None:
        after, before = before, None
    if baseline is None and before is None and after is not None:
        before, after = after, None
    sides = [] if baseline is None else [read_baseline(Path(results), baseline)]
    sides += [answers(side, source, **reading) for side in (before, after) if side is not None]
    if len(sides) > 2:
        raise InputError("a baseline and two sides are three", hint="leave out one of them")
    basis = ASSUMED if not sides else basis_of_one(sides[0]) if len(sides) == 1 else basis_of_two(*sides)
    policy = read_settings().gate
    outlook = planned(
        basis,
        policy,
        delta=delta,
        wanted=power,
        level=policy.level if level is None else level,
        repeats=repeats,
        items=items or basis.n_items or TYPICAL_ITEMS,
    )
    run = next((Path(side) for side in (after, before) if isinstance(side, str | Path) and Path(side).is_dir()), None)
    cost = cost_of(outlook, run, dataset=dataset, model=model, template=template)
    return msgspec.structs.replace(outlook, cost=cost)


def cost_of(
    outlook: "Outlook", run: Path | None, *, dataset: str | None, model: str | None, template: str | None
) -> dict[str, Any] | None:
    """Return what the numbers of Items of a plan would take, or None where nobody said what would be asked."""
    from selfexplain.pipeline.plan import costs  # noqa: PLC0415 - numpy

    if dataset is not None:
        rate, rule, asked = rate_of_dataset(dataset, model=model, template=template)
    elif run is not None:
        rate, rule, asked = rate_of_run(RunFolder(run), model=model, template=template)
    else:
        if model is not None or template is not None:
            raise InputError(
                "a model or a template was named, but nothing that it would be asked",
                hint="name a dataset too, or a Run, whose questions are taken",
            )
        return None
    purposes = {"see": [each.see for each in outlook.needed], "fail": [each.fail for each in outlook.needed]}
    purposes["pass"] = [each.passes for each in outlook.needed]
    sizes = {"these": outlook.items}
    sizes |= {name: max(counts) for name, found in purposes.items() if (counts := [n for n in found if n is not None])}
    price = read_settings().prices.get(asked["model"])
    found = costs(rate, sizes, repeats=outlook.repeats, price=price, model=asked["model"])
    return {**asked, "rule": rule, "per_answer": rate._asdict(), "sizes": found}


def rate_of_dataset(dataset: str, *, model: str | None, template: str | None) -> "tuple[Rate, str, dict[str, str]]":
    """Return what an average Item of a dataset takes, by the rule of `--dry-run`."""
    plan = ask_plan.planned(dataset, model=model or plugins.DEFAULT_MODEL, template=template, asks=False)
    asked = {"dataset": plan.spec.dataset, "model": plan.spec.model, "template": plan.spec.template}
    return rate_of(plan.dataset.items, plan.template, plan.sampling), RULE, asked


def rate_of_run(folder: RunFolder, *, model: str | None, template: str | None) -> "tuple[Rate, str, dict[str, str]]":
    """Return what an average answer of a Run took, where its replies say so and it would be asked in the same way."""
    from selfexplain.pipeline.plan import Rate  # noqa: PLC0415 - numpy

    spec, calls = folder.manifest.spec, folder.calls()
    asked = {"dataset": spec.dataset, "model": model or spec.model, "template": spec.template}
    totals, times = calls.totals, calls.asked
    if template is None and model is None and times and totals.replies and not totals.without_usage:
        rate = Rate(totals.replies / times, totals.prompt / times, totals.completion / times)
        return rate, RECORDED, asked
    chosen = template_of(folder) if template is None else plugins.template(template).showing(folder.examples)
    rate = rate_of(folder.items, chosen, Sampling(spec.temperature, spec.seed))
    return rate, RULE, {**asked, "template": chosen.id}


def rate_of(items: Sequence[Item], template: "Template", sampling: Sampling) -> "Rate":
    """Return what an average Item would take, by the rule of `--dry-run`."""
    from selfexplain.pipeline.plan import Rate  # noqa: PLC0415 - numpy

    found = in_loop(
        forecast(
            items,
            repeats=1,
            template=template,
            elicitation=plugins.elicitation(template.front.elicitation),
            sampling=sampling,
            calls=None,
        )
    )
    return Rate(*(total / len(items) for total in (found.calls, found.prompt_tokens, found.completion_tokens)))
