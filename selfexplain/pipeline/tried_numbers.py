"""What trials say of a Run as numbers: every measure with its interval beside what it would be by chance."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

from selfexplain.inference import Estimate
from selfexplain.trials.finding import Finding
from selfexplain.trials.summary import Measure, Summary
from selfexplain.trials.trial import How, TrialFacts

Beside = Literal["above", "below", "not told apart", "no chance level", "undefined"]
"""Where a measure's interval lies beside that of its chance level: `above` and `below` where they share no point."""


def numbers_of(facts: TrialFacts, summaries: Iterable[Summary], how: How) -> dict[str, Any]:
    """Return what `selfexplain trial --json` prints of one trial, but for its cost.

    Parameters
    ----------
    facts : TrialFacts
    summaries : iterable of Summary
        One for each mode; several modes are never pooled.
    how : How
    """
    found = [summary_of(each) for each in summaries]
    n = sum(each["n"] for each in found)
    told = sum((Counter(each["left_out"]) for each in found), Counter[str]())
    applies = n > sum(count for why, count in told.items() if why.startswith("not_applicable"))
    return {
        "state": "conducted" if applies else "not applicable",
        "question": facts.question,
        "family": facts.family,
        "needs": facts.needs,
        "source": facts.source,
        "seed": how.seed,
        "n": n,
        "n_used": sum(each["n_used"] for each in found),
        "left_out": dict(told.most_common()),
        "modes": found if applies else [],
    }


def summary_of(summary: Summary) -> dict[str, Any]:
    """Return one mode of a trial as strict JSON values."""
    return {
        "mode": summary.mode,
        "n": summary.n,
        "n_used": summary.n_used,
        "left_out": dict(summary.left_out),
        "measures": {name: measure_of(each) for name, each in summary.measures.items()},
        "tables": summary.tables,
        "notes": list(summary.notes),
    }


def measure_of(measure: Measure) -> dict[str, Any]:
    """Return a measure as strict JSON values: the Estimate's own, and those of its chance level beside them."""
    chance = measure.chance
    return {
        **measure.estimate.to_dict(),
        "chance": None if chance is None else chance.value,
        "chance_low": None if chance is None else chance.low,
        "chance_high": None if chance is None else chance.high,
        "chance_n": None if chance is None else chance.n,
        "chance_is": measure.chance_is,
        "beside_chance": beside(measure.estimate, chance),
    }


def beside(estimate: Estimate, chance: Estimate | None) -> Beside:
    """Return where an estimate lies beside its chance level: apart only where the two intervals share no point.

    That is stricter than a test of their difference: it says `not told apart` too often rather than too seldom.

    Examples
    --------
    >>> def between(low, high):
    ...     return Estimate((low + high) / 2, low, high, 0.95, "", 9)
    >>> beside(between(0.6, 0.8), between(0.1, 0.3)), beside(between(0.2, 0.5), between(0.4, 0.8))
    ('above', 'not told apart')
    """
    if estimate.value is None:
        return "undefined"
    if chance is None or chance.value is None:
        return "no chance level"
    ends = [each for found in (estimate, chance) for each in (found.low, found.high)]
    low, high, chance_low, chance_high = ends
    if low is None or high is None or chance_low is None or chance_high is None:
        return "not told apart"
    return "above" if low > chance_high else "below" if high < chance_low else "not told apart"


def reasons(findings: Iterable[Finding]) -> dict[str, int]:
    """Return why a trial asks nothing about some Records, the most frequent reason first."""
    return dict(Counter(each.why for each in findings).most_common())
