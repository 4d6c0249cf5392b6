"""Several replies to one prompt: drawing them, choosing the answer that they give, and what they are together."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import InputError
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Candidate, Item, Outcome, Reading, Response, SelfReport, Source


class Drawn(NamedTuple):
    """The reports on several draws, and for each the Response that its answer was read from."""

    reports: tuple[SelfReport, ...]
    answered: tuple[Response, ...]


async def drawn(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int) -> Drawn:
    """Ask the turns of a template as often as it says in `draws`, and report on each time.

    Raises
    ------
    InputError
        When the template says nothing of draws: one reply agrees with itself.
    """
    if template.front.draws < 2:
        raise InputError(
            f"the template {template.id} draws one reply, and its elicitation {template.front.elicitation} compares "
            "several",
            hint="put `draws: 10` into its front matter",
        )
    reports, answered = [], []
    for draw in range(template.front.draws):
        said = await converse(item, template, ask, sampling=sampling, repeat=repeat, draw=draw)
        report = report_on(said, template)
        reports.append(report)
        answered.append(said[report.read_in.get("answer", 0)].response)
    return Drawn(tuple(reports), tuple(answered))


def at_zero(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int
) -> Callable[[], Awaitable[SelfReport]]:
    """Return what asks the same once more at temperature 0, for where the draws leave a tie."""

    async def ask_once() -> SelfReport:
        greedy = sampling._replace(temperature=0.0)
        said = await converse(item, template, ask, sampling=greedy, repeat=repeat, draw=template.front.draws)
        return report_on(said, template)

    return ask_once


def enough(n_valid: int, n: int) -> bool:
    """Tell whether so many of the draws can stand for all: at least half of them, rounded up.

    >>> [enough(n, 5) for n in (2, 3)]
    [False, True]
    """
    return n_valid >= math.ceil(n / 2)


class Chosen(NamedTuple):
    """The group of draws whose answer is reported, and how a tie was settled."""

    group: int
    notes: tuple[str, ...] = ()
    settled_by: SelfReport | None = None
    """The reply at temperature 0, where one was asked for."""


async def choose(
    weights: Sequence[float], *, greedy: Callable[[], Awaitable[SelfReport]], says: Callable[[int, str], bool]
) -> Chosen:
    """Return the heaviest group; of several, the one that the reply at temperature 0 belongs to, else the first seen.

    Parameters
    ----------
    weights : sequence of float
        Of each group, in the order in which they were seen.
    greedy : callable
        Asks once more, at temperature 0; called where there is a tie, and not else.
    says : callable
        Tells whether a group says what an answer says.
    """
    tied = [group for group, weight in enumerate(weights) if weight == max(weights)]
    if len(tied) == 1:
        return Chosen(tied[0])
    report = await greedy()
    answer = report.answer.value
    for group in tied if answer is not None else ():
        if answer is not None and says(group, answer):
            return Chosen(group, (f"tie of {len(tied)}, settled at temperature 0",), report)
    return Chosen(tied[0], (f"tie of {len(tied)}, settled by the first seen",), report)


def together(
    reports: Sequence[SelfReport],
    chosen: int,
    *,
    confidence: dict[Source, Reading[float]],
    candidates: tuple[Candidate, ...],
    counted: Sequence[int],
) -> SelfReport:
    """Return one report on several draws: answer and rationale of the chosen one, and every call of all.

    Parameters
    ----------
    reports : sequence of SelfReport
        One for each draw, in order.
    chosen : int
        Which of them shows the answer.
    confidence, candidates
        Of all together.
    counted : sequence of int
        Those draws that the numbers rest on; how most of them ended is how the whole ended.
    """
    before = sum(len(report.replies) for report in reports[:chosen])
    base = reports[chosen]
    spans = {"answer": base.answer.span, "rationale": base.rationale.span}
    places = {field: before + base.read_in.get(field, 0) for field, span in spans.items() if span is not None}
    return SelfReport(
        answer=base.answer,
        rationale=base.rationale,
        confidence=confidence,
        outcome=most_frequent([reports[place].outcome for place in counted]),
        replies=tuple(reply for report in reports for reply in report.replies),
        calls=tuple(call for report in reports for call in report.calls),
        read_in={field: place for field, place in places.items() if place},
        asked_again=sum(report.asked_again for report in reports),
        candidates=candidates,
    )


def too_few(reports: Sequence[SelfReport], valid: Sequence[int], sources: Sequence[Source]) -> SelfReport:
    """Return the report on draws of which most could not be read: no answer, and the most frequent reason for it."""
    unread = [place for place in range(len(reports)) if place not in valid]
    why = Counter(reports[place].answer.why for place in unread).most_common(1)[0][0]
    chosen = next(place for place in unread if reports[place].answer.why == why)
    missing: Reading[Any] = Reading(None, why, detail=f"{len(valid)} of {len(reports)} draws were read")
    whole = together(
        reports,
        chosen,
        confidence=dict.fromkeys(sources, replace(missing, why="absent")),
        candidates=(),
        counted=unread,
    )
    return replace(whole, answer=replace(missing, span=reports[chosen].answer.span))


def most_frequent(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the most frequent of several outcomes, the first seen of equals."""
    return Counter(outcomes).most_common(1)[0][0]


def share(part: float, whole: float) -> float:
    """Return a share with the 12 significant digits that confidences carry, in [0, 1]."""
    return min(1.0, float(f"{part / whole:.12g}"))


def n_valid_note(n_valid: int, n: int) -> tuple[str, ...]:
    """Return what to note of draws that could not be read; nothing when all could."""
    return () if n_valid == n else (f"n_valid {n_valid} of {n}",)
