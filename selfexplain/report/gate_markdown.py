"""A verdict as Markdown, for a comment on a pull request or a job's summary.

Names come from files and models. They stand in `<code>`, where no service looks for mentions, and every mark in them is
a numeric entity, which Markdown never takes for syntax.
"""

from collections.abc import Sequence

from selfexplain.calibration.harm import Judged
from selfexplain.pipeline.gate import Verdict
from selfexplain.report import gate_words as say
from selfexplain.report.visible import visible

MARKS = {"pass": "✅", "fail": "❌", "inconclusive": "⚠️", "not comparable": "⚠️"}

LONGEST = 200
"""Characters of a name that are shown."""

SHOWN = 60
"""So many rules have a row, those that did not pass first: a comment on GitHub holds 65,536 characters."""


def render(verdict: Verdict) -> str:
    """Return a verdict as Markdown, the same text each time."""
    lines = [
        f"### {MARKS[verdict.verdict]} Confidence gate: {verdict.verdict}",
        "",
        f"**{words(say.headline(verdict))}**",
        "",
        f"{code(verdict.run.name)} against the baseline {code(verdict.baseline.name)}.",
        "",
    ]
    lines += [f"* {words(reason)}" for reason in verdict.why]
    if verdict.rules:
        lines += ["| rule | verdict | harm (interval) | tolerated | n | |", "|---|---|---:|---:|---:|---|"]
        for rule in shown_of(verdict):
            name, why = words(say.title_of(rule.name)), words(rule.why)
            harm = say.harm_of(rule)
            mark = f"{MARKS[rule.verdict]} {rule.verdict}"
            lines.append(f"| {name} | {mark} | {harm} | {rule.tolerance:g} | {rule.n:,} | {why} |")
        lines.append("")
        if len(verdict.rules) > SHOWN:
            lines += [f"{len(verdict.rules) - SHOWN:,} more rules; `selfexplain gate --json` has all.", ""]
        if verdict.identical:
            lines += [say.IDENTICAL, ""]
        lines += [sentence for sentence in [say.consequence(verdict)] if sentence]
        lines += ["", say.sizes(verdict), "", say.decidable(verdict.decidable, verdict.undecidable)]
    notes = [
        *(f"Changed: {change}" for change in say.changes(verdict)),
        *(f"Note: {each}." for each in verdict.remarks),
    ]
    if notes:
        lines += ["", *(f"* {words(note)}" for note in notes)]
    return "\n".join(lines).strip() + "\n"


def shown_of(verdict: Verdict) -> Sequence[Judged]:
    """Return the rules that have a row."""
    if len(verdict.rules) <= SHOWN:
        return verdict.rules
    order = ("fail", "inconclusive", "pass")
    return sorted(verdict.rules, key=lambda rule: order.index(rule.verdict))[:SHOWN]


def words(sentence: str) -> str:
    """Return a sentence that may hold names: as it stands where it is plain text, else as `code`.

    >>> words("the harm is at most 0.012, within the tolerance 0.03")
    'the harm is at most 0.012, within the tolerance 0.03'
    >>> words("ask @all")
    '<code>ask &#64;all</code>'
    """
    harmless = all(character.isalnum() or character in " .,:;-–−+%=()⏎→" for character in sentence)
    linked = sentence.startswith("-") or "www." in sentence.lower() or "://" in sentence
    return sentence if harmless and not linked and len(sentence) <= LONGEST else code(sentence)


def code(text: str) -> str:
    """Return a text that shows as it is and does nothing.

    >>> code("a|b`c`")
    '<code>a&#124;b&#96;c&#96;</code>'
    """
    line = visible(text).replace("\n", " ⏎ ")
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    escaped = "".join(
        f"&#{ord(character)};"
        if character.isascii() and not (character.isalnum() or character in " -_/")
        else character
        for character in line
    )
    return f"<code>{escaped}</code>"
