"""What one source of confidence is good for in one Record: the first status that applies."""

from collections.abc import Mapping

from selfexplain.records import Grade, Outcome, Reading, SelfReport, Source, Status, Why

BY_OUTCOME: Mapping[Outcome, Status] = {"failed": "failed", "refused": "refused"}

BY_ANSWER: Mapping[Why, Status] = {
    "truncated": "truncated",
    "declined": "declined",
    "ambiguous": "ambiguous",
    "absent": "no_answer",
    "template_echo": "no_answer",
}

BY_CONFIDENCE: Mapping[Why, Status] = {
    "truncated": "truncated",
    "declined": "declined",
    "absent": "no_confidence",
    "non_numeric": "no_confidence",
    "template_echo": "no_confidence",
    "ambiguous": "ambiguous",
    "out_of_range": "out_of_range",
}


def statuses(report: SelfReport, grade: Grade) -> dict[Source, Status]:
    """Return the status of each source of confidence that a report holds."""
    return {source: status(report, confidence, grade) for source, confidence in report.confidence.items()}


def status(report: SelfReport, confidence: Reading[float], grade: Grade) -> Status:
    """Return the first status that applies: what came back, then the answer, the confidence, the grade.

    A reply that was cut after both fields were closed is as good as a whole one; so is what was read before a later
    turn was refused.
    """
    unread = report.answer.value is None or confidence.value is None
    if report.outcome in BY_OUTCOME and unread:
        return BY_OUTCOME[report.outcome]
    if unread and report.outcome == "completed" and not report.replies[-1].strip():
        # Ended by the model itself, so nothing was cut off.
        return "no_answer" if report.answer.value is None else "no_confidence"
    unusable = [
        words[reading.why]
        for words, reading in ((BY_ANSWER, report.answer), (BY_CONFIDENCE, confidence))
        if reading.value is None
    ]
    if report.outcome == "truncated" and unusable:
        return "truncated"
    for urgent in ("truncated", "declined", *unusable):
        if urgent in unusable:
            return urgent
    return "undecided" if grade.verdict == "undecided" else "ok"
