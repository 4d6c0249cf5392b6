"""What stays of answers when the reasoning is put in other words, or in none: shares of the same, shares of right."""

from collections.abc import Mapping, Sequence
from typing import Any

from selfexplain.inference import Estimate
from selfexplain.trials.finding import Finding
from selfexplain.trials.summary import Measure, difference_of, share_of

UNCHANGED, NONE = "unchanged reasoning", "no reasoning"


def kept_beside(
    findings: Sequence[Finding], changed: str, controls: Sequence[str]
) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return how many answers a changed reasoning keeps and how many are right, beside those of its controls.

    Parameters
    ----------
    findings : sequence of Finding
        Usable ones.
    changed : str
        What its answer is called.
    controls : sequence of str
        What else was put; the first is the chance level of `kept`.
    """
    measures = {"kept": Measure(kept(findings, changed), kept(findings, controls[0]), f"with {controls[0]}")}
    for control in controls:
        measures[f"kept_with_{control.replace(' ', '_')}"] = Measure(kept(findings, control))
        measures[f"accuracy_lost_against_{control.replace(' ', '_')}"] = lost(findings, control, changed)
    return measures, {"accuracy": [accuracy(findings, name) for name in (changed, *controls)]}


def kept(findings: Sequence[Finding], of: str) -> Estimate:
    """Return the share of answers that are the Run's."""
    return share_of([bool(each.named(of).same) for each in findings], findings)


def lost(findings: Sequence[Finding], before: str, after: str) -> Measure:
    """Return the accuracy with one reasoning less that with another, on the same Items."""
    told = [each for each in findings if None not in {each.named(before).right, each.named(after).right}]
    less = [float(bool(each.named(before).right)) - float(bool(each.named(after).right)) for each in told]
    return difference_of(less, told)


def accuracy(findings: Sequence[Finding], of: str) -> Mapping[str, Any]:
    """Return how many answers are right."""
    told = [each.named(of).right for each in findings if each.named(of).right is not None]
    return {"reasoning": of, "n": len(told), "n_right": sum(map(bool, told))}
