"""What one source of confidence is good for in one Record: the first status that applies."""

from collections.abc import Mapping, Sequence

from selfexplain.records import Category, Grade, Outcome, Reading, SelfReport, Source, Status, Why

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

    A reply that was cut after both fields were closed is as good as a whole one.
    """
    unusable = [
        words[reading.why]
        for words, reading in ((BY_ANSWER, report.answer), (BY_CONFIDENCE, confidence))
        if reading.value is None
    ]
    return reply_status(report, unusable) or ("undecided" if grade.verdict == "undecided" else "ok")


def survey_statuses(report: SelfReport, category: Category) -> dict[Source, Status]:
    """Return the status of a survey's Record under each source: whether an answer was read.

    A rate needs no confidence, and `undecided` is a category there: neither keeps an answer out.
    """
    unusable = [BY_ANSWER.get(report.answer.why, "no_answer")] if category.name is None else []
    return dict.fromkeys(report.confidence, reply_status(report, unusable) or "ok")


def reply_status(report: SelfReport, unusable: Sequence[Status]) -> Status | None:
    """Return the first status that applies to a reply, given those of its unreadable fields; None for a good one."""
    if report.outcome in BY_OUTCOME:
        return BY_OUTCOME[report.outcome]
    if not report.reply.strip() and report.outcome == "completed":
        return "no_answer"  # ended by the model itself, so nothing was cut off
    if report.outcome == "truncated" and unusable:
        return "truncated"
    for urgent in ("truncated", "declined", *unusable):
        if urgent in unusable:
            return urgent
    return None
