"""What may be said of claims beside witnesses, in sentences: never more than the numbers, and never of one answer."""

from collections.abc import Mapping
from typing import Any

from selfexplain.report.numbers import percent, signed

Numbers = Mapping[str, Any]

HEADLINES: Mapping[str, str] = {
    "supported": "Supported: what the model names agrees with what moved its answers, more than chance does.",
    "supported by one family": "Supported by one family: what the model names agrees with what moved its answers, more "
    "than chance does, by the only family of witnesses that can run here.",
    "not supported": "Not supported: what the model names agrees with what moved its answers no more than random "
    "content words do.",
    "no verdict": "No verdict: whether what the model names moved its answers cannot be told.",
}

SHARED = (
    "Agreement is with these witnesses, for this target and this way of taking words away. Witnesses share the model "
    "and the text, so two families are not two independent studies."
)

NEVER_OF_ONE = (
    "No verdict is about a single answer: one question is too short to decide. Its percentile says how many random "
    "claims of the same size, among content words, agree less."
)

DISPUTE = (
    "Whether attention explains is disputed (Jain & Wallace 2019; Serrano & Smith 2019; Wiegreffe & Pinter 2019), so "
    "it is never alone behind a verdict."
)

TITLES: Mapping[str, str] = {
    "words": "named words",
    "word_scores": "scored words",
    "quotes": "quoted words",
    "redaction": "words that it took out",
    "counterfactual": "words that it changed",
    "steps": "words named in its steps",
    "rationale": "words named in its rationale",
}


NO_CLAIM = "No claim: no answer says what mattered to it."
"""Before any verdict, of which there can be none then."""

WAYS_TO_CLAIM = (
    "There is nothing to compare the witnesses with: ask with top-words, word-scores or answer-why-confidence."
)


def headline(numbers: Numbers) -> str:
    """Return the verdict as a sentence, or that there is no claim to have one on."""
    return HEADLINES[verdict_of(numbers)["word"]] if has_claim(numbers) else NO_CLAIM


def has_claim(numbers: Numbers) -> bool:
    """Tell whether any answer says what mattered to it."""
    return bool(numbers["claims"])


def verdict_of(numbers: Numbers) -> Numbers:
    """Return the verdict on the Run's claims."""
    found: Numbers = numbers["verdicts"][numbers["claim"]]
    return found


def because(numbers: Numbers) -> str:
    """Return why, as a sentence."""
    if not has_claim(numbers):
        return WAYS_TO_CLAIM
    why = str(verdict_of(numbers)["why"])
    return f"{why[0].upper()}{why[1:]}."


def sentences(numbers: Numbers) -> list[str]:
    """Return one sentence for each family that was asked: witness, target, baseline, number of answers, interval."""
    found: list[str] = []
    if not has_claim(numbers):
        return found
    for family, each in verdict_of(numbers)["families"].items():
        who = [name for name, witness in numbers["witnesses"].items() if witness["family"] == family]
        known = [numbers["witnesses"][name] for name in who]
        targets = " and ".join(dict.fromkeys(each["target"] for each in known if each["target"]))
        baselines = " and ".join(
            dict.fromkeys(each["baseline"] for each in known if each["baseline"] not in {"", "none"})
        )
        how = ", ".join(filter(None, (f"target {targets}" if targets else "", baselines and f"baseline {baselines}")))
        subject = f"{TITLES[numbers['claim']]} and {family} ({' and '.join(who)}{'; ' if how else ''}{how})"
        if each["value"] is None:
            found.append(f"Agreement of {subject}: {each['undefined']}.")
            continue
        found.append(
            f"Agreement of {subject}: {verdict_of(numbers)['measure']} {interval(each)} on {answers(each['n'])}, "
            f"random content words {each['chance']:.2f}; {above(each)} above these."
        )
    return found


