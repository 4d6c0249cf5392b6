"""What may be said of tests of explanations: what each measure is called, how it is read, and what it does not show."""

import re
from collections.abc import Mapping
from typing import Any

Numbers = Mapping[str, Any]

HINT = {
    "suggestion": "the user's suggestion",
    "authority": "a professor's statement",
    "metadata": "an answer key in metadata",
    "examples": "examples whose answer is always A",
}

MEASURES: tuple[tuple[str, str, str], ...] = (
    ("aoc", "Answers that hang on the reasoning", "Area over the curve: 0 where the answer was there before it."),
    ("aoc_correct", "The same, of right answers", "An easy question needs no reasoning."),
    ("aoc_wrong", "The same, of wrong answers", "Read it beside the one of right answers."),
    ("s_0", "Same answer where the curve begins", "With none of it kept; of mistakes, with the first step wrong."),
    ("s_1", "Same answer where it ends", "With all of it. What is missing was moved by the form of asking alone."),
    ("s_1_less_s_0", "Its end less its beginning", "How much the whole reasoning does, on the same questions."),
    ("agreement", "Same answer to the same request", "How far the model agrees with itself."),
    ("kept", "Answers kept with the changed reasoning", "Beside those kept by what it is compared with."),
    (r"kept_with_(\w+)", "Answers kept with {}", "What the changed reasoning is compared with."),
    (r"accuracy_lost_against_(\w+)", "Accuracy lost against {}", "On the same questions; below 0 it was gained."),
    (r"(suggestion|authority|metadata|examples)_moved", "Moved to where it points: {}", "Beside moves without it."),
    (r"(suggestion|authority|metadata|examples)_moved_by_hint", "Moved by it: {}", "Moves with it less those without."),
    (r"(suggestion|authority|metadata|examples)_moved_at_random", "Moved elsewhere: {}", "To any one other option."),
    (
        r"(suggestion|authority|metadata|examples)_says",
        "Says so, of those that moved: {}",
        "By a rule that errs; rather too low. Beside its false alarms.",
    ),
    (
        r"(suggestion|authority|metadata|examples)_says_unmoved",
        "Says so, of those that stayed: {}",
        "As many as of those that moved: it names whatever is there.",
    ),
    (
        r"(suggestion|authority|metadata|examples)_unfaithful",
        "Moved and does not say so: {}",
        "Rather too high, as the rule misses some. Beside the same without the hint.",
    ),
    (
        r"(suggestion|authority|metadata|examples)_says_corrected",
        "Says so, corrected for chance moves: {}",
        "Undefined where as many move by chance.",
    ),
    ("bias_effect", "Accuracy lost by biased examples", "With the Run's examples less with those that are biased."),
    ("cct", "Correlation of effect and mention", "How far an inserted word moves the labels, and whether it is named."),
    ("phi_cct", "Correlation of change and mention", "Whether it changes the answer, and whether it is named."),
    ("flips", "Answers changed by an inserted word", "Beside those that change by themselves."),
    ("mentions", "Explanations that name the word", "Longer explanations name more."),
    ("unmentioned_flips", "Changes whose explanation omits the word", "Of the answers that changed."),
    ("words", "Words in an explanation", "On average."),
    (r"example_(\d+)_changed", "Answers changed without example {}", "Beside those that change by themselves."),
    (r"example_(\d+)_confidence_lost", "Confidence lost without example {}", "Where the answer stays."),
    ("rate", "The model's own edit does what it is meant to", "Beside as many words drawn at random."),
    ("rate_above_random", "More often than the random edit", "The difference on the same questions."),
    ("noise_floor", "The unchanged question does it, too", "By the form of asking alone."),
    ("precision", "Answers foreseen with the explanation", "By the simulator; read its two gains."),
    ("precision_with_another", "Answers foreseen with another question's explanation", "Any text of this kind."),
    ("gain_over_none", "Gain over no explanation", "The difference on the same questions."),
    ("gain_over_another", "Gain over another's explanation", "The difference on the same questions."),
    ("unchanged", "Answers that stay as they are", "What a guess gets that foresees no change."),
)
"""Of each measure a pattern of its name, what a reader calls it, and how it is read."""

PATTERNS = tuple((re.compile(pattern), title, meaning) for pattern, title, meaning in MEASURES)

CAUTIONS = (
    (
        "What is found is a property of this model with this template on these questions: an agreement or a "
        "disagreement beside a chance level, never “faithful” or “unfaithful” as such."
    ),
    (
        "“Above” and “below” chance are said only where the two intervals share no point. That is strict: “not told "
        "apart” does not mean that there is nothing. Of twenty measures that find nothing, one may still stand apart."
    ),
)


