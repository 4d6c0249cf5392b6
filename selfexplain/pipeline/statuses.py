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

    A reply that was cut after both fields were closed is as good as a whole one; so is what was read before a later
    turn was refused.
    """
    unusable = [
        words[reading.why]
        for words, reading in ((BY_ANSWER, report.answer), (BY_CONFIDENCE, confidence))
        if reading.value is None
    ]
    empty: Status = "no_answer" if report.answer.value is None else "no_confidence"
    return reply_status(report, unusable, empty) or ("undecided" if grade.verdict == "undecided" else "ok")


def survey_statuses(report: SelfReport, category: Category) -> dict[Source, Status]:
    """Return the status of a survey's Record under each source: whether an answer was read.

    A rate needs no confidence, and `undecided` is a category there: neither keeps an answer out.
    """
    unusable = [BY_ANSWER.get(report.answer.why, "no_answer")] if category.name is None else []
    return dict.fromkeys(report.confidence, reply_status(report, unusable, "no_answer") or "ok")


def reply_status(report: SelfReport, unusable: Sequence[Status], empty: Status) -> Status | None:
    """Return the first status that applies to a reply, given those of its unreadable fields; None if there are none.

    `empty` is that of a reply without a word.
    """
    if not unusable:
        return None
    if report.outcome in BY_OUTCOME:
        return BY_OUTCOME[report.outcome]
    if report.outcome == "completed" and not report.replies[-1].strip():
        return empty  # ended by the model itself, so nothing was cut off
    if report.outcome == "truncated":
        return "truncated"
    return next((urgent for urgent in ("truncated", "declined", *unusable) if urgent in unusable), None)
