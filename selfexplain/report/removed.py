"""What taking words away did, for the page and the terminal: one table that a person understands, and sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from selfexplain.report import evidence_words as say

Numbers = say.Numbers

INSTEAD: Mapping[str, str] = {
    "embed": "the vocabulary's mean stands in their place",
    "attention_block": "nothing that follows attends to them",
    "delete": "they are dropped",
    "mask": "___ stands in their place",
    "replace": "words of other questions stand in their place",
}
"""What it means that words are not there."""

NAMED, RANDOM, EVERYTHING, NOTHING = (
    "Named by the model",
    "Random content words",
    "The whole question",
    "Nothing: asked again",
)

CAUTION = (
    "A question with holes is unlike any that the model has seen, so the difference from random words counts, not the "
    "fall. The top words of a witness that takes words away in the same manner show how far these numbers can go."
)


@dataclass(frozen=True)
class RemovedRow:
    """Some words, what their absence does, and what it does that nothing else is there."""

    whose: str
    taken: str
    above: str
    kept: str
    kept_above: str
    n: str


@dataclass(frozen=True)
class FlipRow:
    """Some words, and how often the answer becomes another one without them."""

    whose: str
    rate: str
    above: str
    n: str


@dataclass(frozen=True)
class FurtherRow:
    """Some words by one measure."""

    title: str
    whose: str
    value: str
    chance: str
    above: str
    n: str


@dataclass(frozen=True)
class RemovedView:
    """All that is shown of it."""

    sentences: tuple[str, ...]
    rows: tuple[RemovedRow, ...]
    flips: tuple[FlipRow, ...]
    further: tuple[FurtherRow, ...]
    note: str


def removed_view(numbers: Numbers, titles: Mapping[str, str]) -> RemovedView | None:
    """Choose and word what is shown; None where no words were taken away.

    Parameters
    ----------
    numbers : mapping
        What `selfexplain witness --json` prints.
    titles : mapping of measure to title
    """
    found = numbers["removals"]
    if found is None:
        return None
    measures = found["measures"]
    return RemovedView(
        sentences=tuple(sentences(numbers)),
        rows=tuple(rows_of(measures)),
        flips=tuple(flips_of(measures)),
        further=tuple(further_of(measures, titles)),
        note=note_of(numbers),
    )


def sentences(numbers: Numbers) -> list[str]:
    """Return what may be said of it."""
    measures, claim = numbers["removals"]["measures"], say.TITLES[numbers["claim"]]
    left_out, found = numbers["removals"]["left_out"], []
    if "comprehensiveness" in measures:
        each = measures["comprehensiveness"]
        how = INSTEAD.get(each["baseline"], each["baseline"])
        found += told(each, left_out, f"Without the {claim} the probability of the answer falls by", f"; {how}")
    if "flip_rate" in measures:
        each = measures["flip_rate"]
        how = INSTEAD.get(each["baseline"], each["baseline"])
        found += told(each, left_out, f"Without the {claim} the answer becomes another one in a share of", f"; {how}")
    return found


def told(each: Numbers, left_out: Numbers, begin: str, end: str) -> list[str]:
    """Return one measure of the claim beside random words, in words."""
    named = each["named"]
    if named["value"] is None:
        reasons = {**left_out[each["way"]], **each["left_out"]}
        why = ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in reasons.items())
        return [f"No words could be taken away{f': {why}' if why else ''}."]
    sentence = (
        f"{begin} {say.interval(named)}, without random content words {say.number(named['chance'])}: "
        f"{say.above(named)}, {compared(named['above_chance'])} ({named['n']:,} answers{end})."
    )
    further = [f"{name} {say.above({'above_chance': top['better_than_named']})}" for name, top in tops_of(each)]
    return [
        sentence,
        *([f"Above the named words are the top words of each witness: {', '.join(further)}."] * bool(further)),
    ]


def tops_of(each: Numbers) -> list[tuple[str, Numbers]]:
    """Return the witnesses whose first words were taken away, by one measure."""
    return [(name, top) for name, top in each["witnesses"].items() if top["n"]]


def compared(above: Numbers) -> str:
    """Return what an interval says of the difference from random words.

    >>> compared({"value": 0.2, "low": 0.1, "high": 0.3}), compared({"value": 0.0, "low": -0.1, "high": 0.1})
    ('more than chance', 'which may be chance')
    """
    if above["low"] is None:
        return "without an interval"
    if above["low"] > 0:
        return "more than chance"
    return "less than chance" if above["high"] < 0 else "which may be chance"


def rows_of(measures: Mapping[str, Numbers]) -> Iterable[RemovedRow]:
    """Yield the model, each witness, random words and the whole question, by probabilities; nothing without these."""
    if "comprehensiveness" not in measures or not measures["comprehensiveness"]["n"]:
        return
    taken, kept = measures["comprehensiveness"], measures["sufficiency"]
    yield removed_row(NAMED, taken["named"], kept["named"])
    for name, each in tops_of(taken):
        yield removed_row(top_words(name), each, kept["witnesses"][name])
    n = f"{taken['n']:,}"
    random, others = say.number(taken["random"]["value"]), say.number(kept["random"]["value"])
    yield RemovedRow(RANDOM, random, "–", others, "–", n)
    yield RemovedRow(EVERYTHING, say.number(taken["everything"]["value"]), "–", "–", "–", n)


def removed_row(whose: str, taken: Numbers, kept: Numbers) -> RemovedRow:
    """Return some words beside random ones."""
    lost, left = say.number(taken["value"]), say.number(kept["value"])  # the differences have the intervals
    return RemovedRow(whose, lost, say.above(taken), left, say.above(kept), f"{taken['n']:,}")


def top_words(name: str) -> str:
    """Say whose words a witness's are."""
    return f"Top words of {name}"