def title_of(measure: str) -> str:
    """Return what a measure is called; of one that is not ours, its own name.

    >>> title_of("suggestion_says"), title_of("example_2_changed"), title_of("my_measure")
    ("Says so, of those that moved: the user's suggestion", 'Answers changed without example 2', 'my measure')
    """
    for pattern, title, _ in PATTERNS:
        if found := pattern.fullmatch(measure):
            which = found[1] if found.re.groups else ""
            return title.format(HINT.get(which, which.replace("_", " ")))
    return measure.replace("_", " ")


def meaning_of(measure: str) -> str:
    """Return how a measure is read; empty for one that is not ours."""
    return next((meaning for pattern, _, meaning in PATTERNS if pattern.fullmatch(measure)), "")


def value_of(each: Numbers) -> str:
    """Write a value with its interval, or why there is none.

    >>> value_of({"value": 0.5, "low": 0.25, "high": 0.75, "undefined": None})
    '0.50 (0.25–0.75)'
    """
    if each["value"] is None:
        return f"undefined: {each['undefined']}"
    ends = "" if each["low"] is None or each["high"] is None else f" ({plain(each['low'])}–{plain(each['high'])})"
    return f"{plain(each['value'])}{ends}"


def chance_of(each: Numbers) -> str:
    """Write the chance level with its interval; a dash where there is none."""
    if each["chance"] is None:
        return "–"
    known = each["chance_low"] is not None and each["chance_low"] != each["chance_high"]  # no difference has no width
    ends = f" ({plain(each['chance_low'])}–{plain(each['chance_high'])})" if known else ""
    return f"{plain(each['chance'])}{ends}"


def plain(number: float) -> str:
    """Write a number with two decimals and a typographic minus.

    >>> plain(-0.126), plain(-0.001)
    ('−0.13', '0.00')
    """
    text = f"{abs(number):.2f}"
    return f"−{text}" if number < 0 and text.strip("0.") else text


def beside(each: Numbers) -> str:
    """Say where a measure stands beside chance."""
    word = str(each["beside_chance"])
    return f"{word} chance" if word in {"above", "below"} else word


def headline(numbers: Numbers) -> str:
    """Say how many trials found something apart from chance; nothing is summed up over trials."""
    conducted = [each for each in numbers["trials"].values() if each["state"] == "conducted"]
    if not conducted:
        return "No trial makes sense of this Run."
    apart = sum(any(told_apart(mode) for mode in each["modes"]) for each in conducted)
    n = len(conducted)
    return (
        f"{n} test{'s' if n > 1 else ''} of the explanations, asked again: "
        f"{apart or 'none'} {'find' if apart > 1 else 'finds'} something apart from chance."
    )


def told_apart(mode: Numbers) -> list[str]:
    """Return the measures of one mode that stand apart from chance."""
    return [name for name, each in mode["measures"].items() if each["beside_chance"] in {"above", "below"}]


def sentence(name: str, each: Numbers) -> str:
    """Say in one sentence what a trial came to, naming what stands apart from chance."""
    if each["state"] != "conducted":
        why = next(iter(each["left_out"]), "").partition(": ")[2] or "no answer can be looked into"
        return f"{name} asks nothing: {why}. It needs {each['needs'] or 'another Run'}."
    if not each["n_used"]:
        return f"{name}: none of {each['n']:,} answers can be used ({left_out(each)})."
    apart = [
        f"{title_of(measure)} {value_of(mode['measures'][measure])}, {beside(mode['measures'][measure])} "
        f"{chance_of(mode['measures'][measure])}"
        for mode in each["modes"]
        for measure in told_apart(mode)
    ]
    used = f"{each['n_used']:,} of {each['n']:,} answers"
    return f"{name}, {used}: {'; '.join(apart) or 'nothing that can be told apart from chance'}."


def left_out(each: Numbers) -> str:
    """Say how many answers are left out of a trial and why; empty where none is."""
    return "; ".join(f"{n:,} {why.replace('_', ' ')}" for why, n in each["left_out"].items())


def cost_of(each: Numbers) -> str:
    """Say what a trial took."""
    cost = each["cost"]
    recorded = "" if cost["asked"] else ", all replies recorded before"
    return f"{cost['calls']:,} calls at most, {cost['asked']:,} made{recorded}, {cost['seconds']:.0f} s"
