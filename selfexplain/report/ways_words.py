"""Ways of asking in words: what each is called, and what surely differs from the reference."""

from collections.abc import Sequence

import msgspec

from selfexplain.display.comparison import direction
from selfexplain.inference import Estimate
from selfexplain.pipeline.budget import money
from selfexplain.pipeline.ways import Way, Ways
from selfexplain.report.agreement_compared import agreement_in_words
from selfexplain.report.claimed import again_rows, claim_rows, in_a_line
from selfexplain.report.numbers import points
from selfexplain.report.sentences import source_words

ABILITIES = {
    "accuracy": "answers more often right",
    "brier": "has the better Brier score",
    "auroc": "tells right from wrong better",
    "coverage": "loses fewer answers",
}
"""What a way that is surely better at a metric does."""

DEFICITS = {
    "accuracy": "answers less often right",
    "brier": "has the worse Brier score",
    "auroc": "tells right from wrong worse",
    "coverage": "loses more answers",
}


def label(way: Way, ways: Ways) -> str:
    """Return what a way is called among others: its template, its model where there are several, its source.

    The version of a template is left out unless two versions are compared.
    """
    templates = {each.template for each in ways.ways}
    bare = way.template.partition("@")[0]
    several = sum(each.partition("@")[0] == bare for each in templates) > 1
    model = [way.model] if len({each.model for each in ways.ways}) > 1 else []
    source = [] if way.source is None else [source_words(way.source).title.lower()]
    return " · ".join([*model, way.template if several else bare, *source])


def headline(ways: Ways) -> str:
    """Say in one sentence what was compared and whether anything surely differs."""
    runs = len({way.run for way in ways.ways})
    asked = f"{runs} ways of asking {ways.n_items:,} questions" if runs > 1 else f"{ways.n_items:,} questions"
    if ways.reference is None:
        return f"{asked}: not one gave an answer that can be measured."
    found = [way for way in ways.ways if told(way)]
    name = label(ways.ways[ways.reference], ways)
    if not found:
        return f"{asked}: none is surely better or worse than {name}."
    return f"{asked}: {len(found)} of {compared(ways)} surely differ from {name}."


def compared(ways: Ways) -> int:
    """Return how many rows are compared with the reference."""
    return sum(bool(way.differences) for way in ways.ways)


def told(way: Way) -> str:
    """Return what a way surely does better or worse than the reference; empty where nothing is sure."""
    found = []
    for name, each in way.differences.items():
        change = direction(name, each.difference)
        words = {"better": ABILITIES, "worse": DEFICITS}.get(change, {})
        found += [words[name]] if name in words else []
        if name == "gap" and change:
            found.append(f"has a gap {change_in_words(each.difference)}")
    return ", ".join(found)


def change_in_words(difference: Estimate) -> str:
    """Return by how many points something rose or fell."""
    value = difference.value or 0.0
    return f"{points(value)} points {'higher' if value > 0 else 'lower'}"


def sentences(ways: Ways) -> list[str]:
    """Return what a reader must know, a sentence each: who surely differs, who could not be measured, what was odd."""
    found = [f"{label(way, ways)}: {told(way)}." for way in ways.ways if told(way)]
    found += [f"{label(way, ways)}: nothing can be measured; {way.why}." for way in ways.ways if way.why]
    remarks: dict[str, list[str]] = {}
    for place, way in enumerate(ways.ways):
        for warning in way.warnings if first_of_run(ways.ways, place) else ():
            remarks.setdefault(warning, []).append(way.template.partition("@")[0])
    found += [f"{', '.join(dict.fromkeys(names))}: {warning}." for warning, names in remarks.items()]
    strange: dict[str, list[str]] = {}
    for way in ways.ways:
        if way.not_comparable:
            strange.setdefault("; ".join(way.not_comparable), []).append(label(way, ways))
    return found + [f"{', '.join(names)}: not comparable; {why}." for why, names in strange.items()]


def claimed(ways: Ways) -> list[tuple[str, list[str]]]:
    """Return the ways whose templates ask for a claim on what mattered, each with what its claims came to.

    The claims are those of the whole Run, so its second source of confidence has none of its own.
    """
    return [
        (named(way, ways), in_a_line(claim_rows(found), again_rows(found)))
        for place, way in enumerate(ways.ways)
        if way.claims and first_of_run(ways.ways, place)
        for found in ({"claims": way.claims, "self_consistency": way.self_consistency},)
    ]


def agreed(ways: Ways) -> list[tuple[str, list[str]]]:
    """Return the ways whose claims witnesses have looked at, here or in the reference, each with what changed."""
    return [
        (named(way, ways), list(agreement_in_words(way.agreement, ("the reference", "this way"))))
        for place, way in enumerate(ways.ways)
        if way.agreement is not None and first_of_run(ways.ways, place)
    ]


def named(way: Way, ways: Ways) -> str:
    """Return what a Run is called among others, without a source of confidence."""
    return label(msgspec.structs.replace(way, source=None), ways)


def how(ways: Ways) -> list[str]:
    """Return how to read the numbers."""
    lines = ["Each source of confidence is measured for itself; none is pooled with another."]
    if ways.reference is not None and compared(ways):
        n = compared(ways)
        together = f"all {n} intervals together hold" if n > 1 else "the interval holds"
        each = f" (each at {100 * ways.each_level:.4g} %, Bonferroni)" if n > 1 else ""
        lines.append(
            f"Differences are taken on the answers that both ways can use, question by question; for each metric "
            f"{together} with {100 * ways.level:g} %{each}. Coverage is over all that was asked."
        )
        lines.append("A way that is seldom right and seldom sure can have the better Brier score: look at both.")
    lines.append("Calls, tokens and cost are those of the whole Run: its second source of confidence is free.")
    return lines


def asked_in_roles(way: Way) -> list[str]:
    """Return what other models were asked in a Run, with its cost where that is known: it is not in the Run's own."""
    found = []
    for role, used in way.roles.items():
        cost = used["cost"]
        price = "" if cost["unknown"] else f" for {money(cost['amount'], cost['currency'])}"
        found.append(f"{used['usage']['calls']:,} as {role}{price}")
    return found


def first_of_run(ways: Sequence[Way], place: int) -> bool:
    """Tell whether a row is the first of its Run: there its calls, tokens and cost stand."""
    return place == 0 or ways[place - 1].run != ways[place].run