def flips_of(measures: Numbers) -> Iterable[FlipRow]:
    """Yield the model, each witness and the two floors, by flips; nothing where nothing was asked."""
    each = measures.get("flip_rate")
    if each is None or not each["n"]:
        return
    yield FlipRow(NAMED, say.interval(each["named"]), say.above(each["named"]), f"{each['n']:,}")
    for name, top in tops_of(each):
        yield FlipRow(top_words(name), say.interval(top), say.above(top), f"{top['n']:,}")
    yield FlipRow(RANDOM, say.interval(each["random"]), "–", f"{each['n']:,}")
    yield FlipRow(NOTHING, say.interval(each["noise_floor"]), "–", f"{each['n']:,}")


def further_of(measures: Numbers, titles: Mapping[str, str]) -> Iterable[FurtherRow]:
    """Yield the measures that average over ever more of the first words."""
    for measure, each in measures.items():
        if not measure.startswith("aopc") or not each["n"]:
            continue
        title = titles.get(measure, measure)
        for whose, found in ((NAMED, each["named"]), *((top_words(name), top) for name, top in tops_of(each))):
            chance = say.number(found["chance"])
            yield FurtherRow(title, whose, say.interval(found), chance, say.above(found), f"{found['n']:,}")


def note_of(numbers: Numbers) -> str:
    """Return what it has cost, and what was left out."""
    found = numbers["removals"]
    told_of = [f"{n:,} {why.replace('_', ' ')}" for each in found["left_out"].values() for why, n in each.items()]
    for measure, each in found["measures"].items():
        told_of += [f"{measure}: {n:,} {why}" for why, n in each["left_out"].items()]
        told_of += [f"{n:,} replies not read ({why})" for why, n in each.get("unread", {}).items()]
    cost = f"{found['cost']['forward']:,} passes or calls in {found['cost']['seconds']:,.1f} s"
    left = f" Left out: {'; '.join(told_of)}." if told_of else ""
    warned = dict.fromkeys(text for each in found["measures"].values() for text in each["named"]["warnings"])
    warnings = "".join(f" {text[0].upper()}{text[1:]}." for text in warned)
    return f"{found['random']} random sets for each question, or all there are; {cost}.{left}{warnings}"


def other_items(numbers: Numbers) -> list[tuple[str, ...]]:
    """Return for each witness its agreement, that of claims about other questions, and the difference, as text."""
    measure = say.verdict_of(numbers)["measure"]
    found: list[tuple[str, ...]] = []
    for name, witness in numbers["witnesses"].items():
        each: Mapping[str, Any] | None = witness["agreement"].get(measure, {}).get("other_item")
        if each is not None and each["n"]:
            found.append((name, say.interval(each), say.number(each["chance"]), say.above(each), f"{each['n']:,}"))
    return found


def habit(numbers: Numbers) -> str:
    """Return how each family agrees beside claims about other questions; empty where there are none."""
    told_of, explained = [], []
    for family, each in say.verdict_of(numbers)["families"].items():
        other = each.get("other_item")
        if other is None:  # a `witness.json` of before there was this null
            continue
        if other["n"]:
            told_of.append(f"{family} {say.above(other)}")
        if is_a_habit(each):
            explained.append(family)
    if not told_of:
        return ""
    sentence = f"Above claims about other questions, put as far along these: {', '.join(told_of)}."
    if not explained:
        return sentence
    return (
        f"{sentence} By {' and '.join(explained)} the claims are above random words and not surely above these, so a "
        "habit of naming words at some place may be all there is."
    )


def is_a_habit(family: Numbers) -> bool:
    """Tell whether claims that are above random words are not above claims about other questions."""
    above, other = family["above_chance"], family["other_item"]["above_chance"]
    return above["low"] is not None and above["low"] > 0 and other["low"] is not None and not other["low"] > 0
