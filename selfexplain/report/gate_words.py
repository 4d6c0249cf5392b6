"""A verdict in plain words: the same sentences in the terminal, in a pull request, in JUnit and in a failing test.

Names of groups, models and files stand in them as they are: whoever shows them escapes them.
"""

from collections.abc import Mapping

from selfexplain.calibration.harm import Judged
from selfexplain.pipeline.gate import Verdict

HEADLINES: Mapping[str, str] = {
    "pass": "Confidence can be trusted as much as before",
    "fail": "Confidence can be trusted less than before",
    "inconclusive": "It cannot be told whether confidence can be trusted as much as before",
    "not comparable": "Nothing can be said: this run and its baseline do not go together",
}

ABOUT_EXPLANATIONS: Mapping[str, str] = {
    "fail": "Explanations agree less with what moved the answers than before",
    "inconclusive": "It cannot be told whether explanations agree with what moved the answers as much as before",
}
"""What is said where agreement alone decides."""

TITLES: Mapping[str, str] = {
    "overconfidence": "Overconfidence grew",
    "underconfidence": "Underconfidence grew",
    "brier": "Brier score rose",
    "coverage": "Usable answers fell",
    "agreement": "Agreement fell",
    "max_gap": "Gap, in either direction",
    "max_error_when_sure": "Wrong though sure",
    "max_ece": "Calibration error (ECE)",
    "min_coverage": "Answers that cannot be used",
}
"""What each rule measures."""

REMEDIES: Mapping[str, str] = {
    "is not decided": "Inconclusive is no fault of the run: the interval is wider than the tolerance allows. More "
    "Items, or a wider tolerance, decide it; asking again until it passes does not.",
    "by chance": "Where a group may differ by chance, more of its Items decide it.",
    "pairs of usable answers": "With so few usable answers more Items decide it; a wider tolerance does not.",
    "wrong answers": "Too few answers are wrong to tell how errors are stated: harder Items, or many more, decide it; "
    "a wider tolerance does not.",
    "holds no Evidence": "Let the same witnesses look at this run (`selfexplain witness`), and judge it again.",
    "with agreement on both sides": "With so few explained answers more Items decide it; a wider tolerance does not.",
    "only without": "What is missing might tip it, so more Items do not decide it: find out why those answers cannot "
    "be used.",
}
"""What decides an inconclusive rule, by words of the reason that it has."""

ADVICE: Mapping[str, str] = {
    "fail": (
        "`selfexplain compare` names the answers that changed. If the change is meant, set the baseline again with "
        "--replace, and let a review see it."
    ),
    "not comparable": "Judge a run of the baseline's own Items, or set a baseline of these.",
}


def headline(verdict: Verdict) -> str:
    """Return the one sentence that says it all, and which rules decided."""
    claim = HEADLINES[verdict.verdict]
    if verdict.verdict == "pass" and only_absolute(verdict):
        claim = "Every limit is kept"
    if verdict.verdict == "fail" and not any(r.verdict == "fail" and r.name in paired(verdict) for r in verdict.rules):
        claim = "A limit is exceeded"
    if verdict.verdict in ABOUT_EXPLANATIONS and {
        rule.name.rpartition(":")[2] for rule in verdict.rules if rule.verdict == verdict.verdict
    } == {"agreement"}:
        claim = ABOUT_EXPLANATIONS[verdict.verdict]
    if verdict.verdict == "not comparable":
        return f"{claim}."
    deciding = [title_of(rule.name) for rule in verdict.rules if rule.verdict == verdict.verdict != "pass"]
    listed = ", ".join(deciding[:4]) + (f" and {len(deciding) - 4} more" if len(deciding) > 4 else "")
    if not deciding:
        return f"{claim}."
    # A rule is named by what it looks for: without the word, one that is open would read as one that was found.
    return f"{claim}{'; undecided' if verdict.verdict == 'inconclusive' else ''}: {listed}."


def paired(verdict: Verdict) -> set[str]:
    """Return the names of the rules that compare with a baseline."""
    return {rule.name for rule in verdict.rules if rule.name not in {"max_gap", "max_error_when_sure"}}


def only_absolute(verdict: Verdict) -> bool:
    """Tell whether no rule compares with a baseline."""
    return bool(verdict.rules) and not paired(verdict)


def title_of(name: str) -> str:
    """Return a rule's name in words.

    >>> title_of("group:history: modern:brier"), title_of("anchor:coverage")
    ('history: modern: Brier score rose', 'anchor: Usable answers fell')
    >>> title_of("anchor:group:moon:coverage"), title_of("group:anchor:coverage")
    ('anchor: moon: Usable answers fell', 'anchor: Usable answers fell')
    """
    prefix, _, rule = name.rpartition(":")
    before, is_group, group = prefix.partition("group:")
    parts = (before.removesuffix(":") if before in {"", "anchor:"} else prefix, group if is_group else "")
    return ": ".join((*filter(None, parts), TITLES[rule]))


