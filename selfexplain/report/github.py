"""A verdict as GitHub's workflow commands: lines of a log that a job's page shows as a warning or an error.

A log is a channel of commands: GitHub obeys each line that begins with two colons, whoever wrote it. So what others
wrote stands escaped inside a line of ours, or between two lines that switch commands off and on again.
"""

from collections.abc import Sequence

from selfexplain.pipeline.gate import EXIT_CODES, Verdict
from selfexplain.report import gate_words as say
from selfexplain.report.visible import visible

TITLE = "selfexplain gate"

SHOWN, LONGEST = 10, 400
"""So many reasons are named, and so many characters of each; the summary holds all."""


def annotation(verdict: Verdict) -> str:
    """Return the command that marks a job with a verdict: a warning, an error, or nothing for a pass."""
    if verdict.verdict == "pass":
        return ""
    level = "warning" if verdict.exit_code == EXIT_CODES["inconclusive"] else "error"
    return f"::{level} title={TITLE}::{escaped(chr(10).join(sentences(verdict)))}"


def refusal(message: str, hint: str | None = None) -> str:
    r"""Return the command that marks a job as failed where no verdict came: what was wrong, and what to do.

    >>> refusal("there is no baseline 'main'", "make one")
    "::error title=selfexplain gate::The gate could not run.%0Athere is no baseline 'main'%0Ahint: make one"
    """
    told = ["The gate could not run.", message, *([f"hint: {hint}"] if hint else [])]
    return f"::error title={TITLE}::{escaped(chr(10).join(told))}"


def sentences(verdict: Verdict) -> list[str]:
    """Return what a verdict says: the headline, then what decided it."""
    reasons: Sequence[str] = verdict.why or say.decided_by(verdict)
    more = [f"and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
    return [say.headline(verdict), *(f"• {cut(reason)}" for reason in reasons[:SHOWN]), *more, say.advice(verdict)]


def cut(sentence: str) -> str:
    """Return a sentence that names of any length cannot make long."""
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1]}…"


def escaped(text: str) -> str:
    r"""Return a text as the value of a command.

    >>> escaped("100 %\n::error::no")
    '100 %25%0A::error::no'
    """
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
