"""A plan in plain words: what it rests on, what each number means, and what it costs."""

from collections.abc import Mapping
from typing import Any

from selfexplain.pipeline.budget import money
from selfexplain.pipeline.plan import Measure, Needed, Outlook, Sight

TITLES: Mapping[Measure, str] = {"gap": "Confidence gap", "brier": "Brier score", "coverage": "Usable answers"}

MEANING = (
    "To see it: the interval of the difference lies above 0 (compare). To fail: the interval of the harm lies above "
    "the tolerance, in brackets (gate). To pass: it lies below when nothing changed."
)

KINDS: Mapping[str, str] = {
    "assumed": "No run is named, so a typical model is assumed: right in {right:.0f} %, calibrated, stating mostly .9 "
    "and more, its errors correlating by {rho:.2f} when it is asked anew. Name a run, or better two.",
    "one": "Planned from {names}: {items}, {usable:.0f} % of answers usable. That its errors correlate by {rho:.2f} "
    "with those of a second run is assumed; repeats or a second run would tell.",
    "repeats": "Planned from {names}: {items}, {usable:.0f} % of answers usable. Asked again, its errors correlate by "
    "{rho:.2f}; another prompt or model may differ by more, which two runs would tell.",
    "two": "Planned from {names}: {items}, {usable:.0f} % of answers usable on both sides. Their errors correlate by "
    "{rho:.2f}.",
}


def basis(outlook: Outlook) -> str:
    """Return what a plan rests on."""
    known = outlook.basis
    drawn = ""
    if known.clustering > 1.005:
        drawn = f" Items were drawn together: that makes it as if they were {known.clustering:.1f} times fewer."
    right = " No answer is wrong, and a verdict needs 20 wrong ones." if known.accuracy == 1 else ""
    few = " So few say little of how answers vary." if known.kind != "assumed" and known.n_items < 100 else ""
    return (
        KINDS[known.kind].format(
            right=100 * known.accuracy,
            names=" and ".join(known.names),
            items=f"{known.n_items:,} Items",
            usable=100 * known.usable,
            rho=known.correlation,
        )
        + drawn
        + few
        + right
    )


def question(outlook: Outlook) -> str:
    """Return what is asked of the table of needed Items."""
    asked = "" if outlook.repeats == 1 else f", each Item asked {outlook.repeats} times"
    return (
        f"Items that a change of {outlook.delta:g} takes, with a chance of {100 * outlook.power:.3g} % and "
        f"{100 * outlook.level:.3g} % intervals{asked}:"
    )


def row_of_needed(needed: Needed, outlook: Outlook) -> tuple[str, ...]:
    """Return one measure's row: to see it, to fail, to pass without it."""
    within = "tolerated" if outlook.delta <= needed.fail_tolerance else "never"
    fail = within if needed.fail is None else number(needed.fail)
    fail, passes = f"{fail} ({needed.fail_tolerance:g})", f"{number(needed.passes)} ({needed.passes_tolerance:g})"
    return TITLES[needed.name], number(needed.see), fail, passes


def sight(outlook: Outlook) -> str:
    """Return what the table of changes shows."""
    return (
        f"With {outlook.items:,} Items: the smallest change that is seen and that fails, the smallest tolerance that "
        f"can be decided, and how often a change of {outlook.delta:g} is seen and fails:"
    )


def row_of_sight(sight: Sight) -> tuple[str, ...]:
    """Return one measure's row: the smallest change that is seen, that fails, and the smallest decidable tolerance."""
    chances = (f"{100 * chance:.0f} %" for chance in (sight.power_to_see, sight.power_to_fail))
    return (
        TITLES[sight.name],
        size(sight.see),
        size(sight.fail),
        f"{sight.decidable:.3f}" if sight.decidable < 1 else "none",
        *chances,
    )


def number(items: int | None) -> str:
    """Write a number of Items.

    >>> number(1234), number(None)
    ('1,234', 'never')
    """
    return "never" if items is None else f"{items:,}"


def size(change: float | None) -> str:
    """Write a change.

    >>> size(0.0441), size(None)
    ('0.044', '–')
    """
    return "–" if change is None else f"{change:.3f}"


PURPOSES: Mapping[str, str] = {
    "these": "as many as looked at",
    "see": "to see each change",
    "fail": "for each rule to fail",
    "pass": "for each rule to pass",
}


def cost_lines(cost: Mapping[str, Any]) -> list[str]:
    """Return what asking so many Items takes, a line for each number of them."""
    found = []
    for each in cost["sizes"]:
        price = each["cost"]
        amount = f"cost unknown: {price['unknown']}"
        if price["unknown"] is None:
            amount = f"about {money(price['amount'], price['currency'])}"
        found.append(
            f"{each['items']:,} Items ({PURPOSES[each['for']]}): {each['calls']:,} calls, "
            f"{each['prompt_tokens']:,} tokens read, {each['completion_tokens']:,} written; {amount}"
        )
    return found


def remarks(outlook: Outlook) -> list[str]:
    """Return what a reader of a plan must know."""
    loss = f"A loss of {100 * outlook.delta:.3g} points of accuracy raises the gap by as much, the Brier score by less"
    return [MEANING, f"{loss}; the gate fails when any of its rules does."]
