"""How the numbers shown are to be read: how each interval was made, where there is none, and what speaks against it."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from selfexplain.inference import TOO_NARROW
from selfexplain.report.facts import Facts, title_of

MARK = " *"
"""Stands behind a number whose interval is too narrow, and before the sentence that says why."""

IN_A_GROUP = f"{MARK.strip()} In a group: few answers of a kind, or few clusters, so the interval {TOO_NARROW}."
"""Stands under a table of groups in which a number has the mark."""

NAMED = 4
"""Metrics named in one sentence whose numbers carry a mark; of more, the number."""


def too_narrow(estimate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what an Estimate says against its own interval.

    >>> too_narrow({"warnings": ["the interval rests on 3 wrong answers; below 30 it tends to be too narrow", "a tie"]})
    ('the interval rests on 3 wrong answers; below 30 it tends to be too narrow',)
    """
    warnings = (estimate or {}).get("warnings", ())
    return tuple(warning for warning in warnings if TOO_NARROW in warning)


def any_group_too_narrow(metrics: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Tell whether one of these numbers has the mark in a table of groups, which must be explained under it."""
    groups = (group for data in metrics["sources"].values() for group in data.get("groups", {}).values())
    return any(too_narrow(group["metrics"].get(name)) for group in groups for name in names)


def cautions(metrics: Mapping[str, Any], facts: Facts, *, among: Container[str] | None = None) -> tuple[str, ...]:
    """Return one sentence for each reason why intervals are too narrow, with the metrics that it concerns.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    facts : mapping of metric name to Fact
    among : container of str, optional
        Only these metrics, by their names.
    """
    told = ((title, why) for title, estimate in _estimates(metrics, facts, among) for why in too_narrow(estimate))
    return tuple(f"{_listed(titles)}: {why}." for why, titles in _together(told).items())


def notes(metrics: Mapping[str, Any], facts: Facts, *, among: Container[str] | None = None) -> tuple[str, ...]:
    """Return one sentence for each other thing that must be known: no value, no interval, or another warning.

    The parameters are those of :func:`cautions`.
    """
    told = ((title, said) for title, estimate in _estimates(metrics, facts, among) for said in noted(estimate))
    return tuple(f"{', '.join(titles)}: {said}." for said, titles in _together(told).items())


def noted(estimate: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an Estimate says beside its numbers, apart from its interval being too narrow.

    >>> list(noted({"value": None, "low": None, "undefined": "all answers are right"}))
    ['undefined, all answers are right']
    >>> list(noted({"value": 0.1, "low": None, "warnings": ["there is a single answer"]}))
    ['no interval, there is a single answer']
    """
    warnings = [warning for warning in estimate.get("warnings", ()) if TOO_NARROW not in warning]
    if estimate["value"] is None:
        yield f"undefined, {estimate.get('undefined') or 'no reason was given'}"
    elif estimate["low"] is None:
        # The first warning of a value without an interval says why; most of them say that there is none, too.
        why, *warnings = warnings or ["no reason was given"]
        yield why if "interval" in why else f"no interval, {why}"
    yield from warnings


def methods(metrics: Mapping[str, Any], facts: Facts, *, among: Container[str] | None = None) -> str:
    """Say how the intervals were made, with the metrics that each way concerns; empty where there is no interval.

    The parameters are those of :func:`cautions`.

    >>> accuracy = {"value": 0.5, "low": 0.4, "high": 0.6, "level": 0.95, "method": "Wilson interval"}
    >>> methods({"sources": {"given": {"metrics": {"accuracy": accuracy}}}}, {})
    '95 % intervals: Wilson interval (Accuracy).'
    """
    known = [pair for pair in _estimates(metrics, facts, among) if pair[1]["low"] is not None]
    if not known:
        return ""
    level = known[0][1]["level"]
    made = _together((title, str(estimate["method"])) for title, estimate in known)
    ways = (f"{how} ({', '.join(titles)})" for how, titles in made.items())
    return f"{100 * level:g} % intervals: {'; '.join(ways)}."


def _estimates(
    metrics: Mapping[str, Any], facts: Facts, among: Container[str] | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the title and the Estimate of each metric of each source."""
    for data in metrics["sources"].values():
        for name, estimate in data["metrics"].items():
            if among is None or name in among:
                yield title_of(name, facts), estimate


def _together(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the titles that each text is said of, each once."""
    concerned: dict[str, dict[str, None]] = {}
    for title, text in told:
        concerned.setdefault(text, {})[title] = None
    return {text: list(titles) for text, titles in concerned.items()}


def _listed(titles: list[str]) -> str:
    shown = ", ".join(titles[:NAMED])
    return f"{shown} and {len(titles) - NAMED} more" if len(titles) > NAMED else shown
