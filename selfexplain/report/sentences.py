"""What the numbers mean, in sentences: pure functions from the metrics object, shared by the page and the terminal.

The interval decides the words. A sentence never claims more than its interval shows, and a missing number is said with
its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from selfexplain.records import RANKS_ONLY
from selfexplain.report.numbers import percent, points, signed, written
from selfexplain.report.rows import LONGEST_NAME, cut

Metrics = Mapping[str, Any]
"""The object that `metrics.json` holds."""

MUCH_MISSING = 0.02
"""From here on the worst case of what is missing is worth a sentence."""

FAIR, GOOD = 0.7, 0.8
"""Customary borders of AUROC between weak, moderate and good separation."""


@dataclass(frozen=True)
class SourceWords:
    """How a source of confidence is called, and the verb that goes with its mean."""

    title: str
    meaning: str
    says: str
    verb: str = "says"


SOURCES: Mapping[str, SourceWords] = {
    "stated": SourceWords("Stated confidence", "the number the model writes down", "says {} sure"),
    "token": SourceWords(
        "Token probability", "how likely the model itself found its answer", "puts {} on its answers", "puts"
    ),
    "consistency": SourceWords("Consistency", "how often it repeats its answer", "repeats itself {}", "repeats"),
    "probe": SourceWords(
        "Judged apart",
        "what it says of its answer in a conversation of its own",
        "finds its answers {} likely",
        "finds",
    ),
    "provider": SourceWords("Provider's confidence", "the number its provider reports", "is reported {} sure"),
    "entropy": SourceWords("Semantic entropy", "how few different things it means", "gives {}", "gives"),
    "weighted_entropy": SourceWords(
        "Semantic entropy, weighted", "the same, its answers weighted by how likely they are", "gives {}", "gives"
    ),
    "given": SourceWords("Given confidence", "the number in the file", "says {} sure"),
}


def source_words(source: str) -> SourceWords:
    """Return the words for a source; one that is not known here is called by its own name."""
    return SOURCES.get(source) or SourceWords(source.replace("_", " ").capitalize(), "", "gives {}")


def headline(metrics: Metrics, source: str) -> str:
    """Say what the source claims, how often that is right, and what the gap's interval allows to conclude.

    What was not asked for is not spoken of.

    `says 87 % sure, is right 61 %: overconfident by 26 points (19–33)`
    """
    data = metrics["sources"][source]
    if not data["n"]:
        return f"no verdict: none of {_count(metrics['n_items'], 'question')} gave a graded answer with a confidence"
    if source in RANKS_ONLY:
        return "only puts answers in order: its numbers are no probabilities, so there is no gap"
    gap, stated, right = (data["metrics"].get(name) for name in ("gap", "mean_confidence", "accuracy"))
    if gap is not None and gap["value"] is None:
        return f"no verdict: the gap is undefined, {_reason(gap)}"
    digits = decimals(metrics, source)
    off = None if gap is None else _gap_in_words(metrics, gap, digits)
    if stated is None or right is None or stated["value"] is None or right["value"] is None:
        return off or f"{_count(data['n'], 'answer')} measured"
    claim, truth = percent(stated["value"], digits), percent(right["value"], digits)
    told = f"{source_words(source).says.format(claim)}, is right {truth}"
    if metrics["about"] == "event":
        told = f"expects {claim}, it happens {truth}"
    return told if off is None else f"{told}: {off}"


def decimals(metrics: Metrics, source: str) -> int:
    """Return how many decimals make confidence minus accuracy come out as the gap that stands beside them.

    Rounded one by one, 86.6 − 61.4 = 25.2 would read "87, 61, 25": then, one decimal more.
    """
    data = metrics["sources"][source]["metrics"]
    values = [data.get(name, {}).get("value") for name in ("mean_confidence", "accuracy", "gap")]
    if None in values:
        return 0
    says, right, gap = (round(100 * value) for value in values)
    return 0 if says - right == gap else 1


def verdict(metrics: Metrics, source: str) -> str:
    """Say in one breath, without numbers, what can be relied on.

    `overconfident, and its confidence does not reliably tell right from wrong answers`
    """
    data = metrics["sources"][source]
    gap, auroc = data["metrics"].get("gap"), data["metrics"].get("auroc")
    if source in RANKS_ONLY:
        gap = None
    if gap is None and auroc is not None and auroc["value"] is not None and data["n"]:
        return _separates(metrics, auroc)
    if gap is None and data["n"]:
        return ""
    if not data["n"] or gap is None or gap["value"] is None:
        return "no verdict"
    off = _off(metrics, gap)
    if auroc is None or auroc["value"] is None:
        return off
    joint = "but" if (auroc["low"] or 0) > 0.5 and (gap["low"] or 0) * (gap["high"] or 0) > 0 else "and"
    return f"{off}, {joint} {_separates(metrics, auroc)}"


def _off(metrics: Metrics, gap: Mapping[str, Any]) -> str:
    """Name the direction of the gap if its interval shows one."""
    low, high = gap["low"], gap["high"]
    event = metrics["about"] == "event"
    if low is None or high is None:
        return "no verdict without an interval"
    if low > 0:
        return "too high" if event else "overconfident"
    if high < 0:
        return "too low" if event else "underconfident"
    return "neither too high nor too low, as far as visible" if event else "no over- or underconfidence visible"


def _gap_in_words(metrics: Metrics, gap: Mapping[str, Any], digits: int) -> str:
    value, low, high = gap["value"], gap["low"], gap["high"]
    off = _off(metrics, gap)
    if low is None or high is None:
        return f"{signed(value, digits)} points, {off}"
    if low > 0 or high < 0:
        small, large = sorted((abs(low), abs(high)))
        return f"{off} by {points(value, digits)} points ({points(small)}–{points(large)})"
    return f"{off} ({signed(low)} to {signed(high)} points)"


def discrimination(metrics: Metrics, source: str) -> str:
    """Say whether higher confidence goes with right answers, in words that the interval of AUROC decides.

    Empty when AUROC was not asked for.

    `its confidence does not reliably tell right from wrong answers: AUROC 0.53 (0.41–0.65), 0.50 is a coin`
    """
    auroc = metrics["sources"][source]["metrics"].get("auroc")
    if auroc is None:
        return ""
    if auroc["value"] is None:
        return f"whether its confidence tells {_apart(metrics)} is undefined: {_reason(auroc)}"
    return f"{_separates(metrics, auroc)}: AUROC {written('auroc', auroc)}, 0.50 is a coin"


def _separates(metrics: Metrics, auroc: Mapping[str, Any]) -> str:
    """Say how well confidence separates, in the words that the interval of AUROC allows."""
    low, high = auroc["low"], auroc["high"]
    if low is None or high is None:
        return f"without an interval it is open whether its confidence tells {_apart(metrics)}"
    if low > 0.5:
        return f"its confidence tells {_apart(metrics)} {_how_well(low, high)}"
    if high < 0.5:
        worse = "what does not happen gets" if metrics["about"] == "event" else "wrong answers get"
        return f"its confidence points the wrong way, {worse} more of it"
    if high < FAIR:
        return f"its confidence does not reliably tell {_apart(metrics)}"
    return f"it is open whether its confidence tells {_apart(metrics)}"


def _how_well(low: float, high: float) -> str:
    if low >= GOOD:
        return "well"
    if low >= FAIR:
        return "moderately well or better"
    return "only weakly" if high < FAIR else "better than chance"


def _apart(metrics: Metrics) -> str:
    return "what happens from what does not" if metrics["about"] == "event" else "right from wrong answers"


def left_out(metrics: Metrics, source: str) -> str:
    """Say how many were left out of the numbers, in the words of the status list.

    `3 of 90 left out: 2 no_confidence, 1 truncated`
    """
    data = metrics["sources"][source]
    excluded = {status: n for status, n in data["excluded"].items() if n}
    missing = sum(excluded.values())
    asked = data["n"] + missing
    if not missing:
        return f"all {asked:,} used" if asked else "nothing was asked"
    # The most frequent first; equal counts keep the order of the status list.
    reasons = ", ".join(f"{n} {status}" for status, n in sorted(excluded.items(), key=lambda pair: -pair[1]))
    return f"{missing:,} of {asked:,} left out: {reasons}"


def worst_case(metrics: Metrics, source: str) -> str:
    """Bound the gap over everything that the left-out rows could have been; empty when 2 % or less are missing."""
    bounds = _bounds(metrics, source)
    if bounds is None:
        return ""
    missing = sum(metrics["sources"][source]["excluded"].values())
    asked = metrics["sources"][source]["n"] + missing
    return (
        f"{percent(missing / asked)} are missing: whatever they would have been, "
        f"the gap over all {asked:,} lies between {signed(bounds[0])} and {signed(bounds[1])} points"
    )


def caveat(metrics: Metrics, source: str) -> str:
    """Return the worst case if it could turn the headline round, else nothing: then it need not stand beside it."""
    bounds = _bounds(metrics, source)
    return worst_case(metrics, source) if bounds is not None and bounds[0] <= 0 <= bounds[1] else ""


def _bounds(metrics: Metrics, source: str) -> tuple[float, float] | None:
    """Return the least and the greatest gap over all that was asked; None when too little is missing to matter."""
    data = metrics["sources"][source]
    missing = sum(data["excluded"].values())
    asked = data["n"] + missing
    gap = data["metrics"].get("gap")
    if not asked or missing / asked <= MUCH_MISSING or not data["n"] or gap is None or gap["value"] is None:
        return None
    if "worst_case" in data:
        return data["worst_case"]["gap"]["low"], data["worst_case"]["gap"]["high"]
    # Numbers that were written before bounds were: each missing row adds −1 to +1 to the sum of confidence minus right.
    total = gap["value"] * data["n"]
    return (total - missing) / asked, (total + missing) / asked


def group_mix(metrics: Metrics, source: str) -> str:
    """Warn when groups clearly differ in accuracy: the pooled AUROC then partly tells groups apart, not answers.

    Empty unless the accuracy intervals of two groups are disjoint.
    """
    known = [
        (name, group["metrics"]["accuracy"])
        for name, group in metrics["sources"][source].get("groups", {}).items()
        if group["metrics"].get("accuracy", {}).get("low") is not None
    ]
    if len(known) < 2:
        return ""
    easy = max(known, key=lambda pair: float(pair[1]["low"]))
    hard = min(known, key=lambda pair: float(pair[1]["high"]))
    if easy[1]["low"] <= hard[1]["high"]:
        return ""
    how_often = "it happens" if metrics["about"] == "event" else "accuracy is"
    low, high = (f"{percent(accuracy['value'])} in {cut(name, LONGEST_NAME)}" for name, accuracy in (hard, easy))
    return f"{how_often} {low} and {high}: part of the pooled AUROC is this mix of groups, so read it per group"


def sentence(text: str) -> str:
    """Turn a clause into a sentence: a capital letter in front, a full stop behind.

    >>> sentence("all 90 used")
    'All 90 used.'
    """
    return text and f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.!?' else '.'}"


def _reason(estimate: Mapping[str, Any]) -> str:
    return str(estimate.get("undefined") or "no reason was given")


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def drawn_together(clusters: int | None, what: str) -> str:
    """Say that a picture takes answers for independent which were drawn in clusters; nothing where they were not.

    >>> drawn_together(40, "lines take")
    'Lines take each answer by itself; these came in 40 clusters, so the truth may lie further off than drawn.'
    """
    if clusters is None:
        return ""
    return sentence(
        f"{what} each answer by itself; these came in {clusters:,} clusters, "
        "so the truth may lie further off than drawn"
    )