def targets(numbers: Numbers) -> str:
    """Return which witness explains what, where that is not one thing; empty where it is."""
    who: dict[str, list[str]] = {}
    for name, each in numbers["witnesses"].items():
        if each["target"]:
            who.setdefault(each["target"], []).append(name)
    if len(who) < 2:
        return ""
    told = "; ".join(f"{target} by {', '.join(names)}" for target, names in who.items())
    return (
        f"These witnesses explain different things: {told}. Compare them with that in mind; `--target` names one thing "
        "for all that can explain it."
    )


def ceiling(numbers: Numbers) -> str:
    """Return how far the witnesses agree with each other; empty where there is one."""
    each = numbers["ceiling"]
    if each is None or each["value"] is None:
        return ""
    return (
        f"The witnesses' agreement with each other, measured in the same way (the ceiling): {interval(each)}, "
        f"{above(each)} above chance, on {answers(each['n'])}."
    )


def answers(n: int) -> str:
    """Write how many answers there are.

    >>> answers(1), answers(1200)
    ('1 answer', '1,200 answers')
    """
    return f"{n:,} answer" if n == 1 else f"{n:,} answers"


def interval(each: Numbers) -> str:
    """Write a measure with its interval.

    >>> interval({"value": 0.5, "low": 0.25, "high": 0.75}), interval({"value": 0.5, "low": None, "high": None})
    ('0.50 (0.25–0.75)', '0.50')
    """
    if each["value"] is None:
        return "–"
    if each["low"] is None:
        return number(each["value"])
    dash = " to " if each["low"] < 0 else "–"
    return f"{number(each['value'])} ({number(each['low'])}{dash}{number(each['high'])})"


def above(each: Numbers) -> str:
    """Write by how much a measure is above chance, always with its sign."""
    found = each["above_chance"]
    if found["value"] is None:
        return "–"
    ends = f" ({plus(found['low'])} to {plus(found['high'])})" if found["low"] is not None else ""
    return f"{plus(found['value'])}{ends}"


def number(value: float) -> str:
    """Write with two decimals and a typographic minus.

    >>> number(-0.5), number(-0.001)
    ('−0.50', '0.00')
    """
    text = f"{value:.2f}"
    return text.replace("-", "−" if text.strip("-0.") else "")


def plus(value: float) -> str:
    """Write with two decimals, always with a sign."""
    text = number(value)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"


def cost(numbers: Numbers) -> str:
    """Return what the Evidence has cost, in passes and seconds."""
    told = [
        f"{name} {each['cost']['forward']:,} forward and {each['cost']['backward']:,} backward in "
        f"{each['cost']['seconds']:,.1f} s" + (f" on {' and '.join(each['devices'])}" if each["devices"] else "")
        for name, each in numbers["witnesses"].items()
    ]
    return f"Passes behind this: {'; '.join(told)}."


def shuffled(numbers: Numbers) -> str:
    """Return how much the witnesses' rankings stay when the model is noise; empty where nobody has looked."""
    found = numbers.get("shuffled")
    if found is None:
        return ""
    told = [f"{name} {interval(each) if each['n'] else 'cannot be told'}" for name, each in found["witnesses"].items()]
    return (
        f"With all layers of the model shuffled, on {answers(found['n'])}, the ranks of the units correlate with the "
        f"true ones by: {'; '.join(told)}. Near 1, a witness explains the text or itself, and not the model."
    )


def found_before(numbers: Numbers) -> str:
    """Return whose Evidence lay there already, for the same settings; empty where all were named now."""
    names = numbers.get("found_before", ())
    return f"Joined in, since it was found before with the same settings: {', '.join(names)}." if names else ""


def check(numbers: Numbers) -> str:
    """Return how the model that was looked into compares with the one that answered; empty where none was."""
    found = numbers["check"]
    if numbers["inside"] is None or not found["n"]:
        return ""
    told = f"Looked into: {numbers['inside']['name']}, in this process; {numbers['model']} answered."
    missed = f" It would have answered otherwise in {found['answer_mismatch']:,} of {found['n']:,}: these are left out."
    if found["served_difference"] is None:
        return told + missed
    return (
        f"{told}{missed} Where both told, log-probabilities of the answer differ by {found['served_difference']:.3f} "
        f"a token, {found['largest_served_difference']:.3f} at most."
    )


