"""What a failing or skipped test says: the verdict in plain words, its numbers, and what to do."""

from collections.abc import Iterable

from selfexplain.pipeline.calibrated import Calibrated
from selfexplain.pipeline.gate import Verdict
from selfexplain.report import gate_words as say
from selfexplain.report.gate_terminal import plain

RECALIBRATE = (
    "`selfexplain recalibrate` learns what each stated confidence is worth; another prompt or model may state better "
    "ones; or set the limit that you can live with."
)

MORE = "The interval is wider than the limit allows: more Items decide it, asking again until it passes does not."


def of_gate(verdict: Verdict) -> list[str]:
    """Return the lines of a comparison with a baseline."""
    against = f"{verdict.run.name} against the baseline {verdict.baseline.name}"
    return lines(
        [
            say.headline(verdict),
            against,
            *bullets([*verdict.why, *say.decided_by(verdict)]),
            *([say.sizes(verdict)] if verdict.rules else []),
            *(f"Changed: {change}" for change in say.changes(verdict)),
            *(f"Note: {remark}." for remark in verdict.remarks),
            say.advice(verdict),
        ]
    )


def of_calibration(found: Calibrated) -> list[str]:
    """Return the lines of a run that was held against limits."""
    deciding = [rule for rule in found.rules if rule.verdict == found.verdict != "pass"]
    named = ", ".join(say.title_of(rule.name) for rule in deciding)
    claim = {
        "pass": "Every limit is kept",
        "fail": "A limit is exceeded",
        "inconclusive": "It cannot be told whether every limit is kept",
    }[found.verdict]
    reasons = [say.sentence_of(rule) + enough(found, rule.name) for rule in deciding]
    advice = {"pass": "", "fail": RECALIBRATE, "inconclusive": MORE}[found.verdict]
    return lines(
        [f"{claim}: {named}." if named else f"{claim}.", found.run.name, *bullets(reasons), sizes(found), advice]
    )


def enough(found: Calibrated, name: str) -> str:
    """Return how many answers would decide a rule, as the end of a sentence."""
    n = found.needed.get(name)
    return "" if n is None else f"; if the value stays, about {n:,} answers decide it"


def sizes(found: Calibrated) -> str:
    """Return what it rests on."""
    level = f"{100 * found.level:.3g} % intervals"
    asked = f"{found.n_usable:,} of {found.n_asked:,} answers usable; {found.run.source} confidence; {level}."
    if found.mean_confidence is None or found.accuracy is None:
        return asked
    return f"Mean confidence {found.mean_confidence:.3f}, right {found.accuracy:.3f}. {asked}"


def bullets(sentences: Iterable[str]) -> Iterable[str]:
    """Return sentences as a list."""
    return (f"• {sentence.rstrip('.')}." for sentence in sentences)


def lines(sentences: Iterable[str]) -> list[str]:
    """Return sentences on a line each, with what they quote made harmless for a terminal."""
    return [plain(sentence) for sentence in sentences if sentence]
