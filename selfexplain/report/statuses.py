"""What became of everything that was asked: each status, how often it occurred, and what it means in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selfexplain.records import STATUSES, Status
from selfexplain.report.numbers import Written
from selfexplain.report.sentences import Metrics

MEANINGS: Mapping[Status, str] = {
    "ok": "Answer and confidence could be read, and the answer was graded: it counts in every number.",
    "failed": "No reply came, also after trying again.",
    "refused": "The provider or the model refused to reply.",
    "truncated": "The reply was cut off before it was complete.",
    "declined": "The model said that it does not know or will not answer.",
    "no_answer": "A reply came, and there is no answer in it.",
    "no_confidence": "There is an answer, and no confidence that could be read.",
    "ambiguous": "The reply can be read in two ways, such as a range instead of a number; none was chosen.",
    "out_of_range": "A number was given that is no probability, such as 150 %.",
    "undecided": "The answer could not be graded.",
}


SURVEY_MEANINGS: Mapping[Status, str] = {
    "ok": "An answer could be read: it counts in the rates, with or without a confidence.",
    "failed": MEANINGS["failed"],
    "refused": "The provider refused to reply; a model that refuses in its own words has answered.",
    **{status: MEANINGS[status] for status in ("truncated", "declined", "no_answer")},
    "ambiguous": "The reply holds several answers; none was chosen.",
}
"""A survey asks for no confidence to be read, and what cannot be told is a category there."""


@dataclass(frozen=True)
class StatusRow:
    """One status: how many of what was asked have it, for each source of confidence; in a survey, in all."""

    status: Status
    meaning: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Used:
    """How much of what was asked could be used."""

    title: str
    left_out: str
    coverage: Written
    worst_case: str = ""


def status_rows(metrics: Metrics) -> tuple[StatusRow, ...]:
    """Return every status, the usable first, also those that never occurred: a zero is an answer too."""
    counts = [{**data["excluded"], "ok": data["n"]} for data in metrics["sources"].values()]
    return _rows(MEANINGS, counts)


def survey_status_rows(metrics: Metrics) -> tuple[StatusRow, ...]:
    """Return every status that an answer to a survey can have; it is the same for all sources."""
    return _rows(SURVEY_MEANINGS, [{**metrics["excluded"], "ok": metrics["survey"]["n"]}])


def _rows(meanings: Mapping[Status, str], counts: Sequence[Mapping[str, int]]) -> tuple[StatusRow, ...]:
    known = [status for status in STATUSES if status in meanings]
    return tuple(
        StatusRow(status, meanings[status], tuple(each.get(status, 0) for each in counts))
        for status in sorted(known, key=lambda status: status != "ok")
    )