def left_out(numbers: Numbers) -> str:
    """Return what was not compared, and why; empty where everything was."""
    told = [f"{n:,} without an answer to explain ({why})" for why, n in numbers["left_out"].items()]
    for name, each in numbers["witnesses"].items():
        told += [f"{name}: {n:,} {why}" for why, n in each["excluded"].items()]
        missing = each["agreement"].get(verdict_of(numbers)["measure"], {}).get("left_out", {})
        told += [f"{name}: {n:,} not measured ({why})" for why, n in missing.items()]
    return f"Left out: {'; '.join(told)}." if told else ""


def hallucinated(numbers: Numbers) -> str:
    """Return how many named words stand nowhere in the question; empty where a claim names none such."""
    found = numbers["hallucinated"]
    if found is None or found["value"] is None:
        return ""
    ends = f" ({100 * found['low']:.0f}–{100 * found['high']:.0f} %)" if found["low"] is not None else ""
    return f"Named words that stand nowhere in the question: {percent(found['value'])}{ends} of {found['n']:,}."


def joined(numbers: Numbers) -> list[str]:
    """Return what support has to do with being right and with confidence."""
    found = numbers["joined"]
    if found is None:
        return []
    have = "has" if found["n"] == 1 else "have"
    told = [f"Support is the percentile of a claim among random ones; {answers(found['n'])} {have} one."]
    gap, confidence = found["gap_slope"], found["confidence_slope"]
    if gap["value"] is not None:
        # Confidence less accuracy lies between −1 and 1, so it can rise or fall by 2.
        change = CANNOT_BE_TOLD if says_nothing(gap, 2) else f"changes by {in_points(a_tenth(gap))}"
        told.append(f"With 10 points of support more, confidence less accuracy {change}.")
    if confidence["value"] is not None:
        change = CANNOT_BE_TOLD if says_nothing(confidence, 1) else f"changes by {in_points(a_tenth(confidence))}"
        told.append(f"The confidence itself {change}.")
    told.append(
        f"Sure ({percent(found['sure'])} or more), wrong, and explained by words that did not matter: "
        f"{found['n_sure_wrong_unsupported']:,} of {found['n']:,}."
    )
    return told


CANNOT_BE_TOLD = "changes by no telling how much: with so few answers the interval holds every change there can be"


def says_nothing(slope: Numbers, most: float) -> bool:
    """Tell whether the interval of a slope holds every change that there can be.

    >>> says_nothing({"low": -326.1, "high": 332.7}, 2), says_nothing({"low": -0.1, "high": 0.2}, 2)
    (True, False)
    """
    return slope["low"] is not None and slope["low"] <= -most and slope["high"] >= most


def a_tenth(slope: Numbers) -> Numbers:
    """Return what a slope says of 10 points: where support hardly differs, all of it is far beyond what was seen."""
    return {end: None if slope[end] is None else slope[end] / 10 for end in ("value", "low", "high")} | {"digits": 1}


def in_points(found: Numbers) -> str:
    """Write a difference in percentage points, with its interval.

    >>> found = {"value": 0.05, "low": -0.01, "high": 0.11}
    >>> in_points(found), in_points(a_tenth(found)), in_points({"value": 0.05, "low": None, "high": None})
    ('+5 points (−1 to +11)', '+0.5 points (−0.1 to +1.1)', '+5 points, without interval')
    """
    value, low, high = (
        None if found[end] is None else signed(found[end], found.get("digits", 0)) for end in ("value", "low", "high")
    )
    return f"{value} points" + (f" ({low} to {high})" if low is not None else ", without interval")
