"""Which of the intervals shown are known to be too narrow, in a sentence for each reason."""

from collections.abc import Container, Mapping
from typing import Any

from selfexplain.inference import TOO_NARROW
from selfexplain.report.facts import Facts, title_of

MARK = " *"
"""Stands behind a number whose interval is too narrow, and before the sentence that says why."""

NAMED = 4
"""Metrics named in one sentence; of more, the number."""


def too_narrow(estimate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what an Estimate says against its own interval.

    >>> too_narrow({"warnings": ["the interval rests on 3 wrong answers; below 30 it tends to be too narrow", "a tie"]})
    ('the interval rests on 3 wrong answers; below 30 it tends to be too narrow',)
    """
    warnings = (estimate or {}).get("warnings", ())
    return tuple(warning for warning in warnings if TOO_NARROW in warning)


def cautions(metrics: Mapping[str, Any], facts: Facts, *, among: Container[str] | None = None) -> tuple[str, ...]:
    """Return one sentence for each reason, with the metrics that it concerns.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    facts : mapping of metric name to Fact
    among : container of str, optional
        Only these metrics, by their names.
    """
    concerned: dict[str, dict[str, None]] = {}
    for data in metrics["sources"].values():
        for name, estimate in data["metrics"].items():
            for warning in too_narrow(estimate) if among is None or name in among else ():
                concerned.setdefault(warning, {})[title_of(name, facts)] = None
    return tuple(f"{_listed(list(titles))}: {warning}." for warning, titles in concerned.items())


def _listed(titles: list[str]) -> str:
    shown = ", ".join(titles[:NAMED])
    return f"{shown} and {len(titles) - NAMED} more" if len(titles) > NAMED else shown
