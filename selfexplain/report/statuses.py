"""What became of everything that was asked: each status, how often it occurred, and what it means in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass

from selfexplain.records import STATUSES, Status
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


@dataclass(frozen=True)
class StatusRow:
    """One status: how many of what was asked have it, for each source of confidence."""

    status: Status
    meaning: str
    counts: tuple[int, ...]


def status_rows(metrics: Metrics) -> tuple[StatusRow, ...]:
    """Return every status, the usable first, also those that never occurred: a zero is an answer too."""
    return tuple(
        StatusRow(
            status,
            MEANINGS[status],
            tuple(
                data["n"] if status == "ok" else data["excluded"].get(status, 0) for data in metrics["sources"].values()
            ),
        )
        for status in sorted(STATUSES, key=lambda status: status != "ok")
    )
