"""Which metrics are measured: names, sets of names and functions in, metrics out."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from selfexplain import plugins
from selfexplain.errors import InputError
from selfexplain.report.families import HEADLINE

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.calibration.metric import Metric

    Chosen = str | Metric[...] | Iterable[str | Metric[...]]

SETS = frozenset({"headline", "all"})
"""What stands for several metrics."""


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