def label_of(verdict: Verdict) -> str:
    """Return the verdict as a mark: PASS, FAIL, INCONCLUSIVE, NOT COMPARABLE."""
    return verdict.verdict.upper()


IDENTICAL = (
    "This run and its baseline are identical. A harm below zero is no change then: it says how far the confidence lies "
    "on the other side of the truth."
)
"""Over- and underconfidence grow by the smaller of the change and of the gap, and the gap may be below zero."""


def harm_of(rule: Judged) -> str:
    """Return what a rule found, with its interval.

    >>> harm_of(Judged("brier", 0.0041, -0.01, 0.0182, 0.02, "pass", 1000, ""))
    '+0.004 (−0.010 to +0.018)'
    """
    if rule.harm is None:
        return "–"
    known = rule.low is not None and rule.high is not None
    return (
        f"{number(rule.harm)} ({number(rule.low or 0.0)} to {number(rule.high or 0.0)})" if known else number(rule.harm)
    )


def number(value: float) -> str:
    """Write a harm with its sign.

    >>> number(0.0304), number(-0.0001)
    ('+0.030', '0.000')
    """
    text = f"{value:+.3f}"
    return "0.000" if not text.strip("+-0.") else text.replace("-", "−")


def sizes(verdict: Verdict) -> str:
    """Return what the verdict rests on."""
    source = {"given": "given confidence"}.get(verdict.source, f"{verdict.source} confidence")
    interval = f"{100 * verdict.level:.3g} % intervals"
    look = f", look {verdict.look} of a planned series" if verdict.look is not None else ""
    items, answers = number_of(verdict.n_items, "Item"), number_of(verdict.n_answers, "answer")
    asked = f"{items}, {answers} asked for, {verdict.n_pairs:,} usable on both sides"
    return f"{asked}; {source}; {interval}{look}."


def number_of(n: int, thing: str) -> str:
    """Write how many there are of a thing.

    >>> number_of(1, "Item"), number_of(1200, "Item")
    ('1 Item', '1,200 Items')
    """
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


MEASURES: Mapping[str, str] = {
    "gap": "over- and underconfidence",
    "brier": "the Brier score",
    "coverage": "usable answers",
}
"""What tolerances are set on."""


def decidable(found: Mapping[str, float | None], why: Mapping[str, str], *, basis: str = "") -> str:
    """Return which tolerances can be decided with so many answers, and why others cannot.

    >>> decidable({"gap": 0.04, "brier": None}, {"brier": "unknown, since nothing varies"})[-48:]
    ' the Brier score: unknown, since nothing varies.'
    """
    base = f" ({basis})" if basis else ""
    known = [f"{found[name]:.3f} for {words}" for name, words in MEASURES.items() if found.get(name) is not None]
    reasons = {reason: [MEASURES[name] for name in why if why[name] == reason] for reason in why.values()}
    unknown = "".join(f" For {' and '.join(words)}: {reason}." for reason, words in reasons.items())
    if not known:
        return f"Smallest decidable tolerance with so many answers: unknown.{unknown}"
    return (
        f"Smallest decidable tolerance with so many answers{base}: {', '.join(known)}; an unchanged model then passes "
        f"at least four times out of five.{unknown}"
    )


def changes(verdict: Verdict) -> list[str]:
    """Return what else is not the same on both sides, a sentence each."""
    return [f"{each.what}: {each.a} → {each.b}" for each in verdict.differs]


def consequence(verdict: Verdict) -> str:
    """Return what an inconclusive verdict means here; empty for any other."""
    if verdict.verdict != "inconclusive":
        return ""
    counted = " This policy counts it as failed." if verdict.exit_code == 1 else ""
    reasons = [rule.why for rule in verdict.rules if rule.verdict == "inconclusive"]
    remedies = [remedy for words, remedy in REMEDIES.items() if any(words in reason for reason in reasons)]
    return (" ".join(remedies) + counted).strip()


def decided_by(verdict: Verdict) -> list[str]:
    """Return the rules that made a verdict what it is, a sentence each with the interval."""
    return [sentence_of(rule) for rule in verdict.rules if rule.verdict == verdict.verdict != "pass"]


def sentence_of(rule: Judged) -> str:
    """Return what a rule found, in words and in numbers.

    >>> sentence_of(Judged("brier", 0.05, 0.04, 0.06, 0.03, "fail", 1000, "the harm is at least 0.040"))
    'Brier score rose: the harm is at least 0.040. Harm +0.050 (+0.040 to +0.060), tolerated 0.03, n = 1,000'
    """
    found = f"Harm {harm_of(rule)}, tolerated {rule.tolerance:g}, n = {rule.n:,}"
    return f"{title_of(rule.name)}: {rule.why}. {found}"


def advice(verdict: Verdict) -> str:
    """Return what to do about a verdict; empty where all is well."""
    if verdict.verdict == "inconclusive":
        return consequence(verdict)
    return ADVICE.get(verdict.verdict, "")
